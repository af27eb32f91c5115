import { existsSync } from 'node:fs';
import { achievedPercent } from '../campaign/trial.js';
import type { Probe } from '../campaign/narrowing.js';
import { isFlashing, parseCutId } from '../campaign/cut.js';
import type { EventOf, JournalEvent } from '../journal/events.js';
import { JournalStream } from '../journal/reader.js';
import { UpgradeStream } from '../report/html/upgrade-stream.js';
import { isVerdict, ofResult, resultOf } from '../report/result.js';
import type { UpgradeRecord } from '../verdict/types.js';

/** What a rig did before its run was killed and resumed. */
export interface Before {
  /** Tests that came to a verdict, if only by what was judged in them; others that were broken off, and invalid ones, are done again. */
  readonly done: ReadonlySet<string>;
  /** Highest numbers given so far, so that none is given twice. */
  readonly trials: number;
  readonly upgrades: number;
  readonly events: number;
  /** Valid trials whose test came to no verdict, because the run was killed after them: they are not made again. */
  readonly finished: readonly FinishedTrial[];
  /** What its valid cuts at a percentage came to: narrowing goes on from there. */
  readonly probes: readonly Probe[];
  readonly spent: Spent;
}

/** ms of `--budget` that were used up, by what it limits: from the first cut on, and in the soak. */
export interface Spent {
  readonly cuts: number;
  readonly soak: number;
}

export interface FinishedTrial {
  readonly test: string;
  readonly end: EventOf<'trial.end'>;
  readonly record: UpgradeRecord;
  /** From just before the upgrade to the trial's end. */
  readonly events: readonly JournalEvent[];
}

export const nothingBefore: Before = {
  done: new Set(),
  trials: 0,
  upgrades: 0,
  events: 0,
  finished: [],
  probes: [],
  spent: { cuts: 0, soak: 0 },
};

export function readBefore(journalFile: string, rig: string): Before {
  return existsSync(journalFile) ? before(new JournalStream(journalFile), rig) : nothingBefore;
}

type Ended = EventOf<'trial.end'>;

/**
 * Numbers are read from the names that were given, not counted: a line of the journal may have been lost. Goes through the events twice: only
 * upgrades of trials that are still needed are kept. Pure.
 */
export function before(all: Iterable<JournalEvent>, rig: string): Before {
  const ended = new Set<string>();
  const told: JournalEvent[] = [];
  const names = { trials: [] as string[], upgrades: [] as string[] };
  const starts = new Map<string, EventOf<'trial.start'>>();
  const valid: Ended[] = [];
  let events = 0;
  const time = new TimeSpent();
  for (const event of all) {
    // Each process has a clock of its own, and nobody was at work between them.
    if (event.type === 'run.start') time.part();
    if ((event.rig === rig || event.rig === undefined) && ofResult.has(event.type)) told.push(event);
    if (event.rig !== rig) continue;
    time.take(event);
    events = Math.max(events, event.n);
    if (event.type === 'trial.start') starts.set(event.trial, event);
    if (event.type === 'trial.end' && (event.outcome === 'survived' || event.outcome === 'failed')) valid.push(event);
    if (event.type === 'trial.start' || event.type === 'trial.cut' || event.type === 'trial.end') names.trials.push(event.trial);
    if (event.type === 'upgrade.start' || event.type === 'upgrade.end') names.upgrades.push(event.upgrade);
    if (event.type === 'test.end' && isVerdict(event.status)) ended.add(event.test);
  }
  const open = valid.flatMap((end) => {
    const start = starts.get(end.trial);
    return start?.test === undefined || ended.has(start.test) ? [] : [{ test: start.test, from: start.n, end }];
  });
  // One that was judged and broken off has its verdict, whatever comes; one whose cut failed is gone into once more all the same, to be narrowed.
  const failed = new Set(open.filter(({ end }) => end.outcome === 'failed').map(({ test }) => test));
  const judged = resultOf(told, [rig]).tests.filter(
    (each) => each.rig === rig && isVerdict(each.status) && !failed.has(each.test),
  );
  const done = new Set([...ended, ...judged.map(({ test }) => test)]);
  return {
    done,
    trials: highest(names.trials, '/'),
    upgrades: highest(names.upgrades, '#'),
    events,
    spent: time.part(),
    ...cutsOf(all, rig, valid, open),
  };
}

class TimeSpent {
  readonly #sum = { cuts: 0, soak: 0 };
  #from: { cuts?: number; soak?: number } = {};
  #last = 0;

  take(event: JournalEvent): void {
    this.#last = event.t;
    if (event.type === 'trial.start') this.#from.cuts ??= event.t;
    if (event.type === 'test.start' && event.suite === 'soak') this.#from.soak ??= event.t;
  }

  /** The process has ended; what all of them spent. */
  part(): Spent {
    for (const name of ['cuts', 'soak'] as const) this.#sum[name] += this.#last - (this.#from[name] ?? this.#last);
    this.#from = {};
    return { ...this.#sum };
  }
}

function highest(names: readonly string[], mark: '/' | '#'): number {
  const numbers = names.map((name) => Number(name.slice(name.lastIndexOf(mark) + 1)));
  return numbers.reduce((most, number) => (Number.isSafeInteger(number) ? Math.max(most, number) : most), 0);
}

function cutsOf(
  all: Iterable<JournalEvent>,
  rig: string,
  valid: readonly Ended[],
  open: readonly { readonly test: string; readonly from: number; readonly end: Ended }[],
): Pick<Before, 'finished' | 'probes'> {
  if (valid.length === 0) return { finished: [], probes: [] };
  const probed = new Map<string, number | undefined>(
    valid.filter(({ cut }) => narrowable(cut)).map(({ upgrade = '' }) => [upgrade, undefined]),
  );
  const records = new Map<string, UpgradeRecord>();
  const kept = open.map(() => [] as JournalEvent[]);
  const upgrades = new UpgradeStream({ timed: true, fromLog: false }, ({ record }) => {
    if (record.rig !== rig) return;
    if (probed.has(record.id)) probed.set(record.id, achievedPercent(record));
    if (open.some(({ end }) => end.upgrade === record.id)) records.set(record.id, record);
  });
  for (const event of all) {
    upgrades.take(event);
    if (event.rig !== rig) continue;
    open.forEach(({ from, end }, index) => {
      if (event.n >= from && event.n <= end.n) kept[index]?.push(event);
    });
  }
  upgrades.close();
  return {
    probes: valid.flatMap(({ upgrade = '', outcome }) => {
      const at = probed.get(upgrade);
      return at === undefined ? [] : [{ at, failed: outcome === 'failed' }];
    }),
    finished: open.flatMap(({ test, end }, index) => {
      const record = records.get(end.upgrade ?? '');
      return record === undefined ? [] : [{ test, end, record, events: kept[index] ?? [] }];
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
