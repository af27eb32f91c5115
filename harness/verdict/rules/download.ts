import {
  continuous,
  eventsOf,
  hasServerLog,
  isRecovery,
  leftUnasked,
  mustUpgrade,
  orderOn,
  quoted,
  runs,
  wasAccepted,
  watchedToTheEnd,
  ownerOfNumber,
} from '../facts.js';
import type { LineWatch, UpgradeRecord } from '../types.js';
import { silentAfter } from './command.js';
import { fetchOf } from './fetch.js';
import { unaskedRestarts } from './restart.js';
import type { Held, Rule } from './rule.js';

/** DG-16 FTP, DG-17 HTTP. */
const failureRequirement = (record: UpgradeRecord): string => (record.source === 'http' ? 'DG-17' : 'DG-16');

/** 601–631 and 701–722 are known; the whole hundred is taken, and 504 and 505, which the guide lists here as well. */
function isDownloadError(record: UpgradeRecord, code: number): boolean {
  const hundred = record.source === 'http' ? 7 : 6;
  return Math.floor(code / 100) === hundred || code === 504 || code === 505;
}

const failed = (record: UpgradeRecord): boolean => record.download?.code !== undefined && record.download.code !== 0;

/** Nothing that a server could have handed out whole. */
function mustFail(record: UpgradeRecord): boolean {
  if (record.intent === 'nothing-there') return true;
  const name = record.fault?.name;
  return record.intent === 'valid' && (name === 'refuse' || name === 'wrong-password' || name === 'not-found');
}

/** Broken off in mid-way: it may fail, or the module may fetch the rest itself. */
const mayFail = (record: UpgradeRecord): boolean =>
  record.intent === 'valid' &&
  record.fault !== undefined &&
  ['stall', 'reset', 'server-gone', 'link-lost'].includes(record.fault.name);

const isRemote = (record: UpgradeRecord): boolean => record.source === 'ftp' || record.source === 'http';

export const downloadRules: readonly Rule[] = [
  {
    id: 'download.code',
    serves: ['DG-16', 'DG-17'],
    title: 'A failed download ends in FTPEND with 6xx or HTTPEND with 7xx',
    blames: 'firmware',
    applies: (record) => isRemote(record) && !record.reports.every(({ kind }) => kind !== 'download-end') && failed(record),
    exercises: (record) => [failureRequirement(record)],
    check(record) {
      const wrong = record.reports.filter(
        (report) =>
          report.kind === 'download-end' &&
          !report.doubtful &&
          typeof report.value === 'number' &&
          report.value !== 0 &&
          !isDownloadError(record, report.value),
      );
      return wrong.map((report) => ({
        owner: ownerOfNumber(record, report),
        requirement: failureRequirement(record),
        text: 'the failed download was reported with a code that is none of a download',
        expected: record.source === 'http' ? '701 or a finer 7xx' : '601 or a finer 6xx',
        seen: quoted(report),
        events: report.events,
      }));
    },
  },
  {
    id: 'download.failed-cleanly',
    serves: ['DG-16', 'DG-17'],
    title: 'After a failed download: no reboot, the old version, and the module answers',
    blames: 'firmware',
    applies: (record) => isRemote(record) && failed(record),
    exercises: (record) => [failureRequirement(record)],
    check(record) {
      const held: Held[] = [];
      const requirement = failureRequirement(record);
      const end = record.reports.find(({ kind, value }) => kind === 'download-end' && value !== 0);
      const hold = (text: string, expected: string, seen: string, events: readonly (number | undefined)[]): void => {
        held.push({ owner: 'firmware', requirement, text, expected, seen, events: [end?.events[0], ...events] });
      };
      const left = leftUnasked(record, end?.order ?? 0);
      if (left !== undefined) {
        const { line, owner, events } = left;
        const text =
          owner === 'firmware'
            ? 'the download failed, yet the module rebooted'
            : 'the download failed, and then the USB device left for a moment: the module, or its plug';
        held.push({
          owner,
          requirement,
          text,
          expected: 'no reboot',
          seen: `line ${line} left`,
          events: [end?.events[0], ...events],
        });
      }
      const version = runs(record);
      if (version !== 'old' && version !== 'unknown') {
        hold(
          'the download failed, yet the version changed',
          record.versions.before ?? 'the old version',
          record.versions.after ?? '',
          [record.after.event],
        );
      }
      held.push(...silentAfter(record, 'after the failed download', requirement));
      return held;
    },
  },
  {
    id: 'download.reported',
    serves: ['DG-16', 'DG-17'],
    title: 'A download that cannot work is reported as failed',
    blames: 'firmware',
    applies: (record) =>
      isRemote(record) &&
      wasAccepted(record) &&
      watchedToTheEnd(record) &&
      (mustFail(record) || mayFail(record)) &&
      !record.cuts.some(({ phase }) => phase === 'download'),
    exercises: (record) => (failed(record) ? [failureRequirement(record)] : []),
    check(record) {
      if (failed(record)) return [];
      const requirement = failureRequirement(record);
      const name = record.source === 'http' ? 'HTTPEND' : 'FTPEND';
      const end = record.reports.find(({ kind }) => kind === 'download-end');
      const expected = `${name} with ${record.source === 'http' ? '7xx' : '6xx'}`;
      const cause = record.fault === undefined ? 'nothing is there to be fetched' : `the server's fault was ${record.fault.name}`;
      if (end?.value === 0) {
        if (fetchOf(record).whole) return [];
        return [
          {
            owner: 'firmware',
            requirement,
            text: `the download was reported as sound, though ${cause}`,
            expected,
            seen: quoted(end),
            events: eventsOf([end]),
          },
        ];
      }
      if (end !== undefined)
        return [
          {
            owner: 'undecided',
            requirement,
            text: 'the code of the failed download was lost on the line',
            expected,
            seen: quoted(end),
            events: eventsOf([end]),
          },
        ];
      // How long a stalled transfer is waited for, the guide does not say.
      const waits = record.fault?.name === 'stall' && record.stopped?.why === 'limit';
      const start = record.reports.find(({ kind }) => kind === 'download-start');
      const witness = heardThroughout(record);
      const restarted = unaskedRestarts(record) !== undefined;
      return [
        {
          owner: witness !== undefined && !waits && !restarted ? 'firmware' : 'undecided',
          requirement,
          text: waits
            ? 'the stalled download was still waited for when the limit ran out'
            : `the end of the download was not reported, though ${cause}`,
          expected,
          seen:
            witness === undefined
              ? 'not seen; the line was not open throughout'
              : `nothing on line ${witness.line}, which was open throughout`,
          events: [record.answer?.event, start?.events[0], record.stopped?.event],
        },
      ];
    },
  },
  {
    id: 'download.unprovoked',
    serves: ['DG-10'],
    title: 'A download that nothing stands in the way of works',
    blames: 'firmware',
    applies: (record) => isRemote(record) && mustUpgrade(record) && wasAccepted(record) && watchedToTheEnd(record),
    exercises: (record) => (hasServerLog(record) ? ['DG-10'] : []),
    check(record) {
      const ended = record.reports.find(({ kind }) => kind === 'download-end');
      if (record.download?.code === 0 || (!failed(record) && record.reports.some(isRecovery))) return [];
      if (!failed(record) && record.stopped?.why !== 'limit' && record.departures.length > 0) return [];
      if (runs(record) === 'new') return [];
      const fetch = fetchOf(record);
      const seen = ended === undefined ? `no end of the download; ${fetch.text}` : `${quoted(ended)}; ${fetch.text}`;
      const events = [ended?.events[0], ...fetch.events, record.stopped?.event];
      const expected = record.source === 'http' ? 'HTTPEND,0' : 'FTPEND,0';
      const base = { expected, seen, events };
      // What the module asked for, and how, is its own doing; that its packets arrive is not.
      if (ended === undefined && !heardThroughout(record)) {
        return [{ ...base, owner: 'undecided', text: 'the download was not seen to end, and no line was open throughout' }];
      }
      if (fetch.whole && fetch.taken)
        return [
          { ...base, owner: 'firmware', text: 'the download failed although the module took the whole file from the server' },
        ];
      if (fetch.wrong !== undefined || fetch.refused)
        return [
          {
            ...base,
            owner: 'firmware',
            text: `the download failed: ${fetch.wrong ?? 'the module did not log in with the credentials it was given'}`,
          },
        ];
      if (!hasServerLog(record))
        return [
          { ...base, owner: 'undecided', text: 'the download failed, and the server is not ours: nobody saw on which side' },
        ];
      if (fetch.connections === 0)
        return [
          { ...base, owner: 'network', text: 'the download failed, and the server saw no connection: the way to it is in doubt' },
        ];
      return [{ ...base, owner: 'undecided', text: 'the transfer broke off, and it cannot be told on which side' }];
    },
  },
];

/** A line that carried the download's beginning, or the command, and was open from there to the end of the watch. */
function heardThroughout(record: UpgradeRecord): LineWatch | undefined {
  const start = record.reports.find(({ kind }) => kind === 'download-start');
  return record.watches.find((watch) => {
    const commanded = watch.line === record.answer?.line && start === undefined ? record.startedAt.t : undefined;
    const from = orderOn(start, watch.line) ?? commanded;
    return from !== undefined && continuous(record, watch, from, record.stoppedAt ?? from);
  });
}
