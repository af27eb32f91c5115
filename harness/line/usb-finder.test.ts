import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLine } from './line.js';
import { makeBench, type Bench } from './testing/bench.js';
import { openPseudoTerminal, type PseudoTerminal } from './testing/pseudo-terminal.js';
import { listUsbSerialPorts, usbFinder } from './usb-finder.js';

let bench: Bench;
let terminal: PseudoTerminal;
let roots: { sys: string; dev: string };

beforeEach(() => {
  bench = makeBench();
  terminal = openPseudoTerminal();
  roots = { sys: join(bench.directory, 'sys'), dev: join(bench.directory, 'dev') };
  mkdirSync(join(roots.sys, 'bus/usb-serial/devices'), { recursive: true });
  mkdirSync(roots.dev);
});

afterEach(() => {
  terminal.close();
  bench.close();
});

/** The kernel's files for one interface of one USB device. */
function plug(tty: string, path: string, number: number): void {
  const interfaceDirectory = join(roots.sys, 'devices/pci0000:00/usb1', path, `${path}:1.${String(number)}`);
  mkdirSync(join(interfaceDirectory, tty), { recursive: true });
  writeFileSync(join(interfaceDirectory, 'bInterfaceNumber'), `${number.toString(16).padStart(2, '0')}\n`);
  symlinkSync(join(interfaceDirectory, tty), join(roots.sys, 'bus/usb-serial/devices', tty));
}

function unplug(tty: string): void {
  rmSync(join(roots.sys, 'bus/usb-serial/devices', tty));
}

test('the interface number decides, not the number of the tty', () => {
  plug('ttyUSB0', '1-1.4', 2);
  plug('ttyUSB1', '1-1.4', 0);
  plug('ttyUSB2', '1-1.3', 2);
  plug('ttyUSB3', '1-1.4', 10);
  for (const tty of ['ttyUSB0', 'ttyUSB1', 'ttyUSB2', 'ttyUSB3']) symlinkSync(terminal.path, join(roots.dev, tty));
  expect(listUsbSerialPorts(roots.sys)).toHaveLength(4);
  expect(usbFinder({ path: '1-1.4', interface: 2 }, roots).look().found?.device).toBe(join(roots.dev, 'ttyUSB0'));
  expect(usbFinder({ path: '1-1.3', interface: 2 }, roots).look().found?.device).toBe(join(roots.dev, 'ttyUSB2'));
  expect(usbFinder({ path: '1-1.4', interface: 10 }, roots).look().found?.device).toBe(join(roots.dev, 'ttyUSB3'));
});

test('what is not there is explained by what is', () => {
  const finder = usbFinder({ path: '1-1.4', interface: 2 }, roots);
  expect(finder.look()).toMatchObject({ why: expect.stringContaining('no USB serial port at all') as string });
  plug('ttyUSB7', '1-1.4', 3);
  expect(finder.look().why).toBe('there is no usb 1-1.4 interface 2; there is 1-1.4 interface 3 (ttyUSB7)');
  plug('ttyUSB8', '1-1.4', 2);
  expect(finder.look().why).toContain('ttyUSB8 does not exist');
});

test('a machine without USB is an answer, not an exception', () => {
  expect(listUsbSerialPorts(join(bench.directory, 'nowhere'))).toEqual([]);
});

test('a line opens its device when the node appears, and follows it to another number', async () => {
  const line = openLine({ usb: { path: '1-1.4', interface: 2 }, baudRate: 115_200 }, 'at', { ...bench, ...roots });
  try {
    const opening = line.open({ within: 10_000 });
    plug('ttyUSB2', '1-1.4', 2);
    symlinkSync(terminal.path, join(roots.dev, 'ttyUSB2'));
    const stream = await opening;
    expect(bench.events('line.open')).toMatchObject([
      { path: 'usb 1-1.4 interface 2', device: join(roots.dev, 'ttyUSB2'), sinceAppeared: expect.any(Number) as number },
    ]);
    unplug('ttyUSB2');
    rmSync(join(roots.dev, 'ttyUSB2'));
    expect((await stream.ended).how).toBe('lost');
    const again = line.open({ within: 10_000 });
    plug('ttyUSB8', '1-1.4', 2);
    symlinkSync(terminal.path, join(roots.dev, 'ttyUSB8'));
    expect((await again).open).toBe(true);
  } finally {
    await line.close();
  }
});
