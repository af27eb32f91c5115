import { z } from 'zod';
import { sources } from '../../journal/events.js';
import type { ReportData } from '../html/data.js';

/** The part of a run's evidence that is compared; what a run keeps of its baseline. Larger journals do not make it larger. */
export const sideShape = z.object({
  rigs: z.array(z.object({ name: z.string(), module: z.string().optional() })).readonly(),
  pairs: z
    .array(z.object({ module: z.string(), from: z.string(), to: z.string(), upgrade: z.string(), downgrade: z.string() }))
    .readonly(),
  tests: z.object({
    name: z.array(z.string()).readonly(),
    rig: z.array(z.int()).readonly(),
    status: z.array(z.enum(['passed', 'failed', 'skipped', 'invalid', 'inconclusive'])).readonly(),
    why: z.array(z.string()).readonly(),
  }),
  requirements: z
    .array(
      z.object({
        id: z.string(),
        text: z.string(),
        state: z.enum(['passed', 'failed', 'undecided', 'not-covered']),
        passed: z.int(),
        failed: z.int(),
      }),
    )
    .readonly(),
  windows: z
    .array(
      z.object({
        dead: z.boolean(),
        endings: z.array(z.string()).readonly(),
        rigs: z.array(z.string()).readonly(),
        /** Which way of which module's pair was flashed; older runs did not keep it. */
        step: z
          .object({ module: z.string(), way: z.enum(['upgrade', 'downgrade']), from: z.string(), to: z.string() })
          .optional(),
        from: z.object({ at: z.number(), from: z.number(), to: z.number() }),
        to: z.object({ at: z.number(), from: z.number(), to: z.number() }),
        text: z.string(),
      }),
    )
    .readonly(),
  times: z
    .array(
      z.object({
        what: z.enum(['download', 'flash', 'boot', 'total']),
        rig: z.int(),
        source: z.enum(sources).optional(),
        n: z.int(),
        q1: z.number(),
        median: z.number(),
        q3: z.number(),
        values: z.array(z.number()).readonly(),
      }),
    )
    .readonly(),
});
export type Side = z.output<typeof sideShape>;

export function sideOf({ rigs, pairs, tests, requirements, windows, times }: ReportData): Side {
  return {
    rigs: rigs.map(({ name, module }) => ({ name, module })),
    pairs: pairs.map(({ module, from, to, upgrade, downgrade }) => ({
      module,
      from,
      to,
      upgrade: upgrade.sha256,
      downgrade: downgrade.sha256,
    })),
    tests: { name: tests.name, rig: tests.rig, status: tests.status, why: tests.why.map(firstLine) },
    requirements: requirements.map(({ id, text, state, passed, failed }) => ({ id, text, state, passed, failed })),
    windows: windows.map(({ dead, endings, rigs: names, step, from, to, text }) => ({
      dead,
      endings,
      rigs: names,
      ...(step === undefined ? {} : { step }),
      from,
      to,
      text,
    })),
    times: times.map(({ what, rig, source, n, q1, median, q3, values }) => ({ what, rig, source, n, q1, median, q3, values })),
  };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
