import {
  answersAfter,
  eventsOf,
  isLocal,
  isUpgradeReport,
  isWrongBase,
  leftUnasked,
  quoted,
  runs,
  wasRefused,
  watchedToTheEnd,
} from '../facts.js';
import type { UpgradeRecord } from '../types.js';
import type { Held, Rule } from './rule.js';

/** DG-03 FTP, DG-04 HTTP, DG-05 local. */
export function sourceRequirement(record: UpgradeRecord): string {
  return isLocal(record) ? 'DG-05' : record.source === 'http' ? 'DG-04' : 'DG-03';
}

/** A module that had to stay where it was, and does not answer. Only a limit that ran out says so; else it could not be read back. */
export function silentAfter(record: UpgradeRecord, when: string, requirement?: string): Held[] {
  if (!watchedToTheEnd(record) || answersAfter(record)) return [];
  const silent = record.stopped?.why === 'limit';
  return [
    {
      owner: silent ? 'firmware' : 'undecided',
      text: silent ? `the module does not answer ${when}` : `the module could not be read back ${when}`,
      expected: 'answers AT',
      seen: record.stopped?.detail ?? 'no answer',
      events: [record.answer?.event, record.stopped?.event],
      ...(requirement === undefined ? {} : { requirement }),
    },
  ];
}

const mustBeRefused = (record: UpgradeRecord): boolean => record.intent === 'beyond-limit' || record.intent === 'no-such-file';
const said = (record: UpgradeRecord): string =>
  record.answer === undefined
    ? 'no answer'
    : [record.answer.result, record.answer.code].filter((part) => part !== undefined).join(': ');

/** A local file may be looked at before OK, and refused for what is in it. */
function mayBeRefused(record: UpgradeRecord): boolean {
  return (
    isWrongBase(record) ||
    record.noRoom ||
    (isLocal(record) && (record.package?.contents !== 'sound' || record.fault !== undefined))
  );
}

export const commandRules: readonly Rule[] = [
  {
    id: 'command.accept',
    serves: ['DG-03', 'DG-04', 'DG-05'],
    title: 'A source within every limit gets OK',
    blames: 'firmware',
    applies: (record) =>
      !mustBeRefused(record) &&
      !mayBeRefused(record) &&
      record.answer !== undefined &&
      !record.fromLog &&
      (wasRefused(record) || record.answer.result === 'OK'),
    exercises: (record) => [sourceRequirement(record)],
    check(record) {
      if (!wasRefused(record)) return [];
      // Only a file that the harness put there and verified is there for certain.
      const there = !isLocal(record) || record.published !== undefined;
      return [
        {
          owner: there ? 'firmware' : 'undecided',
          requirement: sourceRequirement(record),
          text: `the source is within the guide's limits (${String(record.targetLength)} bytes), yet the command was refused`,
          expected: 'OK',
          seen: said(record),
          events: [record.startedAt.event, record.answer?.event],
        },
      ];
    },
  },
  {
    id: 'command.refuse',
    serves: ['DG-03', 'DG-04', 'DG-05'],
    title: 'A source beyond a limit, or a local file that is not there, gets ERROR',
    blames: 'firmware',
    applies: (record) =>
      mustBeRefused(record) && record.answer !== undefined && (wasRefused(record) || record.answer.result === 'OK'),
    exercises: (record) => [sourceRequirement(record)],
    check(record) {
      if (wasRefused(record)) return [];
      const what =
        record.intent === 'beyond-limit' ? "breaks one of the guide's limits" : 'names no file under /data/ufs/ or /media/card/';
      return [
        {
          owner: 'firmware',
          requirement: sourceRequirement(record),
          text: `the source ${what}, yet the command was accepted`,
          expected: 'ERROR or +CME ERROR',
          seen: said(record),
          events: [record.startedAt.event, record.answer?.event],
        },
      ];
    },
  },
  {
    id: 'command.sent',
    serves: ['DG-03', 'DG-04', 'DG-05'],
    title: 'AT+QFOTADL was given to the module',
    blames: 'undecided',
    applies: (record) => !record.fromLog && watchedToTheEnd(record),
    exercises: () => [],
    check(record) {
      // Without a command nothing that follows says anything of an upgrade; whether the line or the module is to blame, other rules may tell.
      if (record.answer !== undefined || record.reports.some(isUpgradeReport)) return [];
      return [
        {
          owner: 'undecided',
          requirement: sourceRequirement(record),
          text: 'the command was never answered, if it was given at all: no line to the module was open, or it did not talk',
          expected: 'AT+QFOTADL and its answer',
          seen: record.stopped?.detail ?? 'nothing',
          events: [record.startedAt.event, record.stopped?.event],
        },
      ];
    },
  },
  {
    id: 'command.answer',
    serves: ['DG-03', 'DG-04', 'DG-05'],
    title: 'AT+QFOTADL is answered',
    blames: 'firmware',
    applies: (record) => record.answer !== undefined && !record.fromLog,
    exercises: () => [],
    check(record) {
      if (record.answer?.result !== 'timeout' && record.answer?.result !== 'lost') return [];
      const went = record.reports.some(isUpgradeReport);
      // A module that talks otherwise has left this one command without an answer; a silent one may be a dead line.
      const owner = record.answer.result === 'timeout' && (went || answersAfter(record)) ? 'firmware' : 'undecided';
      return [
        {
          owner,
          requirement: sourceRequirement(record),
          text: 'the command was given no answer',
          expected: mustBeRefused(record) ? 'ERROR' : 'OK',
          seen: record.answer.result === 'lost' ? 'the line was lost before an answer came' : 'nothing until the deadline',
          events: [record.startedAt.event, record.answer.event],
        },
      ];
    },
  },
  {
    id: 'command.no-effect',
    serves: ['DG-06'],
    title: 'After an ERROR nothing happens',
    blames: 'firmware',
    applies: wasRefused,
    check(record) {
      const held: Held[] = [];
      const answer = record.answer?.event;
      const hold = (text: string, expected: string, seen: string, events: readonly (number | undefined)[]): void => {
        held.push({ owner: 'firmware', text, expected, seen, events: [answer, ...events] });
      };
      const reports = record.reports.filter(isUpgradeReport);
      if (reports.length > 0) {
        hold(
          'the command was refused, yet an upgrade was reported',
          'no report',
          quoted(reports[0] as (typeof reports)[number]),
          eventsOf(reports),
        );
      }
      const left = leftUnasked(record, -Infinity);
      if (left !== undefined) {
        const { line, owner, events } = left;
        const text =
          owner === 'firmware'
            ? 'the command was refused, yet the module rebooted'
            : 'the command was refused, and then the USB device left for a moment: the module, or its plug';
        held.push({ owner, text, expected: 'no reboot', seen: `line ${line} left`, events: [answer, ...events] });
      }
      const version = runs(record);
      if (version !== 'old' && version !== 'unknown') {
        hold(
          'the command was refused, yet the version changed',
          record.versions.before ?? 'the old version',
          record.versions.after ?? '',
          [record.after.event],
        );
      }
      held.push(...silentAfter(record, 'after refusing the command'));
      return held;
    },
  },
];
