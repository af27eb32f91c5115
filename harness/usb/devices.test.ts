import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { deviceText, isDoubtful, kindOf, readDevice, readSerialPort, type UsbDevice } from './devices.js';
import { fakeBus, type FakeBus } from './testing/fake-bus.js';

let directory: string;
let bus: FakeBus;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'usb-'));
  bus = fakeBus(directory);
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const four = { 0: 'ttyUSB0', 1: 'ttyUSB1', 2: 'ttyUSB2', 3: 'ttyUSB3' };

function plugged(device: Parameters<FakeBus['plug']>[0]): UsbDevice {
  bus.plug(device);
  const found = readDevice(device.path, bus.sys);
  if (found === undefined) throw new Error(`${device.path} was not found`);
  return found;
}

describe('a device at a place of the bus', () => {
  test('is read by its path, two of a kind and one behind a hub told apart', () => {
    const first = plugged({ path: '1-1', interfaces: four });
    const second = plugged({ path: '1-1.4', id: '0403:6001', name: 'FT232R', interfaces: { 4: undefined } });
    expect(first).toMatchObject({ vendor: 0x2c7c, product: 0x0125, release: 0x0318, interfaces: [0, 1, 2, 3] });
    expect(second).toMatchObject({ product: 0x6001, name: 'FT232R', interfaces: [4] });
    expect(first.identity).not.toBe(second.identity);
    expect([first, second].map(deviceText)).toEqual(['2c7c:0125', '0403:6001 (FT232R)']);
  });

  test('has its serial ports on its interfaces', () => {
    plugged({ path: '1-1', interfaces: { 2: 'ttyUSB7', 10: 'ttyUSB0', 4: undefined } });
    const port = (number: number): string | undefined => readSerialPort({ path: '1-1', interface: number }, bus.sys)?.tty;
    expect([2, 10, 4, 1, 0].map(port)).toEqual(['ttyUSB7', 'ttyUSB0', undefined, undefined, undefined]);
    mkdirSync(join(bus.sys, 'bus/usb/devices/1-1/1-1:1.4/tty/ttyACM3'), { recursive: true });
    expect(port(4)).toBe('ttyACM3');
    expect(readSerialPort({ path: '1-2', interface: 2 }, bus.sys)).toBeUndefined();
  });

  test('is another one after each arrival', () => {
    const first = plugged({ path: '1-1' });
    bus.unplug('1-1');
    expect(readDevice('1-1', bus.sys)).toBeUndefined();
    expect(plugged({ path: '1-1' }).identity).not.toBe(first.identity);
  });

  test('has no interfaces before all of its configuration is there', () => {
    expect(plugged({ path: '1-1', interfaces: four, unconfigured: true }).interfaces).toBeUndefined();
    bus.configure('1-1', 3);
    expect(readDevice('1-1', bus.sys)?.interfaces).toBeUndefined();
    bus.configure('1-1');
    expect(readDevice('1-1', bus.sys)?.interfaces).toHaveLength(4);
  });

  test('that says anything at all of itself is read or is not there, never an exception', () => {
    bus.plug({ path: '1-1', name: 'x' });
    const home = join(bus.sys, 'bus/usb/devices/1-1');
    const files = ['descriptors', 'devnum', 'product'];
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.uint8Array({ maxLength: 300 }), (file, bytes) => {
        writeFileSync(join(home, file), bytes);
        expect(readDevice('1-1', bus.sys)?.name ?? '').toMatch(/^[\x20-\x7e]{0,126}$/);
      }),
    );
  });
});

describe('what a device is', () => {
  const kind = (device: Omit<Parameters<FakeBus['plug']>[0], 'path'>, used?: number[]): string => {
    const found = plugged({ path: '1-1', ...device });
    bus.unplug('1-1');
    return kindOf(found, used);
  };

  test.each([
    ['EC25', { interfaces: four }, 'module'],
    ['EC21', { id: '2c7c:0121', interfaces: four }, 'module'],
    ['emergency download', { id: '05c6:9008' }, 'emergency-download'],
    ['memory dump', { id: '05c6:900e' }, 'dump'],
    ['older Quectel module with ids of Qualcomm', { id: '05c6:9215', interfaces: four }, 'other'],
    ['serial adapter', { id: '0403:6001' }, 'other'],
    ['loader with the ids of the module', { name: 'QHSUSB__BULK', release: '0000' }, 'dump'],
    ['loader ready for a download', { name: 'QHSUSB_DLOAD', release: '0000' }, 'emergency-download'],
    ['diag port alone', { interfaces: { 0: 'ttyUSB0' } }, 'dump'],
    ['module not configured yet', { unconfigured: true }, 'module'],
  ] as const)('%s', (_what, device, expected) => {
    expect(kind(device, [2])).toBe(expected);
  });

  test.each([
    ['by its single port', { interfaces: { 0: undefined } }, true],
    ['by a single port, without a release number', { interfaces: { 2: undefined }, release: '0000' }, true],
    ["by a loader's name", { name: 'QHSUSB__BULK', release: '0000' }, false],
    ['by its ids', { id: '05c6:900e' }, false],
    ['no dump: emergency download', { id: '05c6:9008' }, false],
    ['no dump: a module', { interfaces: four }, false],
  ] as const)('a dump %s is doubtful: %j is %s', (_how, device, doubtful) => {
    expect(isDoubtful(plugged({ path: '1-1', ...device }), [2])).toBe(doubtful);
  });

  test('a module with one port, which is the one that the rig uses, is a module', () => {
    expect(kind({ interfaces: { 0: 'ttyUSB0' } }, [0])).toBe('module');
    expect(kind({ interfaces: { 2: 'ttyUSB0' } }, [2])).toBe('module');
  });
});
