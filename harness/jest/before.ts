import { existsSync } from 'node:fs';
import { achievedPercent } from '../campaign/trial.js';
import type { Probe } from '../campaign/narrowing.js';
import { isFlashing, parseCutId } from '../campaign/cut.js';
import type { EventOf, JournalEvent } from '../journal/events.js';
import { readJournal } from '../journal/reader.js';
import { fold } from '../verdict/fold.js';
import type { UpgradeRecord } from '../verdict/types.js';

/** What a rig did before its run was killed and resumed. */
export interface Before {
  /** Tests that came to a verdict; those that were invalid or broken off are done again. */
  readonly done: ReadonlySet<string>;
  /** Highest numbers given so far, so that none is given twice. */
  readonly trials: number;
  readonly upgrades: number;
  readonly events: number;
  /** Valid trials whose test came to no verdict, because the run was killed after them: they are not made again. */
  readonly finished: readonly FinishedTrial[];
  /** What its valid cuts at a percentage came to: narrowing goes on from there. */
  readonly probes: readonly Probe[];
}

export interface FinishedTrial {
  readonly test: string;
  readonly end: EventOf<'trial.end'>;
  readonly record: UpgradeRecord;
  /** From just before the upgrade to the trial's end. */
  readonly events: readonly JournalEvent[];
}

export const nothingBefore: Before = { done: new Set(), trials: 0, upgrades: 0, events: 0, finished: [], probes: [] };

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
    ...cutsOf(events, done),
  };
}

function highest(names: readonly string[], mark: '/' | '#'): number {
  const numbers = names.map((name) => Number(name.slice(name.lastIndexOf(mark) + 1)));
  return numbers.reduce((most, number) => (Number.isSafeInteger(number) ? Math.max(most, number) : most), 0);
}

function cutsOf(events: readonly JournalEvent[], done: ReadonlySet<string>): Pick<Before, 'finished' | 'probes'> {
  const valid = events
    .filter((event) => event.type === 'trial.end')
    .filter(({ outcome }) => outcome === 'survived' || outcome === 'failed');
  if (valid.length === 0) return { finished: [], probes: [] };
  const records = new Map(fold(events).map((record) => [record.id, record]));
  const told = valid.flatMap((end) => {
    const record = records.get(end.upgrade ?? '');
    return record === undefined ? [] : [{ end, record }];
  });
  return {
    probes: told.flatMap(({ end, record }) => {
      const at = narrowable(end.cut) ? achievedPercent(record) : undefined;
      return at === undefined ? [] : [{ at, failed: end.outcome === 'failed' }];
    }),
    finished: told.flatMap(({ end, record }) => {
      const start = events.findIndex((event) => event.type === 'trial.start' && event.trial === end.trial);
      const from = events[start];
      if (from?.type !== 'trial.start' || from.test === undefined || done.has(from.test)) return [];
      return [{ test: from.test, end, record, events: events.slice(start, events.indexOf(end) + 1) }];
    }),
  };
}

/** A journal may have been edited: what is no id counts for nothing. */
function narrowable(cut: string): boolean {
  try {
    return isFlashing(parseCutId(cut));
  } catch {
    return false;
  }
}
