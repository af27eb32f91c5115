import fc from 'fast-check';
import { cutId, parseCutId, phaseOf, type CutPoint, type CutTrial } from './cut.js';
import { mostTellingFirst, type KnownTrial } from './night.js';
import { planText, readPlanText } from './plan-file.js';
import { defaultPlan, planParts, powerCutPlan, type PlanPart } from './plans.js';

const sources = ['ftp', 'http', 'ufs', 'sd'] as const;
const plan = (random: number, seed = 1): readonly PlanPart[] => powerCutPlan(sources, { parts: defaultPlan, random, seed });
const updating = (percent: number, source: CutTrial['source'] = 'ufs', delay = 0): CutTrial => ({
  source,
  points: [{ anchor: 'updating', percent, delay } satisfies CutPoint],
});
const known = (cut: CutTrial, failed: boolean, own = true): KnownTrial => ({ cut: cutId(cut), failed, own });
const ids = (order: readonly { readonly cut: CutTrial }[]): string[] => order.map(({ cut }) => cutId(cut));
const part = (...trials: CutTrial[]): readonly PlanPart[] => [{ part: 'random', title: 'some', trials }];

test('whatever is known, each cut of the plan comes once, under its own title', () => {
  const history = fc.array(
    fc.record({
      percent: fc.integer({ min: 0, max: 100 }),
      failed: fc.boolean(),
      own: fc.boolean(),
      source: fc.constantFrom(...sources),
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.integer(), history, (random, seed, trials) => {
      const of = plan(random, seed);
      const order = mostTellingFirst(
        of,
        trials.map(({ percent, failed, own, source }) => known(updating(percent, source), failed, own)),
      );
      const titled = of.flatMap(({ title, trials: cuts }) => cuts.map((cut) => `${title} ${cutId(cut)}`));
      expect(order.map(({ title, cut }) => `${title} ${cutId(cut)}`).sort()).toEqual(titled.sort());
      // The order of the same knowledge is the same.
      expect(readPlanText(planText(order)).flatMap(({ trials: cuts }) => cuts.map(cutId))).toEqual(ids(order));
    }),
    { numRuns: 40 },
  );
});

test('the cut that failed comes first, then its neighbours, then those of another package, then the rest', () => {
  const cuts = [updating(5), updating(71), updating(43), updating(41), updating(70)];
  const order = mostTellingFirst(part(...cuts), [known(updating(70), true, false), known(updating(41), true)]);
  expect(ids(order)).toEqual([41, 43, 70, 71, 5].map((percent) => cutId(updating(percent))));
});

test('a cut that was survived draws nobody near', () => {
  const order = mostTellingFirst(part(updating(80), updating(42)), [known(updating(41), false)]);
  expect(ids(order)).toEqual([cutId(updating(80)), cutId(updating(42))]);
});

test('phases that were never cut come before those that were, however often the plan has them', () => {
  const phases = (order: readonly { readonly cut: CutTrial }[]): string[] => order.map(({ cut }) => phaseOf(cut.points[0]!));
  const fresh = phases(mostTellingFirst(plan(8), []));
  const all = new Set(fresh);
  expect(new Set(fresh.slice(0, all.size))).toEqual(all);
  const often = Array.from({ length: 30 }, (_, index) => known(updating(index * 3), false));
  const later = phases(mostTellingFirst(plan(8), often));
  expect(later.slice(0, all.size - 1)).not.toContain('updating');
});

test('within the flashing the stratum that was cut least comes first', () => {
  const often = [1, 2, 3, 91, 92, 93].map((percent) => known(updating(percent), false));
  expect(ids(mostTellingFirst(part(updating(4), updating(55), updating(94)), often))[0]).toBe(cutId(updating(55)));
});

test('what the ledger has of another version is passed over', () => {
  const strange = { cut: 'cut:sideways@1%/ufs#0000', failed: true, own: true };
  expect(mostTellingFirst(part(updating(4)), [strange])).toHaveLength(1);
});

describe('the plan of a rig', () => {
  test('holds what was asked for, and no cut twice', () => {
    for (const name of planParts) {
      const parts = powerCutPlan(sources, { parts: [name], random: 5, seed: 1, failed: [updating(7)] });
      expect(new Set(parts.map((each) => each.part))).toEqual(new Set([name]));
    }
    const failed = [updating(2), updating(41)];
    const whole = powerCutPlan(sources, { parts: planParts, random: 20, seed: 1, failed });
    const cuts = whole.flatMap(({ trials }) => trials.map(cutId));
    expect(new Set(cuts).size).toBe(cuts.length);
    expect(whole[0]).toMatchObject({ part: 'again', trials: failed });
    expect(whole.find((each) => each.part === 'smoke')?.trials.map(cutId)).not.toContain(cutId(updating(2)));
  });
  test('is made over sources that the rig has; only boundaries name the others, to be skipped and told', () => {
    const parts = powerCutPlan(['http', 'sd'], { parts: planParts, random: 6, seed: 1 });
    const others = parts.filter((each) => each.part !== 'boundaries').flatMap(({ trials }) => trials);
    expect(new Set(others.map(({ source }) => source))).toEqual(new Set(['http', 'sd']));
    expect(parts.filter((each) => each.part === 'boundaries')).toHaveLength(4);
  });
  test('seconds after a phase: into each download, and log-spaced into the flashing', () => {
    const [seconds] = powerCutPlan(sources, { parts: ['seconds'], random: 0, seed: 1 });
    expect(seconds?.trials.map(cutId).map((id) => id.replace(/#.*/, ''))).toEqual([
      'cut:download-start+1000ms/ftp',
      'cut:download-start+2000ms/ftp',
      'cut:download-start+1000ms/http',
      'cut:download-start+2000ms/http',
      ...[1, 4, 16, 64, 256].map((each) => `cut:start+${String(each * 1000)}ms/ufs`),
    ]);
  });
  test('consecutive cuts of one title are one group; a title may come again', () => {
    const text = planText([
      { title: 'a', cut: updating(1) },
      { title: 'a', cut: updating(2) },
      { title: 'b', cut: updating(3) },
      { title: 'a', cut: updating(4) },
    ]);
    expect(readPlanText(text).map(({ title, trials }) => [title, trials.length])).toEqual([
      ['a', 2],
      ['b', 1],
      ['a', 1],
    ]);
    expect(parseCutId(cutId(updating(1)))).toEqual(readPlanText(text)[0]?.trials[0]);
  });
});
