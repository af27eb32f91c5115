import { failedAttempts, isSpoilt, isWrongBase, mustUpgrade, runs } from './facts.js';
import { judge } from './judge.js';
import { resultOf, sorted } from './result.js';
import { mostOnOneLine, sawEveryAttempt } from './rules/retries.js';
import { bookkeeping } from './rules/unit.js';
import type { Finding, Judgement, UpgradeRecord } from './types.js';

interface SequenceRule {
  readonly id: string;
  readonly requirement: string;
  readonly title: string;
  /** False: it looks at what is no proof of its requirement by itself. */
  readonly proves?: false;
  applies(first: UpgradeRecord, second: UpgradeRecord): boolean;
  check(first: UpgradeRecord, second: UpgradeRecord): readonly Omit<Finding, 'rule' | 'requirement'>[];
}

/** Each looks at an upgrade and the next one of the same unit. */
export const sequenceRules: readonly SequenceRule[] = [
  {
    id: 'sequence.round-trip',
    requirement: 'DG-14',
    title: 'The way back leads to the version that the way there began on',
    applies: (there, back) => mustUpgrade(there) && mustUpgrade(back) && there.step !== back.step && runs(there) === 'new',
    check(there, back) {
      const [wanted, seen] = [there.versions.before, back.versions.after];
      const events = [there.after.event, back.after.event].filter((event) => event !== undefined);
      if (wanted === undefined || seen === undefined) {
        return [
          {
            owner: 'undecided',
            text: 'the version was not read at both ends of the round trip',
            expected: wanted ?? 'a version',
            seen: seen ?? 'no version',
            events,
          },
        ];
      }
      if (seen === wanted) return [];
      return [{ owner: 'firmware', text: 'the round trip does not end where it began', expected: wanted, seen, events }];
    },
  },
  {
    id: 'sequence.again',
    requirement: 'DH-05',
    title: 'A module that used up its retries can be upgraded again',
    applies: (first, second) => failedAttempts(first).length > 0 && runs(first) === 'old' && mustUpgrade(second),
    check(_first, second) {
      if (runs(second) === 'new') return [];
      const events = [second.startedAt.event, second.after.event].filter((event) => event !== undefined);
      const owner = runs(second) === 'unknown' ? 'undecided' : 'firmware';
      return [
        {
          owner,
          text: 'after a package that was refused, a sound one is not applied',
          expected: second.versions.to ?? 'the new version',
          seen: second.versions.after ?? 'no version',
          events,
        },
      ];
    },
  },
  {
    id: 'sequence.cut-download',
    requirement: 'DH-01',
    title: 'After power was lost in a download the next upgrade works',
    applies: (first, second) =>
      first.cuts.some(({ phase }) => phase === 'download') && runs(first) === 'old' && mustUpgrade(second),
    check(_first, second) {
      if (runs(second) === 'new') return [];
      const owner = runs(second) === 'unknown' ? 'undecided' : 'firmware';
      return [
        {
          owner,
          text: 'after a cut in the download the next upgrade does not work',
          expected: second.versions.to ?? 'the new version',
          seen: second.versions.after ?? 'no version',
          events: [second.startedAt.event],
        },
      ];
    },
  },
  {
    id: 'sequence.fresh-count',
    requirement: 'DH-06',
    title: 'The retry count starts afresh with each upgrade',
    applies: (first, second) => failsAlone(first) && failsAlone(second),
    check(first, second) {
      const [before, after] = [first.attempts.length, second.attempts.length];
      if (before === after) return [];
      const events = second.attempts.flatMap(({ events: [event] }) => (event === undefined ? [] : [event]));
      const owner = sawEveryAttempt(first) && sawEveryAttempt(second) ? 'firmware' : 'undecided';
      return [
        {
          owner,
          text: 'the second refused package was tried another number of times than the first',
          expected: `${String(before)} attempts`,
          seen: `${String(after)} attempts`,
          events,
        },
      ];
    },
  },
  {
    id: 'sequence.first-time',
    requirement: 'DG-15',
    title: 'Sound packages do not need their retries one after the other',
    proves: false,
    applies: (first, second) => worked(first) && worked(second),
    check(first, second) {
      // The guide allows a retry. Nothing stands in the way of these two, so that both need one is no accident.
      const [before, after] = [mostOnOneLine(first), mostOnOneLine(second)];
      if (before < 2 || after < 2) return [];
      // Only the module itself reports a failed attempt; one that breaks off without a word may have lost its power.
      const reported = [first, second].every((record) => failedAttempts(record).length > 0);
      return [
        {
          owner: reported ? 'firmware' : 'undecided',
          text: 'two sound packages, one after the other, were only applied by a retry, with nothing in their way',
          expected: '1 attempt',
          seen: `${String(before)}, then ${String(after)} attempts`,
          events: [...first.attempts, ...second.attempts].flatMap(({ events: [event] }) => (event === undefined ? [] : [event])),
        },
      ];
    },
  },
  {
    id: 'sequence.room',
    requirement: 'DH-04',
    title: 'Room on UFS is not lost bit by bit',
    proves: false,
    applies: (first, second) => sameWay(first, second) && unlisted(first) !== undefined && unlisted(second) !== undefined,
    check(first, second) {
      const lost = (unlisted(second) ?? 0) - (unlisted(first) ?? 0);
      const [before, after] = [first.package?.size ?? 0, second.package?.size ?? 0];
      // What a module keeps of a package takes the place of what it kept of the one before.
      const most = Math.max(0, after - before) + after / 4 + bookkeeping;
      if (lost <= most) return [];
      const events = [first.after.event, second.after.event].filter((event) => event !== undefined);
      return [
        {
          owner: 'firmware',
          text: 'each upgrade takes room on UFS that no listed file accounts for, and does not give it back',
          expected: `at most ${String(Math.round(most))} bytes more than after the one before`,
          seen: `${String(lost)} bytes more`,
          events,
        },
      ];
    },
  },
];

const worked = (record: UpgradeRecord): boolean => mustUpgrade(record) && runs(record) === 'new' && record.rigFaults.length === 0;

/** The same source and the same outcome, whatever that was, without a cut. */
function sameWay(first: UpgradeRecord, second: UpgradeRecord): boolean {
  const way = ({ source, fault, intent, stopped, noRoom }: UpgradeRecord): string =>
    JSON.stringify([source, fault, intent, stopped?.why, noRoom]);
  return (
    way(first) === way(second) && runs(first) === runs(second) && !first.noRoom && first.powerCuts === 0 && second.powerCuts === 0
  );
}

/** Bytes of UFS that are neither free nor listed, from a point that is the same for both upgrades of a unit. */
function unlisted({ after, fromLog }: UpgradeRecord): number | undefined {
  const { ufs, ufsFree } = after.files ?? {};
  return fromLog || ufs === undefined || ufsFree === undefined
    ? undefined
    : -ufsFree - ufs.reduce((sum, { size }) => sum + size, 0);
}

/** Failed to the end of its retries, undisturbed. */
function failsAlone(record: UpgradeRecord): boolean {
  return (
    (isSpoilt(record) || isWrongBase(record)) &&
    record.powerCuts === 0 &&
    failedAttempts(record).length > 0 &&
    runs(record) === 'old'
  );
}

/** What only several upgrades of one unit show together, in the order in which they were made. */
export function judgeSequence(records: readonly UpgradeRecord[]): Judgement {
  const findings: Finding[] = [];
  const exercised = new Set<string>();
  const worthless = records
    .map((record) => ({ record, judgement: judge(record) }))
    .filter(({ judgement }) => judgement.result === 'invalid');
  for (const { record, judgement } of worthless) {
    findings.push(
      ...judgement.findings
        .filter(({ owner }) => owner === 'rig' || owner === 'harness' || owner === 'network')
        .map((finding) => ({ ...finding, text: `${record.id}: ${finding.text}` })),
    );
  }
  records.slice(1).forEach((second, index) => {
    const first = records[index];
    if (first === undefined || first.rig !== second.rig) return;
    for (const rule of sequenceRules) {
      if (!rule.applies(first, second)) continue;
      const found = rule.check(first, second).map((held) => ({ ...held, rule: rule.id, requirement: rule.requirement }));
      findings.push(...found);
      if (rule.proves !== false && !found.some(({ owner }) => owner === 'undecided')) exercised.add(rule.requirement);
    }
  });
  const inOrder = sorted(findings);
  return { ending: undefined, result: resultOf(inOrder), findings: inOrder, observations: [], exercised: [...exercised].sort() };
}
