/** Restarts that nobody asked for: of a module in normal mode, and while nothing but a download goes on. */
import { isLocal, isRecovery, runs, wasAccepted } from '../facts.js';
import type { SeenReport, UpgradeRecord } from '../types.js';
import type { Held, Rule } from './rule.js';

const rebootTimes = (record: UpgradeRecord): readonly number[] =>
  [...record.commandedReboots, ...record.powerActions].map(({ t }) => t);

/**
 * RDY after `from`. Where a boot is due its own RDY may come late: after AT was answered, or with a line that opens late. So USB must have left
 * again in between, and where that tells nothing, this line must have brought another RDY before.
 */
function startsAfter(record: UpgradeRecord, from: number, due: boolean): readonly SeenReport[] {
  const ready = record.reports.filter(({ kind, value }) => kind === 'boot' && value === 'RDY');
  const boot = record.attempts.at(-1)?.reports.at(-1)?.order ?? record.startedAt.t;
  const counts = (line: string, order: number): boolean => {
    if (order <= from) return false;
    const usb = record.watches.filter(({ reenumerates }) => reenumerates).map((watch) => watch.line);
    const left = record.departures.some((departure) => usb.includes(departure.line) && departure.t > from && departure.t < order);
    if (!usb.includes(line) && usb.length > 0) return left;
    const before = ready.some(({ sightings }) =>
      sightings.some((seen) => seen.line === line && seen.order > boot && seen.order < order),
    );
    return (left || usb.length === 0) && (before || !due);
  };
  return ready.filter(({ sightings }) => sightings.some(({ line, order }) => counts(line, order)));
}

/** From when on the module had no reason to restart; undefined when it had. */
function settledSince(record: UpgradeRecord): { readonly t: number; readonly event: number; readonly when: string } | undefined {
  const { startedAt, reached } = record;
  if (record.reports.some(isRecovery))
    return reached?.t === undefined ? undefined : { t: reached.t, event: reached.event, when: 'normal mode was reached' };
  // It had just answered every question of its identity.
  if (record.answer === undefined || record.answer.result === 'lost')
    return { ...startedAt, when: 'it was asked to do anything' };
  const fetching = wasAccepted(record) && !isLocal(record) && !record.reports.some(({ kind }) => kind === 'download-end');
  const stayed = fetching && runs(record) === 'old' && record.reports.some(({ kind }) => kind === 'download-start');
  return stayed ? { ...startedAt, when: 'the download began, whose end was not reported' } : undefined;
}

/**
 * Restarts that nobody had asked for. Some modules start once more after an upgrade; one that does not come to rest is in doubt, and no more: a
 * supply that gives way looks the same.
 */
export function unaskedRestarts(
  record: UpgradeRecord,
): { readonly since: NonNullable<ReturnType<typeof settledSince>>; readonly again: readonly SeenReport[] } | undefined {
  const since = settledSince(record);
  if (record.fromLog || !record.timed || record.powerCuts > 0 || record.rigFaults.length > 0 || since === undefined)
    return undefined;
  if (rebootTimes(record).some((t) => t > record.startedAt.t)) return undefined;
  const upgraded = record.reports.some(isRecovery);
  const again = startsAfter(record, since.t, upgraded);
  return again.length > (upgraded ? 1 : 0) ? { since, again } : undefined;
}

export const restartRules: readonly Rule[] = [
  {
    id: 'normal.kept',
    serves: ['DG-13', 'DG-16', 'DG-17'],
    title: 'A module in normal mode does not restart by itself',
    blames: 'undecided',
    applies: (record) => unaskedRestarts(record) !== undefined,
    exercises: () => [],
    check(record): readonly Held[] {
      const restarts = unaskedRestarts(record);
      if (restarts === undefined) return [];
      const { since, again } = restarts;
      const downloading = !record.reports.some(isRecovery) && record.answer?.result === 'OK';
      return [
        {
          owner: 'undecided',
          requirement: !downloading ? 'DG-13' : record.source === 'http' ? 'DG-17' : 'DG-16',
          text: 'the module restarted by itself, or its supply gave way',
          expected: `no restart after ${since.when}`,
          seen: again.length === 1 ? 'RDY' : `RDY ${String(again.length)} times`,
          events: [since.event, ...again.flatMap(({ events }) => events.slice(0, 1))],
        },
      ];
    },
  },
];
