import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { AirSink, DownloadError, networkOrTimeout } from './air.js';
import type { DownloadJob } from './air.js';

/** Codes behind HTTPEND. */
const UNKNOWN = 701;
const TIMEOUT = 702;
const BAD_URL = 711;
const DNS = 714;
const CONNECT = 716;
const CLOSED = 719;

/** Fetches a file by HTTP/1.1; a status other than 200 is a failure, a redirection too. */
export async function downloadByHttp(job: DownloadJob): Promise<void> {
  await networkOrTimeout(job, TIMEOUT);
  const sink = new AirSink(job, UNKNOWN);
  let silent = false;
  try {
    const response = await ask(job, () => (silent = true));
    const length = response.headers['content-length'];
    if ((response.statusCode !== 200 && (response.statusCode !== 206 || job.offset === 0)) || Number(length ?? 0) >= job.room) {
      response.destroy();
      throw new DownloadError(UNKNOWN);
    }
    await pipeline(response, sink);
    if (!response.complete || (length !== undefined && sink.received !== Number(length))) throw new DownloadError(CLOSED);
  } catch (error) {
    throw new DownloadError(silent ? TIMEOUT : codeOf(error));
  } finally {
    sink.destroy();
  }
}

function ask({ remote, network, timeoutMs, offset, onAbort }: DownloadJob, onSilence: () => void): Promise<IncomingMessage> {
  const target = network.resolve(remote);
  const host = remote.port === 80 ? remote.host : `${remote.host}:${remote.port}`;
  const range = offset > 0 ? { Range: `bytes=${offset}-` } : {};
  const headers = { Host: host, 'User-Agent': 'QUECTEL_MODULE', Accept: '*/*', Connection: 'close', ...range };
  return new Promise((resolve, reject) => {
    const call = request({ ...target, path: `/${remote.path}`, headers, agent: false, timeout: timeoutMs }, resolve);
    call.on('timeout', () => {
      onSilence();
      call.destroy();
    });
    call.on('error', reject);
    onAbort(() => call.destroy());
    call.end();
  });
}

function codeOf(error: unknown): number {
  if (error instanceof DownloadError) return error.code;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return DNS;
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT') return CONNECT;
  if (code === 'ERR_UNESCAPED_CHARACTERS' || code === 'ERR_INVALID_CHAR') return BAD_URL;
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return CLOSED;
  return UNKNOWN;
}
