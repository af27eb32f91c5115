import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { HeldClock } from '../testing/held-clock.js';
import { EdgeReader, readRecords, type Edge } from './status-edges.js';

let folder: string;
let descriptor: number;
let clock: HeldClock;
let level = false;
let told: Edge[];
let troubles: string[];
let reader: EdgeReader;
const wakes = new Set<() => void>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-edges-'));
  // A pipe in place of the kernel's descriptor: as readable, and watched in the same way.
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  descriptor = openSync(join(folder, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
  clock = new HeldClock();
  level = false;
  told = [];
  troubles = [];
  const wake = (): void => {
    for (const each of wakes) each();
  };
  reader = new EdgeReader({
    descriptor,
    clock,
    level: () => level,
    onEdge: (edge) => {
      told.push(edge);
      wake();
    },
    onTrouble: (what) => {
      troubles.push(what);
      wake();
    },
  });
});
afterEach(() => {
  reader.close();
  closeSync(descriptor);
  rmSync(folder, { recursive: true, force: true });
});

/** Resolves once it is so. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) {
    await new Promise<void>((resolve) => {
      wakes.add(resolve);
    });
    wakes.clear();
  }
}

/** struct gpioevent_data of linux/gpio.h. */
function record(on: boolean, at: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(Math.round(at * 1e6)), 0);
  bytes.writeUInt32LE(on ? 1 : 2, 8);
  return bytes;
}
const edges = (...which: (readonly [boolean, number])[]): void => {
  writeSync(descriptor, Buffer.concat(which.map(([on, at]) => record(on, at))));
};

test('each edge with the time the kernel gave it, in order, also when several came at once', async () => {
  edges([true, 990], [false, 995.25], [true, 999.5]);
  await until(() => told.length === 3);
  edges([false, 1000]);
  await until(() => told.length === 4);
  expect(told).toEqual([
    { on: true, at: 990 },
    { on: false, at: 995.25 },
    { on: true, at: 999.5 },
    { on: false, at: 1000 },
  ]);
});

test('a time of another clock is left out: before Linux 5.7 it was the wall clock', async () => {
  edges([true, 1_780_000_000_000]);
  await until(() => told.length === 1);
  expect(told).toEqual([{ on: true, at: undefined }]);
});

test('after 16 at once the kernel may have dropped some: the level counts', async () => {
  level = false;
  edges(...Array.from({ length: 16 }, (_, index) => [index % 2 === 1, 999] as const));
  await until(() => told.length === 17);
  expect(told.at(-2)).toEqual({ on: true, at: 999 });
  expect(told.at(-1)).toEqual({ on: false, at: undefined });
});

test('a wire that chatters is told once, then only the level at which it comes to rest', async () => {
  for (let round = 0; round < 10; round++) edges(...Array.from({ length: 15 }, (_, index) => [index % 2 === 0, 999] as const));
  await until(() => troubles.length === 1);
  expect(troubles).toEqual(['STATUS chatters: more than 100 edges within a second']);
  const before = told.length;
  expect(before).toBe(100);
  // Still at it a second later.
  edges([false, 999]);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  clock.advance(1000);
  expect(told).toHaveLength(before);
  level = !(told.at(-1)?.on ?? false);
  clock.advance(1000);
  clock.advance(1000);
  expect(told.slice(before)).toEqual([{ on: level, at: undefined }]);
  // And then as before.
  edges([!level, 1000]);
  await until(() => told.length === before + 2);
  expect(troubles).toHaveLength(1);
});

test('a hundred edges spread over more than a second are no chatter', async () => {
  for (let round = 0; round < 30; round++) {
    const wanted = told.length + 10;
    edges(...Array.from({ length: 10 }, (_, index) => [index % 2 === 0, 1000] as const));
    await until(() => told.length === wanted);
    clock.advance(200);
  }
  expect(troubles).toEqual([]);
});

test('after it was closed nothing is told', async () => {
  reader.close();
  edges([true, 999]);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(told).toEqual([]);
});

test('records cut short and rubbish never throw; no time is ahead of the present', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const read = readRecords(Buffer.from(bytes), 5000);
      expect(read).toHaveLength(Math.floor(bytes.length / 16));
      for (const { at } of read) expect(at === undefined || at <= 5000).toBe(true);
    }),
  );
});
