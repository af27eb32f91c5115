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
    name: 'failure-code-range-wrong',
    summary: 'reports FTP failures with HTTP codes, and the other way round',
    owner: 'firmware',
    downloadEnd: (sound, kind) => (sound === 0 ? 0 : kind === 'ftp' ? 701 : 601),
  },
  {
    name: 'failed-download-reboots',
    summary: 'reboots after a failed download',
    owner: 'firmware',
    rebootsAfterFailedDownload: () => true,
  },
  {
    name: 'failed-download-silent',
    summary: 'does not report the end of a failed download',
    owner: 'firmware',
    reportsDownloadEnd: (sound, code) => sound && code === 0,
  },
  {
    name: 'wrong-file-fetched',
    summary: 'asks the server for another name than it was given',
    owner: 'firmware',
    remote: (sound) => ({ ...sound, path: sound.path.replace(/[^/]*$/, 'firmware.zip') }),
  },
  {
    name: 'fetched-twice',
    summary: 'fetches the second half of a package once more',
    owner: 'firmware',
    fetches: (sound) => sound + 1,
  },
  {
    name: 'download-too-slow',
    summary: 'takes forty times as long for a download',
    owner: 'firmware',
    bytesPerSecond: (sound) => sound / 40,
  },
  {
    name: 'local-file-requests',
    summary: 'asks a server for the package although it is a local file',
    owner: 'firmware',
    localDownload: () => 'requests',
  },
  {
    name: 'local-file-reports-download',
    summary: 'reports a download although the package is a local file',
    owner: 'firmware',
    localDownload: () => 'reports',
  },
];
