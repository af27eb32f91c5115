import type { Ending } from '../journal/events.js';
import { stuckAs } from './devices.js';
import { answersAfter, endedWell, isRecovery, runs, wasAccepted, wasRefused, watchedToTheEnd } from './facts.js';
import { stillAtIt } from './rules/retries.js';
import type { Finding, UpgradeRecord } from './types.js';

/** Findings that make a unit degraded: a version runs, but the unit is not what it was. */
const degrading = new Set([
  'identity.imei',
  'identity.iccid',
  'identity.sim',
  'identity.registration',
  'identity.apn',
  'identity.apn-context',
  'identity.cfun',
  'files.kept',
  'device.cfun5',
]);

/** How the upgrade ended, or undefined when the events do not tell. */
export function endingOf(record: UpgradeRecord, findings: readonly Finding[]): Ending | undefined {
  const { stopped } = record;
  const stuck = stuckAs(record);
  if (stuck !== undefined && !answersAfter(record)) return stuck.kind;
  const version = runs(record);
  if (version === 'other') return 'wrong-version';
  if (findings.some(({ rule, owner }) => owner === 'firmware' && degrading.has(rule))) return 'degraded';
  const ended = record.attempts.some(({ ends }) => ends.includes(0));
  if (version === 'new' || version === 'changed') {
    // A version that changed to something nobody named counts only with the module's own word for it.
    if (version === 'changed' && !ended) return undefined;
    return ended ? 'upgraded' : 'upgraded-silently';
  }
  if (wasRefused(record))
    return !record.fromLog && watchedToTheEnd(record) && !answersAfter(record) ? silent(record) : 'rejected';
  const failedDownload = record.download?.code !== undefined && record.download.code !== 0;
  if (version === 'old') return atOldVersion();
  if (record.fromLog) return failedDownload && record.attempts.length === 0 ? 'download-failed' : undefined;
  if (stopped?.why === 'limit' || (stopped?.why === 'download-failed' && !answersAfter(record))) return silent(record);
  if (stopped?.why === 'download-failed') return 'download-failed';
  return undefined;

  function atOldVersion(): Ending | undefined {
    if (record.fromLog && !endedWell(record) && record.attempts.length > 0 && record.ready === undefined) return undefined;
    const recovered = record.reports.some(isRecovery);
    if (failedDownload && !recovered) return 'download-failed';
    const fetching = record.source === 'ftp' || record.source === 'http';
    // Still on the old version without ever having left it: the download never ended.
    if (fetching && !recovered && record.download?.code !== 0 && record.departures.length === 0 && wasAccepted(record))
      return 'download-failed';
    if (!wasAccepted(record)) return undefined;
    return 'rolled-back';
  }
}

function silent(record: UpgradeRecord): Ending {
  return stillAtIt(record) && !endedWell(record) ? 'retrying' : 'unresponsive';
}
