import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { Events } from './testing/ask.js';
import { Watchers } from './watchers.js';

class HandClock implements Clock {
  time = 0;
  now = (): number => this.time;
  wall = (): string => new Date(this.time).toISOString();
  after = (): (() => void) => () => undefined;
}

let clock: HandClock;
let watchers: Watchers;
let server: Server;
let none: jest.Mock;
const port = (): number => (server.address() as AddressInfo).port;

beforeEach(async () => {
  clock = new HandClock();
  none = jest.fn();
  watchers = new Watchers(clock, none);
  server = createServer((_, response) => {
    watchers.add(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Asks for the stream, and reads nothing of it. */
async function deaf(): Promise<Socket> {
  const socket = connect(port(), '127.0.0.1');
  socket.pause();
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(server, 'request');
  return socket;
}

/** More than the buffers of two sockets hold. */
const large = JSON.stringify('x'.repeat(16_000_000));

test('who takes nothing is dropped, others are not held up, and nothing piles up for it', async () => {
  const socket = await deaf();
  const closed = once(socket, 'close');
  socket.on('error', () => undefined);
  const reader = await Events.open(port());
  watchers.push('report', large);
  const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
  for (let number = 0; number < 50; number += 1)
    watchers.push('report', JSON.stringify(`${String(number)} ${'y'.repeat(1_000_000)}`));
  expect(process.memoryUsage().external + process.memoryUsage().heapUsed - before).toBeLessThan(40_000_000);
  watchers.push('rigs', '"still here"');
  expect(await reader.next('rigs')).toBe('still here');
  clock.time = 9_000;
  watchers.beat();
  expect(watchers.size).toBe(2);
  clock.time = 11_000;
  watchers.beat();
  socket.resume();
  await closed;
  expect(watchers.size).toBe(1);
  expect(none).not.toHaveBeenCalled();
  reader.close();
});

test('one who was slow is told the newest when it takes it', async () => {
  const reader = await Events.open(port());
  watchers.push('report', large);
  for (const text of ['old', 'older', 'newest']) watchers.push('rigs', JSON.stringify(text));
  expect(await reader.next('rigs')).toBe('newest');
  reader.close();
});

test('the last one who goes is told', async () => {
  const reader = await Events.open(port());
  reader.close();
  while (watchers.size > 0) await new Promise(setImmediate);
  expect(none).toHaveBeenCalledTimes(1);
});
