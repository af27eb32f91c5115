import { type Clock } from '../base/clock.js';
import { messageOf, RigFault, type Explanation } from '../base/errors.js';
import type { EventOf } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { PowerTiming } from './timing.js';
import { WireFault, type Outcome, type SupplyWire, type Wires } from './wires.js';

export interface SwitchingOptions {
  readonly rig: string;
  readonly timing: PowerTiming;
  readonly journal: Journal;
  readonly clock: Clock;
}

type Action = Pick<EventOf<'power.do'>, 'wire' | 'action' | 'ms' | 'why'>;

/** A supply on its way down. */
export interface Falling {
  /** When VBAT was written, monotonic ms. */
  readonly written: number;
  readonly wires: readonly { readonly wire: SupplyWire; readonly outcome: Promise<Outcome> }[];
}

const supplyWires = ['supply', 'vbus'] as const;

/**
 * Moves single wires: remembers how each stands and what that makes of the unit, and writes every action and its outcome to the journal.
 * What goes before what, and when, is `WiredPower`'s.
 */
export class Switching {
  #id = 0;
  /** How a wire stands, once we have switched it; `unknown` after a switching that failed. */
  readonly #levels = new Map<SupplyWire, boolean | 'unknown'>();
  #supplySince = 0;
  #presumedRunning: boolean | undefined;
  #lastPress: { readonly purpose: 'on' | 'off'; readonly at: number } | undefined;
  #supplyRests = true;

  constructor(
    private readonly hardware: Wires,
    private readonly options: SwitchingOptions,
  ) {}

  /** What our own actions make of the unit, where no STATUS tells. */
  get presumedRunning(): boolean | undefined {
    return this.#presumedRunning;
  }

  get lastPress(): { readonly purpose: 'on' | 'off'; readonly at: number } | undefined {
    return this.#lastPress;
  }

  /** When the supply was last switched (monotonic ms); 0 before the first time. */
  get supplySince(): number {
    return this.#supplySince;
  }

  /** How a wire stands; undefined before we have switched it. */
  level(wire: SupplyWire): boolean | 'unknown' | undefined {
    return this.#levels.get(wire);
  }

  /** The supply's line was proven inverted: the unit has power while it is told off, and is to be left so. */
  supplyInverted(): void {
    this.#supplyRests = false;
    this.hardware.rest?.('supply', false);
  }

  /** Wires that we have switched and that do not stand as they are to be left, in the order to move them. */
  get leftUnsafe(): readonly (readonly [SupplyWire, boolean])[] {
    return supplyWires
      .map((wire) => [wire, wire === 'supply' ? this.#supplyRests : true] as const)
      .filter(([wire, rest]) => this.#levels.has(wire) && this.#levels.get(wire) !== rest);
  }

  needs(wire: SupplyWire | 'powerKey' | 'reset'): void {
    if (this.hardware.has[wire]) return;
    throw new RigFault(`rig ${this.options.rig} has no ${wire} wire`, {
      hint: `define it under power.${this.hardware.kind}, or leave out what needs it`,
    });
  }

  async pressPowerKey(purpose: 'on' | 'off', why: string): Promise<void> {
    this.needs('powerKey');
    const ms = purpose === 'on' ? this.options.timing.keyOn : this.options.timing.keyOff;
    await this.#recorded({ wire: 'powerKey', action: 'press', ms, why }, this.hardware.press('powerKey', ms));
    this.#lastPress = { purpose, at: this.options.clock.now() };
    this.#presumedRunning = purpose === 'on';
  }

  async pressReset(why: string): Promise<void> {
    this.needs('reset');
    const ms = this.options.timing.reset;
    await this.#recorded({ wire: 'reset', action: 'press', ms, why }, this.hardware.press('reset', ms));
  }

  set(wire: SupplyWire, on: boolean, why: string): Promise<void> {
    return this.#track(wire, on, why, this.hardware.set(wire, on));
  }

  /** VBAT, then VBUS: the other way round VBUS would feed back into the module. */
  async supplyUp(why: string): Promise<void> {
    const wasOff = this.#levels.get('supply') === false;
    await this.set('supply', true, why);
    // Without a PWRKEY wire the board starts the module by itself.
    if (wasOff) this.#presumedRunning = !this.hardware.has.powerKey;
    if (this.hardware.has.vbus) await this.set('vbus', true, why);
  }

  /**
   * VBAT and VBUS in one go, VBAT first by a hair: VBUS alone would keep the module half alive. On their way when the call returns, and
   * remembered, so that the end of the run gives back what nobody came to write down; `supplyDown` must follow in the same tick.
   */
  startDown(): Falling {
    const supply = { wire: 'supply', outcome: this.hardware.set('supply', false) } as const;
    const written = this.options.clock.now();
    const vbus = this.hardware.has.vbus ? [{ wire: 'vbus', outcome: this.hardware.set('vbus', false) } as const] : [];
    for (const { wire } of [supply, ...vbus]) this.#levels.set(wire, false);
    this.#supplySince = written;
    return { written, wires: [supply, ...vbus] };
  }

  /** Writes down what is on its way, and how it ended. */
  async supplyDown(why: string, falling = this.startDown()): Promise<void> {
    const outcomes = await Promise.allSettled(falling.wires.map(({ wire, outcome }) => this.#track(wire, false, why, outcome)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Remembers how a wire stands, from the moment it was started. */
  async #track(wire: SupplyWire, on: boolean, why: string, outcome: Promise<Outcome>): Promise<void> {
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

  /** The journal itself may be what is failing. */
  writeFault(what: string, { asked, seen, hint }: Explanation = {}): void {
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
