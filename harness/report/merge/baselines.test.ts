import type { Baseline } from '../compare/baseline.js';
import { compare } from '../compare/compare.js';
import { mergedBaseline, type BaselineOfPart } from './baselines.js';

type Side = Baseline['side'];
const time = (rig: number): Side['times'][number] => ({
  what: 'boot',
  rig,
  n: 1,
  q1: 1,
  median: 1,
  q3: 1,
  values: [1],
});
const requirement = (id: string, state: Side['requirements'][number]['state'], passed: number): Side['requirements'][number] => ({
  id,
  text: id,
  state,
  passed,
  failed: state === 'failed' ? 1 : 0,
});
/** One test and one time of each rig. */
const baseline = (run: string, rigs: readonly string[], changed: Partial<Side> = {}): Baseline => ({
  run,
  side: {
    rigs: rigs.map((name) => ({ name, module: 'EC25' })),
    pairs: [{ module: 'EC25', from: 'v12', to: 'v13', upgrade: 'u', downgrade: 'd' }],
    tests: {
      name: rigs.map((name) => `s: ${name}`),
      rig: [...rigs.keys()],
      status: rigs.map(() => 'passed'),
      why: rigs.map(() => ''),
    },
    requirements: [],
    windows: [],
    times: [...rigs.keys()].map(time),
    ...changed,
  },
});
/** A part that was measured by it, with the names that its rigs have in the whole. */
const measuredBy = (kept: Baseline, ...names: readonly (readonly [string, string])[]): BaselineOfPart => ({
  from: kept.run.toUpperCase(),
  baseline: kept,
  rigs: names.map(([name, inWhole]) => ({ name, module: 'EC25', inWhole })),
});

const merged = (parts: readonly BaselineOfPart[]): Baseline | undefined =>
  mergedBaseline(
    parts,
    parts.flatMap(({ rigs }) => rigs.map(({ inWhole }) => inWhole)),
  )?.baseline;

test('none, and the same one in each part', () => {
  expect(mergedBaseline([], [])).toBeUndefined();
  const one = baseline('monday', ['a', 'b']);
  const parts = [measuredBy(one, ['a', 'a']), measuredBy(baseline('monday', ['a', 'b']), ['b', 'b'])];
  expect(mergedBaseline(parts, ['a', 'b'])).toEqual({ baseline: one, remarks: [] });
});

test('of different ones each rig has what its own run was measured by, under its name in the whole', () => {
  const whole = merged([
    measuredBy(baseline('monday', ['x', 'a']), ['a', 'a']),
    measuredBy(baseline('tuesday', ['a', 'x']), ['a', 'a~2']),
  ]);
  expect(whole?.run).toBe('monday and run tuesday');
  expect(whole?.side.rigs.map(({ name }) => name)).toEqual(['a', 'a~2']);
  expect(whole?.side.tests).toMatchObject({ name: ['s: a', 's: a'], rig: [0, 1] });
  expect(whole?.side.times.map(({ rig }) => rig)).toEqual([0, 1]);
  expect(whole?.side.pairs).toHaveLength(1);
});

/** The time of a boot, so many times as long as before. */
const slower = (rig: number, factor: number): Side['times'][number] => {
  const values = Array.from({ length: 30 }, (_, index) => factor * (1000 + index));
  return { what: 'boot', rig, n: 30, q1: 1000 * factor, median: 1015 * factor, q3: 1030 * factor, values };
};
const now = (...rigs: readonly (readonly [name: string, factor: number])[]): Side => ({
  ...baseline('now', []).side,
  rigs: rigs.map(([name]) => ({ name, module: 'EC25' })),
  times: rigs.map(([, factor], rig) => slower(rig, factor)),
});

test('what is worse in a part is worse in the whole, whatever its rig is called there', () => {
  const before = baseline('monday', ['a'], { times: [slower(0, 1)] });
  expect(compare(before.side, now(['a', 1.5])).regression).toBe(true);
  const one = merged([measuredBy(before, ['a', 'a']), measuredBy(before, ['a', 'a~2'])]);
  expect(compare(one?.side ?? before.side, now(['a', 1], ['a~2', 1.5]))).toMatchObject({ regression: true, remarks: [] });
  // On other rigs than before, each compared as the only one of its kind.
  const other = baseline('tuesday', ['old-b'], { times: [slower(0, 1)] });
  const parts = [measuredBy(baseline('monday', ['old-a'], { times: [slower(0, 1)] }), ['a', 'a']), measuredBy(other, ['b', 'b'])];
  const whole = mergedBaseline(parts, ['a', 'b']);
  expect(compare(whole?.baseline.side ?? before.side, now(['a', 1], ['b', 1.5])).regression).toBe(true);
  expect(whole?.remarks).toEqual([
    'a of MONDAY is compared with old-a of run monday, the only other rig of its kind',
    'b of TUESDAY is compared with old-b of run tuesday, the only other rig of its kind',
  ]);
});

test('a rig of the baseline that takes no part any more stays, and is compared with none', () => {
  const before = baseline('monday', ['gone', 'a', 'b']);
  const whole = merged([measuredBy(before, ['a', 'a']), measuredBy(before, ['b', 'b'])]);
  expect(whole?.side.rigs).toEqual([{ name: 'a', module: 'EC25' }, { name: 'b', module: 'EC25' }, { name: 'gone' }]);
  expect(whole?.side.tests).toMatchObject({ name: ['s: a', 's: b', 's: gone'], rig: [0, 1, 2] });
  const { remarks } = compare(whole?.side ?? before.side, now(['a', 1], ['b', 1], ['new', 1]));
  expect(remarks).toEqual([
    'new took no part in the first run: nothing of it is compared',
    'gone takes no part in the second run',
  ]);
  // One of its name was measured by nothing, and is not measured by it now.
  expect(mergedBaseline([measuredBy(before, ['a', 'a'])], ['a', 'gone'])?.baseline.side.rigs.map(({ name }) => name)).toEqual([
    'a',
    'b',
  ]);
});

test('what a baseline says of all its rigs is said once', () => {
  const windows = [
    { dead: true, endings: ['dump'], rigs: ['a'], from: { at: 1, from: 1, to: 1 }, to: { at: 2, from: 2, to: 2 }, text: 't' },
  ];
  const before = baseline('monday', ['a'], { requirements: [requirement('1', 'passed', 2)], windows });
  const whole = merged([measuredBy(before, ['a', 'a']), measuredBy(before, ['a', 'a~2'])]);
  expect(whole?.side.requirements).toEqual([requirement('1', 'passed', 2)]);
  expect(whole?.side.windows.map(({ rigs }) => rigs)).toEqual([['a', 'a~2']]);
});

test('a run that was measured by one of another rig keeps that', () => {
  const whole = merged([
    measuredBy(baseline('monday', ['old']), ['new', 'new']),
    measuredBy(baseline('tuesday', ['b']), ['b', 'b']),
  ]);
  expect(whole?.side.rigs.map(({ name }) => name)).toEqual(['new', 'b']);
});

test('requirements add up: a failure outweighs what held, and what held what was not covered', () => {
  const all = (...rows: Side['requirements']): Partial<Side> => ({ requirements: rows });
  const one = all(requirement('1', 'passed', 2), requirement('2', 'not-covered', 0), requirement('3', 'undecided', 0));
  const two = all(requirement('1', 'failed', 1), requirement('2', 'passed', 3), requirement('4', 'passed', 1));
  const whole = merged([
    measuredBy(baseline('monday', ['a'], one), ['a', 'a']),
    measuredBy(baseline('tuesday', ['b'], two), ['b', 'b']),
  ]);
  expect(whole?.side.requirements.map(({ id, state, passed, failed }) => [id, state, passed, failed])).toEqual([
    ['1', 'failed', 3, 1],
    ['2', 'passed', 3, 0],
    ['3', 'undecided', 0, 0],
    ['4', 'passed', 1, 0],
  ]);
});
