import type { Behaviour } from '../behaviour.js';

/** Deviations of the download. */
export const DOWNLOAD: readonly Behaviour[] = [
  {
    name: 'ftpend-0-on-failure',
    summary: 'reports a failed download as done, and goes on with what it got',
    owner: 'firmware',
    downloadEnd: () => 0,
  },
  {
    name: 'wrong-file-fetched',
    summary: 'asks the server for another name than it was given',
    owner: 'firmware',
    remote: (sound) => ({ ...sound, path: sound.path.replace(/[^/]*$/, 'firmware.zip') }),
  },
];
