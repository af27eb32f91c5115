import { failingWindow, unexplored, windowText, type FailingWindow, type Probe } from '../../campaign/narrowing.js';
import type { PairFacts, StepFacts, WindowFacts } from './data.js';
import type { TrialRow } from './trial-rows.js';

const scale = { low: 0, high: 100, step: 1 };
const most = 4;
/** An edge that may lie anywhere in more percent than this is not named. */
const vague = 10;
/** Endings from which a module does not come back by itself. */
const deadly = new Set(['unresponsive', 'emergency-download', 'dump']);

export function isDead(ending: string | undefined): boolean {
  return ending !== undefined && deadly.has(ending);
}

interface Placed {
  readonly row: number;
  readonly trial: TrialRow;
  readonly at: number;
  readonly failed: boolean;
  readonly dead: boolean;
}

/**
 * Windows of the flashing in which cuts fail, from all valid trials with one cut of a sound package at a percentage. Those that leave the
 * module dead and those that leave it merely wrong are told apart, and so are packages.
 */
export function windowsOf(trials: readonly TrialRow[], pairs: readonly PairFacts[]): readonly WindowFacts[] {
  const groups = new Map<string, Placed[]>();
  trials.forEach((trial, row) => {
    const { achievedPercent: at, outcome } = trial;
    if (!trial.flashing || at === undefined || (outcome !== 'failed' && outcome !== 'survived')) return;
    const key = `${trial.package ?? ''} ${trial.revision ?? ''}`;
    const placed = { row, trial, at, failed: outcome === 'failed', dead: isDead(trial.ending) };
    groups.set(key, [...(groups.get(key) ?? []), placed]);
  });
  return [...groups.values()].flatMap((group) =>
    [true, false].flatMap((dead) => {
      // A cut that failed in the other way says nothing of this one.
      const own = group.filter((placed) => !placed.failed || placed.dead === dead);
      return windowsIn(own).map((window) => factsOf(window, own, dead, stepOf(group[0]?.trial.package, pairs)));
    }),
  );
}

function windowsIn(placed: readonly Placed[]): readonly FailingWindow[] {
  const found: FailingWindow[] = [];
  const probes: readonly Probe[] = placed;
  for (const { at, failed } of placed) {
    if (!failed || found.length >= most) continue;
    const range = unexplored(at, found, scale);
    if (range === undefined || range.high < range.low) continue;
    const inRange = probes.filter((probe) => probe.at >= range.low && probe.at <= range.high);
    const window = failingWindow(inRange, range);
    if (window !== undefined) found.push(window);
  }
  return found;
}

function stepOf(sha256: string | undefined, pairs: readonly PairFacts[]): StepFacts | undefined {
  for (const { module, from, to, upgrade, downgrade } of pairs) {
    if (upgrade.sha256 === sha256) return { module, way: 'upgrade', from, to };
    if (downgrade.sha256 === sha256) return { module, way: 'downgrade', from: to, to: from };
  }
  return undefined;
}

function factsOf(window: FailingWindow, placed: readonly Placed[], dead: boolean, step: StepFacts | undefined): WindowFacts {
  const failed = placed
    .filter((cut) => cut.failed && cut.at >= window.from.from && cut.at <= window.to.to)
    .sort((a, b) => a.at - b.at);
  const [lowest, highest] = [failed[0]?.at ?? window.from.at, failed.at(-1)?.at ?? window.to.at];
  const count = (cuts: readonly Placed[]): { failed: number; of: number } => ({
    failed: cuts.filter((cut) => cut.failed).length,
    of: cuts.length,
  });
  const isInside = ({ at }: Placed): boolean => at >= lowest && at <= highest;
  return {
    dead,
    endings: [...new Set(failed.map(({ trial }) => trial.ending ?? 'undecided'))],
    rigs: [...new Set(failed.map(({ trial }) => trial.rig))],
    step,
    lowest,
    highest,
    from: window.from,
    to: window.to,
    known: [window.from, window.to].every((edge) => edge.to - edge.from <= vague),
    inside: count(placed.filter(isInside)),
    outside: count(placed.filter((cut) => !isInside(cut))),
    text: windowText(window),
    failedAt: failed.map(({ at }) => at),
    trial: failed[0]?.row ?? -1,
  };
}
