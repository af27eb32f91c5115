import { Writable } from 'node:stream';
import type { FtpManner, HttpManner, Remote } from '../behaviour.js';
import type { FileWriter } from './file-store.js';
import type { Network } from './network.js';

export interface DownloadJob {
  readonly remote: Remote;
  readonly network: Network;
  /** Real milliseconds of silence after which it gives up. */
  readonly timeoutMs: number;
  /** Bytes a real second that the air lets through. */
  readonly bytesPerSecond: number;
  /** Bytes free; the package must be smaller. */
  readonly room: number;
  /** Bytes after which the air carries no more of this transfer. */
  readonly diesAfter: number;
  /** Where in the file it begins. */
  readonly offset: number;
  readonly file: Pick<FileWriter, 'write'>;
  readonly http: HttpManner;
  readonly ftp: FtpManner;
  /** Called with what to do when the power goes. */
  readonly onAbort: (abort: () => void) => void;
}

/** A download that failed: the code behind FTPEND or HTTPEND. */
export class DownloadError extends Error {
  constructor(readonly code: number) {
    super(`download error ${code}`);
  }
}

/** Takes the package's bytes at the pace of the air, and none while there is no network. */
export class AirSink extends Writable {
  received = 0;

  constructor(
    private readonly job: DownloadJob,
    /** The code for a package that does not fit. */
    private readonly fullCode: number,
  ) {
    super({ highWaterMark: 16384 });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.job.network.whenUp(() => {
      if (this.destroyed) return;
      this.received += chunk.length;
      if (this.received > this.job.diesAfter) return;
      if (this.received >= this.job.room) return done(new DownloadError(this.fullCode));
      this.job.file.write(chunk);
      setTimeout(done, (chunk.length * 1000) / this.job.bytesPerSecond);
    });
  }
}

/** Waits for the network, at most as long as for a silent server. */
export function networkOrTimeout({ network, timeoutMs, onAbort }: DownloadJob, timeoutCode: number): Promise<void> {
  if (network.carries) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      forget();
      clearTimeout(timer);
      reject(new DownloadError(timeoutCode));
    };
    const timer = setTimeout(stop, timeoutMs);
    const forget = network.whenUp(() => {
      clearTimeout(timer);
      resolve();
    });
    onAbort(stop);
  });
}
