import { stuckAs } from '../devices.js';
import {
  answersAfter,
  continuous,
  endedWell,
  failedAttempts,
  isSpoilt,
  isUpgradeReport,
  isWrongBase,
  list,
  orderOn,
  runs,
  saysApplied,
  wasAccepted,
  watchedToTheEnd,
} from '../facts.js';
import type { Attempt, UpgradeRecord } from '../types.js';
import type { Held, Rule } from './rule.js';

/** How many attempts the rig's firmware profile allows: "five times in a row" can be read as five in all or as one and five more. */
export function allowedAttempts(firmware: { readonly retries: number; readonly reading: string }): {
  readonly least: number;
  readonly most: number;
} {
  const { retries, reading } = firmware;
  return { least: reading === 'plus-first' ? retries + 1 : retries, most: reading === 'in-all' ? retries : retries + 1 };
}

/** Attempts that are there for certain: their START or their END was seen. */
export const certainAttempts = (record: UpgradeRecord): readonly Attempt[] =>
  record.attempts.filter(({ startSeen, ends }) => startSeen || ends.length > 0);

/** The most attempts that one line alone saw begin or end. */
export function mostOnOneLine(record: UpgradeRecord): number {
  const certain = certainAttempts(record);
  const on = (line: string): number =>
    certain.filter(({ reports }) =>
      reports.some(({ kind, lines }) => (kind === 'start' || kind === 'end') && lines.includes(line)),
    ).length;
  const lines = new Set(certain.flatMap(({ reports }) => reports.flatMap((report) => report.lines)));
  return Math.max(0, ...[...lines].map(on));
}

/** Times the module came back and left again without a word: attempts that may have been missed. */
export function silentReturns(record: UpgradeRecord): number {
  const { arrivals, departures, reports } = record;
  return arrivals.filter(({ line, t }) => {
    const left = departures.find((departure) => departure.line === line && departure.t > t);
    return (
      left !== undefined && !reports.some((report) => isUpgradeReport(report) && report.order >= t && report.order <= left.t)
    );
  }).length;
}

/** Cuts that may have left an attempt uncounted, which is not settled; an attempt that had reported its END is over and counted. */
const disturbed = (record: UpgradeRecord): number => record.cuts.filter(({ phase }) => phase !== 'retry').length;

/** Nothing of an attempt can have been missed. */
export function sawEveryAttempt(record: UpgradeRecord): boolean {
  const { attempts } = record;
  const first = attempts[0]?.reports[0];
  if (first === undefined || attempts.some(({ startSeen }) => !startSeen)) return false;
  const until = record.ready?.t ?? record.stoppedAt;
  const witness = record.watches.some((watch) => {
    const from = orderOn(first, watch.line);
    return from !== undefined && until !== undefined && continuous(record, watch, from, until);
  });
  return witness || (record.watches.some(({ reenumerates }) => reenumerates) && silentReturns(record) === 0);
}

const retried = (record: UpgradeRecord): boolean =>
  record.profile !== undefined &&
  watchedToTheEnd(record) &&
  wasAccepted(record) &&
  record.attempts.length > 0 &&
  (failedAttempts(record).length > 0 || isSpoilt(record) || isWrongBase(record) || record.attempts.length > 1);

export const retryRules: readonly Rule[] = [
  {
    id: 'retries.count',
    serves: ['DG-15'],
    title: 'A failed upgrade is retried as often as the firmware profile says, by itself, and no more',
    blames: 'firmware',
    applies: retried,
    check(record) {
      const { firmware } = record.profile as NonNullable<UpgradeRecord['profile']>;
      const { least, most } = allowedAttempts(firmware);
      const count = record.attempts.length;
      const certain = certainAttempts(record).length;
      const expected = least === most ? `${String(least)} attempts` : `${String(least)} or ${String(most)} attempts`;
      const seen = `${String(count)} attempts`;
      const events = record.attempts.map(({ events: [event] }) => event);
      const base = { expected, seen, events };
      if (firmware.afterRetries === 'retries-for-ever' && !endedWell(record)) return [];
      const limit = most + disturbed(record);
      // Two lines' sights of one attempt, which a busy host reads far apart, may be taken for two: one line must have seen them all.
      if (certain > limit && mostOnOneLine(record) > limit)
        return [{ ...base, owner: 'firmware', text: 'the upgrade was tried more often than it may be' }];
      if (certain > limit)
        return [
          {
            ...base,
            owner: record.lags.length > 0 ? 'harness' : 'undecided',
            text: `more attempts seem to have been made than there may be, yet no one line saw more than ${String(mostOnOneLine(record))}`,
          },
        ];
      if (count > limit)
        return [
          {
            ...base,
            owner: 'undecided',
            text: 'the upgrade seems to have been tried more often than it may be; not every attempt was seen to begin or end',
          },
        ];
      const over = answersAfter(record) && record.stopped?.why === 'normal-mode';
      if (endedWell(record) || runs(record) === 'new' || !over || record.powerCuts > 0) return [];
      if (count >= least) return [];
      if (sawEveryAttempt(record))
        return [{ ...base, owner: 'firmware', text: 'the upgrade was given up before its retries were used up' }];
      return [
        {
          ...base,
          owner: 'undecided',
          text: 'fewer attempts were seen than there should be; some may have been missed, since no line was open throughout',
        },
      ];
    },
  },
  {
    id: 'retries.over',
    serves: ['DH-05', 'DG-15'],
    title: 'When the retries are used up, the module is in normal mode on the old version',
    blames: 'firmware',
    applies: (record) => retried(record) && !endedWell(record) && runs(record) !== 'new',
    exercises: (record) => (answersAfter(record) ? ['DH-05'] : []),
    check(record) {
      const { firmware } = record.profile as NonNullable<UpgradeRecord['profile']>;
      if (answersAfter(record) || stuckAs(record) !== undefined || record.stopped?.why !== 'limit') return [];
      if (firmware.afterRetries === 'retries-for-ever') return [];
      const { most } = allowedAttempts(firmware);
      if (certainAttempts(record).length > most + disturbed(record)) return [];
      if (!stillAtIt(record)) return [];
      return [
        {
          owner: 'undecided',
          text: "the limit ran out before the module's retries did",
          expected: 'normal mode',
          seen: record.stopped.detail ?? '',
          events: [record.stopped.event],
        },
      ];
    },
  },
  {
    id: 'refused.version',
    serves: ['DG-18', 'DH-09'],
    title: 'A package that is not sound is never applied',
    blames: 'firmware',
    applies: (record) =>
      isSpoilt(record) &&
      record.intent === 'valid' &&
      (runs(record) !== 'unknown' || record.attempts.some(({ ends }) => ends.length > 0)),
    exercises: (record) => (record.fault === undefined ? ['DG-18'] : ['DG-18', 'DH-09']),
    check(record) {
      const held: Held[] = [];
      const what =
        record.fault === undefined
          ? `the package is ${record.package?.contents ?? 'spoilt'}`
          : `the delivery was spoilt (${record.fault.name})`;
      const requirement = record.fault === undefined ? 'DG-18' : 'DH-09';
      const version = runs(record);
      if (version === 'new' || version === 'changed') {
        held.push({
          owner: 'firmware',
          requirement,
          text: `${what}, yet the new version runs`,
          expected: record.versions.before ?? 'the old version',
          seen: record.versions.after ?? '',
          events: [record.after.event],
        });
      }
      const good = record.attempts.find((attempt) => saysApplied(record, attempt));
      if (good !== undefined)
        held.push({
          owner: 'firmware',
          requirement,
          text: `${what}, yet END,0 was reported`,
          expected: 'END,505 or another 5xx',
          seen: `END ${list(good.ends)}`,
          events: good.events.slice(-1),
        });
      return held;
    },
  },
  {
    id: 'refused.base',
    serves: ['DG-21'],
    title: 'A package for another base is refused, and the version does not change',
    blames: 'firmware',
    applies: (record) =>
      isWrongBase(record) &&
      record.intent === 'valid' &&
      (runs(record) !== 'unknown' || record.attempts.some(({ ends }) => ends.length > 0)),
    check(record) {
      const held: Held[] = [];
      if (runs(record) === 'other')
        held.push({
          owner: 'firmware',
          text: 'the package is for another base, yet the version changed',
          expected: record.versions.before ?? 'the old version',
          seen: record.versions.after ?? '',
          events: [record.after.event],
        });
      const good = record.attempts.find((attempt) => saysApplied(record, attempt));
      if (good !== undefined)
        held.push({
          owner: 'firmware',
          text: 'the package is for another base, yet END,0 was reported',
          expected: 'a refusal',
          seen: `END ${list(good.ends)}`,
          events: good.events.slice(-1),
        });
      return held;
    },
  },
];

/** The module was still trying when the limit ran out, rather than silent. */
export function stillAtIt(record: UpgradeRecord): boolean {
  if (record.stoppedAt === undefined || record.attempts.length === 0 || record.stopped?.why !== 'limit') return false;
  const signs = [
    ...record.reports.filter(isUpgradeReport).map(({ order }) => order),
    ...record.departures.map(({ t }) => t),
    ...record.arrivals.map(({ t }) => t),
  ].sort((a, b) => a - b);
  const gaps = signs.slice(1).map((sign, index) => sign - (signs[index] ?? sign));
  const patience = Math.max(record.profile?.limits.boot ?? 60_000, 2 * Math.max(0, ...gaps));
  return record.stoppedAt - (signs.at(-1) ?? -Infinity) <= patience;
}
