import { pause } from '../base/clock.js';
import { messageOf, RigFault, UserError } from '../base/errors.js';
import { ActionQueue } from './action-queue.js';
import { Switching, type Falling, type SwitchingOptions } from './switching.js';
import { Overtaken, type RigPower } from './types.js';
import type { Wires } from './wires.js';

export interface WiredPowerOptions extends SwitchingOptions {
  readonly powerCuts: boolean;
  /** Longest that `close` may take, in milliseconds. */
  readonly closeWithin: number;
}

/** Power over any kind of wires: orders actions, lets a cut overtake them, keeps the module's times, and leaves a safe state. */
export class WiredPower implements RigPower {
  readonly #queue = new ActionQueue();
  readonly #cuts = new Set<Promise<void>>();
  readonly #statusListeners = new Set<(on: boolean, at?: number) => void>();
  readonly #stopEdges: () => void;
  readonly #switching: Switching;
  #cutCount = 0;
  /** By `strike`, not written down yet. */
  #struck: Falling | undefined;
  #cutFault: RigFault | undefined;
  #closing: Promise<void> | undefined;
  #safe = true;

  constructor(
    private readonly hardware: Wires,
    private readonly options: WiredPowerOptions,
  ) {
    this.#switching = new Switching(hardware, options);
    this.#stopEdges = hardware.onStatus((on, at) => {
      options.journal.write({ type: 'power.status', on, how: 'edge', ...(at === undefined ? {} : { edgeAt: at }) });
      for (const listener of this.#statusListeners) listener(on, at);
    });
    hardware.onTrouble?.((what, explanation) => {
      this.#switching.writeFault(`rig ${options.rig}: ${what}`, explanation);
    });
  }

  get kind(): Wires['kind'] {
    return this.hardware.kind;
  }

  get wires(): Wires['has'] {
    return this.hardware.has;
  }

  get safe(): boolean {
    return this.#safe;
  }

  supply(on: boolean, why: string): Promise<void> {
    return this.#ordered(async (overtaken) => {
      this.#switching.needs('supply');
      if (on) await this.#supplyUp(why, overtaken);
      else await this.#switching.supplyDown(why);
    });
  }

  vbus(on: boolean, why: string): Promise<void> {
    return this.#ordered(async () => {
      this.#switching.needs('vbus');
      await this.#switching.set('vbus', on, why);
    });
  }

  pressPowerKey(purpose: 'on' | 'off', why: string): Promise<void> {
    return this.#ordered(() => this.#switching.pressPowerKey(purpose, why));
  }

  pressReset(why: string): Promise<void> {
    return this.#ordered(() => this.#switching.pressReset(why));
  }

  async status(): Promise<boolean | undefined> {
    if (!this.wires.status) return undefined;
    const on = await this.hardware.status();
    this.options.journal.write({ type: 'power.status', on, how: 'asked' });
    return on;
  }

  onStatus(listener: (on: boolean, at?: number) => void): () => void {
    this.#statusListeners.add(listener);
    return () => {
      this.#statusListeners.delete(listener);
    };
  }

  on(why: string, known: { readonly running?: boolean } = {}): Promise<void> {
    return this.#ordered((overtaken) => this.#on(why, overtaken, known.running));
  }

  cycle(why: string, forMs = 0): Promise<void> {
    return this.#ordered(async (overtaken) => {
      this.#switching.needs('supply');
      await this.#switching.supplyDown(why);
      await this.#queue.wait(this.options.clock, forMs);
      await this.#on(why, overtaken);
    });
  }

  strike(): number {
    this.#mayCut();
    this.#struck ??= this.#switching.startDown();
    return this.#struck.written;
  }

  cut(why: string): void {
    this.#mayCut();
    this.#cutCount++;
    const struck = this.#struck;
    this.#struck = undefined;
    const cut = this.#switching.supplyDown(why, struck).catch((error: unknown) => {
      const fault = error instanceof RigFault ? error : new RigFault(messageOf(error));
      this.#cutFault ??= fault;
      this.#switching.writeFault(`power cut failed: ${fault.message}`, fault.explanation);
    });
    this.#cuts.add(cut);
    void cut.then(() => this.#cuts.delete(cut));
  }

  #mayCut(): void {
    this.#switching.needs('supply');
    // What gives the supply back is under way, or done: nobody would do it again.
    if (this.#queue.closed) throw new Overtaken(`rig ${this.options.rig} was closed`);
    if (this.options.powerCuts) return;
    throw new UserError(`rig ${this.options.rig} does not allow power cuts`, {
      hint: 'safety.powerCuts: true, when its unit may be cut',
    });
  }

  async settled(): Promise<void> {
    await Promise.all(this.#cuts);
    const fault = this.#cutFault;
    this.#cutFault = undefined;
    if (fault !== undefined) throw fault;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  supplyInverted(): void {
    this.#switching.supplyInverted();
  }

  closeNow(): void {
    this.hardware.makeSafeNow(this.#switching.leftUnsafe);
  }

  /** One action after the other; each learns whether a cut, or the close, has come since it was asked for. */
  #ordered(action: (overtaken: () => void) => Promise<void>): Promise<void> {
    const cutsWhenAsked = this.#cutCount;
    const overtaken = (): void => {
      if (this.#cutCount !== cutsWhenAsked) throw new Overtaken('a power cut came first');
      if (this.#queue.closed) throw new Overtaken(`rig ${this.options.rig} was closed`);
    };
    return this.#queue.add(async () => {
      await this.settled();
      overtaken();
      await action(overtaken);
    });
  }

  async #on(why: string, overtaken: () => void, running?: boolean): Promise<void> {
    const { clock, timing } = this.options;
    if (this.wires.supply && this.#switching.level('supply') !== true) await this.#supplyUp(why, overtaken);
    else if (this.wires.vbus && this.#switching.level('vbus') !== true) await this.#switching.set('vbus', true, why);
    if (!this.wires.powerKey) return;
    if (this.#switching.level('supply') !== undefined)
      await this.#queue.wait(clock, this.#switching.supplySince + timing.settle - clock.now());
    if (await this.#isRunning(running)) return;
    overtaken();
    await this.#switching.pressPowerKey('on', why);
  }

  /** STATUS lags behind PWRKEY, by seconds when switching on and by up to minutes when switching off: first it must have come to rest. */
  async #isRunning(running: boolean | undefined): Promise<boolean> {
    if (!this.wires.status) return running ?? this.#switching.presumedRunning ?? false;
    const { clock, timing } = this.options;
    const press = this.#switching.lastPress;
    let on = await this.status();
    if (press === undefined) return on === true;
    const expected = press.purpose === 'on';
    const deadline = press.at + (expected ? timing.statusRise : timing.powerDown);
    while (on !== expected && clock.now() < deadline && !this.#queue.closed) {
      await this.#nextLook(Math.min(timing.look, deadline - clock.now()));
      on = await this.status();
    }
    return on === true;
  }

  /** Until an edge of STATUS is reported, at most `ms`. */
  #nextLook(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.onStatus(done);
      const cancel = this.options.clock.after(ms, done);
      function done(): void {
        stop();
        cancel();
        resolve();
      }
    });
  }

  /** Not before its least time off is over. */
  async #supplyUp(why: string, overtaken: () => void): Promise<void> {
    const { clock, timing } = this.options;
    const level = this.#switching.level('supply');
    if (level !== undefined && level !== true) {
      await this.#queue.wait(clock, this.#switching.supplySince + timing.off - clock.now());
    }
    overtaken();
    await this.#switching.supplyUp(why);
  }

  async #close(): Promise<void> {
    const { clock, closeWithin } = this.options;
    let cancel: () => void = () => undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(closeWithin, () => {
        reject(new RigFault(`not done within ${String(closeWithin)} ms`));
      });
    });
    try {
      await Promise.race([this.#makeSafe(), limit]);
    } catch (error) {
      this.#safe = false;
      this.#switching.writeFault(`rig ${this.options.rig}: power could not be left safe: ${messageOf(error)}`);
    } finally {
      cancel();
      this.#stopEdges();
    }
  }

  /** Keys let go, supply on, so that the unit runs or can be made to. What was under way ends first, a pulse in full. */
  async #makeSafe(): Promise<void> {
    const { clock, timing } = this.options;
    await this.#queue.close();
    await Promise.all(this.#cuts);
    const left = this.#switching.leftUnsafe;
    const since = clock.now() - this.#switching.supplySince;
    if (left.some(([wire]) => wire === 'supply') && since < timing.off) await pause(clock, timing.off - since);
    const failed: unknown[] = [];
    for (const [wire, on] of left) {
      const why = on
        ? 'end of the run: the supply is left on'
        : 'end of the run: the inverted line is left at the level that feeds';
      await this.#switching.set(wire, on, why).catch((error: unknown) => failed.push(error));
    }
    await this.hardware.close();
    if (failed.length > 0) throw failed[0];
  }
}
