import { fstatSync } from 'node:fs';
import type { Cancel, Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { NameWatch } from '../base/name-watch.js';
import type { Secrets } from '../base/secrets.js';
import type { LineRole } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { LineDefinition } from '../rig/schema.js';
import { identityOf, pathFinder, type DeviceFinder, type FoundDevice } from './device-finder.js';
import { OpenLineStream } from './line-stream.js';
import { cannotOpen, neverCame } from './port-fault.js';
import { openSerialDevice } from './serial-device.js';
import type { Line, LineStream } from './types.js';
import { usbFinder } from './usb-finder.js';
import type { DeviceRoots } from '../usb/devices.js';
import type { UsbMonitor } from '../usb/monitor.js';

export interface LineOptions extends DeviceRoots {
  /** Tells when devices come and go on the bus: a line on USB ends with its device, not with a failing read. */
  readonly usb?: UsbMonitor;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly secrets: Secrets;
}

/** A line by its definition; watches for its device from now on, opens it when asked. Throws nothing: a missing device may come. */
export function openLine(definition: LineDefinition, role: LineRole, options: LineOptions): Line {
  const finder = definition.usb === undefined ? pathFinder(definition.device ?? '') : usbFinder(definition.usb, options);
  return watchLine(finder, definition.baudRate, role, options);
}

/** A line whose device is found in a way of its own. */
export function watchLine(finder: DeviceFinder, baudRate: number, role: LineRole, options: LineOptions): Line {
  return new WatchedLine(finder, baudRate, role, options);
}

/** Second net under the file system's events, in ms. */
const safetyLook = 1000;
/** Waits in ms between tries to open a device that is there: udev sets its permissions a little after it appears. */
const retryWaits = [5, 20, 50, 100, 200, 500, 1000];
/** Looks in a row while the directories to be watched still change. */
const mostLooks = 10;

interface Presence extends FoundDevice {
  /** When it was seen to appear, monotonic ms, until it is opened; undefined when it was there from the start. */
  since: number | undefined;
}

interface Request {
  readonly within: number;
  resolve(stream: LineStream): void;
  reject(why: Error): void;
  failure: RigFault | undefined;
}

class WatchedLine implements Line {
  readonly #watch: NameWatch;
  readonly #listeners = new Set<(change: 'appeared' | 'gone') => void>();
  #present: Presence | undefined;
  #why: () => string = () => '';
  #stream: OpenLineStream | undefined;
  #request: Request | undefined;
  /** A device that hung up, while its node may still be there. */
  #dead: (FoundDevice & { readonly until: number }) | undefined;
  #trying: Promise<void> | undefined;
  #tries = 0;
  /** `changed` of the node when it was tried last. */
  #tried = '';
  /** Something happened to the node or another one during the try under way. */
  #lookAgain = false;
  #cancelRetry: Cancel | undefined;
  #cancelSafety: Cancel = () => undefined;
  #cancelUsb: Cancel = () => undefined;
  #closed = false;

  constructor(
    private readonly finder: DeviceFinder,
    private readonly baudRate: number,
    readonly role: LineRole,
    private readonly options: LineOptions,
  ) {
    this.#watch = new NameWatch((what) => {
      // A module brings a dozen of these with it, when every millisecond to its first report counts: after the try is time enough.
      if (this.#trying !== undefined) this.#lookAgain = true;
      // Each write to any ttyUSB of the machine is a change of contents; permissions matter to one who waits.
      else if (what === 'name' || this.#request !== undefined) this.#look();
    });
    this.#look(true);
    this.#lookLater();
    this.#cancelUsb =
      options.usb?.onChange(() => {
        this.#look();
      }) ?? this.#cancelUsb;
  }

  get present(): boolean {
    return this.#present !== undefined;
  }

  async open(options: { readonly within: number; readonly signal?: AbortSignal }): Promise<LineStream> {
    const { within, signal } = options;
    if (this.#closed) throw new RigFault(`line ${this.role}: closed`, { asked: this.finder.path });
    if (this.#request !== undefined || this.#stream?.open === true) {
      throw new Error(`line ${this.role} is open already: a line has one stream at a time`);
    }
    if (signal?.aborted === true) throw this.#stopped();
    let cancel: Cancel = () => undefined;
    const stop = (): void => {
      this.#refuse(this.#stopped());
    };
    try {
      return await new Promise<LineStream>((resolve, reject) => {
        this.#request = { within, resolve, reject, failure: undefined };
        signal?.addEventListener('abort', stop);
        cancel = this.options.clock.after(within, () => {
          this.#refuse(this.#request?.failure ?? neverCame(this.role, this.finder.path, within, this.#why()));
        });
        this.#tries = 0;
        this.#stopRetry();
        this.#look();
      });
    } finally {
      cancel();
      signal?.removeEventListener('abort', stop);
    }
  }

  watch(listener: (change: 'appeared' | 'gone') => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    this.#cancelUsb();
    this.#cancelSafety();
    this.#stopRetry();
    this.#listeners.clear();
    this.#refuse(new RigFault(`line ${this.role}: closed while it was waited for`, { asked: this.finder.path }));
    await this.#trying;
    await this.#stream?.close();
  }

  #lookLater(): void {
    this.#cancelSafety = this.options.clock.after(safetyLook, () => {
      this.#look();
      if (!this.#closed) this.#lookLater();
    });
  }

  /** Compares what is there with what was, and tells. */
  #look(first = false): void {
    if (this.#closed) return;
    let finding = this.finder.look();
    // What came between the look and the watch is seen by the second look.
    for (let looks = 1; looks < mostLooks && this.#watch.set(finding.watch); looks += 1) finding = this.finder.look();
    this.#why = finding.why;
    const found = this.#living(finding.found);
    if (this.#present !== undefined && key(found) !== key(this.#present)) {
      this.#leave(found === undefined ? `the device left: ${finding.why()}` : `the path now leads to ${found.device}`);
    }
    if (this.#present === undefined && found !== undefined) this.#appear(found, first);
    else if (found !== undefined) this.#try(found.changed);
  }

  /** On USB the node outlives the hang-up by some ms: until it changes, or for one safety look, it is no device. */
  #living(found: FoundDevice | undefined): FoundDevice | undefined {
    const dead = this.#dead;
    if (dead === undefined) return found;
    if (key(found) === key(dead) && found?.changed === dead.changed && this.options.clock.now() < dead.until) {
      this.#why = () => `${dead.device} has hung up`;
      return undefined;
    }
    this.#dead = undefined;
    return found;
  }

  #appear(found: FoundDevice, first: boolean): void {
    const { clock, journal } = this.options;
    this.#present = { ...found, since: first ? undefined : clock.now() };
    journal.write({ type: 'line.appeared', line: this.role, path: this.finder.path, device: found.device });
    this.#tries = 0;
    this.#stopRetry();
    if (!first) this.#tell('appeared');
    this.#try(found.changed);
  }

  #leave(why: string): void {
    this.#present = undefined;
    if (this.#request !== undefined) this.#request.failure = undefined;
    this.#stream?.lose(why);
    this.options.journal.write({ type: 'line.gone', line: this.role, path: this.finder.path });
    this.#tell('gone');
  }

  #tell(change: 'appeared' | 'gone'): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  /** Tries now, unless the last try failed on the very same node: then the next one is due soon anyway. */
  #try(changed: string): void {
    if (this.#request === undefined || this.#present === undefined) return;
    if (this.#trying !== undefined) return;
    if (this.#cancelRetry !== undefined && changed === this.#tried) return;
    this.#stopRetry();
    this.#tried = changed;
    this.#lookAgain = false;
    const tried = this.#present;
    this.#trying = this.#open(tried).then(() => {
      this.#trying = undefined;
      if (this.#closed) return;
      if (this.#request !== undefined && this.#present === tried) this.#retryLater();
      if (this.#lookAgain || this.#present !== tried) this.#look();
    });
  }

  #retryLater(): void {
    const wait = retryWaits[Math.min(this.#tries, retryWaits.length - 1)] ?? safetyLook;
    this.#tries += 1;
    this.#cancelRetry = this.options.clock.after(wait, () => {
      this.#cancelRetry = undefined;
      this.#look();
    });
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** One try; settles the request when it succeeds. Never rejects. */
  async #open(present: Presence): Promise<void> {
    const { clock, journal, secrets } = this.options;
    const { role } = this;
    const { path } = this.finder;
    // The descriptor of the stream before holds the lock, and on USB the number of the node.
    await this.#stream?.released();
    let device;
    try {
      device = await openSerialDevice(present.device, this.baudRate);
    } catch (error) {
      if (this.#request !== undefined) this.#request.failure = cannotOpen(role, path, present.device, error);
      return;
    }
    const request = this.#request;
    const same = this.#present === present && identityOf(fstatSync(device.descriptor)) === present.identity;
    if (request === undefined || !same) {
      await device.release();
      return;
    }
    this.#request = undefined;
    const sinceAppeared = present.since === undefined ? {} : { sinceAppeared: clock.now() - present.since };
    present.since = undefined;
    journal.write({ type: 'line.open', line: role, path, device: present.device, ...sinceAppeared });
    const stream = new OpenLineStream({ role, path, device, journal, secrets });
    this.#stream = stream;
    void stream.ended.then(({ how }) => {
      // A hang-up means that the device left, even if another one has its name already.
      if (how === 'lost' && this.#present === present && !this.#closed) {
        this.#dead = { ...present, until: clock.now() + safetyLook };
        this.#leave('hung up');
      }
      this.#look();
    });
    request.resolve(stream);
  }

  #refuse(why: RigFault): void {
    const request = this.#request;
    this.#request = undefined;
    this.#stopRetry();
    request?.reject(why);
  }

  #stopped(): RigFault {
    return new RigFault(`line ${this.role}: the wait for its device was stopped`, { asked: this.finder.path, seen: this.#why() });
  }
}

/** The same name for the same device. */
function key(found: FoundDevice | undefined): string | undefined {
  return found === undefined ? undefined : `${found.device} ${found.identity}`;
}
