import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Control } from '../module/control.js';
import { PtyPort } from '../board/pty-board.js';
import { Line } from '../module/line.js';
import { PowerLines } from '../module/power-lines.js';
import type { Powered } from '../module/power-lines.js';
import { HostPort } from '../testing/host.js';
import { named, Unit } from '../testing/unit.js';

/** A module that has nothing but power: on or off. */
class Module implements Powered {
  isOn = false;
  powerOn(): void {
    this.isOn = true;
  }
  powerLost(): void {
    this.isOn = false;
  }
  powerDown(): void {
    this.isOn = false;
  }
  reset(): void {}
  usbPowerChanged(): void {}
  supplyChanged(): void {}
}

describe('power', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** Power on, off for three seconds with and without VBUS, and once more: whether the module is on at each of these times. */
  function story(defect: string): string {
    const module = new Module();
    const lines = new PowerLines(module, 1, named(defect));
    const seen: string[] = [];
    const look = (ms: number): void => {
      jest.advanceTimersByTime(ms);
      seen.push(module.isOn ? '1' : '0');
    };
    const start = (): void => {
      lines.setSupply(true);
      lines.setVbus(true);
      look(1000);
      lines.pressKey(true);
      jest.advanceTimersByTime(500);
      lines.pressKey(false);
      look(100);
    };
    for (let round = 0; round < 2; round++) {
      start();
      lines.setSupply(false);
      look(1);
      lines.setVbus(false);
      look(3000);
      look(10_000);
    }
    lines.close();
    return seen.join('');
  }

  test.each([
    ['none', '0100001000'],
    ['supply-stuck-on', '0111111111'],
    ['supply-stuck-off', '0000000000'],
    ['supply-intermittent', '0100001111'],
    ['supply-slow', '0111001110'],
    ['back-feed', '0110001100'],
    ['back-feed-uart', '0111111111'],
    ['back-feed-uart-later', '0100001111'],
    ['vbus-stuck-on', '0100001000'],
    ['power-key-dead', '0000000000'],
    ['power-key-stuck', '1100011000'],
  ])('%s: on before the key, after it, supply off, VBUS off, and later: %s', (defect, expected) => {
    expect(story(defect)).toBe(expected);
  });

  test('supply-inverted: on when it is told off', () => {
    const lines = new PowerLines(new Module(), 1, named('supply-inverted'));
    lines.setSupply(true);
    expect(lines.supply).toBe(false);
    lines.setSupply(false);
    expect(lines.supply).toBe(true);
  });
});

test.each([
  ['none', [false, true]],
  ['status-stuck', [true, true]],
  ['status-stuck-off', [false, false]],
  ['status-inverted', [true, false]],
])('%s: STATUS of a module that is off and on', async (defect, expected) => {
  const unit = new Unit(defect);
  const seen = [unit.module.status];
  await unit.powerOn();
  await unit.until(() => /RDY/.test(unit.text.uart));
  expect([...seen, unit.module.status]).toEqual(expected);
  unit.close();
});

test('back-feed-uart: STATUS and USB go, the UART answers', async () => {
  const unit = await new Unit('back-feed-uart').ready();
  unit.module.lines.setSupply(false);
  unit.module.lines.setVbus(false);
  expect(unit.module.status).toBe(false);
  expect(unit.command('AT')).toContain('OK');
  unit.module.lines.setSupply(true);
  expect(unit.module.status).toBe(true);
  unit.close();
});

test('vbus-stuck-on and reset-dead: the wire does nothing', () => {
  for (const [defect, stays, resets] of [
    ['none', false, 1],
    ['vbus-stuck-on', true, 1],
    ['reset-dead', false, 0],
  ] as const) {
    let count = 0;
    const module = Object.assign(new Module(), { isOn: true, reset: () => void count++ });
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const lines = new PowerLines(module, 1, named(defect));
    lines.setSupply(true);
    lines.setVbus(true);
    lines.pressReset(true);
    now.mockReturnValue(300);
    lines.pressReset(false);
    now.mockRestore();
    lines.setVbus(false);
    expect([defect, lines.vbus, count]).toEqual([defect, stays, resets]);
    lines.close();
  }
});

test('usb-loose: the AT port goes and comes back, the module runs on', async () => {
  const unit = new Unit('usb-loose');
  await unit.module.prepare();
  await unit.ready();
  const seen = new Set<boolean>();
  const uptime = unit.text.uart;
  await unit.until(() => seen.add(unit.module.at.present).size === 2 && unit.module.at.present);
  expect([unit.module.mode, unit.text.uart.startsWith(uptime)]).toEqual(['normal', true]);
  unit.close();
});

test('uart-noise: something comes over a UART of a module that is off', async () => {
  for (const [defect, noisy] of [
    ['none', false],
    ['uart-noise', true],
  ] as const) {
    const unit = new Unit(defect);
    await unit.module.prepare();
    await (noisy ? unit.until(() => unit.text.uart.length > 20) : new Promise((done) => setTimeout(done, 40)));
    expect(unit.text.uart.length > 0).toBe(noisy);
    unit.close();
  }
});

test.each([
  ['none', 'at', true, true],
  ['at-port-renamed', 'at', false, true],
  ['uart-renamed', 'uart', false, true],
  ['at-port-dead', 'at', true, false],
  ['at-port-dead', 'uart', true, true],
  ['uart-dead', 'uart', true, false],
] as const)('%s, %s: there %s, talks %s', async (defect, name, there, talks) => {
  const dir = mkdtempSync(join(tmpdir(), 'line-'));
  const line = new Line(name, new PtyPort(join(dir, name)));
  line.wiring = named(defect).ask('wiring', 'sound', name);
  let taken = '';
  line.onData = (data) => (taken += data.toString());
  await line.prepare();
  line.plug();
  expect(existsSync(line.path)).toBe(there);
  const port = await HostPort.open(there ? line.path : `${line.path}-1`);
  port.write('AT');
  const deadline = performance.now() + (talks ? 5000 : 60);
  while (taken !== 'AT' && performance.now() < deadline) await new Promise((done) => setTimeout(done, 5));
  expect(taken).toBe(talks ? 'AT' : '');
  expect(line.write(Buffer.from('x'))).toBe(talks);
  await port.close();
  line.close();
  rmSync(dir, { recursive: true });
});

test('control-dies: 25 requests are answered, then the socket is gone and the module is not', async () => {
  const unit = new Unit('control-dies');
  const control = new Control(unit.module, () => undefined);
  await control.listen();
  const socket = connect(control.path);
  let answers = 0;
  socket.setEncoding('utf8').on('data', (data: string) => (answers += data.split('"ok":true').length - 1));
  socket.on('error', () => undefined);
  const gone = new Promise((done) => socket.once('close', done));
  for (let i = 0; i < 25; i++) socket.write('{"do":"status"}\n');
  while (answers < 25) await new Promise((done) => setTimeout(done, 5));
  expect(existsSync(control.path)).toBe(true);
  socket.write('{"do":"status"}\n');
  await gone;
  expect([answers, existsSync(control.path)]).toEqual([25, false]);
  control.close();
  unit.close();
});
