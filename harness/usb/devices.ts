import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the kernel shows its devices; other roots are for tests. */
export interface DeviceRoots {
  readonly sys?: string;
  readonly dev?: string;
}

/** One port of a module on USB, as a rig definition names it. */
export interface UsbAddress {
  /** Bus and port chain, as in /sys/bus/usb/devices: 1-1.4. */
  readonly path: string;
  /** bInterfaceNumber. */
  readonly interface: number;
}

/** A device as sysfs shows it at this moment. */
export interface UsbDevice {
  readonly path: string;
  readonly vendor: number;
  readonly product: number;
  /** bcdDevice; 0 on a Quectel device that is in its loader. */
  readonly release: number;
  /** iProduct, when the device has one. */
  readonly name: string | undefined;
  /** bInterfaceNumbers; undefined until the kernel has chosen a configuration and made them all, some ms after the device came. */
  readonly interfaces: readonly number[] | undefined;
  /** Differs from one arrival to the next, also of the same device at the same place. */
  readonly identity: string;
}

export type DeviceKind = 'module' | 'emergency-download' | 'dump' | 'other';

const quectel = 0x2c7c;
const qualcomm = 0x05c6;

/**
 * What a device at a module's place on the bus is. 05c6:9008 is the boot ROM's emergency download; 05c6:900e a memory dump. A module
 * that crashed may also keep the vendor's own ids: then it is a single diag port, named QHSUSB__BULK or without a release number
 * (forums.quectel.com/t/35001), or the diag port alone. `used` are the interfaces the rig has lines on: a gadget or a custom
 * composition with nothing but such a port is a module.
 */
export function kindOf(device: UsbDevice, used: readonly number[] = []): DeviceKind {
  const { vendor, product, release, name, interfaces } = device;
  if (vendor === qualcomm && product === 0x9008) return 'emergency-download';
  if (vendor === qualcomm && product === 0x900e) return 'dump';
  if (vendor !== quectel) return 'other';
  if (/^Q(HS)?USB_/.test(name ?? '')) return /DLOAD/.test(name ?? '') ? 'emergency-download' : 'dump';
  const [only, second] = interfaces ?? [];
  if (only === undefined || second !== undefined) return 'module';
  return release === 0 || (only === 0 && !used.includes(0)) ? 'dump' : 'module';
}

/** `2c7c:0125`, or with its name `05c6:9008 (QUSB_BULK)`. */
export function deviceText({ vendor, product, name }: Pick<UsbDevice, 'vendor' | 'product' | 'name'>): string {
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  return `${hex(vendor)}:${hex(product)}${name === undefined ? '' : ` (${name})`}`;
}

/** The device at a place of the bus; undefined when there is none. Never throws: a device may leave between two reads. */
export function readDevice(path: string, sys = '/sys'): UsbDevice | undefined {
  const directory = join(sys, 'bus/usb/devices', path);
  const text = (file: string): string => readFileSync(join(directory, file), 'utf8').trim();
  try {
    const stats = statSync(directory);
    const name = optional(() => text('product')) ?? '';
    return {
      path,
      vendor: hex(text('idVendor')),
      product: hex(text('idProduct')),
      release: hex(text('bcdDevice')),
      name: name === '' ? undefined : printable(name),
      interfaces: readInterfaces(directory, path, Number.parseInt(text('bNumInterfaces'), 10)),
      identity: `${String(stats.ino)} ${text('devnum')}`,
    };
  } catch {
    return undefined;
  }
}

function readInterfaces(directory: string, path: string, count: number): number[] | undefined {
  const numbers: number[] = [];
  for (const entry of readdirSync(directory)) {
    // 1-1.4:1.2: configuration 1, interface 2.
    if (!entry.startsWith(`${path}:`)) continue;
    const number = optional(() => hex(readFileSync(join(directory, entry, 'bInterfaceNumber'), 'latin1')));
    if (number !== undefined) numbers.push(number);
  }
  return numbers.length >= count ? numbers.sort((one, other) => one - other) : undefined;
}

function hex(text: string): number {
  const value = Number.parseInt(text, 16);
  if (Number.isNaN(value)) throw new Error(`${text} is no number`);
  return value;
}

function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A device says of itself what it likes. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 126);
}
