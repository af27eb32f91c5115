import { Client } from 'basic-ftp';
import { request } from 'node:http';
import { Writable } from 'node:stream';
import type { Remote } from '../behaviour.js';
import { codeOf as ftpCodeOf, passive } from './ftp.js';
import type { SimModule } from './module.js';

/** A request that failed: the number that stands behind +QHTTPGET, +QFTPOPEN and the like. */
export class InternetError extends Error {
  constructor(readonly code: number) {
    super(`internet error ${code}`);
  }
}

/** Numbers of the HTTP commands. */
const HTTP = { unknown: 701, timeout: 702, noNetwork: 710, badUrl: 711, dns: 714, connect: 716, closed: 719 } as const;
/** Numbers of the FTP commands. */
export const FTP = { noNetwork: 605, notOpen: 606, timeout: 609 } as const;

/** Most that is kept of an answer. */
const LARGEST = 1 << 20;
/** However fast the module is: the host at the other end is a real one. */
const SHORTEST_TIMEOUT_MS = 1000;

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** What the module's HTTP and FTP commands know between two of them; it is gone with the power. */
export class Internet {
  active = false;
  url = '';
  answer: HttpAnswer | undefined;
  account = { user: 'anonymous', password: '' };
  folder = '/';
  private ftp: { readonly client: Client; readonly host: string; readonly port: number } | undefined;
  private readonly aborts = new Set<() => void>();

  constructor(private readonly module: SimModule) {
    module.whenPowerGoes(() => {
      known.delete(module);
      for (const abort of this.aborts) abort();
      this.close();
    });
  }

  get online(): boolean {
    return this.active && this.module.sim.registered;
  }

  /** GET of `url`. Any status is an answer. */
  get(): Promise<HttpAnswer> {
    const { network } = this.module;
    const found = /^http:\/\/([^/:@]+)(?::(\d{1,5}))?(\/[^\s]*)?$/i.exec(this.url);
    if (found === null) return Promise.reject(new InternetError(HTTP.badUrl));
    if (!this.online) return Promise.reject(new InternetError(HTTP.noNetwork));
    const [host = '', port = '80', path = '/'] = found.slice(1);
    if (!network.carries) return Promise.reject(new InternetError(HTTP.timeout));
    const headers = { Host: port === '80' ? host : `${host}:${port}`, 'User-Agent': 'QUECTEL_MODULE', Connection: 'close' };
    const target = network.resolve({ host, port: Number(port) });
    return new Promise((resolve, reject) => {
      const call = request({ ...target, path, headers, agent: false, timeout: this.timeoutMs }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > LARGEST) call.destroy();
          else chunks.push(chunk);
        });
        response.on('error', () => reject(new InternetError(HTTP.closed)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      });
      const abort = (): void => void call.destroy();
      this.aborts.add(abort);
      call.on('close', () => this.aborts.delete(abort));
      call.on('timeout', () => call.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
      call.on('error', (error: NodeJS.ErrnoException) => reject(new InternetError(httpCodeOf(error))));
      call.end();
    });
  }

  /** Control connection and login. */
  async open(host: string, port: number): Promise<void> {
    if (!this.online) throw new InternetError(FTP.noNetwork);
    if (!this.module.network.carries) throw new InternetError(FTP.timeout);
    this.close();
    const client = new Client(this.timeoutMs);
    client.ftp.encoding = 'latin1';
    const { user, password } = this.account;
    client.prepareTransfer = (ftp) => {
      const { network } = this.module;
      const remote: Remote = { kind: 'ftp', user, password, host, port, path: '' };
      const onAbort = (): void => undefined;
      return passive(client, ftp.socket.remoteAddress ?? '', { network, remote, timeoutMs: this.timeoutMs, onAbort });
    };
    try {
      const target = this.module.network.resolve({ host, port });
      await client.connect(target.host, target.port);
      await client.login(user, password);
      await client.send('TYPE I');
      this.ftp = { client, host, port };
      this.folder = '/';
    } catch (error) {
      client.close();
      throw new InternetError(ftpCodeOf(error));
    }
  }

  async change(folder: string): Promise<void> {
    await this.talk((client) => client.cd(folder));
    this.folder = folder;
  }

  size(name: string): Promise<number> {
    return this.talk((client) => client.size(name));
  }

  async fetch(name: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size <= LARGEST) chunks.push(chunk);
        done();
      },
    });
    await this.talk((client) => client.downloadTo(sink, name));
    return Buffer.concat(chunks);
  }

  close(): void {
    this.ftp?.client.close();
    this.ftp = undefined;
  }

  private async talk<T>(work: (client: Client) => Promise<T>): Promise<T> {
    if (this.ftp === undefined) throw new InternetError(FTP.notOpen);
    try {
      return await work(this.ftp.client);
    } catch (error) {
      throw new InternetError(ftpCodeOf(error));
    }
  }

  private get timeoutMs(): number {
    const { networkTimeout, scale } = this.module.options;
    return Math.max(SHORTEST_TIMEOUT_MS, networkTimeout * 1000 * scale);
  }
}

const known = new WeakMap<SimModule, Internet>();

export function internetOf(module: SimModule): Internet {
  const found = known.get(module) ?? new Internet(module);
  known.set(module, found);
  return found;
}

function httpCodeOf({ code = '' }: NodeJS.ErrnoException): number {
  if (code === 'ETIMEDOUT') return HTTP.timeout;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return HTTP.dns;
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return HTTP.connect;
  if (code === 'ECONNRESET' || code === 'EPIPE') return HTTP.closed;
  return HTTP.unknown;
}
