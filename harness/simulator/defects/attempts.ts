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
  { name: 'no-retry', summary: 'gives up after the first attempt', owner: 'firmware', maxAttempts: () => 1 },
  {
    name: 'counter-kept',
    summary: 'a new upgrade starts from the retry counter of the last one',
    owner: 'firmware',
    firstCount: (_sound, previous) => Math.min(previous, 4),
  },
  {
    name: 'counter-reset-by-cut',
    summary: 'a power cut sets the retry counter back: cuts never use it up',
    owner: 'firmware',
    countAtBoot: (sound, warm) => (warm ? sound : 0),
  },
  {
    name: 'end0-old-version',
    summary: 'reports success and still runs the old version',
    owner: 'firmware',
    writesNothing: () => true,
  },
  {
    name: 'end0-third-version',
    summary: 'reports success and runs neither the old nor the new version',
    owner: 'firmware',
    shownRevision: (sound, upgraded) => (upgraded ? sound.replace(/A1[23]M/, 'A14M') : sound),
  },
  {
    name: 'hangs-at-60',
    summary: 'stands still in recovery at 60 %',
    owner: 'firmware',
    hangs: (sound, percent) => sound || percent >= 60,
  },
  {
    name: 'flash-too-slow',
    summary: 'works on the flash for three quarters of an hour and more',
    owner: 'firmware',
    flashSeconds: (sound) => Math.max(2700, 4 * sound),
  },
  {
    name: 'silent-after-rollback',
    summary: 'does not start any more once an upgrade was given up',
    owner: 'firmware',
    startsUp: (sound, gaveUp) => sound && !gaveUp,
  },
];
