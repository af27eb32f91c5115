import { join } from 'node:path';
import { pause, type Clock } from '../../base/clock.js';
import { RigFault, type Explanation } from '../../base/errors.js';
import { stateDir } from '../../rig/state.js';
import type { SupplyWire, Wires } from '../wires.js';
import { requestType, type GpioValue } from './binding.js';
import { holderOf, lineFault } from './faults.js';
import { lookAt } from './guard-duty.js';
import { harnessConsumer, type Watch } from './guard-message.js';
import { startGuardian, type Guardian } from './guardian.js';
import { findLines, type GpioDefinition, type GpioWire, type WiredLine } from './lines.js';
import { loadBinding, type LoadedBinding } from './load-binding.js';
import { edgeDescriptors, EdgeReader, type Edge } from './status-edges.js';
import { takeOver } from './take-over.js';

export interface GpioOptions {
  readonly rig: string;
  readonly definition: GpioDefinition;
  /** Least time without supply before it comes on again, ms. */
  readonly off: number;
  readonly clock: Clock;
  /** What to require for node-libgpiod, where the chips are, the descriptors of edges; only tests have others. */
  readonly library?: string;
  readonly loaded?: LoadedBinding;
  readonly devices?: string;
  readonly descriptors?: () => Set<number>;
  readonly guardian?: typeof startGuardian;
}

/** How long a guardian of an earlier run may take beyond the supply's least time off. */
const guardGrace = 10_000;

/**
 * Wires on lines of GPIO chips. Opening changes no level: a supply is driven as it stands, a key is let go. Rejects with a RigFault
 * when the library, a chip or a line cannot be had, with a UserError when the definition names a line that is not there.
 */
export async function openGpioWires(options: GpioOptions): Promise<Wires> {
  const { rig, definition, clock, off, devices, library = 'node-libgpiod' } = options;
  const loaded = options.loaded ?? loadBinding();
  if (!('binding' in loaded)) {
    throw new RigFault(`rig ${rig}: its power is on GPIO lines, and ${loaded.missing}`, {
      hint: `${loaded.hint}. Or switch the same lines by power.command with gpioset and gpioget (package gpiod), see docs/gpio.md`,
    });
  }
  const lines = findLines(loaded.binding, definition, devices);
  const held = await takeOver(lines, clock, off + guardGrace);
  const wires = new GpioWires(rig, lines, clock, options.descriptors ?? edgeDescriptors);
  try {
    wires.request(held);
    const watch = { rig, pid: process.pid, library, off, log: join(stateDir(), 'gpio-guard.log'), lines: wires.guarded() };
    wires.guard(await (options.guardian ?? startGuardian)(watch, clock, wires.guardEnded));
  } catch (error) {
    wires.release();
    throw error;
  }
  return wires;
}

type Trouble = (what: string, explanation: Explanation) => void;

class GpioWires implements Wires {
  readonly kind = 'gpio';
  readonly has: Wires['has'];
  readonly #lines: ReadonlyMap<GpioWire, WiredLine>;
  readonly #listeners = new Set<(on: boolean, at?: number) => void>();
  readonly #untold: Parameters<Trouble>[] = [];
  #trouble: Trouble = (...trouble) => {
    this.#untold.push(trouble);
  };
  #edges: EdgeReader | undefined;
  #guardian: Guardian | undefined;
  /** As it was found; a supply that nobody has switched is left so. */
  readonly #found = new Map<GpioWire, GpioValue>();
  /** Wires of which the guardian was told how to leave them. */
  readonly #told = new Set<SupplyWire>();

  constructor(
    private readonly rig: string,
    lines: readonly WiredLine[],
    private readonly clock: Clock,
    private readonly descriptors: () => Set<number>,
  ) {
    this.#lines = new Map(lines.map((line) => [line.wire, line]));
    const has = (wire: GpioWire): boolean => this.#lines.has(wire);
    this.has = {
      supply: has('supply'),
      vbus: has('vbus'),
      powerKey: has('powerKey'),
      reset: has('reset'),
      status: has('status'),
    };
  }

  /** Takes all lines without changing a level, but for a key that was pressed. `held`: as a guardian held them. Throws a WireFault. */
  request(held: ReadonlyMap<GpioWire, GpioValue>): void {
    for (const wired of this.#lines.values()) {
      const { wire, line, flags } = wired;
      const consumer = harnessConsumer(process.pid, wire, this.rig);
      try {
        if (wire === 'status') {
          const before = this.descriptors();
          line.lineRequest({ consumer, requestType: requestType.bothEdges, flags });
          this.#read(wired, before);
        } else {
          const value = wire === 'supply' || wire === 'vbus' ? (held.get(wire) ?? lookAt(line, flags)) : 0;
          this.#found.set(wire, value);
          line.lineRequest({ consumer, requestType: requestType.output, flags }, value);
        }
      } catch (error) {
        throw lineFault(wired, 'take', error);
      }
    }
  }

  guarded(): Watch['lines'] {
    return [...this.#lines.values()].flatMap(({ wire, path, offset, flags }) =>
      wire === 'status' ? [] : [{ wire, path, offset, flags, rest: this.#found.get(wire) ?? 0 }],
    );
  }

  guard(guardian: Guardian): void {
    this.#guardian = guardian;
  }

  readonly guardEnded = (how: string): void => {
    this.#guardian = undefined;
    this.#trouble('the guardian of the GPIO lines has ended: after a SIGKILL nobody would leave them safe', { seen: how });
  };

  onTrouble(listener: Trouble): void {
    this.#trouble = listener;
    for (const trouble of this.#untold.splice(0)) listener(...trouble);
  }

  async set(wire: SupplyWire, on: boolean): Promise<Record<string, never>> {
    // First and without waiting: it may be a cut.
    this.#write(wire, on ? 1 : 0);
    await Promise.resolve();
    // From now on it is ours to leave it on.
    if (!this.#told.has(wire)) this.rest(wire, true);
    return {};
  }

  rest(wire: SupplyWire, on: boolean): void {
    this.#told.add(wire);
    this.#guardian?.rest(wire, on ? 1 : 0);
  }

  async press(wire: 'powerKey' | 'reset', ms: number): Promise<Record<string, never>> {
    this.#write(wire, 1);
    try {
      await pause(this.clock, ms);
    } finally {
      this.#write(wire, 0);
    }
    return {};
  }

  status(): Promise<boolean> {
    const wired = this.#wired('status');
    try {
      return Promise.resolve(wired.line.getValue() === 1);
    } catch (error) {
      return Promise.reject(lineFault(wired, 'read', error));
    }
  }

  onStatus(listener: (on: boolean, at?: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  makeSafeNow(levels: readonly (readonly [SupplyWire, boolean])[]): void {
    const moves: (readonly [GpioWire, boolean])[] = [['powerKey', false], ['reset', false], ...levels];
    for (const [wire, on] of moves) {
      try {
        this.#lines.get(wire)?.line.setValue(on ? 1 : 0);
      } catch {
        // The others matter as much. The guardian tries again when this process has ended.
      }
    }
  }

  async close(): Promise<void> {
    this.makeSafeNow([]);
    const left = [...this.#lines.values()]
      .filter(({ wire }) => wire !== 'status')
      .map((wired) => [wired, this.#level(wired)] as const);
    this.release();
    const fallen = left.filter(([wired, level]) => !staysAt(wired, level));
    const guardian = this.#guardian;
    this.#guardian = undefined;
    if (fallen.length === 0) {
      await guardian?.dismiss();
      return;
    }
    for (const [{ wire, text }] of fallen) {
      this.#trouble(`power.gpio.${wire}: the level of ${text} changes when it is let go`, {
        asked: wire === 'supply' || wire === 'vbus' ? 'the supply stays as it was left' : 'the key stays up',
        hint: 'a resistor on the wire that gives it its level at rest, see docs/gpio.md; until then a guardian holds the line',
      });
    }
    guardian?.takeOver();
  }

  /** Lets go of every line; never throws. */
  release(): void {
    this.#edges?.close();
    for (const { line } of this.#lines.values()) {
      try {
        line.release();
      } catch {
        // A chip that is gone has let go already.
      }
    }
  }

  #level({ line }: WiredLine): GpioValue | undefined {
    try {
      return line.getValue() === 1 ? 1 : 0;
    } catch {
      return undefined;
    }
  }

  /** The kernel gives each line with edges a descriptor; the library keeps it to itself. */
  #read(wired: WiredLine, before: Set<number>): void {
    const [descriptor] = [...this.descriptors()].filter((one) => !before.has(one));
    if (descriptor === undefined) throw new Error('the kernel gave no descriptor for its edges');
    this.#edges = new EdgeReader({
      descriptor,
      clock: this.clock,
      level: () => wired.line.getValue() === 1,
      onEdge: ({ on, at }: Edge) => {
        for (const listener of this.#listeners) listener(on, at);
      },
      onTrouble: (what, explanation) => {
        this.#trouble(what, explanation);
      },
    });
  }

  #wired(wire: GpioWire): WiredLine {
    const wired = this.#lines.get(wire);
    if (wired === undefined) throw new RangeError(`rig ${this.rig} has no ${wire} wire`);
    return wired;
  }

  #write(wire: GpioWire, value: GpioValue): void {
    const wired = this.#wired(wire);
    try {
      wired.line.setValue(value);
    } catch (error) {
      throw lineFault(wired, `write ${String(value)} to`, error);
    }
  }
}

/** Nobody holds the line any more: does it keep its level? True when somebody else has taken it, or it cannot be read. */
function staysAt(wired: WiredLine, level: GpioValue | undefined): boolean {
  try {
    if (level === undefined || holderOf(wired) !== undefined) return true;
    return lookAt(wired.line, wired.flags) === level;
  } catch {
    return true;
  }
}
