/** The baselines of runs that are merged, as one that the whole is measured by. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Baseline } from '../compare/baseline.js';
import { counterpart } from '../compare/compare.js';
import type { Side } from '../compare/side.js';

/** What a part kept of its baseline, and the rigs that it was made on. */
export interface BaselineOfPart {
  /** Where it was read from, for messages. */
  readonly from: string;
  readonly baseline: Baseline;
  readonly rigs: readonly { readonly name: string; readonly module: string | undefined; readonly inWhole: string }[];
}

export interface MergedBaseline {
  readonly baseline: Baseline;
  /** Which rigs are measured by one of another name. */
  readonly remarks: readonly string[];
}

/** A rig of a baseline, under the name by which the whole finds it. */
interface Entry {
  readonly rig: number;
  readonly name: string;
}

/**
 * Each rig of each part is measured by the rig that its own run was measured by, under its name in the whole: what is worse in a part is worse in the
 * whole. What a baseline says of all its rigs together counts once, however many parts had it. `whole`: the names of all rigs of the whole.
 * Undefined when no part has a baseline.
 */
export function mergedBaseline(parts: readonly BaselineOfPart[], whole: readonly string[]): MergedBaseline | undefined {
  const distinct: { readonly baseline: Baseline; readonly entries: Entry[] }[] = [];
  const remarks: string[] = [];
  for (const { from, baseline, rigs } of parts) {
    const known = distinct.find((other) => isDeepStrictEqual(other.baseline, baseline));
    const group = known ?? { baseline, entries: [] };
    if (known === undefined) distinct.push(group);
    for (const [index, rig] of counterpart(baseline.side.rigs, rigs)) {
      const own = rigs[index];
      const before = baseline.side.rigs[rig];
      if (own === undefined || before === undefined) continue;
      group.entries.push({ rig, name: own.inWhole });
      if (before.name !== own.name)
        remarks.push(
          `${own.name} of ${from} is compared with ${before.name} of run ${baseline.run}, the only other rig of its kind`,
        );
    }
  }
  const [first] = distinct;
  if (first === undefined) return undefined;
  const runs = [...new Set(distinct.map(({ baseline }) => baseline.run))];
  // Of several baselines each concerns its own rigs alone; of one it is told which rigs are there no more.
  const sides = distinct.map(({ baseline: { side }, entries }) => sideOf(side, entries, distinct.length > 1 ? undefined : whole));
  return { baseline: { run: runs.join(' and run '), side: sides.reduce(together) }, remarks };
}

/** Of a baseline what these rigs are measured by. `whole`: rigs that none of them is measured by stay, unless one of the whole has their name. */
function sideOf(side: Side, entries: readonly Entry[], whole: readonly string[] | undefined): Side {
  const claimed = new Set(entries.map(({ rig }) => rig));
  const gone = [...side.rigs.entries()].flatMap(([rig, { name }]): Entry[] =>
    whole === undefined || claimed.has(rig) || whole.includes(name) ? [] : [{ rig, name }],
  );
  const all = [...entries, ...gone];
  const rows = all.flatMap(({ rig }, place) =>
    [...side.tests.rig.entries()].filter(([, of]) => of === rig).map(([row]) => ({ row, place })),
  );
  const chosen = <T>(column: readonly T[]): T[] => rows.flatMap(({ row }) => column[row] ?? []);
  const { name, status, why } = side.tests;
  const renamed = (of: string): readonly string[] => {
    const names = entries.filter(({ rig }) => side.rigs[rig]?.name === of).map(({ name: own }) => own);
    return names.length === 0 ? [of] : names;
  };
  return {
    ...side,
    // Without its kind nothing is taken for the successor of a rig that is gone.
    rigs: [
      ...entries.map(({ rig, name: own }) => ({ ...side.rigs[rig], name: own })),
      ...gone.map(({ name: own }) => ({ name: own })),
    ],
    tests: { name: chosen(name), rig: rows.map(({ place }) => place), status: chosen(status), why: chosen(why) },
    windows: side.windows.map((window) => ({ ...window, rigs: window.rigs.flatMap(renamed) })),
    times: all.flatMap(({ rig }, place) => side.times.filter((row) => row.rig === rig).map((row) => ({ ...row, rig: place }))),
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
