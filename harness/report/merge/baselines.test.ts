import type { Baseline } from '../compare/baseline.js';
import { mergedBaseline } from './baselines.js';

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
const names = (...own: readonly (readonly [string, string])[]): ReadonlyMap<string, string> => new Map(own);

test('none, and the same one in each part', () => {
  expect(mergedBaseline([])).toBeUndefined();
  const one = baseline('monday', ['a', 'b']);
  const parts = [
    { baseline: one, names: names(['a', 'a']) },
    { baseline: baseline('monday', ['a', 'b']), names: names(['b', 'b']) },
  ];
  expect(mergedBaseline(parts)).toEqual(one);
});

test('of different ones each rig has what its own run was measured by, under its name in the whole', () => {
  const merged = mergedBaseline([
    { baseline: baseline('monday', ['x', 'a']), names: names(['a', 'a']) },
    { baseline: baseline('tuesday', ['a', 'x']), names: names(['a', 'a~2']) },
  ]);
  expect(merged?.run).toBe('monday and run tuesday');
  expect(merged?.side.rigs.map(({ name }) => name)).toEqual(['a', 'a~2']);
  expect(merged?.side.tests).toMatchObject({ name: ['s: a', 's: a'], rig: [0, 1] });
  expect(merged?.side.times.map(({ rig }) => rig)).toEqual([0, 1]);
  expect(merged?.side.pairs).toHaveLength(1);
});

test('a run that was measured by one of another rig keeps that', () => {
  const merged = mergedBaseline([
    { baseline: baseline('monday', ['old']), names: names(['new', 'new']) },
    { baseline: baseline('tuesday', ['b']), names: names(['b', 'b']) },
  ]);
  expect(merged?.side.rigs.map(({ name }) => name)).toEqual(['old', 'b']);
});

test('requirements add up: a failure outweighs what held, and what held what was not covered', () => {
  const all = (...rows: Side['requirements']): Partial<Side> => ({ requirements: rows });
  const one = all(requirement('1', 'passed', 2), requirement('2', 'not-covered', 0), requirement('3', 'undecided', 0));
  const two = all(requirement('1', 'failed', 1), requirement('2', 'passed', 3), requirement('4', 'passed', 1));
  const merged = mergedBaseline([
    { baseline: baseline('monday', ['a'], one), names: names(['a', 'a']) },
    { baseline: baseline('tuesday', ['b'], two), names: names(['b', 'b']) },
  ]);
  expect(merged?.side.requirements.map(({ id, state, passed, failed }) => [id, state, passed, failed])).toEqual([
    ['1', 'failed', 3, 1],
    ['2', 'passed', 3, 0],
    ['3', 'undecided', 0, 0],
    ['4', 'passed', 1, 0],
  ]);
});
