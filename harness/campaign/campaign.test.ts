import fc from 'fast-check';
import { UserError } from '../base/errors.js';
import { seeded } from '../base/random.js';
import { sources } from '../journal/events.js';
import { anchors, cutId, hasDownload, parseCutId, phaseOf, spoiltContents, type CutPoint, type CutTrial } from './cut.js';
import { failingWindow, nextProbe, unexplored, windowText, type Probe } from './narrowing.js';
import { boundaries, logSpaced, planParts, powerCutPlan, sequence, smoke, stratified, sweep } from './plans.js';
import { cutsFor, survivalText, upperBound } from './statistics.js';

const point: fc.Arbitrary<CutPoint> = fc
  .record({ anchor: fc.constantFrom(...anchors), percent: fc.integer({ min: 0, max: 100 }), delay: fc.nat(600_000) })
  .map(({ anchor, percent, delay }) =>
    anchor === 'updating' || anchor === 'download' ? { anchor, percent, delay } : { anchor, delay },
  );
const trial: fc.Arbitrary<CutTrial> = fc
  .record({
    points: fc.array(point, { minLength: 1, maxLength: 6 }),
    source: fc.constantFrom(...sources),
    contents: fc.option(fc.constantFrom(...spoiltContents), { nil: undefined }),
  })
  .filter(({ points, source }) => hasDownload(source) || points.every(({ anchor }) => !anchor.startsWith('download')))
  .map(({ contents, ...rest }): CutTrial => ({ ...rest, ...(contents === undefined ? {} : { contents }) }));

describe('ids of cuts', () => {
  test('an id says everything needed to repeat the cut', () => {
    fc.assert(fc.property(trial, (cut) => expect(parseCutId(cutId(cut))).toEqual(cut)));
    expect(cutId({ points: [{ anchor: 'updating', percent: 41, delay: 120 }], source: 'ufs' })).toMatch(
      /^cut:updating@41%\+120ms\/ufs#[0-9a-f]{4}$/,
    );
  });
  test('a mistyped id is refused with what is wrong', () => {
    const id = cutId({ points: [{ anchor: 'updating', percent: 41, delay: 120 }], source: 'ufs' });
    for (const [bad, why] of [
      [id.replace('41', '42'), 'check'],
      [id.replace('ufs', 'usb'), 'usb is not one of'],
      [id.replace('updating', 'updatin'), 'updatin@41%+120ms is not a point'],
      [id.replace('@41%', ''), 'is not a point'],
      [id.replace('ufs', 'ufs/rotten'), 'rotten is not one of'],
      [id.replace('ufs', 'ufs/corrupt'), 'check'],
      ['41%', 'its form is'],
    ] as const) {
      expect(() => parseCutId(bad)).toThrow(UserError);
      expect(() => parseCutId(bad)).toThrow(why);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseCutId(`cut:${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });
});

describe('plans', () => {
  test('boundaries over a server cut the download too, local ones can’t', () => {
    const phasesOf = (source: 'ftp' | 'ufs'): Set<string> =>
      new Set(boundaries(source).flatMap(({ points }) => points.map(phaseOf)));
    expect(phasesOf('ftp')).toEqual(new Set(['download', 'reboot', 'start', 'updating', 'end', 'after-end']));
    expect(phasesOf('ufs')).toEqual(new Set(['reboot', 'start', 'updating', 'end', 'after-end']));
  });
  test('a sweep holds each percentage once, smoke grows by doubling', () => {
    expect(sweep('sd').map(({ points }) => points[0]?.percent)).toEqual(Array.from({ length: 101 }, (_, index) => index));
    expect(smoke('ufs')).toHaveLength(8);
    expect(logSpaced('ufs', 'start', 10_000).map(({ points }) => points[0]?.delay)).toEqual([1000, 2000, 4000, 8000]);
  });
  test('stratified: one in each stratum, the same again with the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer(), (count, seed) => {
        const plan = stratified(['ufs', 'ftp'], count, seed);
        expect(plan).toEqual(stratified(['ufs', 'ftp'], count, seed));
        plan.forEach(({ points }, index) => {
          expect(points[0]?.percent).toBeGreaterThanOrEqual(Math.floor((index * 100) / count));
          expect(points[0]?.percent).toBeLessThanOrEqual(((index + 1) * 100) / count);
        });
      }),
    );
    expect(stratified(['ufs'], 20, 1)).not.toEqual(stratified(['ufs'], 20, 2));
  });
  test('no two random cuts are alike, however many there are', () => {
    const ids = stratified(['ufs'], 3000, 1, 20).map(cutId);
    expect(new Set(ids).size).toBe(3000);
  });
  test('every test of the power-cut suite has a name of its own, and its id reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer(), (random, seed) => {
        const names = powerCutPlan(sources, { parts: planParts, random, seed }).flatMap(({ title, trials }) =>
          trials.map((cut) => `${title} ${cutId(cut)}`),
        );
        expect(new Set(names).size).toBe(names.length);
        for (const name of names)
          expect(cutId(parseCutId(name.replace(/^.* (?=cut:)/, '')))).toBe(name.replace(/^.* (?=cut:)/, ''));
      }),
      { numRuns: 20 },
    );
  });
  test('a sequence has a cut for each attempt', () => {
    expect(sequence('ufs', 6, 3).points).toHaveLength(6);
    expect(sequence('ufs', 6, 3)).toEqual(sequence('ufs', 6, 3));
  });
});

describe('statistics', () => {
  test('zero failures: the figures of the literature', () => {
    expect([59, 149, 299, 2995].map((valid) => Math.round(upperBound({ valid, failed: 0 }) * 1000) / 10)).toEqual([5, 2, 1, 0.1]);
    expect([0.05, 0.02, 0.01, 0.001].map((bound) => cutsFor(bound))).toEqual([59, 149, 299, 2995]);
  });
  test('with failures: Clopper–Pearson', () => {
    // One-sided 95 % limits as tabulated: 1 of 20, 5 of 100.
    expect(upperBound({ valid: 20, failed: 1 })).toBeCloseTo(0.2161, 4);
    expect(upperBound({ valid: 100, failed: 5 })).toBeCloseTo(0.1023, 4);
    expect(upperBound({ valid: 3, failed: 3 })).toBe(1);
    expect(upperBound({ valid: 0, failed: 0 })).toBe(1);
  });
  test('more failures never lower the bound, more survivals never raise it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(499), (valid, some) => {
        const failed = Math.min(some, valid - 1);
        expect(upperBound({ valid, failed: failed + 1 })).toBeGreaterThanOrEqual(upperBound({ valid, failed }));
        expect(upperBound({ valid: valid + 1, failed })).toBeLessThanOrEqual(upperBound({ valid, failed }) + 1e-9);
      }),
    );
  });
  test('the text says no more than the figures', () => {
    expect(survivalText({ valid: 198, failed: 0 })).toBe('198 of 198 cuts survived: failure rate < 1.6 % (95 %)');
    expect(survivalText({ valid: 200, failed: 0 })).toBe('200 of 200 cuts survived: failure rate < 1.5 % (95 %)');
    expect(survivalText({ valid: 2, failed: 2 })).toContain('< 100 %');
    expect(survivalText({ valid: 0, failed: 0 })).toContain('nothing is known');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (valid) => {
        const said = Number(/< ([\d.]+) %/.exec(survivalText({ valid, failed: 0 }))?.[1]) / 100;
        expect(said).toBeGreaterThanOrEqual(upperBound({ valid, failed: 0 }) - 1e-9);
      }),
    );
  });
});

describe('narrowing', () => {
  const scale = { low: 0, high: 100, step: 1 };
  /** `inside`: how often a cut in the window fails; `noise`: how often one outside does. */
  function narrow(from: number, to: number, seed: number, [inside, noise] = [1, 0], most = 80): Probe[] {
    const random = seeded(seed, 'narrowing');
    const probes: Probe[] = [{ at: Math.floor((from + to) / 2), failed: true }];
    while (probes.length < most) {
      if (failingWindow(probes, scale)?.settled === true) break;
      const at = nextProbe(probes, scale);
      probes.push({ at, failed: random.next() < (at >= from && at <= to ? inside : noise) });
    }
    return probes;
  }
  /** How many of so many seeds end with both true edges in what is stated, give or take a step. */
  function held(runs: number, rates: [number, number], most: number): number {
    let count = 0;
    for (let seed = 0; seed < runs; seed += 1) {
      const from = 10 + ((seed * 7) % 60);
      const window = failingWindow(narrow(from, from + 5, seed, rates, most), scale);
      const within = (edge: { from: number; to: number }, truth: number): boolean =>
        edge.from - 1 <= truth && truth <= edge.to + 1;
      if (window !== undefined && within(window.from, from) && within(window.to, from + 5)) count += 1;
    }
    return count;
  }
  test('finds a window of a few per cent by trials at its edges', () => {
    const probes = narrow(40, 45, 1);
    const window = failingWindow(probes, scale);
    expect(window?.settled).toBe(true);
    expect([window?.from.at, window?.to.at]).toEqual([40, 45]);
    expect(probes.length).toBeLessThan(50);
    expect(windowText(window!)).toMatch(/^fails between 40 %.* and 45 %.*: \d+ of \d+ in, 0 of \d+ out$/);
  });
  test.each([
    ['a window that nearly always fails, and failures elsewhere', [0.98, 0.02]],
    ['a window in which every second cut is survived', [0.5, 0]],
    ['a window in which two of three cuts are survived', [0.35, 0]],
  ] as const)('under noise the true edges lie in what it states, nine times in ten: %s', (_name, [inside, noise]) => {
    const runs = 10;
    expect(held(runs, [inside, noise], 50)).toBeGreaterThanOrEqual(runs * 0.9);
  });
  test('a window that fails only sometimes is not taken for several, or for nothing: the count says how often', () => {
    const window = failingWindow(narrow(40, 45, 3, [0.5, 0], 60), scale);
    expect(window!.inside.failed).toBeLessThan(window!.inside.of);
    expect(window!.outside.failed).toBe(0);
    expect(windowText(window!)).toMatch(/^fails between .*: \d+ of \d+ in, 0 of \d+ out$/);
  });
  test('two places that fail are not taken for one window in which everything fails', () => {
    const fails = (at: number): boolean => (at >= 40 && at <= 44) || at === 71;
    const probes: Probe[] = [42, 71].map((at) => ({ at, failed: true }));
    while (probes.length < 60 && failingWindow(probes, scale)?.settled !== true) {
      const at = nextProbe(probes, scale);
      probes.push({ at, failed: fails(at) });
    }
    const { inside } = failingWindow(probes, scale)!;
    // Something between them was tried, and the count tells that it did not fail.
    expect(probes.filter(({ at }) => at > 45 && at < 71).length).toBeGreaterThan(1);
    expect(inside.failed).toBeLessThan(inside.of);
  });
  test('a failing cut outside the known windows is looked into by itself, between them', () => {
    const low = failingWindow(narrow(20, 25, 1), scale)!;
    expect(unexplored(22, [low], scale)).toBeUndefined();
    expect(unexplored(70, [low], scale)).toEqual({ low: low.to.to + 1, high: 100, step: 1 });
    expect(unexplored(3, [low], scale)).toEqual({ low: 0, high: low.from.from - 1, step: 1 });
    expect(unexplored(3, [], scale)).toEqual(scale);
  });
  test('says nothing before a cut has failed', () => {
    expect(failingWindow([{ at: 3, failed: false }], scale)).toBeUndefined();
  });
});
