import fc from 'fast-check';
import type { EventBody, JournalEvent, Source } from '../../journal/events.js';
import { rigProfile, runStart } from '../../journal/testing/beginning.js';
import { outlineOf } from '../outline.js';
import { qualification } from '../certificate/testing/qualifying.js';
import { notRunTitle, resultOf, type RunResult } from '../result.js';
import { summaryText } from '../summary.js';
import { ConflictingParts, mergeRuns, type Merged, type RunPart } from './merge-journals.js';

/** A run that began so many seconds after the first, on a machine whose monotonic clock stood at `boot`. */
function part(from: string, run: string, rig: string, bodies: readonly EventBody[], { seconds = 0, boot = 0 } = {}): RunPart {
  const started = Date.UTC(2026, 10, 22, 22) + seconds * 1000;
  const events = bodies.map((body, index) => ({
    n: index + 1,
    t: boot + index * 10,
    at: new Date(started + index * 10).toISOString(),
    ...(body.type.startsWith('run.') ? {} : { rig }),
    ...body,
  })) as JournalEvent[];
  return { from, run, rigs: [rig], events };
}

const start = runStart({ seed: 1 });
const passed = (test: string): EventBody => ({ type: 'test.end', test, status: 'passed' });
const failed = (test: string): EventBody => ({ type: 'test.end', test, status: 'failed' });
const trial = (id: string): EventBody => ({ type: 'trial.start', trial: id, cut: 'cut:start/ufs#1' });
const ready: EventBody = { type: 'rig.ready', took: 1 };
const done: EventBody = { type: 'rig.end', powerSafe: true, why: 'end' };

test('two agents’ runs become one, in the order of the wall clock, whatever their monotonic clocks say', () => {
  const a = part('A', 'run-a', 'a', [start, ready, passed('s: x'), done], { boot: 5_000_000 });
  const b = part('B', 'run-b', 'b', [start, ready, failed('s: x'), done], { seconds: 0.015, boot: 3 });
  const merged = mergeRuns([b, a]);
  expect([...merged.events].map(({ rig, type }) => `${rig ?? ''} ${type}`)).toEqual([
    'a rig.ready',
    'a test.end',
    'b rig.ready',
    'a rig.end',
    'b test.end',
    'b rig.end',
  ]);
  expect(merged.remarks).toEqual([]);
  expect(resultOf([...merged.events], merged.rigs)).toMatchObject({ exit: 1, reason: '1 test failed' });
});

test('an interruption of one run outlasts the beginning of another', () => {
  const a = part('A', 'run-a', 'a', [start, ready, { type: 'run.interrupted', signal: 'SIGINT' }, done]);
  const b = part('B', 'run-b', 'b', [start, ready, passed('s: x'), done], { seconds: 60 });
  expect(resultOf([...mergeRuns([a, b]).events], ['a', 'b']).exit).toBe(130);
});

test('the same run twice counts once, and a copy made before its end gives way to the whole', () => {
  const whole = part('A', 'run-a', 'a', [start, ready, passed('s: x'), done]);
  const copy = { ...whole, from: 'B' };
  const early = { ...whole, from: 'C', events: [...whole.events].slice(0, 2) };
  const merged = mergeRuns([early, whole, copy]);
  expect([...merged.events]).toHaveLength(3);
  expect(merged.rigs).toEqual(['a']);
  expect(merged.remarks).toEqual([
    'C and A are the same run run-a: the longer one counts',
    'A and B are the same run run-a: it counts once',
  ]);
});

test('two different journals that claim to be one run are refused', () => {
  const one = part('A', 'run-a', 'a', [start, ready, passed('s: x'), done]);
  const other = part('B', 'run-a', 'a', [start, ready, failed('s: x'), done]);
  expect(() => mergeRuns([one, other])).toThrow(ConflictingParts);
});

test('a rig in two runs stands there twice, with ids of its own, and tests that ran twice are named', () => {
  const shard = (from: string, run: string, seconds: number): RunPart =>
    part(
      from,
      run,
      'a',
      [
        start,
        ready,
        trial('a/1'),
        { type: 'verdict', upgrade: 'a#1', sequence: ['a#1'], result: 'pass', findings: [] },
        passed('s: x'),
        done,
      ],
      { seconds },
    );
  const { rigs, remarks, ...merged } = mergeRuns([shard('A', 'run-1', 0), shard('B', 'run-2', 100)]);
  const events = [...merged.events];
  expect(rigs).toEqual(['a', 'a~2']);
  expect(events.flatMap((event) => (event.type === 'trial.start' ? [event.trial] : []))).toEqual(['a/1', 'a~2/1']);
  expect(events.flatMap((event) => (event.type === 'verdict' ? [event.upgrade, ...(event.sequence ?? [])] : []))).toEqual([
    'a#1',
    'a#1',
    'a~2#1',
    'a~2#1',
  ]);
  expect(remarks).toEqual([
    'a took part in several runs: in that of B it is called a~2',
    'a s: x was run more than once: in A, B',
  ]);
});

describe('a run that was killed and went on', () => {
  const opened: EventBody = { type: 'rig.start', profile: rigProfile({ name: 'a' }) };
  const notRun: EventBody = { type: 'test.end', test: `s: ${notRunTitle}`, status: 'invalid', why: 'rig in use' };
  const signal: EventBody = { type: 'run.interrupted', signal: 'SIGINT' };
  const merged = (...bodies: readonly EventBody[]): { result: RunResult; alone: RunResult; types: string[] } => {
    const one = part('A', 'run-a', 'a', bodies);
    const other = part('B', 'run-b', 'b', [start, ready, passed('s: x'), done], { seconds: 0.001 });
    const { events, rigs } = mergeRuns([one, other]);
    const all = [...events];
    return {
      result: resultOf(all, rigs),
      alone: resultOf(one.events, ['a']),
      types: all.filter(({ rig }) => rig !== 'b').map((event) => (event.type === 'note' ? event.text : event.type)),
    };
  };

  test('is neither interrupted nor lacks suites for what came before it went on', () => {
    const { result, alone, types } = merged(
      start,
      opened,
      ready,
      notRun,
      signal,
      done,
      start,
      opened,
      ready,
      passed('s: x'),
      done,
    );
    expect(alone.exit).toBe(0);
    expect(result).toMatchObject({ exit: 0, reason: 'all conform', interrupted: undefined });
    expect(types).toEqual([
      'rig.start',
      'rig.ready',
      'test.end',
      'run run-a was interrupted (SIGINT), and went on later',
      'rig.end',
      'part.resumed',
      'rig.start',
      'rig.ready',
      'test.end',
      'rig.end',
    ]);
  });

  test('is interrupted when it was interrupted again', () => {
    const { result } = merged(start, opened, ready, signal, done, start, opened, ready, passed('s: x'), signal, done);
    expect(result.exit).toBe(130);
  });

  test('is as good as its rig is after it went on', () => {
    const { result, alone } = merged(start, opened, ready, passed('s: x'), done, start);
    expect(alone).toMatchObject({ exit: 3, reason: 'a did not get ready' });
    expect(result).toMatchObject({ exit: 3, reason: 'a did not get ready' });
  });

  test('keeps the tests that were broken off, and the suites of others that could not be run', () => {
    const begun: EventBody = { type: 'test.start', test: 's: y', suite: 's', requirements: [] };
    const { result, alone } = merged(start, opened, ready, begun, start, opened, ready, passed('s: x'), done);
    expect(alone.tests.map(({ test, status }) => [test, status])).toEqual([
      ['s: y', 'invalid'],
      ['s: x', 'passed'],
    ]);
    expect(result).toMatchObject({ exit: 3, reason: alone.reason });
    const one = part('A', 'run-a', 'a', [start, opened, ready, start, opened, ready, passed('s: x'), done]);
    const other = part('B', 'run-b', 'b', [start, ready, notRun, done], { seconds: -1 });
    expect(resultOf(mergeRuns([one, other]).events, ['a', 'b'])).toMatchObject({
      exit: 3,
      reason: expect.stringMatching(/^1 test invalid/) as string,
    });
  });
});

describe('shares of one run', () => {
  const left = (test: string, index: number): EventBody => ({
    type: 'test.end',
    test,
    status: 'skipped',
    why: `left to shard ${String(index)} of 2`,
  });
  const plan = { seed: '7', suites: 'power-cut', plan: 'random', cuts: '8', pattern: 'none' };
  const pair = (sha256: string, downgrade = 'd'): EventBody => {
    const facts = { file: 'u.zip', size: 1, sha256, from: 'v12', to: 'v13', contents: 'sound' } as const;
    return { type: 'pair', name: 'p', module: 'EC25', versions: {}, upgrade: facts, downgrade: { ...facts, sha256: downgrade } };
  };
  interface Given {
    readonly rig?: string;
    readonly sha256?: string;
    readonly downgrade?: string;
    readonly of?: number;
    readonly changed?: Partial<typeof plan>;
    readonly sources?: readonly Source[];
  }
  const share = (index: number, bodies: readonly EventBody[], given: Given = {}): RunPart => {
    const { rig = `rig-${String(index)}`, sha256 = 'aa', downgrade, of = 2, changed = {}, sources = ['ufs'] } = given;
    const opened: EventBody = { type: 'rig.start', profile: rigProfile({ name: rig, sources: [...sources] }) };
    const name = `${rig}-${String(index)}-${sha256}`;
    return {
      ...part(name.toUpperCase(), `run-${name}`, rig, [start, opened, pair(sha256, downgrade), ready, ...bodies, done]),
      share: { index, of, plan: { ...plan, ...changed } },
    };
  };
  const first = share(1, [passed('s: x'), left('s: y', 2)]);
  const second = share(2, [passed('s: y'), left('s: x', 1)]);
  const told = (...parts: readonly RunPart[]): Pick<Merged, 'missing' | 'remarks'> => {
    const { missing, remarks } = mergeRuns(parts);
    return { missing, remarks };
  };

  test('make a whole', () => {
    expect(told(first, second)).toEqual({ missing: [], remarks: [] });
    expect(told(second, part('W', 'whole', 'w', [start, ready, passed('s: x'), done]), first)).toEqual({
      missing: [],
      remarks: [],
    });
  });

  test('of several packages, each with the same seed, are each a whole', () => {
    const others = [
      share(1, [passed('s: x'), left('s: y', 2)], { rig: 'c', sha256: 'cc' }),
      share(2, [passed('s: y'), left('s: x', 1)], { rig: 'd', sha256: 'cc' }),
    ] as const;
    expect(told(first, second, ...others)).toEqual({ missing: [], remarks: [] });
    expect(told(first, second, others[0]).missing).toEqual([
      'of the packages p (cc and d): share 2 of 2 is not there (only share 1, of C-1-CC)',
    ]);
  });

  test('on other downgrade packages have nothing to do with each other', () => {
    const other = share(2, [passed('s: y'), left('s: x', 1)], { downgrade: 'e' });
    expect(told(first, other).missing).toEqual([
      'of the packages p (aa and d): share 2 of 2 is not there (only share 1, of RIG-1-1-AA)',
      'of the packages p (aa and e): share 1 of 2 is not there (only share 2, of RIG-2-2-AA)',
    ]);
  });

  /** A share that was made on a rig for each of several packages. */
  const several = (index: number, rigs: Readonly<Record<string, readonly EventBody[]>>): RunPart => {
    const from = `SEVERAL-${String(index)}`;
    const events = Object.entries(rigs).flatMap(([rig, bodies]) => [
      ...part(from, from, rig, [{ type: 'rig.start', profile: rigProfile({ name: rig }) }, ...bodies, done]).events,
    ]);
    const begun = [...part(from, from, '', [start]).events];
    return { from, run: from, rigs: Object.keys(rigs), events: [...begun, ...events], share: { index, of: 2, plan } };
  };

  test('are looked for of each package of a run that had several', () => {
    const bodies = (sha256: string): readonly EventBody[] => [pair(sha256), ready, passed('s: x'), left('s: y', 2)];
    const both = several(1, { c: bodies('aa'), d: bodies('cc') });
    expect(told(both, second).missing).toEqual([
      'of the packages p (cc and d): share 2 of 2 is not there (only share 1, of SEVERAL-1)',
    ]);
    const rest = share(2, [passed('s: y'), left('s: x', 1)], { rig: 'e', sha256: 'cc' });
    expect(told(both, second, rest)).toEqual({ missing: [], remarks: [] });
    // A test that was made with the other packages is not made with these.
    const lacking = several(2, {
      f: [pair('aa'), ready, passed('s: y'), left('s: x', 1), left('s: z', 1)],
      g: [pair('cc'), ready, passed('s: y'), passed('s: z')],
    });
    expect(told(both, lacking).missing).toEqual([
      'of the packages p (aa and d): s: z ran in none of the shares: each left it to another one',
    ]);
  });

  test('of which no rig got so far that its packages are known belong to those of the others', () => {
    const lost = several(2, { h: [{ type: 'rig.fault', what: 'no line' }] });
    expect(told(first, lost).missing).toEqual(['s: y ran in none of the shares: each left it to another one']);
    expect(told(lost, share(1, [passed('s: x')])).missing).toEqual([]);
  });

  test('one of them is missing: it is told', () => {
    expect(told(first)).toEqual({ missing: ['share 2 of 2 is not there (only share 1, of RIG-1-1-AA)'], remarks: [] });
    expect(told(share(2, [], { of: 4 })).missing).toEqual(['shares 1, 3, 4 of 4 are not there (only share 2, of RIG-2-2-AA)']);
  });

  test('one of them is there twice: it is told, and nothing is lacking', () => {
    const again = share(1, [passed('s: x'), left('s: y', 2)], { rig: 'again' });
    expect(told(first, second, again)).toEqual({
      missing: [],
      remarks: ['share 1 of 2 is there twice: in RIG-1-1-AA, AGAIN-1-AA'],
    });
  });

  test.each<[string, Given, string]>([
    ['seed', { changed: { seed: '8' } }, 'seed is 7 in RIG-1-1-AA, 8 in RIG-2-2-AA'],
    ['suites', { changed: { suites: 'soak' } }, 'suites is power-cut in RIG-1-1-AA, soak in RIG-2-2-AA'],
    ['number of cuts', { changed: { cuts: '9' } }, 'cuts is 8 in RIG-1-1-AA, 9 in RIG-2-2-AA'],
    ['pattern', { changed: { pattern: 'ufs' } }, 'pattern is none in RIG-1-1-AA, ufs in RIG-2-2-AA'],
    ['number of shares', { of: 3 }, 'number of shares is 2 in RIG-1-1-AA, 3 in RIG-2-2-AA'],
    ['rigs', { sources: ['ftp', 'ufs'] }, 'sources of the rigs is ufs in RIG-1-1-AA, ftp ufs in RIG-2-2-AA'],
  ])('that differ in the %s are no whole', (_, given, text) => {
    const other = share(2, [passed('s: y'), left('s: x', 1)], given);
    expect(told(first, other).missing).toContainEqual(`the shares are not of one plan: ${text}`);
  });

  test('a test that each of them left to another one ran nowhere', () => {
    const nobody = share(2, [passed('s: y'), left('s: x', 1), left('s: z', 1)]);
    expect(told(first, nobody).missing).toEqual(['s: z ran in none of the shares: each left it to another one']);
    const many = share(
      2,
      Array.from({ length: 30 }, (_, index) => left(`s: ${String(index)}`, 1)),
    );
    expect(told(first, many).missing).toHaveLength(11);
    expect(told(first, many).missing.at(-1)).toBe('21 more tests ran in none of the shares');
  });

  describe('a test that one of them left to another one', () => {
    const skipped = (why: string): EventBody => ({ type: 'test.end', test: 's: y', status: 'skipped', why });
    const begun: EventBody = { type: 'test.start', test: 's: y', suite: 's', requirements: [] };
    const other = (...bodies: readonly EventBody[]): RunPart => share(2, [...bodies, left('s: x', 1)]);

    test('whose rig cannot make it is lacking: it was made nowhere', () => {
      expect(told(first, other(skipped('the rig does not allow power cuts'))).missing).toEqual([
        's: y: left to share 2, whose rig skipped it: the rig does not allow power cuts',
      ]);
      const both = [other(skipped('the rig has no SD card')), share(2, [passed('s: y')], { rig: 'again' })] as const;
      expect(told(first, ...both).missing).toEqual([]);
    });

    test('is lacking for the reason of the one that it was left to', () => {
      const three = (index: number, ...bodies: readonly EventBody[]): RunPart => share(index, bodies, { of: 3 });
      const one = three(1, passed('s: x'), left('s: y', 2));
      const [two, nothing] = [three(2, skipped('no SD card')), three(2, passed('s: z'))];
      const last = three(3, skipped('no server'));
      expect(told(last, one, two).missing).toEqual(['s: y: left to share 2, whose rig skipped it: no SD card']);
      expect(told(one, nothing, last).missing).toEqual(['s: y: left to share 2, which has no such test']);
    });

    test('and that was begun there, or that the pattern left out, is answered', () => {
      for (const why of ['missed: the point is out of reach', 'the time of --budget was used up before this cut'])
        expect(told(first, other(begun, skipped(why))).missing).toEqual([]);
      expect(told(first, other(skipped('left out by the chosen pattern'))).missing).toEqual([]);
      expect(told(first, other(begun, { type: 'test.end', test: 's: y', status: 'invalid', why: 'noise' })).missing).toEqual([]);
    });

    test('only the first ten are named', () => {
      const names = Array.from({ length: 12 }, (_, index) => `s: ${String(index)}`);
      const lacking = share(
        2,
        names.map((test): EventBody => ({ type: 'test.end', test, status: 'skipped', why: 'no SD card' })),
      );
      const missing = told(
        share(
          1,
          names.map((test) => left(test, 2)),
        ),
        lacking,
      ).missing;
      expect(missing).toHaveLength(11);
      expect(missing.at(-1)).toBe('2 more tests ran in none of the shares');
    });
  });

  test('what is missing is in the journal, and no run of which something is missing conforms', () => {
    const { events, missing, rigs } = mergeRuns([first]);
    const all: JournalEvent[] = [
      ...missing.map((what, n) => ({ n, t: 0, at: '', type: 'part.missing' as const, what })),
      ...events,
    ];
    const reason = 'the merged run is not whole: share 2 of 2 is not there (only share 1, of RIG-1-1-AA)';
    const result = resultOf(all, rigs);
    expect(result).toMatchObject({ exit: 3, reason, missing });
    expect(summaryText(result, outlineOf(all))).toContain(`\nmissing: ${missing[0] ?? ''}\n`);
    const worst = mergeRuns([share(1, [failed('s: x'), left('s: y', 2)])]);
    expect(resultOf([...all.slice(0, 1), ...worst.events], worst.rigs)).toMatchObject({ exit: 1, missing });
  });
});

test('parts of a qualification that are not there are missing, as shares are', () => {
  const made = (index: number): RunPart => {
    const name = `q${String(index)}`;
    const asked = qualification({ run: name, part: { index, of: 3 } });
    return part(name.toUpperCase(), name, name, [start, asked, ready, passed('s: x'), done]);
  };
  const told = (...parts: readonly RunPart[]): readonly string[] => mergeRuns(parts).missing;
  expect(told(made(1), made(2))).toEqual(['part 3 of the 3 parts of this qualification is not in it']);
  expect(told(made(3))).toEqual(['parts 1, 2 of the 3 parts of this qualification are not in it']);
  expect(told(made(1), made(2), made(3))).toEqual([]);
});

describe('lines that cannot be read', () => {
  /** As a journal’s reader, which knows them only when it has come to the end. */
  const damaged = (bodies: readonly EventBody[], lines: number, cutOff = false): RunPart => {
    const whole = part('A', 'run-a', 'a', bodies);
    const events = {
      unreadable: [] as unknown[],
      cutOff: false,
      *[Symbol.iterator]() {
        events.unreadable.length = 0;
        events.cutOff = false;
        yield* whole.events;
        events.unreadable.push(...Array.from({ length: lines }));
        events.cutOff = cutOff;
      },
    };
    return { ...whole, events };
  };
  const told = (bodies: readonly EventBody[], lines: number, cutOff = false): Pick<Merged, 'missing' | 'remarks'> => {
    const { missing, remarks } = mergeRuns([damaged(bodies, lines, cutOff)]);
    return { missing, remarks };
  };
  const rest = [ready, passed('s: x'), done];

  test('of a qualification keep the whole from being one', () => {
    const asked = [start, qualification(), ...rest];
    expect(told(asked, 0)).toEqual({ missing: [], remarks: [] });
    expect(told(asked, 2)).toEqual({ missing: ['2 lines of the journal of A cannot be read'], remarks: [] });
    expect(told(asked, 0, true)).toEqual({ missing: ['1 line of the journal of A cannot be read'], remarks: [] });
  });

  test('of any other run are told, as in its own report', () => {
    expect(told([start, ...rest], 1)).toEqual({ missing: [], remarks: ['1 line of the journal of A cannot be read'] });
  });
});

test('no event but the runs’ own ends is lost, and each run keeps its order', () => {
  const sizes = fc.array(fc.record({ size: fc.nat(20), seconds: fc.nat(3), boot: fc.nat(1e9) }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, (given) => {
      const parts = given.map(({ size, ...when }, index) =>
        part(
          `P${String(index)}`,
          `run-${String(index)}`,
          `rig-${String(index)}`,
          [start, ...Array.from({ length: size }, (_, n) => passed(`s: ${String(n)}`))],
          when,
        ),
      );
      const events = [...mergeRuns(parts).events];
      expect(events).toHaveLength(given.reduce((sum, { size }) => sum + size, 0));
      for (const { rigs } of parts) {
        const own = events.filter(({ rig }) => rig === rigs[0]).map(({ n }) => n);
        expect(own).toEqual([...own].sort((one, other) => one - other));
      }
    }),
  );
});
