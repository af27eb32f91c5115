import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasCode, messageOf } from '../base/errors.js';
import { foundDevice, type DeviceFinder, type Finding } from './device-finder.js';

/** Where the kernel shows its devices; other roots are for tests. */
export interface DeviceRoots {
  readonly sys?: string;
  readonly dev?: string;
}

/** A serial port of a USB device, for example ttyUSB2 at path 1-1.4, interface 2. */
export interface UsbSerialPort {
  readonly tty: string;
  readonly path: string;
  readonly interface: number;
}

/**
 * Finds `usb:` definitions by USB path and interface number. The number of a ttyUSB says nothing: it depends on the order in which
 * the kernel met the interfaces and on who still holds an old descriptor.
 */
export function usbFinder(address: { readonly path: string; readonly interface: number }, roots: DeviceRoots = {}): DeviceFinder {
  const { sys = '/sys', dev = '/dev' } = roots;
  const wanted = `usb ${address.path} interface ${String(address.interface)}`;
  // The node in /dev comes last, when sysfs already tells whose it is; sysfs itself cannot be watched.
  const watch = [{ directory: dev, name: /^tty(USB|ACM)\d+$/ }];
  return {
    path: wanted,
    look(): Finding {
      const ports = listUsbSerialPorts(sys);
      const port = ports.find((each) => each.path === address.path && each.interface === address.interface);
      if (port === undefined) return { why: `there is no ${wanted}; ${summary(ports)}`, watch };
      const device = join(dev, port.tty);
      try {
        const stats = statSync(device);
        if (!stats.isCharacterDevice()) return { why: `${device} is not a serial device`, watch };
        return { found: foundDevice(device, stats), why: '', watch };
      } catch (error) {
        const why = hasCode(error, 'ENOENT') ? `${wanted} is ${port.tty}, but ${device} does not exist` : messageOf(error);
        return { why, watch };
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

function summary(ports: readonly UsbSerialPort[]): string {
  if (ports.length === 0) return 'the machine has no USB serial port at all';
  return `there is ${ports.map((port) => `${port.path} interface ${String(port.interface)} (${port.tty})`).join(', ')}`;
}
