import type { DownloadJob } from './air.js';
import { downloadByFtp } from './ftp.js';
import { downloadByHttp } from './http.js';

/** Fetches a package; fails with a `DownloadError`. */
export function download(job: DownloadJob): Promise<void> {
  return job.remote.kind === 'ftp' ? downloadByFtp(job) : downloadByHttp(job);
}
