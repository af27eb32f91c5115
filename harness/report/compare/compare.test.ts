import fc from 'fast-check';
import type { RequirementRow, WindowFacts } from '../html/data.js';
import type { TestStatus } from '../result.js';
import { compare } from './compare.js';
import { holdTogether, rankTest } from './rank-test.js';
import type { Side } from './side.js';

interface Given {
  readonly rigs?: readonly (readonly [name: string, module: string])[];
  readonly tests?: Readonly<Record<string, TestStatus>>;
  readonly requirements?: Readonly<Record<string, RequirementRow['state']>>;
  readonly windows?: readonly (readonly [from: number, to: number, dead: boolean, step?: Side['windows'][number]['step']])[];
  readonly boots?: readonly number[];
  readonly pairs?: Side['pairs'];
}

function side({ rigs = [['a', 'EC25']], tests = {}, requirements = {}, windows = [], boots = [], pairs = [] }: Given): Side {
  const names = Object.keys(tests);
  const edge = (at: number): WindowFacts['from'] => ({ at, from: at, to: at });
  const sorted = [...boots].sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const time = {
    what: 'boot',
    rig: 0,
    source: undefined,
    n: boots.length,
    median,
    q1: median,
    q3: median,
    values: boots,
  } as const;
  return {
    rigs: rigs.map(([name, module]) => ({ name, module })),
    pairs,
    tests: {
      name: names,
      rig: names.map(() => 0),
      status: Object.values(tests),
      why: names.map((name) => `why ${name}`),
    },
    requirements: Object.entries(requirements).map(([id, state]) => ({
      id,
      state,
      text: '',
      passed: 0,
      failed: 0,
    })),
    windows: windows.map(([from, to, dead, step]) => ({
      ...(step === undefined ? {} : { step }),
      from: edge(from),
      to: edge(to),
      dead,
      rigs: ['a'],
      endings: ['unresponsive'],
      text: 'fails',
    })),
    times: boots.length === 0 ? [] : [time],
  };
}

const told = (before: Given, after: Given): string[] =>
  compare(side(before), side(after)).changes.map(
    ({ direction, what, name, before: was, after: is }) => `${direction} ${what} ${name}: ${was} → ${is}`,
  );

test('a run compared with itself has not changed', () => {
  const given: Given = {
    tests: { x: 'failed' },
    requirements: { 'DG-13': 'failed' },
    windows: [[40, 45, true]],
    boots: [1, 2, 3, 4, 5, 6, 7, 8],
  };
  expect(compare(side(given), side(given))).toMatchObject({ changes: [], regression: false, remarks: [] });
});

test.each([
  ['passed', 'failed', 'worse'],
  ['skipped', 'failed', 'worse'],
  ['invalid', 'failed', 'worse'],
  ['failed', 'passed', 'better'],
  ['invalid', 'passed', 'better'],
  ['passed', 'skipped', 'weaker'],
  ['passed', 'invalid', 'weaker'],
  ['failed', 'skipped', 'other'],
] as const)('a test that was %s and is %s is %s', (was, is, direction) => {
  expect(told({ tests: { x: was } }, { tests: { x: is } })).toEqual([`${direction} test x: ${was} → ${is}`]);
  expect(compare(side({ tests: { x: was } }), side({ tests: { x: is } })).regression).toBe(direction === 'worse');
});

test('a requirement that fails, or that nothing covers any more, is a regression', () => {
  expect(
    told(
      { requirements: { 'DG-13': 'passed', 'DG-15': 'passed', 'DG-18': 'not-covered', 'DG-20': 'passed' } },
      { requirements: { 'DG-13': 'failed', 'DG-15': 'not-covered', 'DG-18': 'passed', 'DG-20': 'undecided' } },
    ),
  ).toEqual([
    'worse requirement DG-13: passed → failed',
    'worse requirement DG-15: passed → not-covered',
    'better requirement DG-18: not-covered → passed',
    'weaker requirement DG-20: passed → undecided',
  ]);
});

test('a failing window that appears is a regression, one that moved within its doubt is none', () => {
  expect(
    told(
      { windows: [[40, 45, true]] },
      {
        windows: [
          [44, 47, true],
          [70, 71, true],
        ],
      },
    ),
  ).toEqual(['worse window 70 % to 71 %: no failing cut → cuts fail']);
  expect(told({ windows: [[40, 45, false]] }, { windows: [] })).toEqual([
    'better window 40 % to 45 %: cuts fail → no failing cut',
  ]);
  // Wrong where it was wrong before, but now dead.
  expect(told({ windows: [[40, 45, false]] }, { windows: [[40, 45, true]] })).toContain(
    'worse window 40 % to 45 %: no failing cut → cuts fail',
  );
});

test('a window excuses none of the other way, and none of another module; a new version of the same way it does', () => {
  const up = { module: 'EC25', way: 'upgrade', from: 'A12', to: 'A13' } as const;
  const against = (before: Side['windows'][number]['step'], after: Side['windows'][number]['step']): string[] =>
    told({ windows: [[40, 45, true, before]] }, { windows: [[41, 44, true, after]] });
  expect(against(up, up)).toEqual([]);
  expect(against(up, { ...up, to: 'A14' })).toEqual([]);
  expect(against(undefined, up)).toEqual([]);
  expect(against(up, { module: 'EC25', way: 'downgrade', from: 'A13', to: 'A12' })).toEqual([
    'worse window EC25 A13 → A12: 41 % to 44 %: no failing cut → cuts fail',
    'better window EC25 A12 → A13: 40 % to 45 %: cuts fail → no failing cut',
  ]);
  expect(against(up, { ...up, module: 'EC21' })).toHaveLength(2);
});

test('a time that moved beyond its noise is told with the test that says so; noise is not', () => {
  const boots = Array.from({ length: 30 }, (_, index) => 10_000 + ((index * 37) % 400));
  const slower = boots.map((value) => value * 1.1);
  const { changes, regression } = compare(side({ boots }), side({ boots: slower }));
  expect(regression).toBe(true);
  expect(changes).toMatchObject([{ what: 'time', direction: 'worse', name: 'boot' }]);
  expect(changes[0]?.detail).toMatch(/\+10\.0 % of the median; Mann–Whitney U, p = \d/);
  expect(compare(side({ boots: slower }), side({ boots })).regression).toBe(false);
  // Beyond noise, yet too little to matter; and much, yet of too few.
  expect(told({ boots }, { boots: boots.map((value) => value * 1.04) })).toEqual([]);
  expect(told({ boots: [10_000, 10_001] }, { boots: [20_000, 20_001] })).toEqual([]);
});

test('a rig of another name is compared when it is the only other one of its kind, and that is said', () => {
  const before = side({ tests: { x: 'passed' } });
  const after = side({ rigs: [['b', 'EC25']], tests: { x: 'failed' } });
  expect(compare(before, after)).toMatchObject({
    regression: true,
    remarks: ['b is compared with a, the only other rig of its kind'],
  });
  const other = compare(before, side({ rigs: [['c', 'EC21']], tests: { x: 'failed' } }));
  expect(other).toMatchObject({ changes: [], tests: { both: 0, gone: 1, fresh: 1 } });
  expect(other.remarks).toEqual([
    'c took no part in the first run: nothing of it is compared',
    'a takes no part in the second run',
  ]);
});

test('runs with other packages are compared, and that is said', () => {
  const pair = { module: 'EC25', from: 'A12', to: 'A13', upgrade: 'ab'.repeat(32), downgrade: 'cd'.repeat(32) };
  const remarks = (before: Side['pairs'], after: Side['pairs']): readonly string[] =>
    compare(side({ pairs: before }), side({ pairs: after })).remarks;
  expect(remarks([pair], [pair])).toEqual([]);
  const other = { ...pair, to: 'A14', upgrade: 'ef'.repeat(32) };
  expect(remarks([pair], [other])).toEqual([
    'other packages for EC25: A12 → A13 (abababababab) in the first run, A12 → A14 (efefefefefef) in the second',
  ]);
  // What only one of the runs has is told of its rigs.
  expect(remarks([{ ...pair, module: 'EC21' }], [pair])).toEqual([]);
});

describe('rank test', () => {
  test('agrees with published values', () => {
    // Hollander and Wolfe, table 4.1: U = 35; exactly 0.2544, by the normal approximation (35 − 25 − ½) / √(50 · 16 / 12).
    const x = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const y = [1.15, 0.88, 0.9, 0.74, 1.21];
    expect(rankTest(x, y)).toBeCloseTo(0.2446, 3);
    expect(rankTest([1, 2, 3], [1, 2, 3])).toBeCloseTo(1, 6);
    expect(rankTest([], [1])).toBe(1);
    expect(rankTest([5, 5, 5], [5, 5])).toBe(1);
  });

  test('does not depend on the order, and is a chance', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const p = rankTest(one, other);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(rankTest(other, [...one].reverse())).toBeCloseTo(p, 9);
      }),
    );
  });

  test('Holm lets the smallest stand against all, the next against the rest', () => {
    expect(holdTogether([0.004, 0.02, 0.001], 0.01)).toEqual([true, false, true]);
    expect(holdTogether([0.006, 0.006], 0.01)).toEqual([false, false]);
    expect(holdTogether([], 0.01)).toEqual([]);
  });
});
