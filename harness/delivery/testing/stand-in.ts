import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FtpSrv } from 'ftp-srv';

/** A company's server as far as we need one: a folder `fota` behind a login, that can be read and written. */
export interface StandIn {
  readonly port: number;
  /** Its folder on this disk. */
  readonly folder: string;
  /** Requests as `PUT /fota/name`, `STOR /fota/name`. */
  readonly asked: string[];
  close(): Promise<void>;
}

export const login = { user: 'fota-robot', password: 'Wr1te-Me-In' };

const silence = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => undefined]));

export async function ftpStandIn(): Promise<StandIn> {
  const { root, folder } = freshFolder();
  const port = await freePort();
  const asked: string[] = [];
  const log: Record<string, unknown> = { ...silence };
  log['child'] = () => log;
  // Without a passive address it knows no PASV, which a module's client needs.
  const server = new FtpSrv({
    url: `ftp://127.0.0.1:${String(port)}`,
    pasv_url: '127.0.0.1',
    anonymous: false,
    log: log as never,
  });
  server.on('login', ({ connection, username, password }, accept, refuse) => {
    if (username !== login.user || password !== login.password) {
      refuse(new Error('Login incorrect'));
      return;
    }
    const told = connection as unknown as { on(event: string, listener: (error: Error | null, name: string) => void): void };
    for (const verb of ['STOR', 'RETR']) {
      told.on(verb, (error, name) => {
        if (error === null) asked.push(`${verb} ${name.replace(root, '')}`);
      });
    }
    accept({ root });
  });
  await server.listen();
  return {
    port,
    folder,
    asked,
    async close() {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export interface HttpStandIn extends StandIn {
  /** Answers instead of the usual; false for the usual. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export async function httpStandIn(): Promise<HttpStandIn> {
  const { root, folder } = freshFolder();
  const asked: string[] = [];
  const wanted = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    asked.push(`${method} ${url}`);
    if (standIn.instead(request, response)) return;
    const file = join(root, url);
    if (method === 'GET') {
      try {
        const bytes = readFileSync(file);
        response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      } catch {
        response.writeHead(404).end('<h1>nothing here</h1>');
      }
      return;
    }
    if (request.headers.authorization !== wanted) {
      response.writeHead(401).end('who are you');
      request.resume();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (method === 'PUT') writeFileSync(file, Buffer.concat(chunks));
      else unlinkSync(file);
      response.writeHead(method === 'PUT' ? 201 : 204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: HttpStandIn = {
    port: (server.address() as AddressInfo).port,
    folder,
    asked,
    instead: () => false,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      rmSync(root, { recursive: true, force: true });
    },
  };
  return standIn;
}

function freshFolder(): { root: string; folder: string } {
  const root = mkdtempSync(join(tmpdir(), 'dfota-stand-in-'));
  const folder = join(root, 'fota');
  mkdirSync(folder);
  return { root, folder };
}

/** ftp-srv cannot say which port it got when any is asked for. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
