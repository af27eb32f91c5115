import { once } from 'node:events';
import { connect } from 'node:net';
import { noise } from '../package/testing/make-zip.js';
import { partsOf, RawFtp } from './testing/clients.js';
import { patientClock, serving, type Serving } from './testing/serving.js';

const clock = patientClock();
let at: Serving;
afterEach(async () => {
  await at.close();
  // Nothing may keep the process alive after the server is closed.
  expect(clock.waiting).toBe(0);
});

test.each(['ftp', 'http'] as const)('%s: a client that says nothing is sent away', async (protocol) => {
  at = await serving(protocol, {}, 4711, clock);
  const socket = connect(at.server.listening);
  socket.on('error', () => undefined);
  socket.resume();
  await at.event('server.connection');
  clock.runOut();
  await once(socket, 'close');
  await at.event('server.connection', ({ state }) => state === 'close');
});

test('http: a kept connection is not idle while a later request is answered', async () => {
  at = await serving('http', {}, 4711, clock);
  const small = await at.server.publish(at.file('small'), { name: 'small.zip' });
  const stalled = await at.server.publish(at.file(noise(1000)), { name: 'stalled.zip', fault: { name: 'stall', percent: 50 } });
  const socket = connect(at.server.listening);
  socket.on('error', () => undefined);
  socket.resume();
  // The second follows before the end of the first is known.
  for (const { target } of [small, stalled]) socket.write(`GET ${partsOf(target).path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await at.event('server.response');
  await at.event('delivery.fault', ({ state }) => state === 'struck');
  clock.runOut();
  expect(at.all('server.response')).toHaveLength(1);
  expect(at.all('server.connection').map(({ state }) => state)).toEqual(['open']);
  await stalled.withdraw();
  expect(at.all('server.response')).toMatchObject([{ whole: true }, { sent: 500, whole: false }]);
  socket.destroy();
});

test('ftp: a stalled transfer is no idle connection, and a data connection that never comes is not waited for for ever', async () => {
  at = await serving('ftp', {}, 4711, clock);
  const publication = await at.server.publish(at.file(noise(1000)), { fault: { name: 'stall', percent: 50 } });
  const client = await new RawFtp(at.server.listening).login(publication.target);
  await client.passive();
  client.socket.write('RETR update-v12-to-v13.zip\r\n');
  await at.event('server.request', ({ verb }) => verb === 'RETR');
  while (clock.waiting === 0) await new Promise(setImmediate);
  clock.runOut();
  expect(await client.reply()).toMatch(/^425/);

  const data = connect(await client.passive());
  data.on('error', () => undefined);
  data.resume();
  const gone = new Promise((resolve) => data.once('close', resolve));
  client.socket.write('RETR update-v12-to-v13.zip\r\n');
  await at.event('delivery.fault', ({ state }) => state === 'struck');
  clock.runOut();
  expect(await client.reply()).toMatch(/^150/);
  expect(at.all('server.connection').map(({ state }) => state)).toEqual(['open']);
  await publication.withdraw();
  await gone;
  expect(await client.reply()).toMatch(/^426/);
  client.close();
});
