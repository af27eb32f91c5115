import { readFileSync } from 'node:fs';
import { UsageError } from '../module/options.js';

/** A wire on a line of a simulated GPIO chip (gpio-sim). */
export interface WireDefinition {
  /** Name of the chip in configfs, or the folder of its other side. */
  readonly chip: string;
  readonly line: number;
  /** The board acts on the wire at low level. */
  readonly activeLow: boolean;
}

export const WIRES = ['supply', 'vbus', 'powerKey', 'reset', 'status'] as const;
export type WireName = (typeof WIRES)[number];

/** A board of kernel devices: what stands in the file of `run --board`. */
export interface BoardDefinition {
  /** Place on the USB: the device controller, and a name for the gadget in configfs. */
  readonly udc: string;
  readonly gadget: string;
  /** The module's end of a serial cable; undefined: no UART is wired. */
  readonly uart: string | undefined;
  /** A wire that is missing is at rest; without `supply` or `vbus` that power is always there. */
  readonly wires: Readonly<Partial<Record<WireName, WireDefinition>>>;
}

type Fields = Readonly<Record<string, unknown>>;

export function readBoard(path: string): BoardDefinition {
  let text: unknown;
  try {
    text = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`--board ${path}: ${(error as Error).message}`);
  }
  const wrong = (what: string): never => {
    throw new UsageError(`--board ${path}: ${what}`);
  };
  const known = (value: unknown, where: string, keys: readonly string[]): Fields => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(`${where} must be an object`);
    for (const key of Object.keys(value)) if (!keys.includes(key)) wrong(`${where} has no ${key}; known: ${keys.join(', ')}`);
    return value as Fields;
  };
  const word = (value: unknown, where: string): string => (typeof value === 'string' ? value : wrong(`${where} must be a text`));

  const board = known(text, 'the board', ['usb', 'uart', 'gpio']);
  const usb = known(board['usb'], 'usb', ['udc', 'gadget']);
  const gpio = known(board['gpio'] ?? {}, 'gpio', ['chip', ...WIRES]);
  const wire = (name: WireName): WireDefinition | undefined => {
    const value = gpio[name];
    if (value === undefined) return undefined;
    const place = known(typeof value === 'number' ? { line: value } : value, `gpio.${name}`, ['chip', 'line', 'activeLow']);
    const line = place['line'];
    if (!Number.isInteger(line)) wrong(`gpio.${name} must name a line by its number`);
    const chip = word(place['chip'] ?? gpio['chip'], `gpio.${name}: chip`);
    return { chip, line: line as number, activeLow: place['activeLow'] === true };
  };
  const wires: Partial<Record<WireName, WireDefinition>> = {};
  for (const name of WIRES) {
    const found = wire(name);
    if (found !== undefined) wires[name] = found;
  }
  const uart = board['uart'];
  return {
    udc: word(usb['udc'], 'usb.udc'),
    gadget: word(usb['gadget'], 'usb.gadget'),
    uart: uart === undefined ? undefined : word(uart, 'uart'),
    wires,
  };
}
