import type { GpioChipInfo } from '../../power/gpio/chips.js';
import { atInterface, type Found, type FoundUnit } from './find.js';
import type { FoundPort } from './serial-ports.js';

/** A rig definition with what could be found, and marks where only a person knows. */
export interface Draft {
  readonly name: string;
  readonly text: string;
  /** Keys that are left to fill in, as they stand in the file. */
  readonly missing: readonly { readonly key: string; readonly what: string }[];
}

/** What every blank is marked with. */
export const mark = 'FILL IN';

export interface DraftOptions {
  /** Path to the JSON Schema as seen from the file, for editors. */
  readonly schema: string;
}

/** Drafts a rig for a module on USB. Loads as a rig definition once each marked line has its value. */
export function draftRig(unit: FoundUnit & { readonly module: 'EC25' | 'EC21' }, found: Found, options: DraftOptions): Draft {
  const missing: { key: string; what: string }[] = [];
  /** A line with a key whose value only a person knows; `example` is a valid value. */
  const blank = (key: string, what: string, example: string): string => {
    missing.push({ key, what });
    const own = key.split('.').at(-1) ?? key;
    return `${'  '.repeat(key.split('.').length - 1)}${own}: # ${mark}: ${oneLine(what)}; for example ${example}`;
  };
  const name = `${unit.module.toLowerCase()}-${unit.path}`;
  const text = [
    `# yaml-language-server: $schema=${options.schema}`,
    '#',
    `# Drafted by dfota rigs discover. Every line marked ${mark} needs a value, or is to be removed where it says so.`,
    '# docs/rigs.md explains each key.',
    '',
    '# What reports and the lock call this rig; unique among your rigs.',
    `name: ${name}`,
    `module: ${unit.module}`,
    '',
    ...identity(unit, blank),
    '',
    ...lines(unit, found.ports),
    '',
    ...(found.gpio.chips.length > 0 ? gpio(found.gpio.chips, blank) : command(found, blank)),
    '',
    '# Only when the SIM asks for a PIN: the environment variable that holds it.',
    `# sim: { pinEnv: ${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_PIN }`,
    '',
    'network:',
    blank('network.apn', 'access point name of the SIM', 'internet'),
    '  # registration: false # on a rig without a mobile network',
    '',
    '# Ways a package can reach the module. With the servers, the module must reach `advertise` over the mobile network.',
    'delivery:',
    '  ufs: true',
    '  # sd: true # with an SD card in the module',
    '  # ftp: { listen: "0.0.0.0:2121", advertise: "lab.example.net:21", passivePorts: "50000-50100" }',
    '  # http: { listen: "0.0.0.0:8080", advertise: "lab.example.net:80" }',
    '',
    '# Power cuts have cost real units their RF calibration. None is made unless this says true.',
    'safety: { powerCuts: false }',
    '',
  ].join('\n');
  return { name, text, missing };
}

/** What devices and programs say, fit for a comment. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[^\x20-\x7e]/g, '?');
}

type Blank = (key: string, what: string, example: string) => string;

function identity({ asked, path }: FoundUnit, blank: Blank): string[] {
  const runs = asked?.revision === undefined ? [] : [`# Runs ${oneLine(asked.revision)} now.`];
  if (asked?.imei !== undefined && /^\d{15}$/.test(asked.imei)) return [...runs, `unit: { imei: "${asked.imei}" }`];
  const why = asked === undefined ? `no AT port on interface ${String(atInterface)} of ${path}` : (asked.problem ?? 'unreadable');
  return [...runs, 'unit:', blank('unit.imei', `15 digits in quotes, from AT+CGSN (${why})`, '"861107030000001"')];
}

function lines({ path, ports }: FoundUnit, others: readonly FoundPort[]): string[] {
  const at = ports.find((port) => port.interface === atInterface);
  const now = at === undefined ? 'no port there now: is the kernel driver option loaded?' : `${at.tty} at the moment`;
  const uarts = others.map(({ device, stable, what }) => {
    const is = [stable === undefined ? undefined : device, what].filter((text) => text !== undefined).join(', ');
    return `  #   device: ${stable ?? device}${is === '' ? '' : ` # ${is}`}`;
  });
  return [
    'lines:',
    `  at: { usb: { path: "${path}", interface: ${String(atInterface)} } } # ${now}`,
    ...(uarts.length === 0
      ? ['  # No other serial port was found. With a wire to the main UART: uart: { device: /dev/ttyS1 }']
      : ['  # When the main UART is wired to one of these ports, 115200 baud unless you changed it:', '  # uart:', ...uarts]),
  ];
}

function gpio(chips: readonly GpioChipInfo[], blank: Blank): string[] {
  const [only, second] = chips;
  const names = (only?.lines ?? []).flatMap(({ name }) =>
    name !== undefined && /^[\x21-\x7e][\x20-\x7e]*$/.test(name) ? [name] : [],
  );
  // The example is a line that is called like the wire, where there is one; whether it is the wire, only a person knows.
  const wire = (key: string, what: string, calledLike: RegExp, number: number): string => {
    const called = names.find((name) => calledLike.test(name));
    const example = called === undefined ? String(number) : JSON.stringify(called);
    return blank(`power.gpio.${key}`, `${what}; remove without such a wire`, example);
  };
  return [
    '# Lines of these chips, by name or number; a mapping says more: { line: 26, activeLow: true, bias: pull-up }.',
    '# Instead of gpio, programs can switch the unit (power.command, see docs/rigs.md).',
    ...chips.flatMap(chipComment),
    'power:',
    '  gpio:',
    ...(second === undefined && only !== undefined
      ? [`    chip: ${only.name}`]
      : [blank('power.gpio.chip', 'the chip of the lines below', only?.name ?? 'gpiochip0')]),
    wire('supply', 'line of the switch of VBAT', /vbat|supply/i, 0),
    wire('vbus', 'line of the switch of VBUS', /vbus/i, 1),
    wire('powerKey', 'line to PWRKEY', /pwr_?key|power_?key/i, 2),
    wire('reset', 'line to RESET_N', /reset/i, 3),
    wire('status', 'line from STATUS', /status/i, 4),
  ];
}

const mostLines = 64;

function chipComment(chip: GpioChipInfo): string[] {
  const named = chip.lines.filter(({ name }) => name !== undefined);
  const list = named.slice(0, mostLines).map(({ number, name, consumer, used }) => {
    const by = used ? ` (in use${consumer === undefined ? '' : ` by ${consumer}`})` : '';
    return `${String(number)} ${JSON.stringify(name)}${by}`;
  });
  const more = named.length > mostLines ? [`and ${String(named.length - mostLines)} more`] : [];
  const lines = [...list, ...more];
  return [
    `#   ${chip.name}, labelled ${oneLine(chip.label)}: ${String(chip.lines.length)} lines${lines.length === 0 ? ', none has a name' : ''}`,
    ...inRows(lines).map((row) => `#     ${row}`),
  ];
}

function inRows(items: readonly string[]): string[] {
  const rows: string[] = [];
  for (const item of items) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + item.length < 100) rows[rows.length - 1] = `${last}, ${item}`;
    else rows.push(item);
  }
  return rows;
}

function command({ gpio: { reason } }: Found, blank: Blank): string[] {
  const wire = (key: string, what: string, example: string): string => blank(`power.command.${key}`, what, example);
  const pair = 'with the one above; remove both without such a switch';
  return [
    `# Programs that switch the unit, as lists of words${reason === undefined ? '' : `; for power.gpio: ${oneLine(reason)}`}`,
    'power:',
    '  command:',
    wire('supplyOn', 'switches VBAT on', '[./relay.sh, "1", "on"]'),
    wire('supplyOff', `switches VBAT off; ${pair}`, '[./relay.sh, "1", "off"]'),
    wire('vbusOn', 'switches VBUS on', '[./relay.sh, "2", "on"]'),
    wire('vbusOff', `switches VBUS off; ${pair}`, '[./relay.sh, "2", "off"]'),
    wire('powerKey', 'pulse on PWRKEY of {ms} ms; remove without such a wire', '[./relay.sh, "3", pulse, "{ms}"]'),
    wire('reset', 'pulse on RESET_N of {ms} ms; remove without such a wire', '[./relay.sh, "4", pulse, "{ms}"]'),
    wire('status', 'prints on or off, the level of STATUS; remove without such a wire', '[./relay.sh, status]'),
  ];
}
