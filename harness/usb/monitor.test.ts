import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeBench, type Bench } from '../line/testing/bench.js';
import type { JournalEvent } from '../journal/events.js';
import { listUsbDevices, packageHotplug, type Hotplug } from './hotplug.js';
import { watchUsb, type MonitorOptions, type UsbMonitor } from './monitor.js';
import { fakeBus, type FakeBus } from './testing/fake-bus.js';

let bench: Bench;
let bus: FakeBus;
let monitor: UsbMonitor | undefined;
const four = { 0: 'ttyUSB0', 1: 'ttyUSB1', 2: 'ttyUSB2', 3: 'ttyUSB3' };

beforeEach(() => {
  bench = makeBench();
  bus = fakeBus(bench.directory);
});

afterEach(async () => {
  await monitor?.close();
  bench.close();
});

/** A source of events in the hand of the test, and a clock whose timers do not run: only events make the monitor look. */
function byEventsAlone(): { hotplug: Hotplug; clock: MonitorOptions['clock']; changed(): void; ended(): number } {
  let tell: () => void = () => undefined;
  let ended = 0;
  return {
    hotplug: async (changed) => {
      tell = changed;
      return async () => {
        ended += 1;
      };
    },
    clock: { ...bench.clock, after: () => () => undefined },
    changed: () => {
      tell();
    },
    ended: () => ended,
  };
}

function watch(paths: readonly string[], options: Partial<MonitorOptions> = {}): UsbMonitor {
  const addresses = paths.map((path) => ({ path, interface: 2 }));
  monitor = watchUsb(addresses, { ...bench, ...bus, hotplug: () => Promise.resolve(async () => undefined), ...options });
  return monitor;
}

const story = (): string[] =>
  bench.journal.events.map((event: JournalEvent) => {
    if (event.type === 'usb.arrived') return `${event.path} arrived ${event.kind}`;
    if (event.type === 'usb.left') return `${event.path} left`;
    return event.type === 'module.device' ? `${event.kind}: ${event.detail}` : event.type;
  });

test('what is there already, comes and goes is in the journal, of the watched places alone', async () => {
  bus.plug({ path: '1-1.4', interfaces: four });
  watch(['1-1.4', '1-1.4']);
  expect(bench.events('usb.arrived')).toMatchObject([{ path: '1-1.4', vendor: 0x2c7c, product: 0x0125, kind: 'module' }]);
  bus.plug({ path: '1-1.3', interfaces: { 4: undefined } });
  bus.unplug('1-1.4');
  await bench.event('usb.left');
  bus.plug({ path: '1-1.4', id: '2c7c:0121', interfaces: four });
  await bench.event('usb.arrived', 2);
  expect(story()).toEqual(['1-1.4 arrived module', '1-1.4 left', '1-1.4 arrived module']);
});

test("the kernel's nodes are enough: no package, no timer", async () => {
  const { clock } = byEventsAlone();
  watch(['1-2'], { clock });
  bus.plug({ path: '1-2', interfaces: four });
  await bench.event('usb.arrived');
  bus.unplug('1-2');
  await bench.event('usb.left');
});

test('events of the package are enough where there are no nodes', () => {
  const events = byEventsAlone();
  watch(['1-1'], { ...events, dev: join(bench.directory, 'nowhere') });
  bus.plug({ path: '1-1', interfaces: four });
  expect(story()).toEqual([]);
  events.changed();
  expect(story()).toEqual(['1-1 arrived module']);
});

test('a departure and an arrival between two looks are both told', () => {
  const events = byEventsAlone();
  bus.plug({ path: '1-1', interfaces: four });
  watch(['1-1'], events);
  bus.unplug('1-1');
  bus.plug({ path: '1-1', interfaces: four });
  events.changed();
  events.changed();
  expect(story()).toEqual(['1-1 arrived module', '1-1 left', '1-1 arrived module']);
});

test('listeners are told after the journal, once for each change', () => {
  const events = byEventsAlone();
  const heard: string[][] = [];
  const cancel = watch(['1-1'], events).onChange(() => heard.push(story()));
  bus.plug({ path: '1-1', interfaces: four });
  events.changed();
  events.changed();
  expect(heard).toEqual([['1-1 arrived module']]);
  cancel();
  bus.unplug('1-1');
  events.changed();
  expect(heard).toHaveLength(1);
});

describe('a module that comes back as something else', () => {
  test.each([
    [
      { id: '05c6:9008', name: 'QUSB_BULK' },
      'arrived emergency-download',
      'emergency-download: 05c6:9008 (QUSB_BULK) at usb 1-1',
    ],
    [{ id: '05c6:900e' }, 'arrived dump', 'dump: 05c6:900e at usb 1-1, interface 0 alone'],
    [{ interfaces: { 0: 'ttyUSB0' } }, 'arrived dump', 'dump: 2c7c:0125 at usb 1-1, interface 0 alone'],
  ])('%j', (device, arrived, told) => {
    const events = byEventsAlone();
    bus.plug({ path: '1-1', interfaces: four });
    watch(['1-1'], events);
    bus.unplug('1-1');
    events.changed();
    bus.plug({ path: '1-1', ...device });
    events.changed();
    expect(story().slice(2)).toEqual([`1-1 ${arrived}`, told]);
  });

  test('is told of when all of its interfaces are known', async () => {
    bus.plug({ path: '1-1', interfaces: four, unconfigured: true });
    watch(['1-1']);
    expect(story()).toEqual([]);
    bus.configure('1-1');
    await bench.event('usb.arrived');
    expect(story()).toEqual(['1-1 arrived module']);
  });

  test('is told of as it is when it never gets a configuration', () => {
    const events = byEventsAlone();
    let t = 0;
    bus.plug({ path: '1-1', interfaces: four, unconfigured: true });
    watch(['1-1'], { ...events, clock: { ...events.clock, now: () => t } });
    events.changed();
    expect(bench.events('usb.arrived')).toEqual([]);
    t = 2000;
    events.changed();
    expect(story()).toEqual(['1-1 arrived module']);
  });

  test.each([
    [{ 0: 'ttyUSB0' }, ['dump: 2c7c:0125 at usb 1-1, interface 0 alone']],
    [four, []],
  ])('is told of once more when a configuration that comes late shows a dump: %j', (interfaces, more) => {
    const events = byEventsAlone();
    let t = 0;
    let told = 0;
    bus.plug({ path: '1-1', interfaces, unconfigured: true });
    watch(['1-1'], { ...events, clock: { ...events.clock, now: () => t } }).onChange(() => (told += 1));
    events.changed();
    t = 2000;
    events.changed();
    events.changed();
    bus.configure('1-1');
    events.changed();
    events.changed();
    expect(story()).toEqual(['1-1 arrived module', ...more]);
    expect(told).toBe(2);
  });
});

test('what only a single port tells is told as doubtful, with its place', () => {
  const events = byEventsAlone();
  bus.plug({ path: '1-1', interfaces: { 0: undefined } });
  watch(['1-1'], events);
  bus.unplug('1-1');
  bus.plug({ path: '1-1', id: '05c6:9008' });
  events.changed();
  expect(bench.events('module.device').map(({ path, doubtful }) => [path, doubtful])).toEqual([
    ['1-1', true],
    ['1-1', undefined],
  ]);
});

test('without events of the package the journal says so, and the rest goes on', async () => {
  watch(['1-1'], { hotplug: () => Promise.reject(new Error('no netlink here')) });
  expect((await bench.event('note')).text).toContain('no netlink here');
  bus.plug({ path: '1-1', interfaces: four });
  await bench.event('usb.arrived');
});

test('after its close it is silent, and the source of events has been let go once', async () => {
  const events = byEventsAlone();
  const closed = watch(['1-1'], events);
  await closed.close();
  await closed.close();
  bus.plug({ path: '1-1', interfaces: four });
  events.changed();
  expect(story()).toEqual([]);
  expect(events.ended()).toBeGreaterThan(0);
});

describe('the usb package itself', () => {
  test('listens and lets go without leaving a descriptor or a thread behind', async () => {
    const held = (): number => readdirSync('/proc/self/fd').length + readdirSync('/proc/self/task').length;
    const once = async (): Promise<void> => (await packageHotplug(() => undefined))();
    // The first use loads the package, which keeps a thread and its descriptors for good.
    await once();
    const before = held();
    for (let round = 0; round < 20; round += 1) await once();
    expect(held()).toBeLessThan(before + 10);
  });

  test('a machine without USB is told as such', async () => {
    await expect(listUsbDevices(join(bench.directory, 'nowhere'))).rejects.toThrow('this machine has no USB');
  });

  const here = existsSync('/sys/bus/usb/devices') ? test : test.skip;
  here('lists devices by the paths of sysfs', async () => {
    for (const { path } of await listUsbDevices()) expect(existsSync(`/sys/bus/usb/devices/${path}`)).toBe(true);
  });
});
