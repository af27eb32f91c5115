/** What changed from one run to another, from what their evidence pages are made of. Pure. */
import type { TestStatus } from '../result.js';
import { holdTogether, rankTest } from './rank-test.js';
import type { Side } from './side.js';

/** Whether a change speaks against the newer run, for it, or only shows less (a test that was skipped or spoilt now). */
export type Direction = 'worse' | 'better' | 'weaker' | 'other';

export interface Change {
  readonly what: 'test' | 'requirement' | 'window' | 'time';
  readonly direction: Direction;
  /** Rig, where the change is one rig's. */
  readonly rig: string | undefined;
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly detail: string;
}

export interface Comparison {
  readonly changes: readonly Change[];
  /** Tests in both runs, in the first alone, in the second alone. */
  readonly tests: { readonly both: number; readonly gone: number; readonly fresh: number };
  /** What makes the comparison weaker than it looks. */
  readonly remarks: readonly string[];
  /** Anything is worse. */
  readonly regression: boolean;
}

/** A time has moved when the ranks say so at this level, all times taken together … */
const level = 0.01;
/** … and its median by more than this share. */
const least = 0.05;

export function compare(before: Side, after: Side): Comparison {
  const rigOf = counterpart(before.rigs, after.rigs);
  const { changes: tests, counts } = testChanges(before, after, rigOf);
  const changes = [
    ...requirementChanges(before, after),
    ...windowChanges(before, after),
    ...tests,
    ...timeChanges(before, after, rigOf),
  ];
  return {
    changes,
    tests: counts,
    remarks: remarksOn(before, after, rigOf),
    regression: changes.some(({ direction }) => direction === 'worse'),
  };
}

type Rigs = readonly { readonly name: string; readonly module?: string | undefined }[];

/** The rig of the first run that one of the second is compared with: of the same name, else the only other one of its kind. */
export function counterpart(before: Rigs, after: Rigs): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  const left = new Set(before.keys());
  for (const [index, { name }] of after.entries()) {
    const same = before.findIndex((rig) => rig.name === name);
    if (same < 0) continue;
    pairs.set(index, same);
    left.delete(same);
  }
  for (const [index, { module }] of after.entries()) {
    if (pairs.has(index)) continue;
    const [only, ...more] = [...left].filter((other) => before[other]?.module === module);
    const rivals = [...after.entries()].filter(([other, rig]) => !pairs.has(other) && rig.module === module).length;
    if (only === undefined || more.length > 0 || rivals > 1) continue;
    pairs.set(index, only);
    left.delete(only);
  }
  return pairs;
}

function remarksOn(before: Side, after: Side, rigOf: ReadonlyMap<number, number>): string[] {
  const remarks: string[] = [];
  for (const [index, { name }] of after.rigs.entries()) {
    const other = rigOf.get(index);
    const known = other === undefined ? undefined : before.rigs[other]?.name;
    if (known === undefined) remarks.push(`${name} took no part in the first run: nothing of it is compared`);
    else if (known !== name) remarks.push(`${name} is compared with ${known}, the only other rig of its kind`);
  }
  for (const [index, { name }] of before.rigs.entries()) {
    if (![...rigOf.values()].includes(index)) remarks.push(`${name} takes no part in the second run`);
  }
  return [...remarks, ...packageRemarks(before, after)];
}

/** Times, and what cuts do, may depend on the package: whoever compares two of them is told. */
function packageRemarks(before: Side, after: Side): string[] {
  return after.pairs.flatMap((pair) => {
    const others = before.pairs.filter(({ module }) => module === pair.module);
    if (others.length === 0 || others.some(({ upgrade, downgrade }) => upgrade === pair.upgrade && downgrade === pair.downgrade))
      return [];
    const named = ({ from, to, upgrade }: Side['pairs'][number]): string => `${from} → ${to} (${upgrade.slice(0, 12)})`;
    return [`other packages for ${pair.module}: ${others.map(named).join(', ')} in the first run, ${named(pair)} in the second`];
  });
}

function testChanges(
  before: Side,
  after: Side,
  rigOf: ReadonlyMap<number, number>,
): { changes: Change[]; counts: Comparison['tests'] } {
  const key = (rig: number | undefined, name: string): string => `${String(rig)} ${name}`;
  const known = new Map(before.tests.name.map((name, row) => [key(before.tests.rig[row], name), before.tests.status[row]]));
  const changes: Change[] = [];
  let both = 0;
  after.tests.name.forEach((name, row) => {
    const rig = after.tests.rig[row] ?? -1;
    const own = key(rigOf.get(rig), name);
    const was = known.get(own);
    const is = after.tests.status[row];
    if (was === undefined || is === undefined) return;
    both += 1;
    known.delete(own);
    if (was === is) return;
    const detail = (after.tests.why[row] ?? '').split('\n')[0] ?? '';
    changes.push({
      what: 'test',
      direction: directionOf(was, is),
      rig: after.rigs[rig]?.name,
      name,
      before: was,
      after: is,
      detail,
    });
  });
  return { changes, counts: { both, gone: known.size, fresh: after.tests.name.length - both } };
}

function directionOf(was: TestStatus, is: TestStatus): Direction {
  if (is === 'failed') return 'worse';
  if (was === 'failed') return is === 'passed' ? 'better' : 'other';
  if (is === 'passed') return 'better';
  return was === 'passed' ? 'weaker' : 'other';
}

function requirementChanges(before: Side, after: Side): Change[] {
  const known = new Map(before.requirements.map((row) => [row.id, row]));
  return after.requirements.flatMap(({ id, text, state, failed, passed }): Change[] => {
    const was = known.get(id)?.state;
    if (was === undefined || was === state) return [];
    const direction: Direction =
      state === 'failed' || (was === 'passed' && state === 'not-covered')
        ? 'worse'
        : state === 'passed'
          ? 'better'
          : was === 'passed'
            ? 'weaker'
            : 'other';
    const detail = `${String(passed)} passed, ${String(failed)} failed: ${text}`;
    return [{ what: 'requirement', direction, rig: undefined, name: id, before: was, after: state, detail }];
  });
}

function windowChanges(before: Side, after: Side): Change[] {
  type Window = Side['windows'][number];
  const meet = (one: Window, other: Window): boolean =>
    one.dead === other.dead && sameStep(one, other) && one.from.from <= other.to.to && other.from.from <= one.to.to;
  const named = (window: Window): string => `${window.text} (${window.endings.join(', ')})`;
  const place = ({ from, to, step }: Window): string =>
    `${step === undefined ? '' : `${step.module} ${step.from} → ${step.to}: `}${String(from.at)} % to ${String(to.at)} %`;
  const changed = (window: Window, others: readonly Window[], there: boolean): Change[] => {
    if (others.some((other) => meet(window, other))) return [];
    const [gone, here] = ['no failing cut', 'cuts fail'];
    const direction = there ? ('worse' as const) : ('better' as const);
    const base = { what: 'window' as const, direction, rig: window.rigs.join(', '), name: place(window), detail: named(window) };
    return [{ ...base, before: there ? gone : here, after: there ? here : gone }];
  };
  return [
    ...after.windows.flatMap((window) => changed(window, before.windows, true)),
    ...before.windows.flatMap((window) => changed(window, after.windows, false)),
  ];
}

/** What fails on the way up, or in another module, excuses nothing that fails on the way down. Versions may differ: new packages are compared with old ones. */
function sameStep({ step: one }: Side['windows'][number], { step: other }: Side['windows'][number]): boolean {
  return one === undefined || other === undefined || (one.module === other.module && one.way === other.way);
}

function timeChanges(before: Side, after: Side, rigOf: ReadonlyMap<number, number>): Change[] {
  const pairs = after.times.flatMap((row) => {
    const was = before.times.find(
      ({ what, source, rig }) => what === row.what && source === row.source && rig === rigOf.get(row.rig),
    );
    return was === undefined ? [] : [{ was, row, p: rankTest(was.values, row.values) }];
  });
  const held = holdTogether(
    pairs.map(({ p }) => p),
    level,
  );
  return pairs.flatMap(({ was, row, p }, index): Change[] => {
    const moved = was.median === 0 ? 0 : row.median / was.median - 1;
    if (held[index] !== true || Math.abs(moved) < least) return [];
    const sign = moved > 0 ? '+' : '';
    return [
      {
        what: 'time',
        direction: moved > 0 ? 'worse' : 'better',
        rig: after.rigs[row.rig]?.name,
        name: row.source === undefined ? row.what : `${row.what} over ${row.source}`,
        before: seconds(was),
        after: seconds(row),
        detail: `${sign}${(moved * 100).toFixed(1)} % of the median; Mann–Whitney U, p = ${p.toExponential(1)}, ${String(pairs.length)} times compared (Holm)`,
      },
    ];
  });
}

const seconds = ({ median, q1, q3, n }: Side['times'][number]): string =>
  `${(median / 1000).toFixed(2)} s (${(q1 / 1000).toFixed(2)}–${(q3 / 1000).toFixed(2)}, ${String(n)} times)`;
