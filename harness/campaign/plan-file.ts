/** The cuts of one rig in one run, in the order in which they are to be made: worked out before the run, kept in its folder, the same when it is resumed. */
import { z } from 'zod';
import { cutId, parseCutId, type CutTrial } from './cut.js';

const line = z.object({ title: z.string(), cut: z.string() });
const planFile = z.array(line);

/** Cuts under a common title; a title may come again further down. */
export interface PlanGroup {
  readonly title: string;
  readonly trials: readonly CutTrial[];
}

export function planText(cuts: readonly { readonly title: string; readonly cut: CutTrial }[]): string {
  return `${JSON.stringify(
    cuts.map(({ title, cut }) => ({ title, cut: cutId(cut) })),
    undefined,
    1,
  )}\n`;
}

/** Throws what zod and `parseCutId` throw: the file is written by the harness itself. */
export function readPlanText(text: string): readonly PlanGroup[] {
  const groups: { title: string; trials: CutTrial[] }[] = [];
  for (const { title, cut } of planFile.parse(JSON.parse(text))) {
    const last = groups.at(-1);
    if (last?.title === title) last.trials.push(parseCutId(cut));
    else groups.push({ title, trials: [parseCutId(cut)] });
  }
  return groups;
}
