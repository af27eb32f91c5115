import { stuckAs } from '../devices.js';
import {
  answersAfter,
  baseIsWrong,
  endedWell,
  failedAttempts,
  isRecovery,
  isSpoilt,
  isWrongBase,
  list,
  mustUpgrade,
  runs,
  wasAccepted,
  watchedToTheEnd,
} from '../facts.js';
import type { Identity } from '../../journal/events.js';
import type { UpgradeRecord } from '../types.js';
import { fetchOf } from './fetch.js';
import { certainAttempts, allowedAttempts, stillAtIt } from './retries.js';
import type { Rule } from './rule.js';

const last = (record: UpgradeRecord): number | undefined => record.attempts.at(-1)?.events.at(-1);

/** Every version begins with the make of the module: `EC25`. */
const makeLength = 4;

/** Where else than in ATI a module names its version; AT+QGMR adds the sub-revision. */
const sayings = [
  { key: 'gmr', command: 'AT+GMR' },
  { key: 'cgmr', command: 'AT+CGMR' },
  { key: 'qgmr', command: 'AT+QGMR' },
] as const;

export const outcomeRules: readonly Rule[] = [
  {
    id: 'version.known',
    serves: ['DG-13', 'DH-09'],
    title: 'What runs afterwards is the old version or the new one',
    blames: 'firmware',
    applies: (record) => runs(record) !== 'unknown' && !isWrongBase(record),
    exercises: (record) => (record.fault === undefined ? [] : ['DH-09']),
    check(record) {
      const { from, to, before, after } = record.versions;
      if (runs(record) !== 'other') return [];
      return [
        {
          owner: 'firmware',
          requirement: record.fault === undefined ? 'DG-13' : 'DH-09',
          text: 'a version runs that is neither the old nor the new one',
          expected: `${to ?? 'the new version'} or ${before ?? from ?? 'the old one'}`,
          seen: after ?? '',
          events: [last(record), record.after.event],
        },
      ];
    },
  },
  {
    id: 'version.after-end',
    serves: ['DG-13'],
    title: 'After END,0 the new version runs',
    blames: 'firmware',
    applies: (record) => endedWell(record) && !isSpoilt(record) && !isWrongBase(record),
    exercises: (record) => (['new', 'old', 'other'].includes(runs(record)) ? ['DG-13'] : []),
    check(record) {
      const version = runs(record);
      const expected = record.versions.to ?? 'the new version';
      if (version === 'old') {
        return [
          {
            owner: 'firmware',
            text: 'END,0 was reported, yet the old version runs',
            expected,
            seen: record.versions.after ?? '',
            events: [last(record), record.after.event],
          },
        ];
      }
      if (version === 'changed' && !record.fromLog) {
        return [
          {
            owner: 'undecided',
            text: 'the version changed, but the package pair does not say to which it should',
            expected,
            seen: record.versions.after ?? '',
            events: [record.after.event],
          },
        ];
      }
      const unread = version === 'unknown' && (record.fromLog || (watchedToTheEnd(record) && answersAfter(record)));
      if (!unread) return [];
      const { after } = record.versions;
      const text = after === undefined ? 'the version was not read back' : 'nothing says which version should run now';
      return [
        {
          owner: 'undecided',
          text: `END,0 was reported, but ${text}`,
          expected,
          seen: after ?? 'no version',
          events: [last(record), record.after.event],
        },
      ];
    },
  },
  {
    id: 'version.applied',
    serves: ['DG-13'],
    title: 'A sound package for the running version is applied',
    blames: 'firmware',
    applies: (record) =>
      mustUpgrade(record) &&
      wasAccepted(record) &&
      watchedToTheEnd(record) &&
      !endedWell(record) &&
      (record.download === undefined || record.download.code === 0 || record.reports.some(isRecovery)),
    exercises: (record) => (runs(record) === 'old' ? ['DG-13'] : []),
    check(record) {
      if (runs(record) !== 'old') return [];
      const remote = record.source === 'ftp' || record.source === 'http';
      // Without a download that ended, `download.unprovoked` has the say.
      if (remote && record.download?.code !== 0 && !record.reports.some(isRecovery)) return [];
      const codes = failedAttempts(record).flatMap(({ ends }) => ends);
      const delivered = remote ? fetchOf(record).whole : record.published !== undefined;
      // 510: the patch does not match its source. Base and bytes being right, it is the package that does not fit.
      const owner = !delivered ? 'undecided' : codes.includes(510) ? 'package' : 'firmware';
      return [
        {
          owner,
          text: 'the package is sound and made for the running version, yet it was not applied',
          expected: record.versions.to ?? 'the new version',
          seen: `${record.versions.after ?? ''}; ${codes.length === 0 ? 'no END' : `END ${list(codes)}`}${delivered ? '' : '; that the whole package arrived is not proven'}`,
          events: [...record.attempts.flatMap(({ events }) => events.slice(-1)), record.after.event],
        },
      ];
    },
  },
  {
    id: 'version.whole',
    serves: ['DG-13'],
    title: 'ATI, AT+GMR, AT+CGMR and AT+QGMR name one version',
    blames: 'firmware',
    applies: ({ before, after }) =>
      sayings.some(({ key }) => before.identity?.[key] !== undefined && after.identity?.[key] !== undefined),
    check({ before, after }) {
      const agrees = (identity: Identity | undefined, key: (typeof sayings)[number]['key']): boolean | undefined => {
        const [revision, said] = [identity?.revision, identity?.[key]];
        if (revision === undefined || said === undefined) return undefined;
        // What is no version is a piece of something else that the module said just then.
        if (said.trim().slice(0, makeLength) !== revision.trim().slice(0, makeLength)) return undefined;
        return key === 'qgmr' ? said.trim().startsWith(revision.trim()) : said.trim() === revision.trim();
      };
      // A module whose answers never agreed is of another make than those that are known.
      const wrong = sayings.filter(({ key }) => agrees(before.identity, key) === true && agrees(after.identity, key) === false);
      return wrong.map(({ key, command }) => ({
        owner: 'firmware' as const,
        text: 'a part of the firmware is of another version',
        expected: `${command} names ${after.identity?.revision ?? ''}, as ATI does`,
        seen: after.identity?.[key] ?? '',
        events: [after.event],
      }));
    },
  },
  {
    id: 'normal.reached',
    serves: ['DG-13', 'DG-19', 'DG-20'],
    title: 'The module ends in normal mode and answers',
    blames: 'firmware',
    // A download that failed leaves the module where it was: `download.failed-cleanly`.
    applies: (record) =>
      wasAccepted(record) && watchedToTheEnd(record) && stuckAs(record) === undefined && (record.download?.code ?? 0) === 0,
    exercises: (record) => (answersAfter(record) && failedAttempts(record).length > 0 ? ['DG-19'] : []),
    check(record) {
      if (answersAfter(record)) return [];
      const requirement = record.powerCuts > 0 ? 'DG-20' : endedWell(record) ? 'DG-13' : 'DG-19';
      const seen = record.stopped?.detail ?? 'no answer';
      const events = [last(record), record.stopped?.event];
      if (record.stopped?.why !== 'limit') {
        return [
          {
            owner: 'undecided',
            requirement,
            text: 'normal mode was reached, but the module could not be read back',
            expected: 'identity and version',
            seen: 'nothing',
            events,
          },
        ];
      }
      const lastPower = record.powerActions.findLast(({ wire }) => wire === 'supply');
      if (lastPower?.action === 'off') {
        return [
          {
            owner: 'harness',
            requirement,
            text: 'the supply was left off until the limit ran out',
            expected: 'supply on',
            seen,
            events: [lastPower.n, record.stopped.event],
          },
        ];
      }
      if (stillAtIt(record) && !endedWell(record)) {
        const firmware = record.profile?.firmware;
        const conforming =
          firmware?.afterRetries === 'retries-for-ever' && (isSpoilt(record) || isWrongBase(record) || record.noRoom);
        // Too many attempts are held by `retries.count`, too few by `retries.over`.
        const counted =
          firmware !== undefined &&
          (failedAttempts(record).length > 0 || certainAttempts(record).length > allowedAttempts(firmware).most);
        if (conforming || (counted && firmware.afterRetries === 'rolled-back')) return [];
      }
      return [
        {
          owner: 'firmware',
          requirement,
          text: 'the module did not come back to normal mode',
          expected: 'answers AT in normal mode',
          seen,
          events,
        },
      ];
    },
  },
  {
    id: 'room.sound',
    serves: ['DG-19'],
    title: 'Without room for the package the upgrade fails cleanly or works',
    blames: 'firmware',
    applies: (record) => record.noRoom && wasAccepted(record) && runs(record) !== 'unknown',
    check(record) {
      const version = runs(record);
      if (version === 'old' || version === 'new') return [];
      return [
        {
          owner: 'firmware',
          text: 'there was no room for the package, and the outcome is neither the old nor the new version',
          expected: 'old or new version',
          seen: record.versions.after ?? '',
          events: [record.after.event],
        },
      ];
    },
  },
  {
    id: 'delivery.version',
    serves: ['DH-09'],
    title: 'A disturbed network never leads to a wrong version',
    blames: 'firmware',
    applies: (record) => record.fault !== undefined && !isSpoilt(record) && runs(record) !== 'unknown',
    check(record) {
      const fetch = fetchOf(record);
      if (runs(record) !== 'new' || fetch.whole || record.fromLog) return [];
      return [
        {
          owner: 'firmware',
          text: 'the new version runs although the package was not handed out whole',
          expected: record.versions.before ?? 'the old version',
          seen: `${record.versions.after ?? ''}; ${fetch.text}`,
          events: [record.after.event, ...fetch.events],
        },
      ];
    },
  },
  {
    id: 'base.version',
    serves: ['DG-01'],
    title: 'The module runs the version that the package is made for, and says so',
    blames: 'rig',
    applies: (record) =>
      record.versions.before !== undefined && record.versions.from !== undefined && !isWrongBase(record) && !record.fromLog,
    check(record) {
      if (!baseIsWrong(record)) return [];
      return [
        {
          owner: 'rig',
          text: 'the unit was not on the version that the package is made for',
          expected: record.versions.from ?? '',
          seen: record.versions.before ?? '',
          events: [record.startedAt.event],
        },
      ];
    },
  },
];
