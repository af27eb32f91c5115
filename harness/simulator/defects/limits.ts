import type { Behaviour } from '../behaviour.js';

/** What AT+QFOTADL takes and refuses. */
export const LIMIT_DEFECTS: readonly Behaviour[] = [
  {
    name: 'url-limit-not-kept',
    summary: 'takes addresses of 256 bytes',
    owner: 'firmware',
    limits: (sound) => ({ ...sound, url: 256 }),
  },
  {
    name: 'url-limit-too-small',
    summary: 'refuses addresses of more than 200 bytes',
    owner: 'firmware',
    limits: (sound) => ({ ...sound, url: 200 }),
  },
  { name: 'port-zero-accepted', summary: 'takes port 0', owner: 'firmware', limits: (sound) => ({ ...sound, lowestPort: 0 }) },
  {
    name: 'error-but-reboots',
    summary: 'answers ERROR to a bad address, and reboots all the same',
    owner: 'firmware',
    rebootsAfterRefusal: () => true,
  },
  {
    name: 'missing-file-accepted',
    summary: 'takes a local file that is not there',
    owner: 'firmware',
    acceptsMissingFile: () => true,
  },
];
