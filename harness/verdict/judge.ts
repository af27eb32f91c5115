import { endingOf } from './ending.js';
import { excused } from './excused.js';
import { observationsOf } from './observations.js';
import { resultOf, sorted, tenable } from './result.js';
import { rules } from './rules/index.js';
import { findingsOf } from './rules/rule.js';
import type { Finding, Judgement, UpgradeRecord } from './types.js';

/** Holds every rule against one upgrade. Pure: the same record gives the same judgement, years later as well. */
export function judge(record: UpgradeRecord): Judgement {
  const found: Finding[] = [];
  const exercised = new Set<string>();
  for (const rule of rules) {
    if (!rule.applies(record)) continue;
    const findings = findingsOf(rule, record).map((finding) => excused(finding, record));
    found.push(...findings);
    // What could not be decided was not put to the test.
    if (!findings.some(({ owner }) => owner === 'undecided')) {
      for (const id of rule.exercises?.(record) ?? rule.serves) exercised.add(id);
    }
    for (const { owner, requirement } of findings) if (owner === 'firmware' || owner === 'package') exercised.add(requirement);
  }
  const ending = endingOf(record, found);
  if (ending === undefined && found.length === 0) found.push(untold(record));
  const findings = sorted(tenable(found));
  return { ending, result: resultOf(findings), findings, observations: observationsOf(record), exercised: [...exercised].sort() };
}

function untold(record: UpgradeRecord): Finding {
  const events = record.reports.flatMap(({ events: own }) => [...own]).slice(-1);
  return {
    rule: 'ending.told',
    requirement: 'DG-13',
    owner: 'undecided',
    text: 'what was seen does not tell how the upgrade ended',
    expected: 'a version read back, a refusal or a failed download',
    seen: record.reports.length === 0 ? 'no report' : `last: ${record.reports.at(-1)?.text.trim() ?? ''}`,
    events,
  };
}
