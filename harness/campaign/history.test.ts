import fc from 'fast-check';
import { seeded } from '../base/random.js';
import { historyOf, type HistoryRows } from './history.js';
import type { TestRow, UpgradeTimeRow } from './ledger-runs.js';
import { upperBound } from './statistics.js';

const of = { package: 'ab'.repeat(32), revision: 'EC25EFAR06A12M4G', rig: 'ec25-a' };
const nights = ['n1', 'n2', 'n3', 'n4', 'n5'];
const runs: HistoryRows['runs'] = nights.map((run, index) => ({
  run,
  at: `2026-02-0${String(index + 1)}T22:00:00.000Z`,
  seed: index,
  harness: index < 3 ? '0.1.0 (abc)' : '0.2.0 (def)',
  host: 'bench',
  exit: index === 4 ? null : 0,
}));
const row = (run: string, status: TestRow['status'], change: Partial<TestRow> = {}): TestRow => ({
  ...of,
  run,
  test: 'round-trip: ufs',
  suite: 'round-trip',
  status,
  why: null,
  tries: 0,
  took: 1000,
  at: '',
  module: 'EC25',
  ...change,
});
const upgrade = (run: string, change: Partial<UpgradeTimeRow> = {}): UpgradeTimeRow => ({
  ...of,
  run,
  upgrade: 'u1',
  step: 'upgrade',
  source: 'ufs',
  download: null,
  flash: 100,
  boot: 10,
  at: '',
  ...change,
});
const told = (tests: readonly TestRow[], more: Partial<HistoryRows> = {}) => {
  const found = historyOf({ runs, tests, upgrades: [], cuts: [], ...more });
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${String(found.length)} histories`);
  return first;
};
/** The results of one test, a letter a night: passed, failed, invalid, undecided, skipped. */
const letters = { P: 'passed', F: 'failed', I: 'invalid', U: 'inconclusive', S: 'skipped' } as const;
const nightly = (word: string): TestRow[] =>
  [...word].flatMap((letter, index) =>
    letter === '-' ? [] : [row(nights[index] ?? '', letters[letter as keyof typeof letters])],
  );

describe('a flaky test', () => {
  test.each<[string, object[]]>([
    ['PPPPP', []],
    ['FFFFF', []],
    ['PFP--', [{ passed: 2, failed: 1, changes: 2, failedIn: ['n2'], sameHarness: true }]],
    ['FPF--', [{ passed: 1, failed: 2, changes: 2, failedIn: ['n1', 'n3'], sameHarness: true }]],
    ['PPF--', [{ passed: 2, failed: 1, changes: 1, failedIn: ['n3'], sameHarness: true }]],
    // By another version of the harness: its rules may have changed.
    ['PPPFF', [{ passed: 3, failed: 2, changes: 1, sameHarness: false }]],
    ['PPPFP', [{ passed: 4, failed: 1, sameHarness: true }]],
    // What the rig spoilt, what was not run and what was left open is no other result.
    ['PIPUS', []],
    ['FIFUS', []],
    ['PIF--', [{ passed: 1, failed: 1, changes: 1 }]],
  ])('%s', (word, expected) => {
    expect(told(nightly(word)).flaky).toMatchObject(expected);
    expect(told(nightly(word)).flaky).toHaveLength(expected.length);
  });

  test('is one test on one rig with one package from one revision', () => {
    for (const change of [{ rig: 'ec25-b' }, { package: 'cd'.repeat(32) }, { revision: 'R07' }, { test: 'other' }]) {
      const found = historyOf({ runs, tests: [row('n1', 'passed'), row('n2', 'failed', change)], upgrades: [], cuts: [] });
      expect(found.flatMap(({ flaky }) => flaky)).toEqual([]);
    }
  });
});

test('what the rig spoilt is told apart, with the tries that did not count', () => {
  const { spoilt, passRate, tests } = told([row('n1', 'passed', { tries: 2 }), ...nightly('-IUSF')]);
  expect(spoilt).toEqual([{ test: 'round-trip: ufs', invalid: 1, inconclusive: 1, tries: 2 }]);
  expect(tests).toEqual({ passed: 1, failed: 1, skipped: 1, invalid: 1, inconclusive: 1 });
  expect(passRate).toBe(0.5);
  expect(told(nightly('PPPPP')).spoilt).toEqual([]);
  expect(told(nightly('ISU--')).passRate).toBeUndefined();
});

test('nights are in their order, each with its counts, its end and the bound so far', () => {
  const cuts = [
    { ...of, run: 'n3', module: 'EC25', valid: 20, failed: 1 },
    { ...of, run: 'n1', module: 'EC25', valid: 50, failed: 0 },
  ];
  const history = told(nightly('P-F-P').reverse(), { cuts });
  expect(history.nights).toMatchObject([
    { run: 'n1', exit: 0, tests: { passed: 1 }, cuts: { valid: 50 }, bound: upperBound({ valid: 50, failed: 0 }) },
    { run: 'n3', exit: 0, tests: { failed: 1 }, cuts: { valid: 20, failed: 1 }, bound: upperBound({ valid: 70, failed: 1 }) },
    { run: 'n5', exit: undefined, tests: { passed: 1 }, cuts: { valid: 0 }, bound: upperBound({ valid: 70, failed: 1 }) },
  ]);
  expect(history.cuts).toEqual({ valid: 70, failed: 1 });
});

test('times: downloads by their way, flashing and boot together; what has none is not there', () => {
  const {
    nights: [night],
  } = told([], {
    upgrades: [
      upgrade('n1', { source: 'ftp', download: 40, flash: 100, boot: 10 }),
      upgrade('n1', { source: 'ftp', download: 60, flash: 200, boot: null, upgrade: 'u2' }),
      upgrade('n1', { source: 'http', download: 7, flash: 400, boot: null, upgrade: 'u3' }),
      upgrade('n1', { source: 'ufs', flash: 300, boot: 30, upgrade: 'u4' }),
    ],
  });
  expect(night?.times).toEqual([
    { what: 'download', source: 'ftp', n: 2, q1: 45, median: 50, q3: 55 },
    { what: 'download', source: 'http', n: 1, q1: 7, median: 7, q3: 7 },
    { what: 'flash', source: undefined, n: 4, q1: 175, median: 250, q3: 325 },
    { what: 'boot', source: undefined, n: 2, q1: 15, median: 20, q3: 25 },
  ]);
});

test('whatever the rows: each counts once, the order they come in does not matter, and no figure leaves its range', () => {
  const tests = fc.uniqueArray(
    fc.record({
      run: fc.constantFrom(...nights),
      rig: fc.constantFrom('a', 'b'),
      test: fc.constantFrom('x', 'y', 'z'),
      package: fc.constantFrom('p', 'q', null),
      status: fc.constantFrom('passed', 'failed', 'skipped', 'invalid', 'inconclusive'),
      tries: fc.nat({ max: 3 }),
    }),
    { selector: ({ run, rig, test }) => `${run} ${rig} ${test}` },
  );
  fc.assert(
    fc.property(tests, fc.nat(), (given, dice) => {
      const rows = given.map(({ run, status, ...change }) => row(run, status, change));
      const random = seeded(dice, 'order');
      const shuffled = rows
        .map((each) => ({ each, at: random.next() }))
        .sort((one, other) => one.at - other.at)
        .map(({ each }) => each);
      const history = historyOf({ runs, tests: rows, upgrades: [], cuts: [] });
      const key = (list: typeof history): string[] =>
        list.map((one) => JSON.stringify({ ...one, flaky: sorted(one.flaky), spoilt: sorted(one.spoilt) })).sort();
      expect(key(historyOf({ runs, tests: shuffled, upgrades: [], cuts: [] }))).toEqual(key(history));
      const counted = history.flatMap((one) => Object.values(one.tests)).reduce((sum, count) => sum + count, 0);
      expect(counted).toBe(rows.filter((each) => each.package !== null).length);
      for (const { passRate = 0, flaky } of history) {
        expect(passRate).toBeGreaterThanOrEqual(0);
        expect(passRate).toBeLessThanOrEqual(1);
        for (const { passed, failed, changes } of flaky) expect(changes).toBeLessThan(passed + failed);
      }
    }),
  );
});

const sorted = <T extends { readonly test: string }>(list: readonly T[]): T[] =>
  [...list].sort((one, other) => (one.test < other.test ? -1 : 1));
