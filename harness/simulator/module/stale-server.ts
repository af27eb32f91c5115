import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeImage } from '../core/image.js';
import type { ModuleName } from '../core/image.js';
import { makePackage } from '../core/package-file.js';
import type { Address } from './network.js';

export interface StaleServer {
  readonly address: Address;
  close(): void;
}

/** An HTTP server that somebody forgot: whatever it is asked for, it hands out a package of another release. */
export async function startStaleServer(module: ModuleName): Promise<StaleServer> {
  const old = makePackage(makeImage(module, 'v13'), makeImage(module, 'v12'));
  const server = createServer((_, response) => response.writeHead(200, { 'content-length': old.length }).end(old));
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
