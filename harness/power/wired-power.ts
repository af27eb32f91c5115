import { pause, type Clock } from '../base/clock.js';
import { messageOf, RigFault, UserError, type Explanation } from '../base/errors.js';
import type { EventOf } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import { ActionQueue } from './action-queue.js';
import type { PowerTiming } from './timing.js';
import { Overtaken, type RigPower } from './types.js';
import { WireFault, type Outcome, type Wires } from './wires.js';

export interface WiredPowerOptions {
  readonly rig: string;
  readonly powerCuts: boolean;
  readonly timing: PowerTiming;
  /** Longest that `close` may take, in milliseconds. */
  readonly closeWithin: number;
  readonly journal: Journal;
  readonly clock: Clock;
}

type Action = Pick<EventOf<'power.do'>, 'wire' | 'action' | 'ms' | 'why'>;

/** Power over any kind of wires: orders actions, keeps the module's times, remembers what was done, and writes the journal. */
export class WiredPower implements RigPower {
  readonly #queue = new ActionQueue();
  readonly #cuts = new Set<Promise<void>>();
  readonly #statusListeners = new Set<(on: boolean) => void>();
  readonly #stopEdges: () => void;
  #id = 0;
  /** How a wire stands, once we have switched it; `unknown` after a switching that failed. */
  readonly #levels = new Map<'supply' | 'vbus', boolean | 'unknown'>();
  #supplySince = 0;
  /** What our own actions make of the unit, where no STATUS tells. */
  #presumedRunning: boolean | undefined;
  #lastPress: { readonly purpose: 'on' | 'off'; readonly at: number } | undefined;
  #cutCount = 0;
  #cutFault: RigFault | undefined;
  #closing: Promise<void> | undefined;
  #safe = true;

  constructor(
    private readonly hardware: Wires,
    private readonly options: WiredPowerOptions,
  ) {
    this.#stopEdges = hardware.onStatus((on) => {
      options.journal.write({ type: 'power.status', on, how: 'edge' });
      for (const listener of this.#statusListeners) listener(on);
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
      this.#needs('supply');
      if (on) await this.#supplyUp(why, overtaken);
      else await this.#supplyDown(why);
    });
  }

  vbus(on: boolean, why: string): Promise<void> {
    return this.#ordered(async () => {
      this.#needs('vbus');
      await this.#set('vbus', on, why);
    });
  }

  pressPowerKey(purpose: 'on' | 'off', why: string): Promise<void> {
    return this.#ordered(() => this.#pressPowerKey(purpose, why));
  }

  pressReset(why: string): Promise<void> {
    return this.#ordered(async () => {
      this.#needs('reset');
      const ms = this.options.timing.reset;
      await this.#recorded({ wire: 'reset', action: 'press', ms, why }, this.hardware.press('reset', ms));
    });
  }

  async status(): Promise<boolean | undefined> {
    if (!this.wires.status) return undefined;
    const on = await this.hardware.status();
    this.options.journal.write({ type: 'power.status', on, how: 'asked' });
    return on;
  }

  onStatus(listener: (on: boolean) => void): () => void {
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
      this.#needs('supply');
      await this.#supplyDown(why);
      await this.#queue.wait(this.options.clock, forMs);
      await this.#on(why, overtaken);
    });
  }

  cut(why: string): void {
    this.#needs('supply');
    if (!this.options.powerCuts) {
      throw new UserError(`rig ${this.options.rig} does not allow power cuts`, {
        hint: 'safety.powerCuts: true, when its unit may be cut',
      });
    }
    this.#cutCount++;
    const cut = this.#supplyDown(why).catch((error: unknown) => {
      const fault = error instanceof RigFault ? error : new RigFault(messageOf(error));
      this.#cutFault ??= fault;
      this.#writeFault(`power cut failed: ${fault.message}`, fault.explanation);
    });
    this.#cuts.add(cut);
    void cut.then(() => this.#cuts.delete(cut));
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

  closeNow(): void {
    this.hardware.makeSafeNow(this.#leftOff);
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

  #needs(wire: 'supply' | 'vbus' | 'powerKey' | 'reset'): void {
    if (this.wires[wire]) return;
    throw new RigFault(`rig ${this.options.rig} has no ${wire} wire`, {
      hint: `define it under power.${this.kind}, or leave out what needs it`,
    });
  }

  async #on(why: string, overtaken: () => void, running?: boolean): Promise<void> {
    const { clock, timing } = this.options;
    if (this.wires.supply && this.#levels.get('supply') !== true) await this.#supplyUp(why, overtaken);
    else if (this.wires.vbus && this.#levels.get('vbus') !== true) await this.#set('vbus', true, why);
    if (!this.wires.powerKey) return;
    if (this.#levels.has('supply')) await this.#queue.wait(clock, this.#supplySince + timing.settle - clock.now());
    if (await this.#isRunning(running)) return;
    overtaken();
    await this.#pressPowerKey('on', why);
  }

  /** STATUS lags behind PWRKEY, by seconds when switching on and by up to minutes when switching off: first it must have come to rest. */
  async #isRunning(running: boolean | undefined): Promise<boolean> {
    if (!this.wires.status) return running ?? this.#presumedRunning ?? false;
    const { clock, timing } = this.options;
    const press = this.#lastPress;
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

  async #pressPowerKey(purpose: 'on' | 'off', why: string): Promise<void> {
    this.#needs('powerKey');
    const ms = purpose === 'on' ? this.options.timing.keyOn : this.options.timing.keyOff;
    await this.#recorded({ wire: 'powerKey', action: 'press', ms, why }, this.hardware.press('powerKey', ms));
    this.#lastPress = { purpose, at: this.options.clock.now() };
    this.#presumedRunning = purpose === 'on';
  }

  /** VBAT, then VBUS: the other way round VBUS would feed back into the module. Not before its least time off is over. */
  async #supplyUp(why: string, overtaken: () => void): Promise<void> {
    const { clock, timing } = this.options;
    if (this.#levels.has('supply') && this.#levels.get('supply') !== true) {
      await this.#queue.wait(clock, this.#supplySince + timing.off - clock.now());
    }
    overtaken();
    const wasOff = this.#levels.get('supply') === false;
    await this.#set('supply', true, why);
    // Without a PWRKEY wire the board starts the module by itself.
    if (wasOff) this.#presumedRunning = !this.wires.powerKey;
    if (this.wires.vbus) await this.#set('vbus', true, why);
  }

  /** VBAT and VBUS in one go, VBAT first by a hair: VBUS alone would keep the module half alive. On their way when the call returns. */
  async #supplyDown(why: string): Promise<void> {
    const wires = this.wires.vbus ? (['supply', 'vbus'] as const) : (['supply'] as const);
    const started = wires.map((wire) => ({ wire, outcome: this.hardware.set(wire, false) }));
    const outcomes = await Promise.allSettled(started.map(({ wire, outcome }) => this.#track(wire, false, why, outcome)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  #set(wire: 'supply' | 'vbus', on: boolean, why: string): Promise<void> {
    return this.#track(wire, on, why, this.hardware.set(wire, on));
  }

  /** Remembers how a wire stands, from the moment it was started. */
  async #track(wire: 'supply' | 'vbus', on: boolean, why: string, outcome: Promise<Outcome>): Promise<void> {
    this.#levels.set(wire, on);
    if (wire === 'supply') {
      this.#supplySince = this.options.clock.now();
      if (!on) {
        this.#lastPress = undefined;
        this.#presumedRunning = false;
      }
    }
    try {
      await this.#recorded({ wire, action: on ? 'on' : 'off', why }, outcome);
      // A slow switch counts from its end.
      if (wire === 'supply' && this.#levels.get(wire) === on) this.#supplySince = this.options.clock.now();
    } catch (error) {
      if (this.#levels.get(wire) === on) this.#levels.set(wire, 'unknown');
      if (wire === 'supply') this.#presumedRunning = undefined;
      throw error;
    }
  }

  /** Writes that an action was asked for, and how it ended. It has been started already: the wire comes first. */
  async #recorded(action: Action, outcome: Promise<Outcome>): Promise<void> {
    const { clock, journal } = this.options;
    const id = ++this.#id;
    const asked = clock.now();
    try {
      journal.write({ type: 'power.do', id, ...action });
    } catch (error) {
      // A journal that cannot be written does not undo what was started.
      await outcome.catch(() => undefined);
      throw error;
    }
    let done: Outcome;
    try {
      done = await outcome;
    } catch (error) {
      const known = error instanceof WireFault ? error.outcome : {};
      journal.write({ type: 'power.done', id, took: clock.now() - asked, error: messageOf(error), ...known });
      throw error;
    }
    journal.write({ type: 'power.done', id, took: clock.now() - asked, ...done });
  }

  /** Wires that we have switched off and not on again, in the order to switch them on. */
  get #leftOff(): ('supply' | 'vbus')[] {
    return (['supply', 'vbus'] as const).filter((wire) => this.#levels.has(wire) && this.#levels.get(wire) !== true);
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
      this.#writeFault(`rig ${this.options.rig}: power could not be left safe: ${messageOf(error)}`);
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
    const left = this.#leftOff;
    const offFor = clock.now() - this.#supplySince;
    if (left.includes('supply') && offFor < timing.off) await pause(clock, timing.off - offFor);
    const failed: unknown[] = [];
    for (const wire of left) {
      await this.#set(wire, true, 'end of the run: the supply is left on').catch((error: unknown) => failed.push(error));
    }
    await this.hardware.close();
    if (failed.length > 0) throw failed[0];
  }

  /** The journal itself may be what is failing. */
  #writeFault(what: string, { asked, seen, hint }: Explanation = {}): void {
    try {
      this.options.journal.write({
        type: 'rig.fault',
        what,
        ...(asked === undefined ? {} : { asked }),
        ...(seen === undefined ? {} : { seen }),
        ...(hint === undefined ? {} : { hint }),
      });
    } catch {
      // Nowhere left to tell it; the rig's state matters more.
    }
  }
}
