import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openLine } from './line.js';
import { makeBench, type Bench } from './testing/bench.js';
import { openPseudoTerminal, type PseudoTerminal } from './testing/pseudo-terminal.js';
import type { Line } from './types.js';
import { watchUsb, type UsbMonitor } from '../usb/monitor.js';
import { fakeBus, type FakeBus } from '../usb/testing/fake-bus.js';
import { listUsbSerialPorts, usbFinder } from './usb-finder.js';

let bench: Bench;
let bus: FakeBus;
let terminal: PseudoTerminal;

beforeEach(() => {
  bench = makeBench();
  terminal = openPseudoTerminal();
  bus = fakeBus(bench.directory);
});

afterEach(() => {
  terminal.close();
  bench.close();
});

/** The node of a tty, made when sysfs knows it already. */
function node(tty: string): string {
  const path = join(bus.dev, tty);
  symlinkSync(terminal.path, path);
  return path;
}

test('the interface number decides, not the number of the tty', () => {
  bus.plug({ path: '1-1.4', interfaces: { 2: 'ttyUSB0', 0: 'ttyUSB1', 10: 'ttyUSB3' } });
  bus.plug({ path: '1-1.3', interfaces: { 0: 'ttyUSB4', 2: 'ttyUSB2' } });
  for (const tty of ['ttyUSB0', 'ttyUSB1', 'ttyUSB2', 'ttyUSB3']) node(tty);
  expect(listUsbSerialPorts(bus.sys)).toHaveLength(5);
  expect(usbFinder({ path: '1-1.4', interface: 2 }, bus).look().found?.device).toBe(join(bus.dev, 'ttyUSB0'));
  expect(usbFinder({ path: '1-1.3', interface: 2 }, bus).look().found?.device).toBe(join(bus.dev, 'ttyUSB2'));
  expect(usbFinder({ path: '1-1.4', interface: 10 }, bus).look().found?.device).toBe(join(bus.dev, 'ttyUSB3'));
});

test('what is not there is explained by what is', () => {
  const finder = usbFinder({ path: '1-1.4', interface: 2 }, bus);
  expect(finder.look().why()).toBe('there is no usb 1-1.4 interface 2; the machine has no USB serial port at all');
  bus.plug({ path: '1-1.3', interfaces: { 2: 'ttyUSB2' } });
  expect(finder.look().why()).toBe('there is no usb 1-1.4 interface 2; there is 1-1.3 interface 2 (ttyUSB2)');
  bus.plug({ path: '1-1.4', id: '0403:6001', interfaces: { 0: 'ttyUSB7' } });
  expect(finder.look().why()).toContain(
    '0403:6001 is at 1-1.4, there is 1-1.3 interface 2 (ttyUSB2), 1-1.4 interface 0 (ttyUSB7)',
  );
  bus.unplug('1-1.4');
  bus.plug({ path: '1-1.4', interfaces: { 0: 'ttyUSB7', 2: 'ttyUSB8' } });
  expect(finder.look().why()).toContain('ttyUSB8 does not exist');
});

test('a machine without USB is an answer, not an exception', () => {
  const roots = { sys: join(bench.directory, 'nowhere'), dev: bus.dev };
  expect(listUsbSerialPorts(roots.sys)).toEqual([]);
  expect(usbFinder({ path: '1-1.4', interface: 2 }, roots).look().why()).toContain('this machine has no USB');
});

test('the port of an emergency-download or dump device is not opened, though it has the number of ours', () => {
  const finder = usbFinder({ path: '1-1', interface: 0 }, bus);
  node('ttyUSB0');
  bus.plug({ path: '1-1', id: '05c6:9008', name: 'QUSB_BULK', interfaces: { 0: 'ttyUSB0' } });
  expect(finder.look().found).toBeUndefined();
  expect(finder.look().why()).toBe('at usb 1-1 is an emergency-download device, 05c6:9008 (QUSB_BULK)');
  bus.unplug('1-1');
  bus.plug({ path: '1-1', interfaces: { 0: 'ttyUSB0' } });
  expect(finder.look().found?.device).toBe(join(bus.dev, 'ttyUSB0'));
});

test('a line opens its device when the node appears, and follows it to another number', async () => {
  const line = openLine({ usb: { path: '1-1.4', interface: 2 }, baudRate: 115_200 }, 'at', { ...bench, ...bus });
  try {
    const opening = line.open({ within: 10_000 });
    bus.plug({ path: '1-1.4', interfaces: { 2: 'ttyUSB2' } });
    node('ttyUSB2');
    const stream = await opening;
    expect(bench.events('line.open')).toMatchObject([
      { path: 'usb 1-1.4 interface 2', device: join(bus.dev, 'ttyUSB2'), sinceAppeared: expect.any(Number) as number },
    ]);
    bus.unplug('1-1.4');
    rmSync(join(bus.dev, 'ttyUSB2'));
    expect((await stream.ended).how).toBe('lost');
    const again = line.open({ within: 10_000 });
    bus.plug({ path: '1-1.4', interfaces: { 2: 'ttyUSB8' } });
    node('ttyUSB8');
    expect((await again).open).toBe(true);
  } finally {
    await line.close();
  }
});

describe('with the bus watched', () => {
  let monitor: UsbMonitor;
  let line: Line;

  beforeEach(() => {
    const address = { path: '1-1', interface: 2 };
    monitor = watchUsb([address], { ...bench, ...bus, hotplug: () => Promise.resolve(async () => undefined) });
    // The line's own timers do not run: what it learns, it learns from events.
    const clock = { ...bench.clock, after: (): (() => void) => () => undefined };
    line = openLine({ usb: address, baudRate: 115_200 }, 'at', { ...bench, ...bus, clock, usb: monitor });
    node('ttyUSB2');
  });

  afterEach(async () => {
    await line.close();
    await monitor.close();
  });

  test("the device's departure ends the stream, though its descriptor is sound and its node is there", async () => {
    bus.plug({ path: '1-1', interfaces: { 2: 'ttyUSB2' } });
    await bench.event('usb.arrived');
    const stream = await line.open({ within: 10_000 });
    terminal.write('POWERED DOWN\r\n');
    bus.unplug('1-1');
    expect(await stream.ended).toMatchObject({ how: 'lost', why: expect.stringContaining('the device left') as string });
    expect(bench.received()).toBe('POWERED DOWN\r\n');
    const types = bench.journal.events.map(({ type }) => type).filter((type) => type !== 'line.rx');
    expect(types.slice(-4)).toEqual(['line.open', 'usb.left', 'line.lost', 'line.gone']);
    expect(line.present).toBe(false);
  });

  test('a device that left and came back while nobody looked is opened anew', async () => {
    bus.plug({ path: '1-1', interfaces: { 2: 'ttyUSB2' } });
    await bench.event('usb.arrived');
    const stream = await line.open({ within: 10_000 });
    bus.unplug('1-1');
    rmSync(join(bus.dev, 'ttyUSB2'));
    const next = openPseudoTerminal();
    try {
      bus.plug({ path: '1-1', interfaces: { 2: 'ttyUSB2' } });
      symlinkSync(next.path, join(bus.dev, 'ttyUSB2'));
      expect((await stream.ended).how).toBe('lost');
      await line.open({ within: 10_000 });
      next.write('RDY\r\n');
      await bench.until(() => bench.received() === 'RDY\r\n');
      await bench.event('usb.arrived', 2);
      expect(bench.events('usb.left')).toHaveLength(1);
    } finally {
      next.close();
    }
  });

  test('a module that comes back in emergency download is told of, and its port is left alone', async () => {
    bus.plug({ path: '1-1', interfaces: { 2: 'ttyUSB2' } });
    await bench.event('usb.arrived');
    const stream = await line.open({ within: 10_000 });
    bus.unplug('1-1');
    await stream.ended;
    bus.plug({ path: '1-1', id: '05c6:9008', interfaces: { 2: 'ttyUSB2' } });
    await bench.event('module.device');
    expect(line.present).toBe(false);
  });
});
