import { answersAfter, isSpoilt, isWrongBase, list, runs, wasAccepted, watchedToTheEnd } from '../facts.js';
import type { Cut, UpgradeRecord } from '../types.js';
import { fetchOf } from './fetch.js';
import { allowedAttempts } from './retries.js';
import type { Rule } from './rule.js';

const inPhase = (record: UpgradeRecord, ...phases: Cut['phase'][]): readonly Cut[] =>
  record.cuts.filter(({ phase }) => phases.includes(phase));
const isSound = (record: UpgradeRecord): boolean =>
  record.intent === 'valid' && !isSpoilt(record) && !isWrongBase(record) && record.fault === undefined && !record.noRoom;
const judged = (record: UpgradeRecord): boolean => wasAccepted(record) && watchedToTheEnd(record) && isSound(record);

function afterCut(record: UpgradeRecord, cuts: readonly Cut[], text: string): ReturnType<Rule['check']> {
  // Whether the module answers at all is asked by `normal.reached`.
  if (!answersAfter(record) || runs(record) === 'new' || runs(record) === 'other') return [];
  if (runs(record) === 'unknown')
    return [
      {
        owner: 'undecided',
        text: 'the version could not be read back after the cut',
        expected: record.versions.to ?? 'the new version',
        seen: 'no version',
        events: cuts.map(({ event }) => event),
      },
    ];
  return [
    {
      owner: 'firmware',
      text,
      expected: record.versions.to ?? 'the new version',
      seen: record.versions.after ?? 'no version',
      events: [...cuts.map(({ event }) => event), record.after.event],
    },
  ];
}

/** What shows that a recovery had only a part of the package: the server's count, or the module's own check of a sound one. */
function recoveredInPart(record: UpgradeRecord): string | undefined {
  const { attempts } = record;
  if (attempts.length === 0 || record.reports.some(({ kind }) => kind === 'download-end')) return undefined;
  const fetch = fetchOf(record);
  if (fetch.taken || fetch.connections === 0) return undefined;
  const codes = [...new Set(attempts.flatMap(({ ends }) => ends.filter((code) => code !== undefined && code !== 0)))];
  const part = fetch.size !== undefined && fetch.bytes < fetch.size;
  if (!part && !codes.includes(505)) return undefined;
  return `${list(codes.map((code) => `END,${String(code)}`))}; ${fetch.text}`;
}

export const powerRules: readonly Rule[] = [
  {
    id: 'power.download',
    serves: ['DH-01'],
    title: 'Power lost during the download: old version, normal mode',
    blames: 'firmware',
    applies: (record) =>
      judged(record) &&
      inPhase(record, 'download').length > 0 &&
      inPhase(record, 'between', 'recovery', 'retry', 'after-end').length === 0,
    exercises: (record) => (answersAfter(record) ? ['DH-01'] : []),
    check(record) {
      const cuts = inPhase(record, 'download');
      const recovered = recoveredInPart(record);
      if (recovered !== undefined)
        return [
          {
            owner: 'firmware',
            text: 'after a cut in the download the module went into recovery, with no whole package',
            expected: 'normal mode',
            seen: recovered,
            events: [...cuts.map(({ event }) => event), ...record.attempts.flatMap(({ events }) => events.slice(-1))],
          },
        ];
      // The cut may have come after a download whose end was not seen.
      if (runs(record) === 'new')
        return [
          {
            owner: 'undecided',
            text: 'the new version runs after a cut that seemed to fall into the download',
            expected: record.versions.before ?? 'the old version',
            seen: record.versions.after ?? '',
            events: [...cuts.map(({ event }) => event), record.after.event],
          },
        ];
      return [];
    },
  },
  {
    id: 'power.between',
    serves: ['DH-02'],
    title: 'Power lost between download and START, or between END,0 and normal mode: ends on the new version',
    blames: 'firmware',
    applies: (record) => judged(record) && inPhase(record, 'between', 'after-end').length > 0,
    exercises: (record) => (answersAfter(record) ? ['DH-02'] : []),
    check: (record) =>
      afterCut(
        record,
        inPhase(record, 'between', 'after-end'),
        'power was lost before or after the recovery, and the new version does not run',
      ),
  },
  {
    id: 'power.recovery',
    serves: ['DG-20'],
    title: 'Power lost in the recovery: the module ends on the new version within its retries',
    blames: 'firmware',
    applies: (record) => judged(record) && inPhase(record, 'recovery', 'retry').length > 0,
    exercises: (record) => (answersAfter(record) ? ['DG-20'] : []),
    check(record) {
      const cuts = inPhase(record, 'recovery', 'retry');
      // As many cuts as there are attempts may use them up.
      const spent = record.profile !== undefined && cuts.length >= allowedAttempts(record.profile.firmware).least;
      if (spent && runs(record) === 'old') return [];
      return afterCut(record, cuts, 'power was lost in the recovery, and the new version does not run');
    },
  },
  {
    id: 'power.proof',
    serves: ['DG-20', 'DH-01', 'DH-02'],
    title: 'Each cut is proven: STATUS fell or a device left',
    blames: 'rig',
    applies: (record) => record.cuts.length > 0 && !record.fromLog,
    exercises: () => [],
    check: (record) =>
      record.cuts
        .filter(({ proven }) => !proven)
        .map((cut) => ({
          owner: 'rig' as const,
          text: 'power was switched off, but nothing shows that it went',
          expected: 'STATUS falls or a device leaves',
          seen: 'neither',
          events: [cut.event],
        })),
  },
];
