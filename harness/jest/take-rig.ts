import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { seeded, type Random } from '../base/random.js';
import type { Secrets } from '../base/secrets.js';
import type { Teardown } from '../base/teardown.js';
import type { Journal } from '../journal/journal.js';
import type { Package, Pair } from '../module/types.js';
import { packageFacts } from '../package/facts.js';
import { acquireLease } from '../rig/lease.js';
import type { LoadedPair } from '../rig/load.js';
import type { RigDefinition } from '../rig/schema.js';
import { marked } from './outcome.js';
import { openRig, type RigParts } from './rig-parts.js';

export interface TakeOptions {
  readonly rig: RigDefinition;
  /** What the next one who asks for the rig is told. */
  readonly run: string;
  readonly seed: number;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly teardown: Teardown;
}

export interface TakenRig {
  /** Private folder for packages that are made, and for what the servers publish. */
  readonly workshop: string;
  readonly random: Random;
  readonly parts: RigParts;
}

/** Takes the rig's lease and opens all its parts; `teardown` gives everything back. */
export async function takeRig(options: TakeOptions): Promise<TakenRig> {
  const { rig, run, seed, journal, clock, secrets, teardown } = options;
  const lease = await acquireLease(rig.name, { run });
  teardown.defer('lease', () => lease.release());
  const workshop = mkdtempSync(join(tmpdir(), 'dfota-'));
  teardown.defer('workshop', () => {
    rmSync(workshop, { recursive: true, force: true });
  });
  const random = seeded(seed, rig.name);
  const parts = await openRig({ rig, seed, random, journal, clock, secrets, workshop, teardown });
  return { workshop, random, parts };
}

/** The two packages of a loaded pair, looked into. */
export async function describePair({ definition, files }: LoadedPair): Promise<Pair> {
  const describe = async (step: 'upgrade' | 'downgrade'): Promise<Package> => {
    const { from, to } = definition[step];
    return {
      path: files[step],
      facts: await packageFacts(files[step], from, to, 'sound'),
      step,
      fromRevision: definition.versions[from] ?? from,
      toRevision: definition.versions[to] ?? to,
    };
  };
  return { name: definition.name, upgrade: await describe('upgrade'), downgrade: await describe('downgrade') };
}

/** Ctrl-C, a termination, or the end of `dfota run` above us: stop what is under way, leave the rig safe, report completely. */
export function listenForInterruption(journal: Journal, abort: AbortController): () => void {
  const interrupt = (signal: string): void => {
    if (abort.signal.aborted) return;
    journal.write({ type: 'run.interrupted', signal });
    abort.abort(new RigFault(marked('skipped', `interrupted (${signal})`)));
  };
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const handler = (): void => {
      interrupt(signal);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  const gone = (): void => {
    interrupt('end of the supervising process');
  };
  process.on('disconnect', gone);
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
    process.off('disconnect', gone);
  };
}
