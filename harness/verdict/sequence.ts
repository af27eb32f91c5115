import { failedAttempts, isSpoilt, isWrongBase, mustUpgrade, runs } from './facts.js';
import { judge } from './judge.js';
import { resultOf, sorted } from './result.js';
import { sawEveryAttempt } from './rules/retries.js';
import type { Finding, Judgement, UpgradeRecord } from './types.js';

interface SequenceRule {
  readonly id: string;
  readonly requirement: string;
  readonly title: string;
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
];

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
      if (!found.some(({ owner }) => owner === 'undecided')) exercised.add(rule.requirement);
    }
  });
  const inOrder = sorted(findings);
  return { ending: undefined, result: resultOf(inOrder), findings: inOrder, observations: [], exercised: [...exercised].sort() };
}
