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
  /** iProduct, when the device has one; not read of a module with all of its ports. */
  readonly name: string | undefined;
  /** bInterfaceNumbers; undefined until the kernel has chosen a configuration and made them all, some ms after the device came. */
  readonly interfaces: readonly number[] | undefined;
  /** Differs from one arrival to the next, also of the same device at the same place. */
  readonly identity: string;
}

export type DeviceKind = 'module' | 'emergency-download' | 'dump' | 'other';

const quectel = 0x2c7c;
const qualcomm = 0x05c6;
const loaderName = /^Q(HS)?USB_/;

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
  if (loaderName.test(name ?? '')) return /DLOAD/.test(name ?? '') ? 'emergency-download' : 'dump';
  const [only, second] = interfaces ?? [];
  if (only === undefined || second !== undefined) return 'module';
  return release === 0 || (only === 0 && !used.includes(0)) ? 'dump' : 'module';
}

/**
 * A dump that only its single port tells: no ids and no name of a loader. A recovery or a start may look like that for a while, so it
 * is one only when it stays.
 */
export function isDoubtful(device: UsbDevice, used: readonly number[] = []): boolean {
  return kindOf(device, used) === 'dump' && device.vendor === quectel && !loaderName.test(device.name ?? '');
}

/** `2c7c:0125`, or with its name `05c6:9008 (QUSB_BULK)`. */
export function deviceText({ vendor, product, name }: Pick<UsbDevice, 'vendor' | 'product' | 'name'>): string {
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  return `${hex(vendor)}:${hex(product)}${name === undefined ? '' : ` (${name})`}`;
}

/**
 * What tells the device at a place from one that was there before; undefined when there is none. Quick: it is asked at each event of the
 * bus. Never throws.
 */
export function readIdentity(path: string, sys = '/sys'): string | undefined {
  const directory = join(sys, 'bus/usb/devices', path);
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  try {
    return `${String(stats.ino)} ${readFileSync(join(directory, 'devnum'), 'latin1').trim()}`;
  } catch {
    return undefined;
  }
}

/**
 * Quicker still, for the dozens of events that one arrival brings, just when a line should be opened: the same mark twice is the same device.
 * Another mark may be the same device as well; undefined when there is none.
 */
export function readMark(path: string, sys = '/sys'): string | undefined {
  const stats = statSync(join(sys, 'bus/usb/devices', path), { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${String(stats.ino)} ${String(stats.ctimeMs)}`;
}

/**
 * The device at a place of the bus; undefined when there is none. Never throws: a device may leave between two reads. Reads nothing
 * that waits for the kernel's lock on the device, which is held while its drivers are bound, just when a line should be opened.
 */
export function readDevice(path: string, sys = '/sys'): UsbDevice | undefined {
  const identity = readIdentity(path, sys);
  if (identity === undefined) return undefined;
  const directory = join(sys, 'bus/usb/devices', path);
  try {
    const descriptors = readFileSync(join(directory, 'descriptors'));
    const [vendor, product, release] = [8, 10, 12].map((offset) => descriptors.readUInt16LE(offset));
    if (vendor === undefined || product === undefined || release === undefined) return undefined;
    const interfaces = readInterfaces(directory, path, descriptors);
    const device = { path, vendor, product, release, interfaces, identity, name: undefined };
    // The name is behind that lock; a module with all of its ports needs none.
    return vendor === quectel && interfaces?.length !== 1 ? device : { ...device, name: readName(path, sys) };
  } catch {
    return undefined;
  }
}

function readName(path: string, sys: string): string | undefined {
  try {
    const name = readFileSync(join(sys, 'bus/usb/devices', path, 'product'), 'latin1').trim();
    return name === '' ? undefined : printable(name);
  } catch {
    return undefined;
  }
}

/** An interface of the device that is there now. */
interface InterfaceEntry {
  readonly directory: string;
  readonly configuration: number;
  readonly number: number;
}

function interfaceEntries(directory: string, path: string): InterfaceEntry[] {
  return readdirSync(directory).flatMap((entry) => {
    // 1-1.4:1.2: configuration 1, bInterfaceNumber 2.
    const [, configuration, number] = entry.startsWith(`${path}:`) ? (/:(\d+)\.(\d+)$/.exec(entry) ?? []) : [];
    if (configuration === undefined || number === undefined) return [];
    return [{ directory: join(directory, entry), configuration: Number(configuration), number: Number(number) }];
  });
}

/** All interfaces of the configuration that was chosen; undefined as long as there is none, or some are still to come. */
function readInterfaces(directory: string, path: string, descriptors: Buffer): number[] | undefined {
  const entries = interfaceEntries(directory, path);
  const chosen = entries[0]?.configuration;
  if (chosen === undefined) return undefined;
  // Behind the 18 bytes of the device stand the configurations: total length at 2, interfaces at 4, own number at 5.
  let offset = 18;
  while (offset + 9 <= descriptors.length && descriptors[offset + 5] !== chosen) {
    offset += Math.max(9, descriptors.readUInt16LE(offset + 2));
  }
  const count = descriptors[offset + 4] ?? 0;
  return entries.length >= count ? entries.map(({ number }) => number).sort((one, other) => one - other) : undefined;
}

export interface SerialPortEntry {
  /** ttyUSB2 */
  readonly tty: string;
  /** Its directory in sysfs, there as long as the port is. */
  readonly directory: string;
}

/** The serial port on an interface; undefined when there is none (yet). Never throws. */
export function readSerialPort({ path, interface: wanted }: UsbAddress, sys = '/sys'): SerialPortEntry | undefined {
  const device = join(sys, 'bus/usb/devices', path);
  if (statSync(device, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    const found = interfaceEntries(device, path).find(({ number }) => number === wanted);
    if (found === undefined) return undefined;
    const names = readdirSync(found.directory);
    // ttyUSB stands in the interface itself, ttyACM one level deeper.
    const usb = names.find((name) => /^ttyUSB\d+$/.test(name));
    if (usb !== undefined) return { tty: usb, directory: join(found.directory, usb) };
    const [acm] = names.includes('tty') ? readdirSync(join(found.directory, 'tty')) : [];
    return acm === undefined ? undefined : { tty: acm, directory: join(found.directory, 'tty', acm) };
  } catch {
    return undefined;
  }
}

/** A device says of itself what it likes. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 126);
}
