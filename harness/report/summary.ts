import type { EventOf } from '../journal/events.js';
import { certificateText, concluded } from './certificate/text.js';
import type { Certificate } from './certificate/types.js';
import { conclusionOf, type Compared } from './compare/baseline.js';
import { comparisonText } from './compare/text.js';
import type { RunOutline } from './outline.js';
import type { RunResult, TestResult } from './result.js';
import { campaignFacts } from './trials.js';

export interface SummaryParts {
  readonly compared?: Compared | undefined;
  readonly certificate?: Certificate | undefined;
}

/** The end of a run in plain text: what came of it, what was not passed and why, what changed since its baseline, whether it qualifies a pair. */
export function summaryText(result: RunResult, outline: RunOutline, { compared, certificate }: SummaryParts = {}): string {
  const { events } = outline;
  const lines: string[] = [];
  const verdicts = events.filter(
    (event): event is EventOf<'verdict'> => event.type === 'verdict' && event.sequence === undefined,
  );
  for (const rig of result.rigs) {
    const tests = result.tests.filter((test) => test.rig === rig.rig && !leftOut(test));
    const counted = (['passed', 'failed', 'invalid', 'inconclusive', 'skipped'] as const)
      .map((status) => ({ status, count: tests.filter((test) => test.status === status).length }))
      .filter(({ count }) => count > 0)
      .map(({ status, count }) => `${String(count)} ${status}`);
    const mine = verdicts.filter((event) => event.rig === rig.rig);
    const upgraded = mine.filter((event) => event.ending === 'upgraded').length;
    lines.push(
      `${rig.rig}: ${counted.join(', ') || 'no test'}; ${String(mine.length)} upgrades judged, ${String(upgraded)} ended upgraded`,
    );
    for (const line of Object.values(campaignFacts(rig.rig, outline))) lines.push(`  ${line}`);
    for (const fault of new Set(rig.faults)) lines.push(`  rig fault: ${fault}`);
    if (rig.aside !== undefined) lines.push(`  set aside: ${rig.aside}`);
    if (rig.powerSafe === false) lines.push('  its power may not be in its safe state');
    if (rig.powerSafe === undefined) lines.push('  nothing is known of its power: its process ended before it gave the rig back');
  }
  for (const status of ['failed', 'invalid', 'inconclusive'] as const) {
    for (const test of result.tests.filter((each) => each.status === status)) {
      lines.push('', `${status.toUpperCase()} ${test.rig} ${test.test}`, ...indent(test.why ?? ''));
    }
  }
  const skips = new Map<string, number>();
  for (const test of result.tests) {
    if (test.status === 'skipped' && !leftOut(test)) skips.set(test.why ?? '', (skips.get(test.why ?? '') ?? 0) + 1);
  }
  if (skips.size > 0) lines.push('');
  for (const [why, count] of skips) lines.push(`skipped ${String(count)}: ${why.split('\n')[0] ?? ''}`);
  if (result.missing.length > 0) lines.push('', ...result.missing.map((what) => `missing: ${what}`));
  if (compared !== undefined) lines.push('', comparisonText(compared.comparison, compared.named).trimEnd());
  if (certificate !== undefined) lines.push('', certificateText(certificate));
  const { exit, reason } = concluded(conclusionOf(result, compared), certificate);
  lines.push('', `Result: ${reason} (exit ${String(exit)})`);
  return `${lines.join('\n')}\n`;
}

function leftOut(test: TestResult): boolean {
  return /^left (?:out by the chosen pattern$|to shard )/.test(test.why ?? '');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}
