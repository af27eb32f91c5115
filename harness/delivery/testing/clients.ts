import { once } from 'node:events';
import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { Client, FTPError } from 'basic-ftp';

/** What a client saw of a download. */
export interface Download {
  readonly bytes: Buffer;
  /** The last reply: 226, 550, 200, 404 … ; 0 when the connection broke. */
  readonly code: number;
  readonly error: Error | undefined;
}

/** The parts of a source string. */
export function partsOf(target: string): { host: string; port: number; user: string; password: string; path: string } {
  const { hostname, port, username, password, pathname, protocol } = new URL(target);
  return {
    host: hostname,
    port: port === '' ? (protocol === 'ftp:' ? 21 : 80) : Number(port),
    user: username,
    password,
    path: pathname,
  };
}

export interface FetchOptions {
  /** First byte wanted. */
  readonly offset?: number;
  /** Called with the number of bytes there are so far. */
  readonly progress?: (bytes: number) => void;
  /** Fires to make the client leave. */
  readonly leave?: AbortSignal;
}

/** Fetches a source string as a module would, whatever comes of it. */
export function fetchTarget(target: string, options: FetchOptions = {}): Promise<Download> {
  return target.startsWith('ftp:') ? fetchFtp(target, options) : fetchHttp(target, options);
}

async function fetchFtp(target: string, { offset = 0, progress, leave }: FetchOptions): Promise<Download> {
  const { host, port, user, password, path } = partsOf(target);
  const client = new Client(20_000);
  const chunks: Buffer[] = [];
  let size = 0;
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      size += chunk.length;
      progress?.(size);
      done();
    },
  });
  leave?.addEventListener('abort', () => {
    client.close();
  });
  const result = (code: number, error?: unknown) => ({
    bytes: Buffer.concat(chunks),
    code,
    error: error === undefined ? undefined : (error as Error),
  });
  try {
    await client.access({ host, port, user, password });
    const reply = await client.downloadTo(sink, path.slice(1), offset);
    return result(reply.code);
  } catch (error) {
    // basic-ftp keeps the system's code of a broken connection in the same place as that of a reply.
    return result(error instanceof FTPError && typeof error.code === 'number' ? error.code : 0, error);
  } finally {
    client.close();
  }
}

function fetchHttp(target: string, { offset = 0, progress, leave }: FetchOptions): Promise<Download> {
  const headers = offset > 0 ? { range: `bytes=${String(offset)}-` } : {};
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const request = get(target, { headers, agent: false });
    leave?.addEventListener('abort', () => request.destroy());
    request.on('error', (error) => {
      resolve({ bytes: Buffer.concat(chunks), code: 0, error });
    });
    request.on('response', (response) => {
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        progress?.(size);
      });
      response.on('error', (error) => {
        resolve({ bytes: Buffer.concat(chunks), code: response.statusCode ?? 0, error });
      });
      response.on('end', () => {
        resolve({ bytes: Buffer.concat(chunks), code: response.statusCode ?? 0, error: undefined });
      });
    });
  });
}

/** One HTTP request with everything about its answer. */
export async function ask(target: string, options: RequestOptions = {}): Promise<{ response: IncomingMessage; body: Buffer }> {
  const request = get(target, { agent: false, ...options });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { response, body: Buffer.concat(chunks) };
}

/** A control connection that says exactly what it is told to. */
export class RawFtp {
  readonly socket: Socket;
  #text = '';
  #lines: string[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(address: { readonly host: string; readonly port: number }) {
    this.socket = connect({ host: address.host, port: address.port, noDelay: true });
    this.socket.on('data', (chunk) => {
      this.#text += chunk.toString('utf8');
      const lines = this.#text.split('\r\n');
      this.#text = lines.pop() ?? '';
      this.#lines.push(...lines);
      this.#wake();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** The next whole reply, or `closed`. */
  async reply(): Promise<string> {
    for (;;) {
      const at = this.#lines.findIndex((line) => /^\d{3} /.test(line));
      if (at >= 0) return this.#lines.splice(0, at + 1)[at] ?? '';
      if (this.#closed) return 'closed';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async say(line: string | Buffer): Promise<string> {
    this.socket.write(typeof line === 'string' ? `${line}\r\n` : line);
    return this.reply();
  }

  async login(target: string): Promise<this> {
    const { user, password } = partsOf(target);
    await this.reply();
    await this.say(`USER ${user}`);
    await this.say(`PASS ${password}`);
    return this;
  }

  /** Host and port of a 227 reply. */
  async passive(): Promise<{ host: string; port: number }> {
    const numbers = (/\(([\d,]+)\)/.exec(await this.say('PASV'))?.[1] ?? '').split(',').map(Number);
    return { host: numbers.slice(0, 4).join('.'), port: (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0) };
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Everything a socket receives until its end. */
export async function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
