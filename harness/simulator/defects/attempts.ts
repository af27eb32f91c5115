import type { Behaviour } from '../behaviour.js';

/** Deviations of the retry counter and of what an attempt does. */
export const ATTEMPTS: readonly Behaviour[] = [
  { name: 'retries-4', summary: 'gives up one attempt too early', owner: 'firmware', maxAttempts: (sound) => sound - 1 },
  { name: 'retries-6', summary: 'gives up one attempt too late', owner: 'firmware', maxAttempts: (sound) => sound + 1 },
  {
    name: 'retries-endless',
    summary: 'never gives up, although it has a backup area',
    owner: 'firmware',
    maxAttempts: () => Infinity,
  },
  {
    name: 'counter-kept',
    summary: 'a new upgrade starts from the retry counter of the last one',
    owner: 'firmware',
    firstCount: (_sound, previous) => Math.min(previous, 4),
  },
  {
    name: 'end0-old-version',
    summary: 'reports success and still runs the old version',
    owner: 'firmware',
    writesNothing: () => true,
  },
];
