/** The baselines of runs that are merged, as one that the whole is measured by. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Baseline } from '../compare/baseline.js';
import type { Side } from '../compare/side.js';

/** What a part kept of its baseline, and the names that its rigs have in the whole. */
export interface BaselineOfPart {
  readonly baseline: Baseline;
  readonly names: ReadonlyMap<string, string>;
}

/** Parts that were measured by the same run have one baseline; else each brings what concerns its own rigs. Undefined when no part has one. */
export function mergedBaseline(parts: readonly BaselineOfPart[]): Baseline | undefined {
  const distinct = parts.filter(
    ({ baseline }, index) => parts.findIndex((other) => isDeepStrictEqual(other.baseline, baseline)) === index,
  );
  const [first] = distinct;
  if (first === undefined || distinct.length === 1) return first?.baseline;
  const runs = [...new Set(distinct.map(({ baseline }) => baseline.run))];
  return { run: runs.join(' and run '), side: distinct.map(ownSide).reduce(together) };
}

/** Of the baseline's rigs those that took part in the run, by their new names; all of them when the run was on others. */
function ownSide({ baseline: { side }, names }: BaselineOfPart): Side {
  const own = side.rigs.map(({ name }) => names.has(name));
  const kept = own.includes(true) ? own : own.map(() => true);
  const index = new Map([...side.rigs.keys()].filter((rig) => kept[rig]).map((rig, place) => [rig, place]));
  const rows = side.tests.rig.map((rig) => index.has(rig));
  const chosen = <T>(column: readonly T[]): readonly T[] => column.filter((_, row) => rows[row]);
  const { name, rig, status, why } = side.tests;
  const renamed = (rigName: string): string => names.get(rigName) ?? rigName;
  return {
    ...side,
    rigs: side.rigs.filter((_, each) => kept[each]).map((each) => ({ ...each, name: renamed(each.name) })),
    tests: {
      name: chosen(name),
      rig: chosen(rig).map((each) => index.get(each) ?? -1),
      status: chosen(status),
      why: chosen(why),
    },
    windows: side.windows.map((window) => ({ ...window, rigs: window.rigs.map(renamed) })),
    times: side.times.flatMap((row) => {
      const place = index.get(row.rig);
      return place === undefined ? [] : [{ ...row, rig: place }];
    }),
  };
}

function together(one: Side, other: Side): Side {
  const offset = one.rigs.length;
  return {
    rigs: [...one.rigs, ...other.rigs],
    pairs: [...one.pairs, ...other.pairs.filter((pair) => !one.pairs.some((known) => isDeepStrictEqual(known, pair)))],
    tests: {
      name: [...one.tests.name, ...other.tests.name],
      rig: [...one.tests.rig, ...other.tests.rig.map((rig) => rig + offset)],
      status: [...one.tests.status, ...other.tests.status],
      why: [...one.tests.why, ...other.tests.why],
    },
    requirements: requirementsTogether(one.requirements, other.requirements),
    windows: [
      ...one.windows,
      ...other.windows.filter((window) => !one.windows.some((known) => isDeepStrictEqual(known, window))),
    ],
    times: [...one.times, ...other.times.map((row) => ({ ...row, rig: row.rig + offset }))],
  };
}

type Requirements = Side['requirements'];

/** As the evidence of one run is taken: a failure outweighs what held, and what held what was not decided. */
function requirementsTogether(one: Requirements, others: Requirements): Requirements {
  const rank = ['failed', 'passed', 'undecided', 'not-covered'] as const;
  const known = new Map(others.map((row) => [row.id, row]));
  const ids = new Set(one.map(({ id }) => id));
  const both = one.map((row) => {
    const other = known.get(row.id);
    if (other === undefined) return row;
    const state = rank.find((each) => each === row.state || each === other.state) ?? row.state;
    return { ...row, state, passed: row.passed + other.passed, failed: row.failed + other.failed };
  });
  return [...both, ...others.filter(({ id }) => !ids.has(id))];
}
