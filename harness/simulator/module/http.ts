import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { HttpManner } from '../behaviour.js';
import { AirSink, DownloadError, networkOrTimeout } from './air.js';
import type { DownloadJob } from './air.js';

/** Codes behind HTTPEND. */
const UNKNOWN = 701;
const TIMEOUT = 702;
const BAD_URL = 711;
const DNS = 714;
const CONNECT = 716;
const CLOSED = 719;

export const PLAIN_HTTP: HttpManner = { first: 'nothing', part: Infinity, atOnce: false, absolute: false, keepAlive: false };

/** A part of a file: from its first byte to its last; `to` undefined is the end. */
interface Part {
  readonly from: number;
  readonly to: number | undefined;
}

/** Fetches a file by HTTP/1.1; a status other than 200 is a failure, a redirection too. */
export async function downloadByHttp(job: DownloadJob): Promise<void> {
  await networkOrTimeout(job, TIMEOUT);
  const agent = new Agent({ keepAlive: job.http.keepAlive, maxSockets: job.http.keepAlive ? 1 : Infinity });
  const silence = { seen: false };
  const own = { ...job, agent, onSilence: () => (silence.seen = true) };
  try {
    if (job.http.first === 'headers') (await ask(own, 'HEAD', { from: 0, to: undefined })).resume();
    if (job.http.first === 'byte') await fetchPart({ ...own, file: { write: () => undefined } }, { from: 0, to: 0 });
    if (job.http.part === Infinity) await fetchPart(own, { from: job.offset, to: undefined });
    else await fetchParts(own);
  } catch (error) {
    throw new DownloadError(silence.seen ? TIMEOUT : codeOf(error));
  } finally {
    agent.destroy();
  }
}

type OwnJob = DownloadJob & { readonly agent: Agent; readonly onSilence: () => void };

/** Part after part, or all at once; the size is what the first answer says. */
async function fetchParts(job: OwnJob): Promise<void> {
  const { part, atOnce } = job.http;
  const size = await fetchPart(job, { from: job.offset, to: job.offset + part - 1 });
  const parts: Part[] = [];
  for (let from = job.offset + part; from < size; from += part) parts.push({ from, to: Math.min(from + part, size) - 1 });
  if (!atOnce) {
    for (const one of parts) await fetchPart(job, one);
    return;
  }
  const pieces = parts.map((): Buffer[] => []);
  const file = (index: number) => ({ write: (data: Uint8Array) => void pieces[index]?.push(Buffer.from(data)) });
  await Promise.all(parts.map((one, index) => fetchPart({ ...job, file: file(index) }, one)));
  for (const piece of pieces.flat()) job.file.write(piece);
}

/** Answers with the size of the whole file, where it is told. */
async function fetchPart(job: OwnJob, part: Part): Promise<number> {
  const sink = new AirSink(job, UNKNOWN);
  try {
    const response = await ask(job, 'GET', part);
    const length = response.headers['content-length'];
    const ranged = part.from > 0 || part.to !== undefined;
    if ((response.statusCode !== 200 && (response.statusCode !== 206 || !ranged)) || Number(length ?? 0) >= job.room) {
      response.destroy();
      throw new DownloadError(UNKNOWN);
    }
    await pipeline(response, sink);
    if (!response.complete || (length !== undefined && sink.received !== Number(length))) throw new DownloadError(CLOSED);
    return Number(/\/(\d+)$/.exec(response.headers['content-range'] ?? '')?.[1] ?? length ?? 0);
  } finally {
    sink.destroy();
  }
}

function ask(job: OwnJob, method: string, { from, to }: Part): Promise<IncomingMessage> {
  const { remote, network, timeoutMs, onAbort, http, agent, onSilence } = job;
  const target = network.resolve(remote);
  const host = remote.port === 80 ? remote.host : `${remote.host}:${remote.port}`;
  const range = method === 'GET' && (from > 0 || to !== undefined) ? { Range: `bytes=${from}-${to ?? ''}` } : {};
  const connection = { Connection: http.keepAlive ? 'keep-alive' : 'close' };
  const headers = { Host: host, 'User-Agent': 'QUECTEL_MODULE', Accept: '*/*', ...connection, ...range };
  const path = `${http.absolute ? `http://${host}` : ''}/${remote.path}`;
  return new Promise((resolve, reject) => {
    const call = request({ ...target, method, path, headers, agent, timeout: timeoutMs }, resolve);
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
