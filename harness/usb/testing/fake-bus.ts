/** The files by which the kernel shows USB devices and their serial ports, in folders of a test. */
import { mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FakeDevice {
  readonly path: string;
  /** `2c7c:0125` when left out. */
  readonly id?: string;
  readonly name?: string;
  /** bcdDevice, four hex digits. */
  readonly release?: string;
  /** Interface number to the tty on it, if any. */
  readonly interfaces?: Readonly<Record<number, string | undefined>>;
  /** The kernel has not chosen a configuration yet. */
  readonly unconfigured?: boolean;
}

export interface FakeBus {
  readonly sys: string;
  readonly dev: string;
  /** Shows the device in sysfs, and makes its node in /dev/bus/usb last, as the kernel does. Ttys get no node in /dev. */
  plug(device: FakeDevice): void;
  /** The kernel has chosen a configuration. */
  configure(path: string): void;
  unplug(path: string): void;
}

export function fakeBus(directory: string): FakeBus {
  const sys = join(directory, 'sys');
  const dev = join(directory, 'dev');
  const devices = join(sys, 'bus/usb/devices');
  const serial = join(sys, 'bus/usb-serial/devices');
  mkdirSync(devices, { recursive: true });
  mkdirSync(serial, { recursive: true });
  mkdirSync(join(dev, 'bus/usb/001'), { recursive: true });
  const plugged = new Map<string, { readonly device: FakeDevice; readonly node: string; readonly home: string }>();
  let arrivals = 0;
  const at = (path: string): { device: FakeDevice; node: string; home: string } => {
    const known = plugged.get(path);
    if (known === undefined) throw new Error(`nothing is plugged in at ${path}`);
    return known;
  };

  return {
    sys,
    dev,
    plug(device) {
      const { path, id = '2c7c:0125', name, release = '0318', interfaces = { 0: undefined }, unconfigured = false } = device;
      arrivals += 1;
      // A new directory each time, as each arrival has its own inode in sysfs; the link is what everybody reads.
      const home = join(sys, 'devices', `arrival-${String(arrivals)}`, path);
      mkdirSync(home, { recursive: true });
      const [vendor = '', product = ''] = id.split(':');
      const file = (called: string, text: string): void => {
        writeFileSync(join(home, called), `${text}\n`);
      };
      file('idVendor', vendor);
      file('idProduct', product);
      file('bcdDevice', release);
      file('devnum', String(arrivals));
      if (name !== undefined) file('product', name);
      const numbers = Object.keys(interfaces).map(Number);
      file('bNumInterfaces', unconfigured ? '' : ` ${String(numbers.length)}`);
      for (const number of numbers) {
        const tty = interfaces[number];
        const place = join(home, `${path}:1.${String(number)}`);
        mkdirSync(join(place, tty ?? ''), { recursive: true });
        writeFileSync(join(place, 'bInterfaceNumber'), `${number.toString(16).padStart(2, '0')}\n`);
        if (tty !== undefined) symlinkSync(join(place, tty), join(serial, tty));
      }
      symlinkSync(home, join(devices, path));
      const node = join(dev, 'bus/usb', path.slice(0, path.indexOf('-')).padStart(3, '0'), String(arrivals).padStart(3, '0'));
      writeFileSync(node, '');
      plugged.set(path, { device, node, home });
    },
    configure(path) {
      const { device, home } = at(path);
      writeFileSync(join(home, 'bNumInterfaces'), ` ${String(Object.keys(device.interfaces ?? { 0: '' }).length)}\n`);
    },
    unplug(path) {
      const { device, node, home } = at(path);
      for (const tty of Object.values(device.interfaces ?? {})) if (tty !== undefined) unlinkSync(join(serial, tty));
      unlinkSync(join(devices, path));
      rmSync(home, { recursive: true });
      rmSync(node);
      plugged.delete(path);
    },
  };
}
