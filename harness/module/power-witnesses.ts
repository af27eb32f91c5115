import type { Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import type { LineRole } from '../journal/events.js';
import type { Power } from '../power/types.js';
import type { Ports } from './ports.js';
import type { Timing } from './timing.js';
import type { UnitLine } from './types.js';
import { Wake } from './wake.js';

export interface WitnessParts {
  readonly ports: Ports;
  readonly power: Pick<Power, 'wires' | 'status' | 'onStatus'>;
  readonly clock: Clock;
  readonly timing: Timing;
  /** The AT line is a USB port of the module itself: its device leaves with the module. An adapter's device would stay. */
  readonly usb: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What was seen after the supply was told to change. Times in ms from the end of the switching, never below 0. */
export interface PowerSeen {
  /** STATUS before and at the end; undefined without that wire. */
  readonly statusBefore: boolean | undefined;
  readonly statusAfter: boolean | undefined;
  readonly statusFell: number | undefined;
  /** The AT line's USB device: when it left, and whether it was there at the end. */
  readonly usbLeft: number | undefined;
  readonly usbThere: boolean;
  /** The lines that answered before: `silentAfter` is the last sign of life, undefined when they still answer. */
  readonly lines: readonly { readonly role: LineRole; readonly silentAfter: number | undefined }[];
  /** Those of them whose adapter left: what is not heard then says nothing of the module, so they are not among `lines`. */
  readonly adaptersLeft: readonly LineRole[];
  /** How long it was watched. */
  readonly watched: number;
}

/** Between two AT on a line that answers: the resolution of `silentAfter` while the module lives on. */
const probePause = 100;
/** Unanswered AT in a row until a line counts as silent: one may be lost to a busy host. */
const silentProbes = 2;

/**
 * Lets `act` switch the supply, then watches STATUS, the USB device and the lines, until all of them say that the module is without
 * power, or for `within` ms. Rejects with the fault of a wire that cannot be switched or read, and when the run is interrupted.
 */
export async function watchPower(
  parts: WitnessParts,
  act: () => Promise<void>,
  options: { readonly lines: readonly UnitLine[]; readonly statusBefore: boolean | undefined; readonly within: number },
): Promise<PowerSeen> {
  const { power, clock, timing, usb, ports, signal } = parts;
  const { statusBefore } = options;
  const usbLine = usb ? ports.lines.find(({ port }) => port.role === 'at')?.line : undefined;
  const life = new Map<LineRole, number>();
  const unanswered = new Map<LineRole, number>();
  /** Lines not over the module's own USB whose device left, until they answer again. */
  const adaptersLeft = new Set<LineRole>();
  const wakes: Wake[] = [];
  let status = statusBefore;
  let fell: number | undefined;
  let left: number | undefined;
  let stopped = false;

  const heard = (on: boolean): void => {
    // Only news wakes: a reading that woke its own reader would never let the loop rest.
    if (on === status) return;
    if (!on) fell = clock.now();
    status = on;
    for (const wake of wakes) wake.poke();
  };
  const stop = (): void => {
    stopped = true;
    for (const wake of wakes) wake.poke();
  };
  const cancels = [
    power.onStatus(heard),
    ports.onSighting((sighting) => {
      if (sighting.kind === 'urc' && sighting.report !== undefined) life.set(sighting.role, sighting.t);
      if (sighting.kind === 'gone' && sighting.role === usbLine?.role) left ??= sighting.t;
      if ((sighting.kind === 'gone' || sighting.kind === 'lost') && sighting.role !== usbLine?.role)
        adaptersLeft.add(sighting.role);
      for (const wake of wakes) wake.poke();
    }),
  ];
  signal?.addEventListener('abort', stop);

  const silent = ({ port }: UnitLine): boolean => !port.connected || (unanswered.get(port.role) ?? 0) >= silentProbes;
  const adapterLeft = ({ line, port }: UnitLine): boolean => line !== usbLine && (!port.connected || adaptersLeft.has(port.role));
  /** One AT is unanswered: lost to a busy host, or the first after the last sign of life? */
  const doubtful = ({ port }: UnitLine): boolean => !stopped && port.connected && unanswered.get(port.role) === 1;
  const dead = (): boolean =>
    status !== true && usbLine?.present !== true && options.lines.every((line) => silent(line) || adapterLeft(line));

  try {
    await act();
    const start = clock.now();
    const end = start + options.within;
    const over = (): boolean => stopped || clock.now() >= end || dead();

    const askStatus = async (): Promise<void> => {
      const wake = new Wake(clock);
      wakes.push(wake);
      do {
        const on = await power.status();
        if (on !== undefined) heard(on);
        if (!over()) await wake.wait(Math.min(end, clock.now() + timing.look));
      } while (!over());
    };
    const probe = async (line: UnitLine): Promise<void> => {
      const { port } = line;
      const wake = new Wake(clock);
      wakes.push(wake);
      while (!over() || doubtful(line)) {
        if (port.connected) {
          const { result } = await port.command('AT', { deadline: timing.probe });
          if (result === 'timeout') unanswered.set(port.role, (unanswered.get(port.role) ?? 0) + 1);
          else if (result !== 'lost') {
            unanswered.set(port.role, 0);
            life.set(port.role, clock.now());
            adaptersLeft.delete(port.role);
          }
        }
        if (!over()) await wake.wait(Math.min(end, clock.now() + probePause));
      }
      // What is over for one ends the waits of the others.
      for (const other of wakes) other.poke();
    };
    const tasks = [...(power.wires.status ? [askStatus()] : []), ...options.lines.map(probe)];
    try {
      await Promise.all(tasks);
    } finally {
      stop();
      await Promise.allSettled(tasks);
    }
    if (signal?.aborted === true) throw interruption(signal);
    const since = (t: number | undefined): number | undefined =>
      t === undefined ? undefined : Math.max(0, Math.round(t - start));
    return {
      statusBefore,
      statusAfter: status,
      statusFell: status === false ? since(fell) : undefined,
      usbLeft: since(left),
      usbThere: usbLine?.present === true,
      lines: options.lines
        .filter((line) => !adapterLeft(line))
        .map((line) => ({
          role: line.port.role,
          silentAfter: silent(line) ? since(life.get(line.port.role) ?? start) : undefined,
        })),
      adaptersLeft: options.lines.filter(adapterLeft).map(({ port }) => port.role),
      watched: Math.round(clock.now() - start),
    };
  } finally {
    signal?.removeEventListener('abort', stop);
    for (const cancel of cancels) cancel();
  }
}

/** Signs that a module has power and runs: a report, its USB device, STATUS high, an answer. */
export class LifeSigns {
  readonly #wake: Wake;
  readonly #cancels: (() => void)[];
  /** The first of them, in words. */
  first: string | undefined;
  /** A boot report was among them: it started anew. */
  booted = false;
  /** It would have shown: there is a trusted STATUS or the module's own USB, or an AT went out on another line. */
  listened: boolean;

  /** `status`: STATUS is known to tell the truth. */
  constructor(
    private readonly parts: WitnessParts,
    private readonly status: boolean,
  ) {
    const { ports, power, clock, usb } = parts;
    this.#wake = new Wake(clock);
    this.listened = status || (usb && ports.lines.some(({ port }) => port.role === 'at'));
    this.#cancels = [
      ports.onSighting((sighting) => {
        if (sighting.kind === 'urc' && sighting.report !== undefined) {
          this.booted ||= sighting.report.kind === 'boot';
          this.#seen(`${sighting.text} on ${sighting.role}`);
        } else if (sighting.kind === 'appeared' && sighting.role === 'at' && usb) this.#seen('its USB device came');
      }),
      power.onStatus((on) => {
        if (on && status) this.#seen('STATUS rose');
      }),
    ];
  }

  /** Waits for one; false when `within` ms are over. */
  async wait(within: number): Promise<boolean> {
    const { clock, ports, power, timing, signal } = this.parts;
    const deadline = clock.now() + within;
    const left = (): number => deadline - clock.now();
    const poke = (): void => {
      this.#wake.poke();
    };
    signal?.addEventListener('abort', poke);
    try {
      while (this.first === undefined && left() > 0) {
        if (signal?.aborted === true) throw interruption(signal);
        if (this.status && (await power.status()) === true) this.#seen('STATUS is high');
        for (const { port } of ports.lines) {
          if (this.first !== undefined || left() <= 0 || !port.connected) continue;
          const { ok, result } = await port.command('AT', { deadline: timing.probe });
          if (ok) this.#seen(`answers AT on ${port.role}`);
          this.listened ||= result !== 'lost';
        }
        if (this.first === undefined) await this.#wake.wait(Math.min(deadline, clock.now() + timing.look));
      }
      return this.first !== undefined;
    } finally {
      signal?.removeEventListener('abort', poke);
    }
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #seen(what: string): void {
    this.first ??= what;
    this.#wake.poke();
  }
}

function interruption(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new RigFault('interrupted', { seen: String(signal.reason) });
}
