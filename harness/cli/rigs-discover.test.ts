import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import yargs from 'yargs';
import { systemClock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { makeBench, type Bench } from '../line/testing/bench.js';
import { openPseudoTerminal, type PseudoTerminal } from '../line/testing/pseudo-terminal.js';
import type { GpioChipInfo, GpioLineInfo } from '../power/gpio/chips.js';
import { loadRig } from '../rig/load.js';
import { DefinitionError } from '../rig/problems.js';
import { fakeBus, type FakeBus, type FakeDevice } from '../usb/testing/fake-bus.js';
import type { FindOptions } from './discover/find.js';
import { discoverRigs } from './rigs-discover.js';
import { command as rigs } from './rigs.js';

let bench: Bench;
let bus: FakeBus;
let out: string;
const terminals: PseudoTerminal[] = [];
const plugged: FakeDevice[] = [];
const chips: GpioChipInfo[] = [];

beforeEach(() => {
  bench = makeBench();
  bus = fakeBus(bench.directory);
  out = join(bench.directory, 'drafts');
});

afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.close();
  plugged.length = 0;
  chips.length = 0;
  bench.close();
});

const four = (first: number): Record<number, string> =>
  Object.fromEntries([0, 1, 2, 3].map((number) => [number, `ttyUSB${String(first + number)}`]));

function plug(device: FakeDevice): void {
  bus.plug(device);
  plugged.push(device);
}

/** A node of /dev with a module behind it that answers, or is silent without answers. */
function node(tty: string, answers: Readonly<Record<string, string>> = {}): void {
  const terminal = openPseudoTerminal();
  terminals.push(terminal);
  symlinkSync(terminal.path, join(bus.dev, tty));
  let heard = '';
  terminal.onData((chunk) => {
    heard += chunk.toString('latin1');
    for (let end = heard.indexOf('\r'); end >= 0; end = heard.indexOf('\r')) {
      const asked = heard.slice(0, end).trim();
      heard = heard.slice(end + 1);
      const answer = answers[asked];
      if (answer !== undefined) terminal.write(answer === '' ? '\r\nOK\r\n' : `\r\n${answer}\r\n\r\nOK\r\n`);
    }
  });
}

const ec25 = { AT: '', 'AT+CGSN': '861107030000001', ATI: 'Quectel\r\nEC25\r\nRevision: EC25EFAR06A12M4G' };

/** A serial port that is no module's: with hardware behind it, and a stable link. */
function otherPort(tty: string, type = '4', link?: string): void {
  const directory = join(bus.sys, 'class/tty', tty);
  mkdirSync(join(directory, 'device'), { recursive: true });
  writeFileSync(join(directory, 'type'), `${type}\n`);
  writeFileSync(join(bus.dev, tty), '');
  if (link === undefined) return;
  mkdirSync(join(bus.dev, 'serial/by-path'), { recursive: true });
  symlinkSync(`../../${tty}`, join(bus.dev, 'serial/by-path', link));
}

function chip(name: string, lines: Readonly<Record<number, string>>): void {
  const info = (number: number): GpioLineInfo => {
    const called = lines[number];
    return { number, ...(called === undefined ? {} : { name: called }), used: false, direction: 'input', activeLow: false };
  };
  chips.push({ name, label: `label of ${name}`, path: `/dev/${name}`, lines: [0, 1, 2, 3].map(info) });
}

function options(): FindOptions {
  return {
    ...bus,
    clock: systemClock,
    proc: join(bench.directory, 'proc'),
    list: () => Promise.resolve([]),
    gpio: () => Promise.resolve(chips.length === 0 ? { chips, reason: 'there is no GPIO chip on this host' } : { chips }),
    devices: () =>
      Promise.resolve(
        plugged.map(({ path, id = '2c7c:0125', name }) => {
          const [vendor = 0, product = 0] = id.split(':').map((part) => Number.parseInt(part, 16));
          return { path, vendor, product, maker: 'Quectel', name, serial: undefined };
        }),
      ),
  };
}

const run = (): ReturnType<typeof discoverRigs> => discoverRigs({ out, json: false }, options());
const draft = (name: string): string => readFileSync(join(out, `${name}.yaml`), 'utf8');

/** Every marked line with the example that stands beside it. */
function filled(text: string): string {
  return text.replace(/^( *\w+:) # FILL IN: .*; for example (.+)$/gm, '$1 $2');
}

function problemsOf(file: string): string[] {
  try {
    loadRig(file);
    return [];
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems.map(({ place }) => place.key ?? '');
    throw error;
  }
}

describe('a draft', () => {
  test('is refused for nothing but its marked lines, and loads once they are filled in', async () => {
    plug({ path: '1-1.4', interfaces: four(0) });
    node('ttyUSB2', ec25);
    chip('gpiochip0', { 1: 'VBAT', 2: 'PWRKEY' });
    const { text, found } = await run();
    expect(found).toBe(true);
    const file = join(out, 'ec25-1-1.4.yaml');
    const marked = ['supply', 'vbus', 'powerKey', 'reset', 'status'].map((wire) => `power.gpio.${wire}`);
    expect(problemsOf(file).sort()).toEqual([...marked, 'network.apn'].sort());
    for (const key of [...marked, 'network.apn']) expect(text).toContain(`  ${key}: `);
    writeFileSync(file, filled(draft('ec25-1-1.4')));
    const { definition, warnings } = loadRig(file);
    expect(warnings).toEqual([]);
    expect(definition).toMatchObject({
      name: 'ec25-1-1.4',
      module: 'EC25',
      unit: { imei: '861107030000001' },
      lines: { at: { usb: { path: '1-1.4', interface: 2 } } },
      power: { gpio: { chip: 'gpiochip0', supply: 'VBAT', vbus: 1, powerKey: 'PWRKEY', reset: 3, status: 4 } },
      safety: { powerCuts: false },
    });
  });

  test('without GPIO and without an answer has programs and the IMEI to fill in, and says why', async () => {
    plug({ path: '2-1', id: '2c7c:0121', interfaces: four(0) });
    await run();
    const file = join(out, 'ec21-2-1.yaml');
    expect(problemsOf(file)).toEqual(expect.arrayContaining(['unit.imei', 'power.command.supplyOn', 'network.apn']));
    expect(draft('ec21-2-1')).toMatch(/imei: # FILL IN: .*ttyUSB2 does not exist/);
    expect(draft('ec21-2-1')).toContain('there is no GPIO chip on this host');
    writeFileSync(file, filled(draft('ec21-2-1')));
    expect(loadRig(file).definition).toMatchObject({
      module: 'EC21',
      power: { command: { supplyOff: expect.any(Array) as object } },
    });
  });

  test('names other serial ports by what stays, and leaves out ports without hardware', async () => {
    plug({ path: '1-1', interfaces: four(0) });
    node('ttyUSB2', ec25);
    otherPort('ttyS0', '0');
    otherPort('ttyS1');
    otherPort('ttyUSB8', '4', 'pci-0000:00:14.0-usb-0:1.3:1.0-port0');
    await run();
    const text = draft('ec25-1-1');
    expect(text).toContain(`#   device: ${bus.dev}/ttyS1`);
    expect(text).toContain(`#   device: ${bus.dev}/serial/by-path/pci-0000:00:14.0-usb-0:1.3:1.0-port0 # ${bus.dev}/ttyUSB8`);
    expect(text).not.toContain('ttyS0');
    // With the comment taken away it is the definition of a line.
    const uart = text.replace('  # uart:', '  uart:').replace(/^ {2}# {3}(device: .*ttyS1)$/m, '    $1');
    writeFileSync(join(out, 'uart.yaml'), filled(uart));
    expect(loadRig(join(out, 'uart.yaml')).definition.lines?.uart?.device).toBe(`${bus.dev}/ttyS1`);
  });

  test('two modules, two chips: a file each, and the chip is asked for', async () => {
    plug({ path: '1-1', interfaces: four(0) });
    plug({ path: '1-2', interfaces: four(4) });
    node('ttyUSB2', ec25);
    node('ttyUSB6', { ...ec25, 'AT+CGSN': '861107030000010' });
    chip('gpiochip0', { 0: 'VBAT A' });
    chip('gpiochip1', {});
    await run();
    expect(draft('ec25-1-1')).toContain('imei: "861107030000001"');
    expect(draft('ec25-1-2')).toContain('imei: "861107030000010"');
    expect(problemsOf(join(out, 'ec25-1-2.yaml'))).toContain('power.gpio.chip');
    writeFileSync(join(out, 'two.yaml'), filled(draft('ec25-1-2')));
    expect(loadRig(join(out, 'two.yaml')).definition.power.gpio?.supply).toBe('VBAT A');
  });

  test('is never written over a file that is there', async () => {
    plug({ path: '1-1', interfaces: four(0) });
    node('ttyUSB2', ec25);
    mkdirSync(out);
    writeFileSync(join(out, 'ec25-1-1.yaml'), 'mine');
    const { text } = await run();
    expect(draft('ec25-1-1')).toBe('mine');
    expect(text).toContain('is there already and was left as it is');
  });

  test('stays YAML of the same meaning whatever devices say of themselves', async () => {
    const evil = 'x\n  uart: { device: /dev/null }\n#\u001b[2J"';
    plug({ path: '1-1', interfaces: four(0), name: evil });
    node('ttyUSB2', { AT: '', 'AT+CGSN': 'no', ATI: 'Revision: A\u001b[2JB' });
    chip('gpiochip0', { 0: evil });
    await run();
    writeFileSync(join(out, 'evil.yaml'), filled(draft('ec25-1-1')));
    expect(loadRig(join(out, 'evil.yaml')).definition.lines).toEqual({
      at: { usb: { path: '1-1', interface: 2 }, baudRate: 115_200 },
    });
    expect(draft('ec25-1-1')).not.toContain('\u001b');
  });
});

describe('what is no unit to make a rig of', () => {
  test('a module that does not start, a Quectel of another kind, a module without ports', async () => {
    plug({ path: '1-1', id: '05c6:9008' });
    plug({ path: '1-2', id: '2c7c:0512', interfaces: four(0), name: 'EM12' });
    plug({ path: '1-3', id: '0403:6001', interfaces: { 0: 'ttyUSB9' } });
    const { text, found } = await run();
    expect(found).toBe(false);
    expect(text).toContain('1-1  05c6:9008  a module in emergency download');
    expect(text).toContain('1-2  2c7c:0512  EM12: neither EC25 nor EC21');
    expect(text).not.toContain('0403:6001');
    expect(text).toContain('No module that a rig can be made of was found');
  });

  test('nothing at all: what was looked for, and what to check', async () => {
    const none = {
      ...options(),
      devices: () =>
        Promise.reject(new RigFault('this machine has no USB', { seen: 'no /sys/bus/usb', hint: 'pass it through' })),
    };
    mkdirSync(join(bench.directory, 'proc/17'), { recursive: true });
    writeFileSync(join(bench.directory, 'proc/17/comm'), 'ModemManager\n');
    const { text, found } = await discoverRigs({ json: false }, none);
    expect(found).toBe(false);
    for (const part of [
      'looked for 2c7c:0125',
      'this machine has no USB',
      'pass it through',
      'dialout',
      'ModemManager runs',
      'cable',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('a port that is in use says by whom', async () => {
    plug({ path: '1-1', interfaces: four(0) });
    node('ttyUSB2', ec25);
    const { openLine } = await import('../line/line.js');
    const line = openLine({ usb: { path: '1-1', interface: 2 }, baudRate: 115_200 }, 'at', { ...bench, ...bus });
    try {
      await line.open({ within: 5000 });
      const { text } = await run();
      expect(text).toContain(`locked by process ${String(process.pid)}`);
    } finally {
      await line.close();
    }
  });
});

test('for a program: all of it as JSON', async () => {
  plug({ path: '1-1', interfaces: four(0) });
  node('ttyUSB2', ec25);
  chip('gpiochip0', { 0: 'VBAT' });
  const { text } = await discoverRigs({ json: true }, options());
  const all = JSON.parse(text) as { units: unknown; drafts: { name: string; missing: { key: string }[] }[] };
  expect(all.units).toMatchObject([
    {
      path: '1-1',
      module: 'EC25',
      ports: [{}, {}, { interface: 2, tty: 'ttyUSB2' }, {}],
      asked: { revision: 'EC25EFAR06A12M4G' },
    },
  ]);
  expect(all.drafts[0]?.missing.map(({ key }) => key)).toContain('power.gpio.supply');
});

test('the help has an example', async () => {
  const help = await yargs(['rigs', 'discover']).command(rigs).exitProcess(false).help(false).getHelp();
  expect(help).toContain('dfota rigs discover --out rigs');
});
