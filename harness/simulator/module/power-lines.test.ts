import { Behaviours } from '../behaviour.js';
import { PowerLines } from './power-lines.js';
import type { Powered } from './power-lines.js';

class Module implements Powered {
  isOn = false;
  readonly seen: string[] = [];
  powerOn(): void {
    this.isOn = true;
    this.seen.push('on');
  }
  powerLost(): void {
    if (this.isOn) this.seen.push('lost');
    this.isOn = false;
  }
  powerDown(): void {
    this.seen.push('down');
    this.isOn = false;
  }
  reset(): void {
    this.seen.push('reset');
  }
  supplyChanged(): void {
    this.seen.push('supply');
  }
  usbPowerChanged(): void {
    this.seen.push('usb');
  }
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function bench(): { module: Module; lines: PowerLines; key: (ms: number) => void; wait: (ms: number) => void } {
  const module = new Module();
  const lines = new PowerLines(module, 1, new Behaviours());
  const wait = (ms: number): void => void jest.advanceTimersByTime(ms);
  const key = (ms: number): void => {
    lines.pressKey(true);
    wait(ms);
    lines.pressKey(false);
  };
  return { module, lines, key, wait };
}

test('the supply alone starts nothing; PWRKEY of 100 ms does, and only once the supply is stable', () => {
  const { module, lines, key, wait } = bench();
  key(500);
  lines.setSupply(true);
  wait(29);
  key(500);
  expect(module.seen).toEqual([]);
  wait(30);
  key(99);
  expect(module.seen).toEqual([]);
  key(100);
  expect(module.seen).toEqual(['on']);
});

test('PWRKEY toggles: 650 ms turn off, less does nothing, and the press that turned on does not turn off', () => {
  const { module, lines, key, wait } = bench();
  lines.setSupply(true);
  wait(50);
  key(3000);
  expect(module.seen).toEqual(['on']);
  key(649);
  expect(module.seen).toEqual(['on']);
  key(650);
  expect(module.seen).toEqual(['on', 'down']);
  key(500);
  expect(module.seen).toEqual(['on', 'down', 'on']);
});

test('the supply going takes the module with it, VBUS or not', () => {
  const { module, lines, key, wait } = bench();
  lines.setSupply(true);
  lines.setVbus(true);
  wait(50);
  key(500);
  lines.setSupply(false);
  expect(module.seen).toEqual(['usb', 'on', 'lost']);
});

test('RESET_N needs 150 ms', () => {
  const { module, lines, key, wait } = bench();
  lines.setSupply(true);
  wait(50);
  key(500);
  for (const ms of [149, 150]) {
    lines.pressReset(true);
    wait(ms);
    lines.pressReset(false);
  }
  expect(module.seen).toEqual(['on', 'reset']);
});

test('back-feed keeps a module alive as long as VBUS is there', () => {
  const module = new Module();
  const lines = new PowerLines(module, 1, new Behaviours([{ name: 'b', summary: '', owner: 'rig', livesOnVbus: () => true }]));
  lines.setSupply(true);
  lines.setVbus(true);
  module.isOn = true;
  lines.setSupply(false);
  expect(module.isOn).toBe(true);
  lines.setVbus(false);
  expect(module.isOn).toBe(false);
});
