import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { listGpioChips } from './chips.js';
import { readGpioinfo } from './gpioinfo.js';
import { loadBinding } from './load-binding.js';
import { FakeKernel } from './testing/fake-libgpiod.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-gpio-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const none = () => ({ missing: 'node-libgpiod is not installed', hint: 'install it' });
const noProgram = () => Promise.reject(new Error('spawn gpiodetect ENOENT'));

describe('by node-libgpiod', () => {
  test('every chip in the order of its number, every line with its name and its holder', async () => {
    const kernel = FakeKernel.create(folder, {
      gpiochip10: { label: 'expander', lines: [undefined] },
      gpiochip2: { label: 'pinctrl-bcm2711', lines: [{ name: 'ID_SDA' }, { direction: 'output' }] },
    });
    const binding = kernel.binding();
    const holder = new binding.Line(new binding.Chip(join(kernel.devices, 'gpiochip2')), 1);
    holder.lineRequest({ consumer: 'spi0 CS0', requestType: 3, flags: 4 });
    const { chips, reason } = await listGpioChips({ devices: kernel.devices, library: () => ({ binding }) });
    expect(reason).toBeUndefined();
    expect(chips).toEqual([
      {
        name: 'gpiochip2',
        label: 'pinctrl-bcm2711',
        path: join(kernel.devices, 'gpiochip2'),
        lines: [
          { number: 0, name: 'ID_SDA', used: false, direction: 'input', activeLow: false },
          { number: 1, consumer: 'spi0 CS0', used: true, direction: 'output', activeLow: true },
        ],
      },
      expect.objectContaining({ name: 'gpiochip10', label: 'expander' }),
    ]);
    // It only looked.
    expect(kernel.line('gpiochip2', 1).holder?.consumer).toBe('spi0 CS0');
  });

  test('a chip that may not be opened is told with what to do, the others are there', async () => {
    const kernel = FakeKernel.create(folder, { gpiochip0: { denied: 'EACCES', lines: [{}] }, gpiochip1: { lines: [{}] } });
    const seen = await listGpioChips({ devices: kernel.devices, library: () => ({ binding: kernel.binding() }) });
    expect(seen.chips.map(({ name }) => name)).toEqual(['gpiochip1']);
    expect(seen.reason).toMatch(/gpiochip0 cannot be read: EACCES/);
    expect(seen.hint).toMatch(/group gpio.*udev rule/);
  });
});

test('a host without GPIO: none, with the reason', async () => {
  const seen = await listGpioChips({ devices: folder, library: none, programs: noProgram });
  expect(seen.chips).toEqual([]);
  expect(seen.reason).toContain('there is no GPIO chip');
});

test('chips, but neither library nor programs: none, with the reason of both and the packages', async () => {
  const kernel = FakeKernel.create(folder, { gpiochip0: { lines: [{}] } });
  const seen = await listGpioChips({ devices: kernel.devices, library: none, programs: noProgram });
  expect(seen.chips).toEqual([]);
  expect(seen.reason).toBe(
    'GPIO chips are there, but cannot be read: node-libgpiod is not installed; gpioinfo: spawn gpiodetect ENOENT',
  );
  expect(seen.hint).toMatch(/apt-get install gpiod/);
});

describe('by gpioinfo', () => {
  const detected = 'gpiochip0 [pinctrl-bcm2711] (58 lines)\ngpiochip1 [raspberrypi-exp-gpio] (8 lines)\n';
  test('as 1.6 prints it', async () => {
    const kernel = FakeKernel.create(folder, { gpiochip0: { lines: [{}] } });
    const info = [
      'gpiochip0 - 58 lines:',
      '\tline   0:     "ID_SDA"       unused   input  active-high ',
      '\tline   1:      unnamed   "dfota 4 supply"  output   active-low [used open-drain pull-up]',
      '\tline   2:      unnamed       kernel  output  active-high [used]',
      'gpiochip1 - 8 lines:',
      '\tline   0:      "BT_ON"   "shutdown"  output  active-high [used]',
    ].join('\n');
    const seen = await listGpioChips({
      devices: kernel.devices,
      library: none,
      programs: () => Promise.resolve({ detected, info }),
    });
    expect(seen.reason).toBeUndefined();
    expect(seen.chips).toEqual([
      {
        name: 'gpiochip0',
        label: 'pinctrl-bcm2711',
        path: '/dev/gpiochip0',
        lines: [
          { number: 0, name: 'ID_SDA', used: false, direction: 'input', activeLow: false },
          { number: 1, consumer: 'dfota 4 supply', used: true, direction: 'output', activeLow: true },
          { number: 2, used: true, direction: 'output', activeLow: false },
        ],
      },
      expect.objectContaining({ name: 'gpiochip1', label: 'raspberrypi-exp-gpio' }),
    ]);
  });

  test('as 2.x prints it', () => {
    const info = [
      'gpiochip0 - 58 lines:',
      '\tline   0:\t"ID_SDA"        \tinput',
      '\tline   1:\tunnamed         \toutput active-low drive=open-drain consumer="dfota 4 supply"',
      '\tline   2:\tunnamed         \tinput bias=pull-up used',
    ].join('\n');
    const { chips, unread } = readGpioinfo(detected, info);
    expect(unread).toBe(0);
    expect(chips[0]?.lines).toEqual([
      { number: 0, name: 'ID_SDA', used: false, direction: 'input', activeLow: false },
      { number: 1, consumer: 'dfota 4 supply', used: true, direction: 'output', activeLow: true },
      { number: 2, used: true, direction: 'input', activeLow: false },
    ]);
  });

  test('what it does not understand is counted; nothing makes it throw', () => {
    expect(readGpioinfo('', 'gpiochip0 - 1 line:\n\tline 0: broken\nline\n')).toMatchObject({ unread: 2 });
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 300 }), (one, other) => {
        readGpioinfo(one, other);
      }),
    );
  });
});

describe('why there is no library', () => {
  const missing = (message: string) =>
    loadBinding(() => {
      throw new Error(message);
    });
  test.each([
    ['Could not locate the bindings file. Tried: …', 'installed, but not compiled', 'libgpiod-dev'],
    ["Cannot find module 'node-libgpiod'", 'not installed', 'npm install node-libgpiod'],
    ['was compiled against a different Node.js version using NODE_MODULE_VERSION 108', 'another version', 'npm rebuild'],
    ['libgpiod.so.2: cannot open shared object file', 'cannot be loaded', 'apt-get install libgpiod2'],
    ['something else\nwith a stack', 'cannot be loaded: something else', 'libgpiod-dev'],
  ])('%s', (message, what, hint) => {
    const why = missing(message);
    if ('binding' in why) throw new Error('loaded');
    expect(why.missing).toContain(what);
    expect(why.hint).toContain(hint);
  });

  test('a module that is something else', () => {
    expect(JSON.stringify(loadBinding(() => ({})))).toContain('not what this version expects');
  });
});
