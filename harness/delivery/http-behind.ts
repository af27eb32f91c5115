import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as HttpServerModule from 'http-server';

/** The http-server behind our front. It listens on a Unix socket that only this user can open. */
export interface HttpBehind {
  /** Asks it for a path of its folder; the headers are the client's that concern it. */
  ask(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage>;
  close(): Promise<void>;
}

export async function startHttpBehind(root: string): Promise<HttpBehind> {
  // In the temporary folder of the system: the path of a Unix socket has 107 bytes at most.
  const folder = await mkdtemp(join(tmpdir(), 'dfota-http-'));
  const socketPath = join(folder, 'socket');
  // Only here: a command without servers does not need it.
  const { createServer } = require('http-server') as typeof HttpServerModule;
  const behind = createServer({
    root,
    cache: -1,
    showDir: 'false',
    autoIndex: 'false',
    showDotfiles: false,
    gzip: false,
    brotli: false,
    cors: false,
  });
  // Its base, union, asks each response for two properties that Node.js warns about, once a process. Here they are.
  behind.server.prependListener('request', (_, response) => {
    for (const name of ['_headers', '_headerNames']) Object.defineProperty(response, name, { value: {}, writable: true });
  });
  await new Promise<void>((resolve, reject) => {
    behind.server.once('error', reject);
    behind.listen(socketPath, resolve);
  });
  const agent = new Agent({ keepAlive: false });
  return {
    ask: (method, path, headers) =>
      new Promise((resolve, reject) => {
        const asked = request({ socketPath, method, path, headers, agent }, resolve);
        asked.once('error', reject);
        asked.end();
      }),
    async close() {
      agent.destroy();
      behind.close();
      behind.server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
