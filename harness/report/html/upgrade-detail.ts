import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { Judgement, UpgradeRecord } from '../../verdict/types.js';
import type { UpgradeDetail } from './data.js';
import { findingDetail } from './excerpt.js';
import type { Identities } from './identities.js';
import type { Levels } from './levels.js';
import { identityRows } from './rig-facts.js';
import { timelineOf } from './timeline.js';
import { rungsOf } from './upgrade-row.js';
import { clipped } from './visible.js';

const mostNotUnderstood = 50;

/** What the page shows of one upgrade when somebody looks at it. */
export function upgradeDetail(
  start: EventOf<'upgrade.start'>,
  record: UpgradeRecord,
  judgement: Pick<Judgement, 'findings' | 'observations'>,
  events: readonly JournalEvent[],
  levels: Levels,
  identities: Identities,
): UpgradeDetail {
  const mask = (text: string | undefined): string => identities.mask(text ?? '');
  const { answer, stopped, versions, before, after } = record;
  return {
    id: start.upgrade,
    rig: start.rig ?? '',
    at: start.at,
    target: mask(start.target),
    file: start.package.file,
    sha256: start.package.sha256,
    from: versions.from ?? start.package.from,
    to: versions.to ?? start.package.to,
    answer: answer === undefined ? 'none seen' : `${answer.result}${answer.code === undefined ? '' : `: ${answer.code}`}`,
    stopped:
      stopped === undefined
        ? 'no end in the journal'
        : `${stopped.why}${stopped.detail === undefined ? '' : `: ${mask(stopped.detail)}`}`,
    timeline: timelineOf(record, events, levels, identities),
    rungs: rungsOf(record),
    findings: judgement.findings.map((finding) => findingDetail(finding, events, identities)),
    observations: judgement.observations.map(({ text }) => mask(text)),
    identity: identityRows((key) => [before.identity?.[key], after.identity?.[key]] as const)
      .filter(({ value }) => value.some((each) => each !== undefined))
      .map(({ name, value: [was, is] }) => ({ name, before: mask(was), after: mask(is) })),
    notUnderstood: record.notUnderstood
      .slice(0, mostNotUnderstood)
      .map(({ event, line, text }) => ({ n: event, line, text: clipped(identities.maskBytes(text), 200) })),
  };
}
