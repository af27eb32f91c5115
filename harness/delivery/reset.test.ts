import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { reset } from './reset.js';

/** Both ends of a connection. */
async function pair(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const arrived = once(server, 'connection');
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
  theirs.on('error', () => undefined);
  theirs.resume();
  const [ours] = (await arrived) as [Socket];
  server.close();
  return { ours, theirs };
}

test('an open connection is broken: the other side sees a reset', async () => {
  const { ours, theirs } = await pair();
  const seen = new Promise<NodeJS.ErrnoException>((resolve) => theirs.once('error', resolve));
  reset(ours);
  expect((await seen).code).toBe('ECONNRESET');
});

test('one that is just being closed is let go without an error', async () => {
  const { ours, theirs } = await pair();
  const outcome = new Promise((resolve) => {
    ours.once('close', () => {
      resolve('closed');
    });
    ours.once('error', resolve);
  });
  ours.end();
  reset(ours);
  expect(await outcome).toBe('closed');
  theirs.destroy();
});

test('twice is once', async () => {
  const { ours } = await pair();
  const closed = new Promise((resolve) => ours.once('close', resolve));
  reset(ours);
  reset(ours);
  await closed;
});
