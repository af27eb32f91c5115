import type { Behaviour, Limits } from '../behaviour.js';

function limit(name: string, summary: string, changes: Partial<Limits>): Behaviour {
  return { name, summary, owner: 'firmware', limits: (sound) => ({ ...sound, ...changes }) };
}

/** A limit of the guide missed by one byte, upwards and downwards. */
function offByOne(word: string, what: string, key: 'url' | 'user' | 'password' | 'host' | 'path' | 'localPath', bytes: number) {
  return [
    limit(`${word}-${bytes + 1}-accepted`, `takes ${what} of ${bytes + 1} bytes`, { [key]: bytes + 1 }),
    limit(`${word}-${bytes}-refused`, `refuses ${what} of ${bytes} bytes`, { [key]: bytes - 1 }),
  ];
}

/** What AT+QFOTADL takes and refuses. */
export const LIMIT_DEFECTS: readonly Behaviour[] = [
  limit('url-limit-not-kept', 'takes addresses of 256 bytes', { url: 256 }),
  limit('url-255-refused', 'refuses addresses of 255 bytes', { url: 254 }),
  limit('url-limit-too-small', 'refuses addresses of more than 200 bytes', { url: 200 }),
  ...offByOne('ftp-user', 'FTP users', 'user', 50),
  ...offByOne('ftp-password', 'FTP passwords', 'password', 50),
  ...offByOne('ftp-host', 'FTP hosts', 'host', 50),
  ...offByOne('ftp-path', 'FTP paths', 'path', 50),
  ...offByOne('local-path', 'local paths', 'localPath', 128),
  limit('port-zero-accepted', 'takes port 0', { lowestPort: 0 }),
  limit('port-65536-accepted', 'takes port 65536', { highestPort: 65536 }),
  limit('port-65535-refused', 'refuses port 65535', { highestPort: 65534 }),
  limit('default-port-wrong', 'goes to 2121 and 8080 where an address names no port', { ftpPort: 2121, httpPort: 8080 }),
  limit('other-path-accepted', 'takes local paths outside of UFS and the card', { otherPaths: true }),
  {
    name: 'missing-file-accepted',
    summary: 'takes a local file that is not there',
    owner: 'firmware',
    acceptsMissingFile: () => true,
  },
  {
    name: 'error-but-reboots',
    summary: 'answers ERROR to a bad address, and reboots all the same',
    owner: 'firmware',
    rebootsAfterRefusal: () => true,
  },
  {
    name: 'error-but-reports',
    summary: 'answers ERROR to a bad address, and reports a download all the same',
    owner: 'firmware',
    reportAfterRefusal: () => '+QIND: "FOTA","HTTPSTART"',
  },
  {
    name: 'test-form-refused',
    summary: 'answers AT+QFOTADL=? with ERROR',
    owner: 'firmware',
    knowsTest: () => false,
  },
  {
    name: 'refused-after-rollback',
    summary: 'takes no upgrade any more once one was given up',
    owner: 'firmware',
    takesUpgrade: (sound, { gaveUp }) => sound && !gaveUp,
  },
  {
    name: 'refused-after-failed-download',
    summary: 'takes no upgrade after a failed download, until it is started again',
    owner: 'firmware',
    takesUpgrade: (sound, { downloadFailed }) => sound && !downloadFailed,
  },
];
