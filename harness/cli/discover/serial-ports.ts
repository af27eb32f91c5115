import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { messageOf } from '../../base/errors.js';
import { printable, type DeviceRoots } from '../../usb/devices.js';

/** A serial port of this host that is no port of a module on USB. */
export interface FoundPort {
  /** /dev/ttyS1, /dev/ttyUSB8 */
  readonly device: string;
  /** Link that stays when the number changes: /dev/serial/by-path/… */
  readonly stable?: string;
  /** What its adapter says of itself. */
  readonly what?: string;
}

export interface FoundPorts {
  readonly ports: readonly FoundPort[];
  readonly problem?: string;
}

/** Serial ports that have hardware behind them, without those named in `others` (ttyUSB2). By udev, else by sysfs alone. */
export async function findSerialPorts(
  others: ReadonlySet<string>,
  roots: DeviceRoots & { readonly list?: typeof SerialPort.list } = {},
): Promise<FoundPorts> {
  const { sys = '/sys', dev = '/dev', list = () => SerialPort.list() } = roots;
  const links = stableLinks(join(dev, 'serial/by-path'));
  const adapters = new Map<string, string>();
  let problem: string | undefined;
  try {
    for (const { path, manufacturer, serialNumber } of await list()) {
      const what = [manufacturer, serialNumber].filter((text) => text !== undefined && text !== '').join(' ');
      if (what !== '') adapters.set(path, printable(what));
    }
  } catch (error) {
    problem = `udev does not tell what the serial ports are: ${messageOf(error)} (package udev)`;
  }
  const ports = ttys(sys)
    .filter((tty) => !others.has(tty))
    .map((tty): FoundPort => {
      const device = join(dev, tty);
      const stable = links.get(tty);
      const what = adapters.get(device);
      return { device, ...(stable === undefined ? {} : { stable }), ...(what === undefined ? {} : { what }) };
    });
  return { ports, ...(problem === undefined ? {} : { problem }) };
}

/** Names of the ttys with a device behind them. A PC has 32 ttyS, most of them without hardware: their type is 0. */
function ttys(sys: string): string[] {
  const directory = join(sys, 'class/tty');
  const names = entries(directory).filter((name) => /^tty(S|USB|ACM|AMA|MXS|O|XRUSB|SC|mxc|PS|THS|LP)\d+$/.test(name));
  return names
    .filter((name) => {
      const files = entries(join(directory, name));
      if (!files.includes('device')) return false;
      return !files.includes('type') || readFileSync(join(directory, name, 'type'), 'latin1').trim() !== '0';
    })
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

/** Name of the tty to the link that leads to it. */
function stableLinks(directory: string): Map<string, string> {
  const links = new Map<string, string>();
  for (const name of entries(directory)) {
    try {
      const tty = realpathSync(join(directory, name)).split('/').at(-1) ?? '';
      if (!links.has(tty)) links.set(tty, join(directory, name));
    } catch {
      // It led to a port that has just left.
    }
  }
  return links;
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
