/** What the ledger keeps of a run's tests and times, from its journal alone. Pure. */
import type { RunEndRow, RunHistory, TestRow, UpgradeTimeRow } from '../../campaign/ledger-runs.js';
import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { UpgradeRecord } from '../../verdict/types.js';
import type { StreamedUpgrade } from '../html/upgrade-stream.js';
import { outlineOf, type OutlineWatch } from '../outline.js';
import { resultOf } from '../result.js';

/** A chosen pattern, or the share of another run, left it out: that is no result of the test. */
const leftOut = /^left out by the chosen pattern$|^left to shard \d+ of \d+$/;
const longestWhy = 300;

/** What is kept of an upgrade while the journal goes by. */
interface UpgradeTimes {
  readonly run: string;
  readonly start: EventOf<'upgrade.start'>;
  readonly record: Pick<UpgradeRecord, 'rig' | 'id' | 'source' | 'step' | 'times' | 'powerCuts' | 'fault' | 'timed'>;
}

/** Looks on while the outline of a journal is made, since the times of an upgrade are known only while it is whole. */
export class HistoryWatch implements OutlineWatch {
  readonly #runs = new WeakMap<JournalEvent, string>();
  readonly #upgrades: UpgradeTimes[] = [];
  #run = '';

  readonly onEvent = (event: JournalEvent): void => {
    if (event.type === 'run.start') this.#run = event.run;
    if (event.type === 'upgrade.start') this.#runs.set(event, this.#run);
  };

  readonly onUpgrade = ({ start, record }: StreamedUpgrade): void => {
    const { rig, id, source, step, times, powerCuts, fault, timed } = record;
    const kept = { rig, id, source, step, times, powerCuts, fault, timed };
    this.#upgrades.push({ run: this.#runs.get(start) ?? '', start, record: kept });
  };

  /** `events`: those of the outline. */
  rows(events: readonly JournalEvent[]): RunHistory {
    return historyRows(events, this.#upgrades);
  }
}

/** Goes through a journal once. `events`: without the traffic on the lines. */
export function readHistory(all: Iterable<JournalEvent>): {
  readonly events: readonly JournalEvent[];
  readonly history: RunHistory;
} {
  const watch = new HistoryWatch();
  const { events } = outlineOf(all, watch);
  return { events, history: watch.rows(events) };
}

/** A journal may hold several runs one after the other; a run that was gone on with begins more than once under one name. */
function historyRows(events: readonly JournalEvent[], upgrades: readonly UpgradeTimes[]): RunHistory {
  const parts = [...runsOf(events)].map(([run, own]) =>
    rowsOf(
      run,
      own,
      upgrades.filter((upgrade) => upgrade.run === run),
    ),
  );
  return {
    ends: parts.flatMap(({ ends }) => ends),
    tests: parts.flatMap(({ tests }) => tests),
    upgrades: parts.flatMap(({ upgrades }) => upgrades),
  };
}

function runsOf(events: readonly JournalEvent[]): ReadonlyMap<string, readonly JournalEvent[]> {
  const runs = new Map<string, JournalEvent[]>();
  let current: JournalEvent[] | undefined;
  for (const event of events) {
    if (event.type === 'run.start') {
      current = runs.get(event.run) ?? [];
      runs.set(event.run, current);
    }
    current?.push(event);
  }
  return runs;
}

function rowsOf(run: string, events: readonly JournalEvent[], upgrades: readonly UpgradeTimes[]): RunHistory {
  const rigs = [...new Set(events.flatMap(({ rig }) => rig ?? []))];
  const pairs = new Map(events.flatMap((event) => (event.type === 'pair' ? [[event.rig ?? '', event] as const] : [])));
  return {
    ends: endOf(run, events),
    tests: testRows(run, events, rigs, pairs),
    upgrades: upgradeRows(events, pairs, upgrades),
  };
}

/** A run that goes on has no end until it comes to one again. */
function endOf(run: string, events: readonly JournalEvent[]): readonly RunEndRow[] {
  const last = events.findLast((event) => event.type === 'run.end' || event.type === 'run.start');
  return last?.type === 'run.end' ? [{ run, ended: last.at, exit: last.exit, reason: last.reason }] : [];
}

type Pairs = ReadonlyMap<string, EventOf<'pair'>>;

function testRows(run: string, events: readonly JournalEvent[], rigs: readonly string[], pairs: Pairs): readonly TestRow[] {
  return resultOf(events, rigs).tests.flatMap(({ rig, test, suite, status, why, tries, took, at }): TestRow[] => {
    if (status === 'skipped' && leftOut.test(why ?? '')) return [];
    const pair = pairs.get(rig);
    return [
      {
        run,
        rig,
        test,
        suite,
        status,
        why: why === undefined ? null : (why.split('\n')[0] ?? '').slice(0, longestWhy),
        tries: tries.length,
        took: took ?? null,
        at,
        module: pair?.module ?? null,
        package: pair?.upgrade.sha256.toLowerCase() ?? null,
        revision: pair === undefined ? null : startsFrom(pair),
      },
    ];
  });
}

const startsFrom = ({ upgrade, versions }: EventOf<'pair'>): string => versions[upgrade.from] ?? upgrade.from;

/** A cut, a fault on the way or a spoilt package makes a time of its own; what only brought a unit back was not judged. */
function upgradeRows(
  events: readonly JournalEvent[],
  pairs: Pairs,
  upgrades: readonly UpgradeTimes[],
): readonly UpgradeTimeRow[] {
  const key = (rig: string | undefined, upgrade: string): string => `${rig ?? ''}\n${upgrade}`;
  const sound = new Set<string>();
  for (const event of events) {
    if (event.type !== 'verdict' || event.sequence !== undefined) continue;
    if (event.result === 'pass' && event.ending?.startsWith('upgraded') === true) sound.add(key(event.rig, event.upgrade));
  }
  return upgrades.flatMap(({ run, start, record }): UpgradeTimeRow[] => {
    const { rig, id, source, step, times, powerCuts, fault } = record;
    const pair = pairs.get(rig ?? '');
    if (pair === undefined || source === undefined || !sound.has(key(rig, id))) return [];
    if (powerCuts > 0 || fault !== undefined || start.package.contents !== 'sound' || !record.timed) return [];
    return [
      {
        run,
        rig: rig ?? '',
        upgrade: id,
        step,
        source,
        download: times.download ?? null,
        flash: times.flash ?? null,
        boot: times.boot ?? null,
        at: start.at,
        package: pair.upgrade.sha256.toLowerCase(),
        revision: startsFrom(pair),
      },
    ];
  });
}
