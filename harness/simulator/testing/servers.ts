/** For servers that a module fetches from in tests. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A log for ftp-srv that says nothing. */
export const silence: Record<string, unknown> = {};
for (const name of ['trace', 'debug', 'info', 'warn', 'error']) silence[name] = () => undefined;
silence['child'] = () => silence;

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
