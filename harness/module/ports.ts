import type { Answer, AtPort, Report, Urc } from '../at/types.js';
import type { Clock } from '../base/clock.js';
import type { LineRole } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { UnitLine } from './types.js';

/** Something seen of the unit, on whatever line: what boot and watch decide on. `t` is monotonic ms. */
export type Sighting =
  | {
      readonly kind: 'urc';
      readonly t: number;
      readonly role: LineRole;
      readonly text: string;
      readonly report: Report | undefined;
    }
  /** Our side of a line: opened, or lost while open. */
  | { readonly kind: 'open' | 'lost'; readonly t: number; readonly role: LineRole }
  /** The device of a line, whether it was open or not. */
  | { readonly kind: 'appeared' | 'gone'; readonly t: number; readonly role: LineRole }
  /** The harness switched something; VBUS is left out, as it takes only the USB devices away. */
  | {
      readonly kind: 'power';
      readonly t: number;
      readonly wire: 'supply' | 'powerKey' | 'reset';
      readonly action: 'on' | 'off' | 'press';
    }
  /** The module is on the bus as something else than itself. */
  | {
      readonly kind: 'device';
      readonly t: number;
      readonly device: 'emergency-download' | 'dump';
      readonly detail: string;
      /** Its place on the bus, where that is known. */
      readonly path?: string | undefined;
      /** A recovery or a start may look like it for a while. */
      readonly doubtful: boolean;
    }
  /** A device left one of the rig's places on the bus. */
  | { readonly kind: 'device-left'; readonly t: number; readonly path?: string };

export interface PortsOptions {
  readonly lines: { readonly at?: UnitLine; readonly uart?: UnitLine };
  readonly journal: Journal;
  readonly clock: Clock;
}

/** The unit's lines as one: which one to talk on, and everything that is seen on any of them in one stream. */
export class Ports {
  readonly lines: readonly UnitLine[];
  /** The line that commands belong to: the AT port over USB, or the UART on a rig without one. */
  readonly main: UnitLine;
  readonly #listeners = new Set<(sighting: Sighting) => void>();
  readonly #cancels: (() => void)[] = [];

  constructor(options: PortsOptions) {
    const { clock, journal, lines } = options;
    this.lines = [lines.at, lines.uart].filter((line) => line !== undefined);
    const main = this.lines[0];
    if (main === undefined) throw new TypeError('a unit needs at least one line');
    this.main = main;
    for (const { line, port } of this.lines) {
      const { role } = port;
      this.#cancels.push(
        port.onUrc((urc: Urc) => {
          this.#tell({ kind: 'urc', t: urc.t, role, text: urc.text, report: urc.report });
        }),
        port.onConnection((kind) => {
          this.#tell({ kind, t: clock.now(), role });
        }),
        line.watch((kind) => {
          this.#tell({ kind, t: clock.now(), role });
        }),
      );
    }
    this.#cancels.push(
      journal.subscribe((event) => {
        if (event.type === 'power.do' && event.wire !== 'vbus') {
          this.#tell({ kind: 'power', t: event.t, wire: event.wire, action: event.action });
        } else if (event.type === 'module.device') {
          const { t, kind: device, detail, path, doubtful = false } = event;
          this.#tell({ kind: 'device', t, device, detail, path, doubtful });
        } else if (event.type === 'usb.left') {
          this.#tell({ kind: 'device-left', t: event.t, path: event.path });
        }
      }),
    );
  }

  /** The main line's port when it is open, else another one that is; undefined when none is. */
  get connected(): AtPort | undefined {
    return [this.main, ...this.lines].find(({ port }) => port.connected)?.port;
  }

  onSighting(listener: (sighting: Sighting) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** One command on the line that is open; `lost` when none is. */
  async command(text: string, deadline: number): Promise<Answer> {
    const port = this.connected;
    if (port === undefined) return { command: text, result: 'lost', lines: [], took: 0, ok: false };
    return port.command(text, { deadline });
  }

  close(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#listeners.clear();
  }

  #tell(sighting: Sighting): void {
    for (const listener of [...this.#listeners]) listener(sighting);
  }
}
