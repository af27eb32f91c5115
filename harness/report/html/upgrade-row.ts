import type { EventOf } from '../../journal/events.js';
import type { Attempt, Judgement, UpgradeRecord } from '../../verdict/types.js';
import type { Rung, UpgradeColumns } from './data.js';

type Cell<K extends keyof UpgradeColumns> = UpgradeColumns[K][number];

/** One upgrade as the page's tables know it; nothing of its events is held. */
export interface UpgradeRow {
  readonly id: string;
  readonly rig: number;
  /** Name of its test. */
  readonly test: string | undefined;
  readonly trial: number | undefined;
  readonly began: number;
  readonly source: Cell<'source'>;
  readonly step: Cell<'step'>;
  readonly intent: Cell<'intent'>;
  readonly contents: Cell<'contents'>;
  readonly fault: string;
  readonly ending: Cell<'ending'>;
  readonly result: Cell<'result'>;
  readonly cuts: number;
  readonly before: string;
  readonly after: string;
  readonly times: UpgradeRecord['times'];
  readonly finding: string;
  readonly rungs: readonly Rung[];
  /** The run gave a verdict of it. */
  readonly told: boolean;
}

export function upgradeRow(
  start: EventOf<'upgrade.start'>,
  record: UpgradeRecord,
  { ending, result, findings }: Judgement,
  known: Pick<UpgradeRow, 'rig' | 'test' | 'trial' | 'began' | 'told'>,
): UpgradeRow {
  const [first] = findings;
  const { fault, versions } = record;
  return {
    ...known,
    id: start.upgrade,
    source: record.source ?? '',
    step: record.step,
    intent: start.intent,
    contents: start.package.contents,
    fault: fault === undefined ? '' : `${fault.name}${fault.percent === undefined ? '' : ` at ${String(fault.percent)} %`}`,
    ending: ending ?? 'undecided',
    result,
    cuts: record.cuts.length,
    before: versions.before ?? '',
    after: versions.after ?? '',
    times: record.times,
    finding: first === undefined ? '' : `${first.requirement} ${first.text}`,
    rungs: rungsOf(record),
  };
}

/** The attempts of an upgrade, one rung each. */
export function rungsOf(record: UpgradeRecord): readonly Rung[] {
  return record.attempts.map((attempt) => {
    const told = attempt.percentages.map(({ percent }) => percent).filter((percent) => percent !== undefined);
    const { number, ends, startSeen } = attempt;
    const cut = record.cuts.find((each) => each.attempt === number && each.phase !== 'normal');
    return {
      from: told[0] ?? null,
      to: told.at(-1) ?? null,
      end: ends.length === 0 ? 'no END' : `END ${ends.map((code) => code ?? '?').join(', ')}`,
      cut: cut === undefined ? null : (lastBefore(attempt, cut.t) ?? -1),
      startSeen,
      took: tookOf(attempt),
    };
  });
}

function lastBefore(attempt: Attempt, t: number): number | undefined {
  return attempt.percentages.findLast((each) => each.percent !== undefined && (each.t ?? Infinity) <= t)?.percent;
}

function tookOf({ reports }: Attempt): number | null {
  const [from, to] = [reports[0]?.t, reports.at(-1)?.t];
  return from === undefined || to === undefined ? null : Math.round(to - from);
}
