/** Questions that several rules ask of a record. Each answers only from what was seen. */
import type { Attempt, LineWatch, SeenReport, UpgradeRecord } from './types.js';
import { namesRevision } from './versions.js';

export function isLocal(record: UpgradeRecord): boolean {
  return record.source === 'ufs' || record.source === 'sd';
}

export const isRecovery = (report: SeenReport): boolean =>
  report.kind === 'start' || report.kind === 'updating' || report.kind === 'restore' || report.kind === 'end';
export const isDownload = (report: SeenReport): boolean => report.kind === 'download-start' || report.kind === 'download-end';
export const isUpgradeReport = (report: SeenReport): boolean =>
  isRecovery(report) || isDownload(report) || report.kind === 'text';

export function wasRefused(record: UpgradeRecord): boolean {
  return record.answer !== undefined && ['ERROR', '+CME ERROR', '+CMS ERROR'].includes(record.answer.result);
}

/** OK, or what only an accepted command can lead to. */
export function wasAccepted(record: UpgradeRecord): boolean {
  return record.answer?.result === 'OK' || (!wasRefused(record) && record.reports.some(isUpgradeReport));
}

/** What reached the module is not what the release made: it must not be applied. */
export function isSpoilt(record: UpgradeRecord): boolean {
  const contents = record.package?.contents ?? 'sound';
  return (
    (contents !== 'sound' && contents !== 'wrong-base') || record.fault?.name === 'truncate' || record.fault?.name === 'corrupt'
  );
}

export const isWrongBase = (record: UpgradeRecord): boolean => record.package?.contents === 'wrong-base';

/** Nothing stands in the way of this upgrade: it has to work. */
export function mustUpgrade(record: UpgradeRecord): boolean {
  const undisturbed = record.fault === undefined || record.fault.name === 'slow';
  return (
    !record.fromLog &&
    record.intent === 'valid' &&
    record.package?.contents === 'sound' &&
    undisturbed &&
    !record.noRoom &&
    record.powerCuts === 0 &&
    !baseIsWrong(record)
  );
}

/** The module did not run the version that the package is made for, though it should have. */
export function baseIsWrong(record: UpgradeRecord): boolean {
  const { from, before } = record.versions;
  return !isWrongBase(record) && from !== undefined && before !== undefined && !namesRevision(from, before);
}

/** `changed`: another version than before, and nobody says which one it should be. */
export type Runs = 'old' | 'new' | 'other' | 'changed' | 'unknown';

/** Which version was read back. */
export function runs(record: UpgradeRecord): Runs {
  const { from, to, before, after } = record.versions;
  if (after === undefined) return 'unknown';
  const old = before ?? from;
  if (old !== undefined && namesRevision(old, after)) return 'old';
  // A package for another base leads nowhere from here: whatever came of it is wrong.
  if (isWrongBase(record)) return 'other';
  if (to !== undefined) return namesRevision(to, after) ? 'new' : 'other';
  return old === undefined ? 'unknown' : 'changed';
}

/** END,0 of this attempt tells of the old version that was put back: RESTORE came before it, and the old version runs. */
function putBack(record: UpgradeRecord, { reports, ends }: Attempt): boolean {
  const work = reports.findLast(({ kind }) => kind === 'updating' || kind === 'restore');
  return ends.includes(0) && work?.kind === 'restore' && runs(record) === 'old';
}

/** The attempt reported that the new version was applied. */
export const saysApplied = (record: UpgradeRecord, attempt: Attempt): boolean =>
  attempt.ends.includes(0) && !putBack(record, attempt);

export function endedWell(record: UpgradeRecord): boolean {
  const last = record.attempts.at(-1);
  return last !== undefined && saysApplied(record, last);
}

export const failedAttempts = (record: UpgradeRecord): readonly Attempt[] =>
  record.attempts.filter(({ ends }) => ends.some((code) => code !== undefined && code !== 0) && !ends.includes(0));

/** The harness watched until the upgrade was over or its limit ran out: what was not seen by then may be called missing. */
export function watchedToTheEnd(record: UpgradeRecord): boolean {
  const why = record.stopped?.why;
  return !record.fromLog && why !== undefined && why !== 'interrupted' && why !== 'rig-fault';
}

/** The module answered in normal mode after the upgrade. */
export function answersAfter(record: UpgradeRecord): boolean {
  const { identity } = record.after;
  return identity !== undefined && Object.values(identity).some((value) => value !== undefined);
}

/** True when the line was open throughout and nothing on it was damaged: what is not there was not sent on it. */
export function continuous(record: UpgradeRecord, watch: LineWatch, from: number, to: number): boolean {
  const within = (order: number): boolean => order > from && order <= to;
  return (
    !record.fromLog &&
    !watch.breaks.some(({ order }) => within(order)) &&
    !record.notUnderstood.some((junk) => junk.line === watch.line && within(junk.order)) &&
    !record.reports.some(
      (report) =>
        (report.kind === 'text' || report.doubtful) &&
        report.sightings.some((seen) => seen.line === watch.line && within(seen.order)),
    )
  );
}

const damage = /[^\x20-\x7e]/;

/** Lines that show damage: bytes that no module prints, reports that broke off. A digit may have been lost or changed on them as well. */
export function noisyLines(record: UpgradeRecord): ReadonlySet<string> {
  const broken = record.reports.filter(
    ({ kind, doubtful, value }) =>
      doubtful || (kind === 'text' && (value === '' || damage.test(String(value)) || isCutWord(String(value)))),
  );
  return new Set([
    ...record.notUnderstood.filter(({ text }) => damage.test(text)).map(({ line }) => line),
    ...broken.flatMap(({ lines }) => [...lines]),
  ]);
}

const isCutWord = (word: string): boolean =>
  ['UPDATING', 'START', 'END', 'RESTORE', 'FTPSTART', 'FTPEND', 'HTTPSTART', 'HTTPEND'].some((whole) =>
    whole.startsWith(word.toUpperCase()),
  );

/** Whom a wrong number is held against: nobody, when it came only on lines that show damage. */
export function ownerOfNumber(record: UpgradeRecord, report: SeenReport): 'firmware' | 'undecided' {
  const noisy = noisyLines(record);
  return report.lines.every((line) => noisy.has(line)) ? 'undecided' : 'firmware';
}

/** When `report` came on `line`. */
export function orderOn(report: SeenReport | undefined, line: string): number | undefined {
  return report?.sightings.find((seen) => seen.line === line)?.order;
}

/** One line carried both: their order is certain. */
export function sharedLine(one: SeenReport, other: SeenReport): string | undefined {
  return one.lines.find((line) => other.lines.includes(line));
}

/** Sum of the harness's own standstills between two times, in ms, or of a simulated unit's, whichever is longer. */
export function lagBetween(record: UpgradeRecord, from: number, to: number): number {
  const within = record.lags.filter(({ t, ms }) => t >= from && t - ms <= to);
  const sum = (ofUnit: boolean): number =>
    within.filter(({ of }) => (of === 'unit') === ofUnit).reduce((total, { ms }) => total + ms, 0);
  return Math.max(sum(false), sum(true));
}

export const list = (values: readonly (string | number | undefined)[]): string => values.map((value) => value ?? '?').join(', ');
export const quoted = (report: SeenReport): string => report.text.trim();
export const eventsOf = (reports: readonly SeenReport[]): number[] => [...new Set(reports.flatMap(({ events }) => [...events]))];

/** The server of this source is ours: whatever the module did there is in the journal. */
export function hasServerLog(record: UpgradeRecord): boolean {
  return record.source === undefined || record.profile?.external?.includes(record.source) !== true;
}

/** From power to RDY a module takes 12 s at the least, and it shuts down first: a device that is back sooner was not rebooted. */
export const fastestReboot = 10_000;

/**
 * The USB device that left after `from` though nobody had asked for it, and whether the module rebooted: it says RDY then, and is away for as
 * long as a start takes. Otherwise it may as well have been its plug, cable or hub. A UART does not leave with the module: that is its adapter.
 */
export function leftUnasked(
  record: UpgradeRecord,
  from: number,
): { readonly line: string; readonly events: readonly number[]; readonly owner: 'firmware' | 'undecided' } | undefined {
  const own = [...record.commandedReboots, ...record.powerActions];
  const usb = record.watches.filter(({ reenumerates }) => reenumerates).map(({ line }) => line);
  const left = record.departures.filter(({ line, t }) => usb.includes(line) && t > from && !own.some((asked) => asked.t <= t));
  const [first] = left;
  if (first === undefined) return undefined;
  const rebooted = left.some((departure) => {
    const { line, t } = departure;
    if (record.reports.some(({ kind, value, order }) => kind === 'boot' && value === 'RDY' && order > t)) return true;
    const back = record.arrivals.find((arrival) => arrival.line === line && arrival.t > t)?.t ?? Infinity;
    const heard = record.watches.some((watch) => watch.line !== line && continuous(record, watch, t, back));
    return !heard && back - t >= fastestReboot * (record.profile?.scale ?? 1);
  });
  return { line: first.line, events: left.map(({ event }) => event), owner: rebooted ? 'firmware' : 'undecided' };
}
