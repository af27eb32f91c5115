import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeldClock } from '../testing/held-clock.js';
import { leaveSafe } from './guard-duty.js';
import type { GuardedLine, Watch } from './guard-message.js';
import { FakeKernel, type FakeLine } from './testing/fake-libgpiod.js';

let folder: string;
let clock: HeldClock;
let said: string[];
let asked: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-guard-'));
  clock = new HeldClock();
  said = [];
  asked = new AbortController();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const dead = 999_999_999;
/** As a harness that was killed in mid-cut and mid-pulse leaves them. */
const killed: Partial<FakeLine>[] = [
  { direction: 'output', driven: 0 },
  { direction: 'output', driven: 0 },
  { direction: 'output', driven: 0, pull: 1 },
];
function chip(lines: Partial<FakeLine>[], onRelease: 'keeps-level' | 'becomes-input' = 'keeps-level'): FakeKernel {
  return FakeKernel.create(mkdtempSync(join(folder, 'kernel-')), { gpiochip0: { onRelease, lines } });
}
const usual: Omit<GuardedLine, 'path'>[] = [
  { wire: 'powerKey', offset: 2, flags: 4, rest: 0 },
  { wire: 'supply', offset: 0, flags: 0, rest: 1 },
  { wire: 'vbus', offset: 1, flags: 0, rest: 1 },
];
function duty(kernel: FakeKernel, lines = usual): Promise<void> {
  const watch: Watch = {
    rig: 'bench',
    pid: dead,
    library: '',
    off: 3000,
    log: '',
    lines: lines.map((line) => ({ ...line, path: join(kernel.devices, 'gpiochip0') })),
  };
  return leaveSafe(watch, { binding: kernel.binding(), clock, asked: asked.signal, say: (text) => said.push(text) });
}
const held = (kernel: FakeKernel): (string | undefined)[] =>
  [0, 1, 2].map((offset) => kernel.line('gpiochip0', offset).holder?.consumer);

test('killed in mid-cut and mid-pulse: the key goes up at once, VBAT and then VBUS come back after the least time off', async () => {
  const kernel = chip(killed);
  const done = duty(kernel);
  await clock.waitFor(3000);
  expect(kernel.moves).toEqual(['gpiochip0/2 1']);
  clock.advance(2999);
  expect(kernel.moves).toHaveLength(1);
  clock.advance(1);
  await done;
  expect(kernel.moves).toEqual(['gpiochip0/2 1', 'gpiochip0/0 1', 'gpiochip0/1 1']);
  expect(held(kernel)).toEqual([undefined, undefined, undefined]);
  expect(said).toEqual(['powerKey let go', 'supply was off: switched on', 'vbus was off: switched on']);
});

test('a supply that is on has no gap', async () => {
  const kernel = chip([{ direction: 'output', driven: 1 }, { direction: 'output', driven: 1 }, { pull: 1 }]);
  await duty(kernel);
  expect(kernel.moves).toEqual([]);
  expect(held(kernel)).toEqual([undefined, undefined, undefined]);
});

test('a driver that makes a released line an input: what its resistor does not hold is held until the next run asks', async () => {
  const kernel = chip(
    killed.map((line) => ({ ...line, direction: 'input' as const })),
    'becomes-input',
  );
  const done = duty(kernel);
  await clock.waitFor(3000);
  // The kernel has let the key go; its resistor holds it up.
  expect(kernel.level('gpiochip0', 2)).toBe(1);
  clock.advance(3000);
  while (said.length < 4) await new Promise(setImmediate);
  expect(said.at(-1)).toBe('supply, vbus would not stay so by itself: held until the next run');
  expect(held(kernel)).toEqual([
    `dfota-guard ${String(process.pid)} supply 1`,
    `dfota-guard ${String(process.pid)} vbus 1`,
    undefined,
  ]);
  expect([0, 1].map((offset) => kernel.level('gpiochip0', offset))).toEqual([1, 1]);
  asked.abort();
  await done;
  expect(held(kernel)).toEqual([undefined, undefined, undefined]);
});

test('a line that the dying process still holds is waited for; one that the next run has is left to it', async () => {
  const holder = (pid: number, consumer: string) => ({ pid: process.pid, id: -pid, consumer, type: 3, flags: 0 });
  const kernel = chip([
    { direction: 'output', driven: 0, holder: holder(1, `dfota:${String(dead)} supply bench`) },
    { direction: 'output', driven: 0, holder: holder(2, 'dfota:4711 vbus bench') },
    { pull: 1 },
  ]);
  const done = duty(kernel);
  await clock.waitFor(10);
  kernel.change('gpiochip0', 0, (line) => {
    line.holder = undefined;
  });
  clock.advance(10);
  await clock.waitFor(3000);
  clock.advance(3000);
  await done;
  expect(kernel.moves).toEqual(['gpiochip0/0 1']);
  expect(said).toContain('vbus is left to "dfota:4711 vbus bench"');
});

test('an inverted supply is left off; a chip that fails for one line does not keep the others', async () => {
  const kernel = chip([
    { direction: 'output', driven: 1 },
    { direction: 'output', driven: 0 },
    { direction: 'output', driven: 0, pull: 1 },
  ]);
  await duty(kernel, [
    { wire: 'reset', offset: 9, flags: 0, rest: 0 },
    { wire: 'powerKey', offset: 2, flags: 4, rest: 0 },
    { wire: 'supply', offset: 0, flags: 0, rest: 0 },
    { wire: 'vbus', offset: 1, flags: 0, rest: 1 },
  ]);
  expect(kernel.moves).toEqual(['gpiochip0/2 1', 'gpiochip0/0 0', 'gpiochip0/1 1']);
  expect(said[0]).toContain('reset could not be taken');
});
