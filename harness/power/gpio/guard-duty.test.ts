import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeldClock } from '../testing/held-clock.js';
import { requestType, type GpioValue } from './binding.js';
import { leaveSafe, type HeldLine, type Inherited } from './guard-duty.js';
import type { GuardedWire } from './guard-message.js';
import { FakeKernel, type FakeLine } from './testing/fake-libgpiod.js';

let folder: string;
let clock: HeldClock;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-guard-'));
  clock = new HeldClock();
  said = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const run = 4711;
type Lines = readonly (Pick<Inherited, 'wire' | 'offset' | 'stands' | 'rests' | 'free'> & { readonly flags?: number })[];

function chip(lines: Partial<FakeLine>[], onRelease: 'keeps-level' | 'becomes-input'): FakeKernel {
  return FakeKernel.create(mkdtempSync(join(folder, 'kernel-')), { gpiochip0: { onRelease, lines } });
}

/** The lines as a run that was killed has left them in the guardian's hands. */
function duty(kernel: FakeKernel, lines: Lines): Promise<HeldLine[]> {
  const binding = kernel.binding();
  const path = join(kernel.devices, 'gpiochip0');
  const inherited = lines.map(({ flags = 0, ...line }): Inherited => {
    const { offset, wire, stands } = line;
    const ours = new binding.Line(new binding.Chip(path), offset);
    ours.lineRequest({ consumer: `dfota:${String(run)} ${wire} bench`, requestType: requestType.output, flags }, stands);
    return {
      ...line,
      path,
      flags,
      letGo: () => {
        ours.release();
      },
    };
  });
  before = kernel.moves.length;
  const watch = { rig: 'bench', pid: run, library: '', off: 3000, log: '', lines: [] };
  return leaveSafe(watch, inherited, { binding, clock, say: (text) => said.push(text) });
}
let before = 0;
const moves = (kernel: FakeKernel): string[] => kernel.moves.slice(before);
const holders = (kernel: FakeKernel): (string | undefined)[] =>
  [0, 1, 2].map((offset) => kernel.line('gpiochip0', offset).holder?.consumer);
const free = [undefined, undefined, undefined];

const supply = (stands: GpioValue, free?: GpioValue) => ({
  wire: 'supply' as GuardedWire,
  offset: 0,
  stands,
  rests: 1 as const,
  free,
});
const vbus = (stands: GpioValue, free?: GpioValue) => ({
  wire: 'vbus' as GuardedWire,
  offset: 1,
  stands,
  rests: 1 as const,
  free,
});
const key = (stands: GpioValue, free?: GpioValue) => ({
  ...{ wire: 'powerKey' as GuardedWire, offset: 2, stands, rests: 0 as const, free },
  flags: 4,
});

test.each(['keeps-level', 'becomes-input'] as const)(
  'killed in mid-cut and mid-pulse, a driver that %s: the key goes up at once, VBAT and then VBUS after the least time off',
  async (onRelease) => {
    const kernel = chip([{ pull: 1 }, { pull: 1 }, { pull: 1 }], onRelease);
    const done = duty(kernel, [supply(0, 1), vbus(0, 1), key(1, 0)]);
    await clock.waitFor(3000);
    expect(moves(kernel)).toEqual(['gpiochip0/2 1']);
    clock.advance(2999);
    expect(moves(kernel)).toHaveLength(1);
    clock.advance(1);
    expect(await done).toEqual([]);
    expect(moves(kernel)).toEqual(['gpiochip0/2 1', 'gpiochip0/0 1', 'gpiochip0/1 1']);
    expect(holders(kernel)).toEqual(free);
    expect(said).toEqual(['powerKey let go', 'supply was off: switched on', 'vbus was off: switched on']);
  },
);

test('a supply that is on, on lines known to stay: nothing moves, nothing is held', async () => {
  const kernel = chip([{ pull: 1 }, { pull: 1 }, { pull: 1 }], 'becomes-input');
  expect(await duty(kernel, [supply(1, 1), vbus(1, 1), key(0, 0)])).toEqual([]);
  expect(moves(kernel)).toEqual([]);
  expect(holders(kernel)).toEqual(free);
  expect(said).toEqual([]);
});

test('lines that would fall back are held without a gap', async () => {
  const kernel = chip([{}, {}, {}], 'becomes-input');
  const held = await duty(kernel, [supply(1, 0), vbus(1), key(0, 1)]);
  expect(held.map(({ wire, level }) => [wire, level])).toEqual([
    ['powerKey', 0],
    ['supply', 1],
    ['vbus', 1],
  ]);
  expect(moves(kernel)).toEqual([]);
  expect([0, 1, 2].map((offset) => kernel.level('gpiochip0', offset))).toEqual([1, 1, 1]);
  for (const { letGo } of held) letGo();
  expect(holders(kernel)).toEqual(free);
});

test('a supply that was off and would fall back is held on', async () => {
  const kernel = chip([{}], 'becomes-input');
  const done = duty(kernel, [supply(0, 0)]);
  await clock.waitFor(3000);
  clock.advance(3000);
  expect((await done).map(({ wire, level }) => [wire, level])).toEqual([['supply', 1]]);
  expect(moves(kernel)).toEqual(['gpiochip0/0 1']);
  expect(kernel.line('gpiochip0', 0).holder?.consumer).toBe('dfota:4711 supply bench');
});

test('an inverted supply is left off; without a supply to bring back nobody waits', async () => {
  const kernel = chip([{ pull: 1 }, {}, { pull: 1 }], 'keeps-level');
  expect(await duty(kernel, [{ ...supply(1, 1), rests: 0 }, key(1, 0)])).toHaveLength(1);
  expect(moves(kernel)).toEqual(['gpiochip0/2 1', 'gpiochip0/0 0']);
});

test('a line that fails does not keep the others', async () => {
  const kernel = chip([{ pull: 1 }, { pull: 1 }, { pull: 1 }], 'keeps-level');
  const done = duty(kernel, [supply(0, 1), vbus(0, 1), key(1, 0)]);
  // Somebody is quicker: VBUS is taken as soon as the guardian has let go of it.
  await clock.waitFor(3000);
  const binding = kernel.binding();
  const other = new binding.Line(new binding.Chip(join(kernel.devices, 'gpiochip0')), 1);
  kernel.onRelease = (_chip, offset) => {
    if (offset !== 1) return;
    kernel.onRelease = undefined;
    other.lineRequest({ consumer: 'gpioset', requestType: requestType.output, flags: 0 }, 0);
  };
  clock.advance(3000);
  expect(await done).toEqual([]);
  expect(kernel.level('gpiochip0', 0)).toBe(1);
  expect(holders(kernel)).toEqual([undefined, 'gpioset', undefined]);
  expect(said.at(-1)).toBe('vbus could not be moved: EBUSY, ::lineRequest');
});
