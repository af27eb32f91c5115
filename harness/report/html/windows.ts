import { failingWindow, unexplored, windowText, type FailingWindow, type Probe } from '../../campaign/narrowing.js';
import type { WindowFacts } from './data.js';
import type { TrialRow } from './trial-rows.js';

const scale = { low: 0, high: 100, step: 1 };
const most = 4;
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
export function windowsOf(trials: readonly TrialRow[]): readonly WindowFacts[] {
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
      return windowsIn(own).map((window) => factsOf(window, own, dead));
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

function factsOf(window: FailingWindow, placed: readonly Placed[], dead: boolean): WindowFacts {
  const inside = placed.filter(({ at, failed }) => failed && at >= window.from.at && at <= window.to.at);
  return {
    dead,
    endings: [...new Set(inside.map(({ trial }) => trial.ending ?? 'undecided'))],
    rigs: [...new Set(inside.map(({ trial }) => trial.rig))],
    from: window.from,
    to: window.to,
    inside: window.inside,
    outside: window.outside,
    text: windowText(window),
    trial: inside[0]?.row ?? placed.find(({ failed }) => failed)?.row ?? -1,
  };
}
