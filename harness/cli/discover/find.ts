import { readdirSync, readFileSync } from 'node:fs';
import type { SerialPort } from 'serialport';
import type { Clock } from '../../base/clock.js';
import { RigFault } from '../../base/errors.js';
import { listUsbSerialPorts } from '../../line/usb-finder.js';
import { listGpioChips, type GpioChips } from '../../power/gpio/chips.js';
import { kindOf, readDevice, type DeviceKind, type DeviceRoots } from '../../usb/devices.js';
import { listUsbDevices, type ListedDevice } from '../../usb/hotplug.js';
import { askPort, type Asked } from './ask.js';
import { findSerialPorts, type FoundPort } from './serial-ports.js';

/** A module on USB, or what a module turns into when it does not start. */
export interface FoundUnit {
  readonly path: string;
  /** `2c7c:0125` */
  readonly id: string;
  readonly kind: Exclude<DeviceKind, 'other'>;
  /** Undefined for a Quectel device that is neither; then `id` says what it is. */
  readonly module: 'EC25' | 'EC21' | undefined;
  readonly name: string | undefined;
  readonly ports: readonly { readonly interface: number; readonly tty: string }[];
  /** What its AT port answered; undefined when it has none. */
  readonly asked: Asked | undefined;
}

export interface Found {
  readonly units: readonly FoundUnit[];
  readonly ports: readonly FoundPort[];
  readonly gpio: GpioChips;
  /** What could not be looked at, with what to do about it. */
  readonly problems: readonly { readonly what: string; readonly hint?: string }[];
}

/** Where to look; only tests look elsewhere. */
export interface FindOptions extends DeviceRoots {
  readonly clock: Clock;
  readonly devices?: () => Promise<readonly ListedDevice[]>;
  readonly list?: typeof SerialPort.list;
  readonly gpio?: () => Promise<GpioChips>;
  readonly proc?: string;
}

/** Interface of the AT port on EC25 and EC21. */
export const atInterface = 2;
const modules: Readonly<Record<string, 'EC25' | 'EC21'>> = { '2c7c:0125': 'EC25', '2c7c:0121': 'EC21' };

/** Looks at everything that a rig could be made of. Of the modules, AT ports are asked who they are; nothing is changed. */
export async function findAll(options: FindOptions): Promise<Found> {
  const { sys = '/sys', dev = '/dev', devices: list = () => listUsbDevices(sys), gpio = () => listGpioChips() } = options;
  const problems: { what: string; hint?: string }[] = [];
  let devices: readonly ListedDevice[] = [];
  try {
    devices = await list();
  } catch (error) {
    if (!(error instanceof RigFault)) throw error;
    const { seen, hint } = error.explanation;
    problems.push({ what: `${error.message}: ${seen ?? ''}`, ...(hint === undefined ? {} : { hint }) });
  }
  const serial = listUsbSerialPorts(sys);
  const units: FoundUnit[] = [];
  for (const listed of devices) {
    const device = readDevice(listed.path, sys);
    const kind = device === undefined ? 'other' : kindOf(device, [atInterface]);
    if (kind === 'other') continue;
    const id = idText(listed);
    const ports = serial.filter(({ path }) => path === listed.path).sort((one, other) => one.interface - other.interface);
    const atPort =
      kind === 'module' && modules[id] !== undefined ? ports.find((port) => port.interface === atInterface) : undefined;
    units.push({
      path: listed.path,
      id,
      kind,
      module: modules[id],
      name: listed.name,
      ports: ports.map((port) => ({ interface: port.interface, tty: port.tty })),
      asked:
        atPort === undefined
          ? undefined
          : await askPort({ usb: { path: atPort.path, interface: atInterface }, baudRate: 115_200 }, options.clock, { sys, dev }),
    });
  }
  const taken = new Set(units.flatMap(({ ports }) => ports.map(({ tty }) => tty)));
  const { ports, problem } = await findSerialPorts(taken, options);
  if (problem !== undefined) problems.push({ what: problem });
  if (modemManagerRuns(options.proc)) {
    const hint = 'systemctl disable --now ModemManager, or a udev rule that sets ID_MM_DEVICE_IGNORE for these devices';
    problems.push({ what: 'ModemManager runs on this host: it opens AT ports by itself', hint });
  }
  return { units, ports, gpio: await gpio(), problems };
}

export function idText({ vendor, product }: { readonly vendor: number; readonly product: number }): string {
  const hex = (value: number): string => value.toString(16).padStart(4, '0');
  return `${hex(vendor)}:${hex(product)}`;
}

function modemManagerRuns(proc = '/proc'): boolean {
  try {
    return readdirSync(proc).some((pid) => /^\d+$/.test(pid) && nameOf(`${proc}/${pid}/comm`) === 'ModemManager');
  } catch {
    return false;
  }
}

function nameOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
