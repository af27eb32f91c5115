import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasCode, messageOf } from '../base/errors.js';
import { deviceText, kindOf, readDevice, readSerialPort, type DeviceRoots, type UsbAddress } from '../usb/devices.js';
import { foundDevice, identityOf, type DeviceFinder, type Finding, type FoundDevice } from './device-finder.js';

/** A serial port of a USB device, for example ttyUSB2 at path 1-1.4, interface 2. */
export interface UsbSerialPort extends UsbAddress {
  readonly tty: string;
}

/**
 * Finds `usb:` definitions by USB path and interface number. The number of a ttyUSB says nothing: it depends on the order in which
 * the kernel met the interfaces and on who still holds an old descriptor.
 */
export function usbFinder(address: UsbAddress, roots: DeviceRoots = {}): DeviceFinder {
  const { sys = '/sys', dev = '/dev' } = roots;
  const wanted = `usb ${address.path} interface ${String(address.interface)}`;
  // The node in /dev comes last, when sysfs already tells whose it is; sysfs itself cannot be watched.
  const watch = [{ directory: dev, name: /^tty(USB|ACM)\d+$/ }];
  let last: (FoundDevice & { readonly directory: string }) | undefined;
  return {
    path: wanted,
    look(): Finding {
      // The same node with the same port behind it: looked at for each event in /dev, so without reading more.
      if (last !== undefined && statSync(last.directory, { throwIfNoEntry: false }) !== undefined) {
        const stats = statSync(last.device, { throwIfNoEntry: false });
        if (stats !== undefined && identityOf(stats) === last.identity) {
          return { found: foundDevice(last.device, stats), why: () => '', watch };
        }
      }
      last = undefined;
      const port = readSerialPort(address, sys);
      if (port === undefined) return { why: () => `there is no ${wanted}; ${insteadOf(address, sys)}`, watch };
      // Its port speaks another language, and what is written to it may do harm.
      const stranger = notItself(address, sys);
      if (stranger !== undefined) return { why: () => stranger, watch };
      const device = join(dev, port.tty);
      try {
        const stats = statSync(device);
        if (!stats.isCharacterDevice()) return { why: () => `${device} is not a serial device`, watch };
        const found = foundDevice(device, stats);
        last = { ...found, directory: port.directory };
        return { found, why: () => '', watch };
      } catch (error) {
        const why = hasCode(error, 'ENOENT') ? `${wanted} is ${port.tty}, but ${device} does not exist` : messageOf(error);
        return { why: () => why, watch };
      }
    },
  };
}

/** Every USB serial port of the machine; none on a machine without USB. Never throws. */
export function listUsbSerialPorts(sys = '/sys'): UsbSerialPort[] {
  const directory = join(sys, 'bus/usb-serial/devices');
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch {
    return [];
  }
  const ports: UsbSerialPort[] = [];
  for (const tty of names) {
    try {
      // …/1-1.4/1-1.4:1.2/ttyUSB2
      const interfaceDirectory = dirname(realpathSync(join(directory, tty)));
      const number = Number.parseInt(readFileSync(join(interfaceDirectory, 'bInterfaceNumber'), 'latin1'), 16);
      if (Number.isNaN(number)) continue;
      ports.push({ tty, path: basename(dirname(interfaceDirectory)), interface: number });
    } catch {
      // It left the bus between two reads.
    }
  }
  return ports;
}

/** What a module that is not in normal mode shows itself as; undefined for anything else. */
function notItself(address: UsbAddress, sys: string): string | undefined {
  const device = readDevice(address.path, sys);
  const kind = device === undefined ? 'other' : kindOf(device, [address.interface]);
  if (device === undefined || kind === 'other' || kind === 'module') return undefined;
  return `at usb ${address.path} is ${kind === 'dump' ? 'a memory dump' : 'an emergency-download'} device, ${deviceText(device)}`;
}

function insteadOf(address: UsbAddress, sys: string): string {
  const ports = listUsbSerialPorts(sys);
  if (!existsSync(join(sys, 'bus/usb'))) return 'this machine has no USB: /sys/bus/usb does not exist';
  const stranger = notItself(address, sys);
  if (stranger !== undefined) return stranger;
  const device = readDevice(address.path, sys);
  const here = device === undefined ? '' : `${deviceText(device)} is at ${address.path}, `;
  if (ports.length === 0) return `${here}the machine has no USB serial port at all`;
  return `${here}there is ${ports.map((port) => `${port.path} interface ${String(port.interface)} (${port.tty})`).join(', ')}`;
}
