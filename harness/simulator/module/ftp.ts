import { Client, FTPError } from 'basic-ftp';
import type { FTPResponse } from 'basic-ftp';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { FtpManner } from '../behaviour.js';
import { AirSink, DownloadError, networkOrTimeout } from './air.js';
import type { DownloadJob } from './air.js';

/** Codes behind FTPEND. */
const UNKNOWN = 601;
const DNS = 604;
const NETWORK = 605;
const SHORT = 607;
const CLOSED = 608;
const TIMEOUT = 609;
const NO_ROOM = 619;

/** What the server's replies become. */
const REPLIES: Readonly<Record<number, number>> = {
  421: 614,
  425: 615,
  426: 616,
  450: 617,
  451: 618,
  452: NO_ROOM,
  500: 620,
  501: 621,
  502: 622,
  503: 623,
  504: 624,
  530: 625,
  532: 626,
  550: 627,
  551: 628,
  552: 629,
  553: 630,
};

export const PLAIN_FTP: FtpManner = { before: [], changesFolder: false, passive: 'PASV' };

/** Fetches a file in passive mode, as the module's FTP client does: USER, PASS, TYPE I, SIZE, PASV, RETR. */
export async function downloadByFtp(job: DownloadJob): Promise<void> {
  await networkOrTimeout(job, TIMEOUT);
  const { remote, network } = job;
  const client = new Client(job.timeoutMs);
  client.ftp.encoding = 'latin1';
  client.prepareTransfer = (ftp) => passive(client, ftp.socket.remoteAddress ?? '', job);
  job.onAbort(() => client.close());
  const sink = new AirSink(job, NO_ROOM);
  try {
    const { host, port } = network.resolve(remote);
    await client.connect(host, port);
    await client.login(remote.user, remote.password);
    await client.send('TYPE I');
    const path = await approach(client, job);
    const size = await sizeOf(client, path);
    if (size !== undefined && size >= job.room) throw new DownloadError(NO_ROOM);
    await client.downloadTo(sink, path, job.offset);
    if (size !== undefined && sink.received < size - job.offset) throw new DownloadError(SHORT);
  } catch (error) {
    throw new DownloadError(codeOf(error));
  } finally {
    sink.destroy();
    client.close();
  }
}

/** What goes before the transfer; the path to ask for. */
async function approach(client: Client, { remote, ftp }: DownloadJob): Promise<string> {
  const path = `/${remote.path}`;
  for (const command of ftp.before) await client.sendIgnoringError(command.replace('%', path));
  if (!ftp.changesFolder) return path;
  const end = path.lastIndexOf('/');
  await client.send(`CWD ${path.slice(0, Math.max(1, end))}`);
  return path.slice(end + 1);
}

/** The server's size of the file, where it tells one. */
async function sizeOf(client: Client, path: string): Promise<number | undefined> {
  try {
    return await client.size(path);
  } catch (error) {
    if (error instanceof FTPError) return undefined;
    throw error;
  }
}

/**
 * Opens the data connection. The address a server announces is the one it has in front of the network's NAT, so the connection goes
 * to where the control connection really went, unless the announced one has a route of its own.
 */
export async function passive(
  client: Client,
  control: string,
  {
    network,
    remote,
    timeoutMs,
    onAbort,
    ftp,
  }: Pick<DownloadJob, 'network' | 'remote' | 'timeoutMs' | 'onAbort'> & Partial<Pick<DownloadJob, 'ftp'>>,
): Promise<FTPResponse> {
  const response = await client.send(ftp?.passive ?? 'PASV');
  if (ftp?.passive === 'EPSV') {
    const port = Number(/\(\|\|\|(\d+)\|\)/.exec(response.message)?.[1]);
    const { host } = network.resolve({ host: remote.host, port });
    client.ftp.dataSocket = await open({ host: host === remote.host ? control : host, port }, timeoutMs, onAbort);
    return response;
  }
  const found = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(response.message);
  if (found === null) throw new DownloadError(615);
  const numbers = found.slice(1).map(Number);
  const announced = { host: numbers.slice(0, 4).join('.'), port: (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0) };
  const byName = network.resolve({ host: remote.host, port: announced.port });
  const byAddress = network.resolve(announced);
  const target =
    byAddress.host !== announced.host || byAddress.port !== announced.port
      ? byAddress
      : { host: control, port: byName.host === remote.host ? announced.port : byName.port };
  client.ftp.dataSocket = await open(target, timeoutMs, onAbort);
  return response;
}

function open(target: { host: string; port: number }, timeoutMs: number, onAbort: (abort: () => void) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, target.host);
    onAbort(() => socket.destroy());
    const timer = setTimeout(() => socket.destroy(new DownloadError(TIMEOUT)), timeoutMs);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error instanceof DownloadError ? error : new DownloadError(615));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** The code that the module gives for what went wrong. */
export function codeOf(error: unknown): number {
  if (error instanceof DownloadError) return error.code;
  if (error instanceof FTPError) return REPLIES[error.code] ?? UNKNOWN;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (/timeout/i.test(message) || code === 'ETIMEDOUT') return TIMEOUT;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return DNS;
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return NETWORK;
  if (code === 'ECONNRESET' || code === 'EPIPE' || /closed|FIN/i.test(message)) return CLOSED;
  return UNKNOWN;
}
