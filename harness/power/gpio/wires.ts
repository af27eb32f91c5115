import { join } from 'node:path';
import { pause, type Clock } from '../../base/clock.js';
import { RigFault, type Explanation } from '../../base/errors.js';
import { stateDir } from '../../rig/state.js';
import type { SupplyWire, Wires } from '../wires.js';
import { requestType, type GpioValue } from './binding.js';
import { gpioDescriptors, newDescriptor } from './descriptors.js';
import { lineFault } from './faults.js';
import { consumerName, type GuardedWire } from './guard-message.js';
import { startGuardian, type Guarded, type Guardian } from './guardian.js';
import { findLines, type GpioDefinition, type GpioWire, type WiredLine } from './lines.js';
import { loadBinding, type LoadedBinding } from './load-binding.js';
import { Slate } from './slate.js';
import { EdgeReader } from './status-edges.js';
import { takeOutputs, type TakenLine } from './take.js';

export interface GpioOptions {
  readonly rig: string;
  readonly definition: GpioDefinition;
  /** Least time without supply before it comes on again, ms. */
  readonly off: number;
  readonly clock: Clock;
  /** What to require for node-libgpiod, where the chips are, the descriptors of lines; only tests have others. */
  readonly library?: string;
  readonly loaded?: LoadedBinding;
  readonly devices?: string;
  readonly descriptors?: typeof gpioDescriptors;
  readonly guardian?: typeof startGuardian;
}

/** How long a guardian of an earlier run may take beyond the supply's least time off, ms. */
const guardGrace = 10_000;

/**
 * Wires on lines of GPIO chips. Opening changes no level: a supply is driven as it stands, a key is let go. Rejects with a RigFault
 * when the library, a chip or a line cannot be had, with a UserError when the definition names a line that is not there.
 */
export async function openGpioWires(options: GpioOptions): Promise<Wires> {
  const { rig, definition, clock, off, devices, library = 'node-libgpiod', descriptors = gpioDescriptors } = options;
  const loaded = options.loaded ?? loadBinding();
  if (!('binding' in loaded)) {
    throw new RigFault(`rig ${rig}: its power is on GPIO lines, and ${loaded.missing}`, {
      hint: `${loaded.hint}. Or switch the same lines by power.command with gpioset and gpioget (package gpiod), see docs/gpio.md`,
    });
  }
  const lines = findLines(loaded.binding, definition, devices);
  const release = (): void => {
    for (const { line } of lines) {
      try {
        line.release();
      } catch {
        // A chip that is gone has let go already.
      }
    }
  };
  let wires: GpioWires | undefined;
  try {
    const outputs = lines.filter(({ wire }) => wire !== 'status');
    const taken = await takeOutputs(outputs, { rig, clock, descriptors, within: off + guardGrace });
    wires = new GpioWires(rig, taken, clock, release);
    const status = lines.find(({ wire }) => wire === 'status');
    if (status !== undefined) wires.watchStatus(status, descriptors);
    const watch = { rig, pid: process.pid, library, off, log: join(stateDir(), 'gpio-guard.log') };
    wires.guard(await (options.guardian ?? startGuardian)(wires.guarded(watch), clock, wires.guardEnded));
    return wires;
  } catch (error) {
    wires?.stop();
    release();
    throw error;
  }
}

type Trouble = (what: string, explanation: Explanation) => void;

class GpioWires implements Wires {
  readonly kind = 'gpio';
  readonly #slate: Slate;
  readonly #outputs: ReadonlyMap<GpioWire, TakenLine & { readonly index: number }>;
  /** Supply wires that are ours to leave on, or as `rest` said. */
  readonly #ours = new Set<SupplyWire>();
  readonly #listeners = new Set<(on: boolean, at?: number) => void>();
  readonly #untold: Parameters<Trouble>[] = [];
  #trouble: Trouble = (...trouble) => {
    this.#untold.push(trouble);
  };
  #status: WiredLine | undefined;
  #edges: EdgeReader | undefined;
  #guardian: Guardian | undefined;

  constructor(
    private readonly rig: string,
    private readonly taken: readonly TakenLine[],
    private readonly clock: Clock,
    private readonly release: () => void,
  ) {
    this.#outputs = new Map(taken.map((line, index) => [line.wire, { ...line, index }]));
    this.#slate = new Slate(taken.length);
    for (const { index, found } of this.#outputs.values()) {
      this.#slate.stands(index, found);
      this.#slate.rests(index, found);
    }
  }

  get has(): Wires['has'] {
    const has = (wire: GpioWire): boolean => this.#outputs.has(wire);
    const status = this.#status !== undefined;
    return { supply: has('supply'), vbus: has('vbus'), powerKey: has('powerKey'), reset: has('reset'), status };
  }

  /** Requests the edges of STATUS. Throws a WireFault. */
  watchStatus(wired: WiredLine, list: typeof gpioDescriptors): void {
    const { line, flags } = wired;
    const consumer = consumerName(process.pid, 'status', this.rig);
    try {
      const before = list('gpio-event');
      line.lineRequest({ consumer, requestType: requestType.bothEdges, flags });
      const descriptor = newDescriptor('gpio-event', list, before);
      this.#edges = new EdgeReader({
        descriptor,
        clock: this.clock,
        level: () => line.getValue() === 1,
        onEdge: ({ on, at }) => {
          for (const listener of this.#listeners) listener(on, at);
        },
        onTrouble: (what, explanation) => {
          this.#trouble(what, explanation);
        },
      });
      this.#status = wired;
    } catch (error) {
      throw lineFault(wired, 'take', error);
    }
  }

  guarded(watch: Omit<Guarded['watch'], 'lines'>): Guarded {
    const lines = this.taken.map(({ wire, path, offset, flags, free }) => ({
      wire: wire as GuardedWire,
      path,
      offset,
      flags,
      free,
    }));
    const descriptors = this.taken.map(({ descriptor }) => descriptor);
    return { watch: { ...watch, lines }, slate: this.#slate.descriptor, descriptors };
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

  /** One write of the slate and one of the line, nothing awaited before: it may be a cut. */
  set(wire: SupplyWire, on: boolean): Promise<Record<string, never>> {
    try {
      this.#write(wire, on ? 1 : 0);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    if (!this.#ours.has(wire)) this.rest(wire, true);
    return Promise.resolve({});
  }

  rest(wire: SupplyWire, on: boolean): void {
    this.#ours.add(wire);
    const output = this.#outputs.get(wire);
    if (output !== undefined) this.#slate.rests(output.index, on ? 1 : 0);
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
    const status = this.#status;
    if (status === undefined) return Promise.reject(new RangeError(`rig ${this.rig} has no status wire`));
    try {
      return Promise.resolve(status.line.getValue() === 1);
    } catch (error) {
      return Promise.reject(lineFault(status, 'read', error));
    }
  }

  onStatus(listener: (on: boolean, at?: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  makeSafeNow(levels: readonly (readonly [SupplyWire, boolean])[]): void {
    const moves: (readonly [GpioWire, boolean])[] = [['powerKey', false], ['reset', false], ...levels];
    for (const [wire, on] of moves) {
      if (!this.#outputs.has(wire)) continue;
      try {
        this.#write(wire, on ? 1 : 0);
      } catch {
        // The others matter as much. The guardian tries again when this process has ended.
      }
    }
  }

  async close(): Promise<void> {
    this.makeSafeNow([]);
    this.stop();
    // The guardian has the descriptors as well: no line falls back before it has seen to it.
    this.release();
    const guardian = this.#guardian;
    this.#guardian = undefined;
    await guardian?.end();
  }

  stop(): void {
    this.#edges?.close();
    this.#slate.close();
  }

  #write(wire: GpioWire, value: GpioValue): void {
    const output = this.#outputs.get(wire);
    if (output === undefined) throw new RangeError(`rig ${this.rig} has no ${wire} wire`);
    try {
      this.#slate.stands(output.index, value);
      output.line.setValue(value);
    } catch (error) {
      throw lineFault(output, `write ${String(value)} to`, error);
    }
  }
}
