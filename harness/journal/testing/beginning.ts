/** How the journals of tests begin: what is told of a run and of a rig before anything happens. */
import type { EventBody, RigProfile } from '../events.js';

type RunStart = Extract<EventBody, { type: 'run.start' }>;

export function runStart(change: Partial<Omit<RunStart, 'type'>> = {}): RunStart {
  return {
    type: 'run.start',
    format: 1,
    run: 'night',
    seed: 7,
    harness: { version: '0.1.0', commit: 'abc', node: 'v20' },
    host: { name: 'bench', cpus: 2 },
    argv: ['run'],
    ...change,
  };
}

/** Of a real EC25 with one line and one source; its limits are as short as they can be. */
export function rigProfile(change: Partial<RigProfile> = {}): RigProfile {
  return {
    name: 'ec25-a',
    module: 'EC25',
    lines: ['at'],
    sources: ['ufs'],
    firmware: { retries: 5, reading: 'either', afterRetries: 'rolled-back' },
    limits: { boot: 1, download: 1, upgrade: 1 },
    scale: 1,
    simulated: false,
    ...change,
  };
}
