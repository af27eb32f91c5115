/** The files by which the kernel shows USB devices and their serial ports, in folders of a test. */
import { existsSync, mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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
  /** The kernel has chosen a configuration; the first `most` of its interfaces are there. */
  configure(path: string, most?: number): void;
  unplug(path: string): void;
}

const busOf = (path: string): string => path.slice(0, path.indexOf('-')).padStart(3, '0');

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
      const numbers = Object.keys(interfaces).map(Number);
      const descriptors = Buffer.alloc(27);
      descriptors.writeUInt16LE(Number.parseInt(vendor, 16), 8);
      descriptors.writeUInt16LE(Number.parseInt(product, 16), 10);
      descriptors.writeUInt16LE(Number.parseInt(release, 16), 12);
      descriptors.writeUInt16LE(9, 20);
      descriptors.set([numbers.length, 1], 22);
      writeFileSync(join(home, 'descriptors'), descriptors);
      file('devnum', String(arrivals));
      if (name !== undefined) file('product', name);
      plugged.set(path, { device, node: join(dev, 'bus/usb', busOf(path), String(arrivals).padStart(3, '0')), home });
      if (!unconfigured) this.configure(path);
      symlinkSync(home, join(devices, path));
      mkdirSync(dirname(at(path).node), { recursive: true });
      writeFileSync(at(path).node, '');
    },
    configure(path, most = Number.POSITIVE_INFINITY) {
      const { device, home } = at(path);
      for (const [number, tty] of Object.entries(device.interfaces ?? { 0: undefined }).slice(0, most)) {
        const place = join(home, `${path}:1.${number}`);
        mkdirSync(join(place, tty ?? ''), { recursive: true });
        writeFileSync(join(place, 'bInterfaceNumber'), `${Number(number).toString(16).padStart(2, '0')}\n`);
        if (tty !== undefined && !existsSync(join(serial, tty))) symlinkSync(join(place, tty), join(serial, tty));
      }
    },
    unplug(path) {
      const { device, node, home } = at(path);
      for (const tty of Object.values(device.interfaces ?? {})) if (tty !== undefined) rmSync(join(serial, tty), { force: true });
      unlinkSync(join(devices, path));
      rmSync(home, { recursive: true });
      rmSync(node);
      plugged.delete(path);
    },
  };
}
