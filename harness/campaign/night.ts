/**
 * In which order the cuts of a night tell most, should its time run out: what failed before and what lies next to it, then what was never cut,
 * then what was cut least. Pure.
 */
import { isFlashing, parseCutId, phaseOf, type CutTrial } from './cut.js';
import type { PlanPart } from './plans.js';

/** A trial of an earlier night, as the ledger keeps it. */
export interface KnownTrial {
  readonly cut: string;
  /** Of the package and revision that are to be tried now; false: of another one for the same module. */
  readonly own: boolean;
  readonly failed: boolean;
}

/** Percentages to both sides of a failure within which a cut is likely to tell something of the same window. */
const near = 3;
/** The flashing is looked at in so many strata. */
const strata = 10;

/** The trials of a plan, each with its title, in the order of what they tell. The same knowledge gives the same order. */
export function mostTellingFirst(
  plan: readonly PlanPart[],
  known: readonly KnownTrial[],
): readonly { readonly title: string; readonly cut: CutTrial }[] {
  const history = known.flatMap(({ cut, own, failed }) => {
    const trial = readable(cut);
    return trial === undefined ? [] : [{ trial, own, failed }];
  });
  const failures = history.filter(({ failed }) => failed);
  const waiting = new Map<string, Alike>();
  let place = 0;
  for (const { title, trials } of plan) {
    for (const cut of trials) {
      const [rank, keys] = [rankOf(cut, failures), keysOf(cut)];
      const name = JSON.stringify([rank, keys]);
      const alike = waiting.get(name) ?? { rank, keys, cuts: [], next: 0 };
      waiting.set(name, alike);
      alike.cuts.push({ title, cut, place: place++ });
    }
  }
  const counts = new Map<string, number>();
  const count = (keys: readonly string[]): void => {
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const { trial, own } of history) if (own) count(keysOf(trial));

  const ordered: { title: string; cut: CutTrial }[] = [];
  while (waiting.size > 0) {
    const [name, best] = [...waiting].reduce((most, each) => (compare(each[1], most[1]) < 0 ? each : most));
    const { title, cut } = best.cuts[best.next]!;
    ordered.push({ title, cut });
    count(best.keys);
    best.next += 1;
    if (best.next === best.cuts.length) waiting.delete(name);
  }
  return ordered;

  /** What tells more comes first; ties are left in the plan's own order. */
  function compare(one: Alike, other: Alike): number {
    if (one.rank !== other.rank) return one.rank - other.rank;
    for (const [index, key] of one.keys.entries()) {
      const difference = (counts.get(key) ?? 0) - (counts.get(other.keys[index] ?? '') ?? 0);
      if (difference !== 0) return difference;
    }
    return one.cuts[one.next]!.place - other.cuts[other.next]!.place;
  }
}

/** Cuts of which none tells more than another: so few kinds there are that a night of many thousand cuts is ordered at once. */
interface Alike {
  readonly rank: number;
  readonly keys: readonly string[];
  readonly cuts: { readonly title: string; readonly cut: CutTrial; readonly place: number }[];
  /** The first that still waits. */
  next: number;
}

/** 0: the very cut that failed; 1: next to one that failed; 2 and 3: the same of another package for this module; 4: all others. */
function rankOf(cut: CutTrial, failures: readonly { readonly trial: CutTrial; readonly own: boolean }[]): number {
  const ranks = failures.map(({ trial, own }) => {
    const base = own ? 0 : 2;
    if (samePoints(cut, trial)) return base;
    return isNear(cut, trial) ? base + 1 : 4;
  });
  return Math.min(4, ...ranks);
}

/** Over another source the flashing is the same. */
function samePoints(one: CutTrial, other: CutTrial): boolean {
  return JSON.stringify([one.points, one.contents]) === JSON.stringify([other.points, other.contents]);
}

function isNear(one: CutTrial, other: CutTrial): boolean {
  const [mine, its] = [one.points[0], other.points[0]];
  if (mine === undefined || its === undefined || one.contents !== other.contents) return false;
  if (isFlashing(one) && isFlashing(other)) return Math.abs((mine.percent ?? 0) - (its.percent ?? 0)) <= near;
  return one.points.length === 1 && other.points.length === 1 && mine.anchor === its.anchor && mine.percent === its.percent;
}

/** What a cut counts for, the most important first: its phase, that over its source, its stratum of the flashing. */
function keysOf({ points, source }: CutTrial): readonly string[] {
  const [point] = points;
  if (point === undefined) return [];
  const phase = phaseOf(point);
  const stratum =
    points.length === 1 && point.percent !== undefined ? Math.min(strata - 1, Math.floor((point.percent * strata) / 100)) : -1;
  return [phase, `${phase}/${source}`, `${phase}/${String(stratum)}`];
}

/** The ledger may hold what another version wrote. */
function readable(cut: string): CutTrial | undefined {
  try {
    return parseCutId(cut);
  } catch {
    return undefined;
  }
}
