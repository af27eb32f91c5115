import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, messageOf, UserError } from '../../base/errors.js';
import { defaultPlan, planParts } from '../../campaign/plans.js';
import { shard } from '../../jest/shard.js';

/** Random cuts of the power-cut suite when nobody says how many. */
export const defaultCuts = 8;

/** What a run was asked for: kept in `run.json`, so that a run that was killed can go on (`--resume`). */
const asked = z.object({
  /** Files, absolute. */
  rigs: z.array(z.string()).min(1),
  packages: z.array(z.string()).min(1),
  suites: z.array(z.string()).min(1),
  pattern: z.string().optional(),
  tries: z.int().min(1),
  /** Random power cuts of the power-cut suite on each rig, when no other measure was given. */
  cuts: z.int().min(0),
  untilBound: z.number().optional(),
  /** ms */
  budget: z.number().optional(),
  cut: z.string().optional(),
  narrow: z.int().min(0),
  trips: z.int().min(1).optional(),
  /** Parts of the power-cut suite's plan. */
  plan: z.array(z.enum(planParts)).default([...defaultPlan]),
  /** This run makes its share of the tests, the others are made by runs elsewhere. */
  shard: shard.optional(),
  /** The run that it is compared with, absolute; what is compared of it lies in the folder as well. */
  baseline: z.string().optional(),
});
export type Asked = z.output<typeof asked>;

const runFile = z.object({ run: z.string(), seed: z.int(), asked });
export type RunFile = z.output<typeof runFile>;

/** Reads the `run.json` of a run that is to go on. Throws a UserError when the folder is not one of ours. */
export function readRunFile(folder: string): RunFile {
  const file = join(folder, 'run.json');
  const hint = 'name the folder of a run, for example reports/2026-01-31T22-00-00-000Z';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError('there is no run to go on with', {
      place: { file },
      seen: hasCode(error, 'ENOENT', 'ENOTDIR') ? 'no such file' : messageOf(error),
      hint,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError('this is not what a run leaves', { place: { file }, seen: messageOf(error), hint });
  }
  const parsed = runFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError('this is not what a run leaves', {
    place: { file, key: issue?.path.join('.') ?? '' },
    seen: issue?.message ?? 'something else',
    hint,
  });
}
