import { existsSync } from 'node:fs';
import { achievedPercent } from '../campaign/trial.js';
import type { Probe } from '../campaign/narrowing.js';
import { isFlashing, parseCutId } from '../campaign/cut.js';
import type { JournalEvent } from '../journal/events.js';
import { readJournal } from '../journal/reader.js';
import { fold } from '../verdict/fold.js';

/** What a rig did before its run was killed and resumed. */
export interface Before {
  /** Tests that came to a verdict; those that were invalid or broken off are done again. */
  readonly done: ReadonlySet<string>;
  /** Highest numbers given so far, so that none is given twice. */
  readonly trials: number;
  readonly upgrades: number;
  readonly events: number;
  /** What its valid cuts at a percentage came to: narrowing goes on from there. */
  readonly probes: readonly Probe[];
}

export const nothingBefore: Before = { done: new Set(), trials: 0, upgrades: 0, events: 0, probes: [] };

export function readBefore(journalFile: string, rig: string): Before {
  return existsSync(journalFile) ? before(readJournal(journalFile).events, rig) : nothingBefore;
}

/** Numbers are read from the names that were given, not counted: a line of the journal may have been lost. Pure. */
export function before(all: readonly JournalEvent[], rig: string): Before {
  const events = all.filter((event) => event.rig === rig);
  const done = new Set<string>();
  const names = { trials: [] as string[], upgrades: [] as string[] };
  for (const event of events) {
    if (event.type === 'trial.start' || event.type === 'trial.cut' || event.type === 'trial.end') names.trials.push(event.trial);
    if (event.type === 'upgrade.start' || event.type === 'upgrade.end') names.upgrades.push(event.upgrade);
    if (event.type !== 'test.end') continue;
    if (event.status === 'passed' || event.status === 'failed' || event.status === 'inconclusive') done.add(event.test);
  }
  return {
    done,
    trials: highest(names.trials, '/'),
    upgrades: highest(names.upgrades, '#'),
    events: events.reduce((most, { n }) => Math.max(most, n), 0),
    probes: probesOf(events),
  };
}

function highest(names: readonly string[], mark: '/' | '#'): number {
  const numbers = names.map((name) => Number(name.slice(name.lastIndexOf(mark) + 1)));
  return numbers.reduce((most, number) => (Number.isSafeInteger(number) ? Math.max(most, number) : most), 0);
}

function probesOf(events: readonly JournalEvent[]): Probe[] {
  const ends = events
    .filter((event) => event.type === 'trial.end')
    .filter(({ outcome }) => outcome === 'survived' || outcome === 'failed');
  if (ends.length === 0) return [];
  const records = new Map(fold(events).map((record) => [record.id, record]));
  return ends.flatMap(({ cut, upgrade, outcome }) => {
    const record = records.get(upgrade ?? '');
    const at = record === undefined || !narrowable(cut) ? undefined : achievedPercent(record);
    return at === undefined ? [] : [{ at, failed: outcome === 'failed' }];
  });
}

/** A journal may have been edited: what is no id counts for nothing. */
function narrowable(cut: string): boolean {
  try {
    return isFlashing(parseCutId(cut));
  } catch {
    return false;
  }
}
