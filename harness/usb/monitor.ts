import { join } from 'node:path';
import type { Cancel, Clock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { NameWatch } from '../base/name-watch.js';
import type { Journal } from '../journal/journal.js';
import {
  deviceText,
  isDoubtful,
  kindOf,
  readDevice,
  readIdentity,
  readMark,
  type DeviceRoots,
  type UsbAddress,
  type UsbDevice,
} from './devices.js';
import { packageHotplug, type Hotplug } from './hotplug.js';

export interface MonitorOptions extends DeviceRoots {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Another source of events than the `usb` package, for tests. */
  readonly hotplug?: Hotplug;
}

/** The places of the bus that a rig's lines are on. Losing a device is an event, never an exception. */
export interface UsbMonitor {
  /** Called when a device came to one of the places or left it, after the journal has it. Returns the cancellation. */
  onChange(listener: () => void): () => void;
  /** Stops watching; idempotent. */
  close(): Promise<void>;
}

/** Second net under the events, in ms. */
const safetyLook = 1000;
/** How long a device may be without a configuration before it is told as it is, and the pause between two looks at it, in ms. */
const unconfiguredFor = 1000;
const unconfiguredLook = 10;

interface Place {
  readonly path: string;
  /** Interfaces that lines of the rig are on. */
  readonly used: readonly number[];
  /** What was told of last. */
  device: UsbDevice | undefined;
  /** Of the place when `device` was seen there. */
  mark: string | undefined;
  /** A device that came and is not told of yet. */
  coming: { readonly identity: string; readonly since: number } | undefined;
}

/**
 * Watches the USB paths of a rig from now on. What was there already counts as arrived. Three sources say when to look: the kernel's
 * nodes in /dev/bus/usb (at once, also without udev), the `usb` package, and a slow timer; what is found in sysfs then is compared
 * with what was, so that nothing is missed and nothing told twice, however late the process comes to look.
 */
export function watchUsb(addresses: readonly UsbAddress[], options: MonitorOptions): UsbMonitor {
  return new Monitor(addresses, options);
}

class Monitor implements UsbMonitor {
  readonly #places: Place[];
  readonly #listeners = new Set<() => void>();
  readonly #watch: NameWatch;
  readonly #hotplug: Promise<(() => Promise<void>) | undefined>;
  #cancelSafety: Cancel = () => undefined;
  #cancelSoon: Cancel | undefined;
  #closed = false;

  constructor(
    addresses: readonly UsbAddress[],
    private readonly options: MonitorOptions,
  ) {
    const { dev = '/dev', journal, hotplug = packageHotplug } = options;
    this.#places = [...new Set(addresses.map(({ path }) => path))].map((path) => ({
      path,
      used: addresses.filter((address) => address.path === path).map((address) => address.interface),
      device: undefined,
      mark: undefined,
      coming: undefined,
    }));
    const look = (): void => {
      this.#look();
    };
    const nodes = this.#places.map(({ path }) => ({
      directory: join(dev, 'bus/usb', String(Number.parseInt(path, 10)).padStart(3, '0')),
      name: /^\d+$/,
    }));
    this.#watch = new NameWatch(() => {
      look();
      // The directory of a bus may have come just now; one that a device is in is watched.
      if (this.#places.some(({ device }) => device === undefined) && this.#watch.set(nodes)) look();
    });
    this.#watch.set(nodes);
    this.#hotplug = hotplug(look).catch((error: unknown) => {
      const text = `no USB events from the usb package (${messageOf(error)}): the kernel's nodes and a look a second remain`;
      if (!this.#closed) journal.write({ type: 'note', text });
      return undefined;
    });
    look();
    this.#lookLater();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#watch.close();
      this.#cancelSafety();
      this.#cancelSoon?.();
      this.#listeners.clear();
    }
    const end = await this.#hotplug;
    await end?.();
  }

  #lookLater(): void {
    this.#cancelSafety = this.options.clock.after(safetyLook, () => {
      this.#look();
      if (!this.#closed) this.#lookLater();
    });
  }

  #look(): void {
    if (this.#closed) return;
    const changed = this.#places.filter((place) => this.#compare(place));
    if (changed.length === 0) return;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Compares what is at a place with what was told of it, and tells. True when it told something. */
  #compare(place: Place): boolean {
    const { sys } = this.options;
    const mark = readMark(place.path, sys);
    const told = place.device;
    const unconfigured = told !== undefined && told.interfaces === undefined;
    if (told !== undefined && !unconfigured && mark !== undefined && mark === place.mark) return false;
    const identity = readIdentity(place.path, sys);
    if (identity === told?.identity) {
      place.mark = mark;
      return unconfigured && this.#configured(place, told);
    }
    const found = identity === undefined ? undefined : readDevice(place.path, sys);
    const left = told !== undefined;
    if (left) this.#leave(place);
    if (found === undefined) {
      place.coming = undefined;
      return left;
    }
    // What it is shows in its interfaces, and those come with its configuration.
    if (found.interfaces === undefined && this.#isYoung(place, found)) {
      this.#lookSoon();
      return left;
    }
    place.mark = mark;
    this.#arrive(place, found);
    return true;
  }

  #isYoung(place: Place, { identity }: UsbDevice): boolean {
    const t = this.options.clock.now();
    if (place.coming?.identity !== identity) place.coming = { identity, since: t };
    return t - place.coming.since < unconfiguredFor;
  }

  #lookSoon(): void {
    this.#cancelSoon ??= this.options.clock.after(unconfiguredLook, () => {
      this.#cancelSoon = undefined;
      this.#look();
    });
  }

  #arrive(place: Place, device: UsbDevice): void {
    const { path, vendor, product } = device;
    place.device = device;
    place.coming = undefined;
    const kind = kindOf(device, place.used);
    this.options.journal.write({ type: 'usb.arrived', path, vendor, product, kind });
    this.#tellOfLoader(place, device);
  }

  /** It was told of before it had its interfaces: only they may show that it is no module. True when they are there. */
  #configured(place: Place, told: UsbDevice): boolean {
    const found = readDevice(place.path, this.options.sys);
    if (found?.identity !== told.identity || found.interfaces === undefined) return false;
    place.device = found;
    if (kindOf(told, place.used) !== kindOf(found, place.used)) this.#tellOfLoader(place, found);
    return true;
  }

  #tellOfLoader(place: Place, device: UsbDevice): void {
    const { path } = device;
    const kind = kindOf(device, place.used);
    if (kind !== 'emergency-download' && kind !== 'dump') return;
    const [only, second] = device.interfaces ?? [];
    const alone = kind === 'dump' && only !== undefined && second === undefined ? `, interface ${String(only)} alone` : '';
    const doubtful = isDoubtful(device, place.used) ? { doubtful: true } : {};
    this.options.journal.write({
      type: 'module.device',
      kind,
      detail: `${deviceText(device)} at usb ${path}${alone}`,
      path,
      ...doubtful,
    });
  }

  #leave(place: Place): void {
    const { device } = place;
    place.device = undefined;
    if (device === undefined) return;
    const { path, vendor, product } = device;
    this.options.journal.write({ type: 'usb.left', path, vendor, product });
  }
}
