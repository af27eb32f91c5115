/**
 * The earlier run that a run is measured by (`dfota run --baseline`). What is compared of it lies in the run's own folder, so that the comparison
 * can be made anew, and checked, from that folder alone, wherever the earlier run has gone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, messageOf, UserError } from '../../base/errors.js';
import type { ReportData } from '../html/data.js';
import type { RunResult } from '../result.js';
import { compare, type Comparison } from './compare.js';
import { sideOf, sideShape } from './side.js';
import { worse, type Named } from './text.js';

const baselineName = 'baseline.json';
export const comparisonName = 'compare.html';

const shape = z.object({ format: z.literal(1), run: z.string(), side: sideShape });
export type Baseline = Omit<z.output<typeof shape>, 'format'>;

/** A comparison and what it compares. */
export interface Compared {
  readonly comparison: Comparison;
  readonly named: Named;
}

export function baselineOf(data: ReportData): Baseline {
  return { run: data.run?.id ?? data.file, side: sideOf(data) };
}

export function keepBaseline(folder: string, baseline: Baseline): void {
  writeFileSync(join(folder, baselineName), `${JSON.stringify({ format: 1, ...baseline })}\n`);
}

/** The baseline that a run's folder keeps; undefined when it has none. Throws a UserError for what no run has left there. */
export function keptBaseline(folder: string): Baseline | undefined {
  const file = join(folder, baselineName);
  try {
    const { run, side } = shape.parse(JSON.parse(readFileSync(file, 'utf8')));
    return { run, side };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new UserError('the baseline that the run began with cannot be read', {
      place: { file },
      seen: messageOf(error),
      hint: 'start a new run with --baseline',
    });
  }
}

export function compareWithBaseline({ run, side }: Baseline, data: ReportData): Compared {
  return {
    comparison: compare(side, sideOf(data)),
    named: { before: `run ${run}`, after: `run ${data.run?.id ?? data.file}` },
  };
}

/**
 * The exit code of a run that has a baseline, and why. A regression turns nothing but a 0 into a 1: a verdict that failed says more already, and
 * where the rig is at fault (3), the run was interrupted (130) or nothing ran (2), what looks worse need not be the firmware's doing.
 */
export function conclusionOf(
  { exit, reason }: Pick<RunResult, 'exit' | 'reason'>,
  compared: Compared | undefined,
): Pick<RunResult, 'exit' | 'reason'> {
  if (exit !== 0 || compared?.comparison.regression !== true) return { exit, reason };
  const count = worse(compared.comparison);
  return { exit: 1, reason: `${reason}, but ${count} against the baseline, ${compared.named.before}` };
}
