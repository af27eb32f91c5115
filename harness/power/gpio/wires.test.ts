import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RigFault, UserError } from '../../base/errors.js';
import { HeldClock } from '../testing/held-clock.js';
import { journalFor, powerText, rigWith, type MemoryJournal } from '../testing/rigs.js';
import { powerTiming } from '../timing.js';
import { Overtaken } from '../types.js';
import { WiredPower } from '../wired-power.js';
import { requestType } from './binding.js';
import type { Guarded } from './guardian.js';
import type { GpioDefinition } from './lines.js';
import { readSlate } from './slate.js';
import { FakeKernel, type FakeLine } from './testing/fake-libgpiod.js';
import { openGpioWires, type GpioOptions } from './wires.js';

// Scale 0.01: pulses of 5, 8 and 3 ms, 30 ms off.
const timing = powerTiming(0.01);
const usual = {
  chip: 'gpiochip0',
  supply: 0,
  vbus: 1,
  powerKey: { line: 2, activeLow: true },
  reset: { line: 3, activeLow: true },
};

let folder: string;
let kernel: FakeKernel;
let clock: HeldClock;
let journal: MemoryJournal;
/** What the guardian is given, and what became of it. */
let guarded: Guarded | undefined;
let ended: boolean;
let guardEnded: (how: string) => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-gpio-'));
  clock = new HeldClock();
  journal = journalFor(clock);
  ended = false;
  guarded = undefined;
  chips({});
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Lines 0 to 4: supply on by its resistor, VBUS, PWRKEY and RESET_N pulled up, STATUS. */
function chips(lines: Record<number, Partial<FakeLine>>, onRelease: 'keeps-level' | 'becomes-input' = 'keeps-level'): void {
  const usualLines: Partial<FakeLine>[] = [{ pull: 1 }, { pull: 1 }, { pull: 1 }, { pull: 1 }, {}];
  kernel = FakeKernel.create(mkdtempSync(join(folder, 'kernel-')), {
    gpiochip0: { label: 'bench', onRelease, lines: usualLines.map((line, offset) => ({ ...line, ...lines[offset] })) },
  });
}

async function open(gpio: object = usual, options: Partial<GpioOptions> = {}): Promise<WiredPower> {
  const wires = await openGpioWires({
    rig: 'bench',
    definition: rigWith({ gpio }).power.gpio as GpioDefinition,
    off: timing.off,
    clock,
    loaded: { binding: kernel.binding() },
    devices: kernel.devices,
    descriptors: kernel.descriptors,
    guardian: (given, _clock, onEnd) => {
      guarded = given;
      guardEnded = onEnd;
      return Promise.resolve({
        end: () => {
          ended = true;
          return Promise.resolve();
        },
      });
    },
    ...options,
  });
  return new WiredPower(wires, { rig: 'bench', powerCuts: true, timing, closeWithin: 60_000, journal, clock });
}
/** What the guardian would read if this process died now: the level told, and the level to be left at. */
const slate = (): string[] => {
  const { watch, slate: descriptor } = guarded as Guarded;
  const lines = readSlate(descriptor, watch.lines.length);
  return watch.lines.map(({ wire }, index) => `${wire} ${String(lines[index]?.stands)} → ${String(lines[index]?.rests)}`);
};
const levels = (): number[] => [0, 1, 2, 3].map((offset) => kernel.level('gpiochip0', offset));
const holders = (): (string | undefined)[] => [0, 1, 2, 3, 4].map((offset) => kernel.line('gpiochip0', offset).holder?.consumer);
const faultOf = async (opening: Promise<unknown>): Promise<RigFault | UserError> => {
  const error: unknown = await opening.catch((reason: unknown) => reason);
  if (error instanceof RigFault || error instanceof UserError) return error;
  throw new Error('no fault', { cause: error });
};

describe('opening', () => {
  test('moves nothing: a supply is driven as it stands, keys stay up', async () => {
    const power = await open();
    expect(kernel.moves).toEqual([]);
    expect([0, 1, 2, 3].map((offset) => kernel.line('gpiochip0', offset).direction)).toEqual(Array(4).fill('output'));
    expect(power.wires).toEqual({ supply: true, vbus: true, powerKey: true, reset: true, status: false });
  });

  test('a supply that was left off stays off, also on an inverted line', async () => {
    chips({ 0: { direction: 'output', driven: 0 }, 1: { direction: 'output', driven: 1 } });
    await open({ ...usual, vbus: { line: 1, activeLow: true } });
    expect(kernel.moves).toEqual([]);
    expect(slate()).toEqual(['supply 0 → 0', 'vbus 0 → 0', 'powerKey 0 → 0', 'reset 0 → 0']);
  });

  test('a key that an earlier run left pressed is let go', async () => {
    chips({ 2: { direction: 'output', driven: 0 } });
    await open();
    expect(kernel.moves).toEqual(['gpiochip0/2 1']);
  });

  test('others see who holds a line', async () => {
    await open();
    expect(holders()).toEqual(
      ['supply', 'vbus', 'powerKey', 'reset']
        .map((wire) => `dfota:${String(process.pid)} ${wire} bench`)
        .concat([undefined as never]),
    );
  });

  test('a line in use: who holds it; the others are free again', async () => {
    const binding = kernel.binding();
    const led = new binding.Line(new binding.Chip(join(kernel.devices, 'gpiochip0')), 1);
    led.lineRequest({ consumer: 'led0', requestType: requestType.output, flags: 0 }, 1);
    const fault = await faultOf(open());
    expect(fault.exitCode).toBe(3);
    expect(fault.message).toBe('power.gpio.vbus: line 1 of gpiochip0 (bench) is in use');
    expect(fault.explanation.seen).toBe('held by "led0"');
    expect(holders()).toEqual([undefined, 'led0', undefined, undefined, undefined]);
  });

  test('a line that is let go of while it is asked for is taken', async () => {
    const binding = kernel.binding();
    const led = new binding.Line(new binding.Chip(join(kernel.devices, 'gpiochip0')), 1);
    led.lineRequest({ consumer: 'led0', requestType: requestType.output, flags: 0 }, 1);
    let place: number | undefined;
    kernel.onBusy = () => {
      led.release();
      // Really its holder is another process: the number of its descriptor does not come free in ours.
      place = openSync('/dev/null', 'r');
    };
    const opening = open();
    await clock.waitFor(5);
    clock.advance(5);
    await opening;
    closeSync(place ?? -1);
    expect(holders()[1]).toBe(`dfota:${String(process.pid)} vbus bench`);
  });

  test('a line that nobody holds, and that the kernel says is in use all the same, is told after a while', async () => {
    const binding = kernel.binding();
    class Busy extends binding.Line {
      override lineRequest(): void {
        throw Object.assign(new Error('EBUSY, ::lineRequest'), { code: 'EBUSY' });
      }
    }
    const fault = faultOf(open(usual, { loaded: { binding: { ...binding, Line: Busy } } }));
    for (let tries = 0; tries < 20; tries += 1) {
      await clock.waitFor(5);
      clock.advance(5);
    }
    expect((await fault).message).toBe('power.gpio.supply: line 0 of gpiochip0 (bench) is in use');
  });

  test('without the library: exit 3, the packages, and the other way to switch the same lines', async () => {
    const loaded = { missing: 'node-libgpiod is installed, but not compiled', hint: 'apt-get install libgpiod-dev' };
    const fault = await faultOf(open(usual, { loaded }));
    expect(fault.exitCode).toBe(3);
    expect(fault.message).toBe('rig bench: its power is on GPIO lines, and node-libgpiod is installed, but not compiled');
    expect(fault.explanation.hint).toMatch(/libgpiod-dev.*power\.command with gpioset and gpioget/);
  });

  test('a guardian that cannot be started is a fault, and the lines are free again', async () => {
    await faultOf(open(usual, { guardian: () => Promise.reject(new RigFault('no guardian')) }));
    expect(holders()).toEqual(Array(5).fill(undefined));
  });
});

describe('a cut', () => {
  test('is on the wires when the call returns, VBAT before VBUS', async () => {
    const power = await open();
    power.cut('test');
    expect(kernel.moves).toEqual(['gpiochip0/0 0', 'gpiochip0/1 0']);
    await power.settled();
    expect(powerText(journal)).toEqual(['do 1 supply off', 'do 2 vbus off', 'done 1', 'done 2']);
  });

  test('on lines that act at low level', async () => {
    chips({ 0: { pull: 0 } });
    const power = await open({ ...usual, supply: { line: 0, activeLow: true } });
    power.cut('test');
    expect(kernel.moves).toEqual(['gpiochip0/0 1', 'gpiochip0/1 0']);
    await power.settled();
  });

  test('that the chip refuses is a fault that says which line and what to look at', async () => {
    const power = await open();
    kernel.fail = 'ENODEV';
    power.cut('test');
    const fault = await faultOf(power.settled());
    expect(fault.message).toBe('power.gpio.supply: line 0 of gpiochip0 (bench) does not react any more');
    expect(fault.explanation).toMatchObject({ asked: 'write 0 to line 0 of gpiochip0 (bench)' });
    expect(fault.explanation.hint).toContain('plugged in');
    kernel.fail = undefined;
  });
});

test('a pulse: down for its time, and up again', async () => {
  const power = await open();
  const press = power.pressPowerKey('off', 'test');
  await clock.waitFor(timing.keyOff);
  expect(levels()).toEqual([1, 1, 0, 1]);
  clock.advance(timing.keyOff - 1);
  expect(levels()).toEqual([1, 1, 0, 1]);
  clock.advance(1);
  await press;
  expect(levels()).toEqual([1, 1, 1, 1]);
});

test('an open-drain key is pulled down, never driven up', async () => {
  const power = await open({ chip: 'gpiochip0', supply: 0, powerKey: { line: 2, activeLow: true, openDrain: true } });
  expect(kernel.line('gpiochip0', 2)).toMatchObject({ openDrain: true, driven: 1 });
  const press = power.pressPowerKey('on', 'test');
  await clock.waitFor(timing.keyOn);
  expect(kernel.level('gpiochip0', 2)).toBe(0);
  clock.advance(timing.keyOn);
  await press;
  expect(kernel.level('gpiochip0', 2)).toBe(1);
});

describe('the end', () => {
  test('supply on, lines free, guardian dismissed', async () => {
    const power = await open();
    await power.supply(false, 'test');
    const closed = power.close();
    await clock.waitFor(timing.off);
    clock.advance(timing.off);
    await closed;
    expect(levels()).toEqual([1, 1, 1, 1]);
    expect(holders()).toEqual(Array(5).fill(undefined));
    expect(ended).toBe(true);
    expect(power.safe).toBe(true);
  });

  test('in the last moments of a process: keys up, supply on, before the call returns', async () => {
    const power = await open();
    await power.supply(false, 'test');
    power.pressPowerKey('on', 'test').catch(() => undefined);
    await clock.waitFor(timing.keyOn);
    power.closeNow();
    expect(levels()).toEqual([1, 1, 1, 1]);
    // Whatever could not be done is for the guardian, who sees the process end.
    expect(ended).toBe(false);
    expect(slate()).toEqual(['supply 1 → 1', 'vbus 1 → 1', 'powerKey 0 → 0', 'reset 0 → 0']);
  });

  test('a supply that was found off and never switched is left off, by the guardian too', async () => {
    chips({ 0: { direction: 'output', driven: 0 } });
    const power = await open();
    expect(slate()[0]).toBe('supply 0 → 0');
    await power.close();
    expect(levels()[0]).toBe(0);
  });

  test('the guardian knows of each line how it was told to stand, before it stands so, and how to leave it', async () => {
    const power = await open();
    expect(slate()).toEqual(['supply 1 → 1', 'vbus 1 → 1', 'powerKey 0 → 0', 'reset 0 → 0']);
    kernel.onWrite = (chip, offset) => {
      // A death at this very moment.
      if (chip === 'gpiochip0' && offset === 0) expect(slate()[0]).toBe('supply 0 → 1');
    };
    expect.assertions(4);
    power.cut('test');
    kernel.onWrite = undefined;
    expect(slate()).toEqual(['supply 0 → 1', 'vbus 0 → 1', 'powerKey 0 → 0', 'reset 0 → 0']);
    await power.settled();
    const press = power.pressPowerKey('on', 'test');
    await clock.waitFor(timing.keyOn);
    expect(slate()[2]).toBe('powerKey 1 → 0');
    clock.advance(timing.keyOn);
    await press;
  });

  test('a supply that was found off is to be left on once we have switched it', async () => {
    chips({ 0: { direction: 'output', driven: 0 } });
    const power = await open();
    await power.supply(true, 'test');
    expect(slate()[0]).toBe('supply 1 → 1');
  });

  test('an inverted line: the guardian learns how to leave it', async () => {
    const power = await open();
    await power.supply(false, 'proof');
    power.supplyInverted();
    await power.supply(false, 'proof');
    expect(slate()[0]).toBe('supply 0 → 0');
  });

  test('the guardian shares the lines, and learns which would stay by themselves', async () => {
    chips({ 1: { direction: 'output', driven: 0 } });
    await open();
    expect(guarded?.watch.lines.map(({ wire, free }) => [wire, free])).toEqual([
      ['supply', 1],
      ['vbus', 0],
      ['powerKey', 0],
      ['reset', 0],
    ]);
    expect([...kernel.descriptors('gpio-linehandle')].sort()).toEqual([...(guarded?.descriptors ?? [])].sort());
  });

  test('what is asked after the end reaches neither a line nor another file', async () => {
    const power = await open();
    await power.close();
    expect(() => {
      power.cut('too late');
    }).toThrow(Overtaken);
    await power.settled();
    // Asks the wires themselves to let the keys go.
    power.closeNow();
    expect(kernel.moves).toEqual([]);
  });
});

test('a guardian that ends is told', async () => {
  await open();
  guardEnded('SIGKILL');
  expect(powerText(journal)).toEqual([
    'fault: rig bench: the guardian of the GPIO lines has ended: after a SIGKILL nobody would leave them safe',
  ]);
});

describe('STATUS', () => {
  let pipe: number;
  beforeEach(() => {
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    pipe = openSync(join(folder, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
  });
  afterEach(() => {
    closeSync(pipe);
  });
  const withEdges = { ...usual, status: { line: 4, activeLow: true } };
  const openWithEdges = (): Promise<WiredPower> => {
    let asked = 0;
    // The kernel's descriptor is there once the line was requested.
    return open(withEdges, {
      descriptors: (kind) => (kind === 'gpio-event' ? new Set(asked++ === 0 ? [] : [pipe]) : kernel.descriptors(kind)),
    });
  };

  test('is read when asked, in its own sense', async () => {
    const power = await openWithEdges();
    expect(await power.status()).toBe(true);
    kernel.change('gpiochip0', 4, (line) => {
      line.pull = 1;
    });
    expect(await power.status()).toBe(false);
    expect(powerText(journal)).toEqual(['status on asked', 'status off asked']);
    await power.close();
  });

  test('its edges come by themselves, with the time the kernel gave them', async () => {
    const power = await openWithEdges();
    const edge = new Promise((resolve) => {
      power.onStatus((on, at) => {
        resolve([on, at]);
      });
    });
    const record = Buffer.alloc(16);
    record.writeBigUInt64LE(998_250_000n, 0);
    record.writeUInt32LE(2, 8);
    writeSync(pipe, record);
    expect(await edge).toEqual([false, 998.25]);
    expect(journal.events).toMatchObject([{ type: 'power.status', on: false, how: 'edge', edgeAt: 998.25, t: 1000 }]);
    await power.close();
  });

  test('a chip that cannot do edges is a fault of the rig', async () => {
    const fault = await faultOf(open(withEdges));
    expect(fault.message).toBe('power.gpio.status: line 4 of gpiochip0 (bench) could not be used');
    expect(holders()).toEqual(Array(5).fill(undefined));
  });
});
