import { mkdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../base/errors.js';
import { projectRoot } from './paths.js';
import { shard } from './shard.js';

/** What one Jest process is to do: `dfota run` hands it over in DFOTA_ASSIGNMENT, a directly started Jest makes its own. */
const assignment = z.strictObject({
  rig: z.string(),
  packages: z.string(),
  seed: z.int(),
  run: z.string(),
  /** Folder of the run: the journal is `journal.jsonl` in it. */
  out: z.string(),
  tries: z.int().min(1).default(3),
  /** File with the cuts of the power-cut suite, in order (campaign/plan-file.ts); without it, the suite's own plan and some at random. */
  cuts: z.string().optional(),
  /** The id of the one cut that is to be repeated. */
  cut: z.string().optional(),
  narrow: z.int().min(0).default(24),
  shard: shard.optional(),
  /** Round trips of the soak suite; without it, as many as the budget allows. */
  trips: z.int().min(1).optional(),
  /** ms that a campaign or a soak may take. */
  budget: z.number().positive().optional(),
  /** The run was killed and goes on: tests that came to a verdict before are left out. */
  resumed: z.boolean().default(false),
  /** Started by `dfota run`, which ends it by closing the channel. */
  supervised: z.boolean().default(false),
});
export type Assignment = z.output<typeof assignment>;

/** Name of the environment variable. */
export const assignmentVariable = 'DFOTA_ASSIGNMENT';

export function readAssignment(environment: NodeJS.ProcessEnv, wall: string): Assignment {
  const given = environment[assignmentVariable];
  if (given !== undefined) return assignment.parse(JSON.parse(given));
  const root = projectRoot();
  const at = (path: string): string => (isAbsolute(path) ? path : resolve(root, path));
  const seed = Number.parseInt(environment['DFOTA_SEED'] ?? '1', 10);
  if (!Number.isInteger(seed))
    throw new UserError('DFOTA_SEED must be a whole number', { seen: String(environment['DFOTA_SEED']) });
  const run = `direct-${wall.replace(/[:.]/g, '-')}-${String(process.pid)}`;
  const out = environment['DFOTA_OUT'] === undefined ? join(root, 'reports', run) : at(environment['DFOTA_OUT']);
  mkdirSync(out, { recursive: true });
  return {
    rig: at(environment['DFOTA_RIG'] ?? 'rigs/simulated-ec25.yaml'),
    packages: at(environment['DFOTA_PACKAGES'] ?? 'rigs/packages/simulated-ec25.yaml'),
    seed,
    run,
    out,
    tries: 3,
    narrow: 24,
    ...(environment['DFOTA_CUT'] === undefined ? {} : { cut: environment['DFOTA_CUT'] }),
    resumed: false,
    supervised: false,
  };
}
