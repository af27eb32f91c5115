/**
 * What most reports of a run rest on: its events without the traffic on the lines, which is nine tenths of a journal and of no use to them. Made in one
 * pass, in which each upgrade can be looked at while it is whole. Pure.
 */
import type { JournalEvent } from '../journal/events.js';
import { CutUses } from '../verdict/cut-use.js';
import { UpgradeStream, type StreamedUpgrade } from './html/upgrade-stream.js';

export interface RunOutline {
  readonly events: readonly JournalEvent[];
  /** By rig: whether a power cut uses up an attempt, in words; without those that never cut within one. */
  readonly cutUse: ReadonlyMap<string, string>;
}

export interface OutlineWatch {
  /** Each event, those of the lines included. */
  readonly onEvent?: (event: JournalEvent) => void;
  readonly onUpgrade?: (upgrade: StreamedUpgrade) => void;
}

const traffic: ReadonlySet<JournalEvent['type']> = new Set(['line.rx', 'line.tx', 'at.command', 'at.answer']);

/** What went over a line, or was said on it. */
export const isTraffic = ({ type }: JournalEvent): boolean => traffic.has(type);

export function outlineOf(all: Iterable<JournalEvent>, { onEvent, onUpgrade }: OutlineWatch = {}): RunOutline {
  const events: JournalEvent[] = [];
  const uses = new Map<string, CutUses>();
  const upgrades = new UpgradeStream({ timed: true, fromLog: false }, (upgrade) => {
    const { rig } = upgrade.record;
    if (rig !== undefined) {
      const known = uses.get(rig) ?? new CutUses();
      uses.set(rig, known);
      known.take(upgrade.record);
    }
    onUpgrade?.(upgrade);
  });
  for (const event of all) {
    upgrades.take(event);
    onEvent?.(event);
    if (!isTraffic(event)) events.push(event);
  }
  upgrades.close();
  const told = [...uses].flatMap(([rig, of]) => {
    const use = of.told();
    return use === undefined ? [] : [[rig, use.text] as const];
  });
  return { events, cutUse: new Map(told) };
}
