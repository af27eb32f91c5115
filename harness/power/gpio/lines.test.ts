import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RigFault, UserError } from '../../base/errors.js';
import { rigWith } from '../testing/rigs.js';
import { findLines, type GpioDefinition } from './lines.js';
import { FakeKernel } from './testing/fake-libgpiod.js';

let folder: string;
let kernel: FakeKernel;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-gpio-'));
  kernel = FakeKernel.create(folder, {
    gpiochip0: {
      label: 'pinctrl-bcm2711',
      lines: [{ name: 'ID_SDA' }, undefined, { name: 'VBAT' }, { name: 'TWICE' }, { name: 'TWICE' }],
    },
    gpiochip1: { label: 'expander', lines: [{}, {}] },
    gpiochip2: { label: 'twin', lines: [{}] },
    gpiochip3: { label: 'twin', lines: [{}] },
  });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const definition = (gpio: object): GpioDefinition => rigWith({ gpio }).power.gpio as GpioDefinition;
const find = (gpio: object) => findLines(kernel.binding(), definition(gpio), kernel.devices);
const found = (gpio: object): string[] =>
  find(gpio).map(({ wire, path, offset }) => `${wire} ${path.replace(/.*\//, '')} ${String(offset)}`);
function faultOf(gpio: object): RigFault | UserError {
  try {
    find(gpio);
  } catch (error) {
    if (error instanceof RigFault || error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was found');
}

test('lines by number and by name, on chips by name, by path, through a symbolic link and by label', () => {
  const link = join(folder, 'rig-a');
  symlinkSync(join(kernel.devices, 'gpiochip1'), link);
  expect(
    found({
      chip: 'gpiochip0',
      supply: 'VBAT',
      vbus: 1,
      powerKey: { chip: link, line: 0 },
      reset: { chip: 'expander', line: 1 },
      status: { chip: join(kernel.devices, 'gpiochip2'), line: 0 },
    }),
  ).toEqual(['powerKey gpiochip1 0', 'reset gpiochip1 1', 'supply gpiochip0 2', 'vbus gpiochip0 1', 'status gpiochip2 0']);
});

test('active low, open drain and bias become flags of the request', () => {
  const flags = find({
    chip: 'gpiochip0',
    supply: { line: 1, activeLow: true, bias: 'pull-up' },
    vbus: { line: 2, bias: 'pull-down' },
    powerKey: { line: 3, openDrain: true },
    reset: { line: 4, bias: 'disabled' },
  }).map((line) => line.flags);
  // GPIOD_LINE_REQUEST_FLAG_* of libgpiod 1.6.
  expect(flags).toEqual([1, 8, 4 | 32, 16]);
});

test('one line for two wires, under its name and under its number', () => {
  const fault = faultOf({ chip: 'gpiochip0', supply: 'VBAT', powerKey: { chip: 'pinctrl-bcm2711', line: 2 } });
  expect(fault).toBeInstanceOf(UserError);
  expect(fault.message).toBe(
    'power.gpio.supply: line 2 "VBAT" of gpiochip0 (pinctrl-bcm2711) is taken already by this rig, at power.gpio.powerKey',
  );
});

test.each([
  [{ chip: 'gpiochip0', supply: 5 }, 'power.gpio.supply: gpiochip0 (pinctrl-bcm2711) has no line 5', 'lines 0 to 4'],
  [{ chip: 'gpiochip0', supply: 'NOPE' }, 'has no line named "NOPE"', 'names: ID_SDA, VBAT, TWICE, TWICE'],
  [{ chip: 'gpiochip0', supply: 'TWICE' }, 'has several lines named "TWICE"', 'lines 3, 4'],
  [
    { chip: 'gpiochip0', supply: { chip: 'twin', line: 0 } },
    'power.gpio.supply.chip: several chips have the label twin',
    'gpiochip2, gpiochip3',
  ],
])('%j is a wrong definition', (gpio, message, seen) => {
  const fault = faultOf(gpio);
  expect(fault.exitCode).toBe(2);
  expect(fault.message).toContain(message);
  expect(fault.explanation.seen).toBe(seen);
});

test('a number in quotes is a name; the hint says so', () => {
  expect(faultOf({ chip: 'gpiochip0', supply: '2' }).explanation.hint).toBe('for the number 2, write it without quotes');
});

test('a line that the chip lacks is never constructed: node-libgpiod would crash later', () => {
  faultOf({ chip: 'gpiochip0', supply: 99 });
  faultOf({ chip: 'gpiochip0', supply: 'NOPE' });
  expect(kernel.halfMade).toBe(0);
});

test.each([
  [{ chip: 'gpiochip9', supply: 0 }, 'there is no GPIO chip gpiochip9', /gpiochip0 \(pinctrl-bcm2711\), gpiochip1 \(expander\)/],
  [{ chip: '/dev/gpiochip-gone', supply: 0 }, 'GPIO chip /dev/gpiochip-gone is not there', /ENOENT/],
  [{ chip: '/dev/null', supply: 0 }, 'power.gpio.chip: GPIO chip /dev/null', /./],
])('%j: the chip is the rig’s fault', (gpio, message, seen) => {
  const fault = faultOf(gpio);
  expect(fault.exitCode).toBe(3);
  expect(fault.message).toContain(message);
  expect(fault.explanation.seen).toMatch(seen);
  expect(fault.explanation.hint).toContain('gpiodetect');
});

test('a chip that may not be opened: group and udev rule', () => {
  kernel = FakeKernel.create(mkdtempSync(join(folder, 'denied-')), { gpiochip0: { label: 'a', denied: 'EACCES', lines: [{}] } });
  for (const chip of ['gpiochip0', 'a', join(kernel.devices, 'gpiochip0')]) {
    const fault = faultOf({ chip, supply: 0 });
    expect(fault.exitCode).toBe(3);
    expect(fault.explanation.hint).toMatch(/group gpio.*udev rule/);
  }
});
