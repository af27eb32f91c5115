import { pause, scaledDeadline, type Clock } from '../../base/clock.js';
import { RigFault, UserError } from '../../base/errors.js';
import { powerTiming, type PowerTiming } from '../../power/timing.js';
import type { RigPower } from '../../power/types.js';
import { profileOf } from '../../rig/profile.js';
import type { RigDefinition } from '../../rig/schema.js';

export const powerActions = ['on', 'off', 'cycle', 'press', 'reset', 'status'] as const;
export type PowerAction = (typeof powerActions)[number];

/** STATUS after an action: its level, and ms from the action's end until it was so; `undefined` when it is not wired. */
export interface StatusSeen {
  readonly high: boolean | undefined;
  readonly after?: number;
  /** cycle: ms from the supply being off until STATUS was low. */
  readonly fellAfter?: number;
}

interface ActionParts {
  readonly rig: RigDefinition;
  readonly power: RigPower;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** cycle: ms that the supply stays off at least. */
  readonly offFor: number;
  /** Wait until STATUS follows; without it, it is read once. */
  readonly wait: boolean;
  readonly why: string;
}

/**
 * What must be known before anything is switched: the wires are there, and what is as hard as a cut is allowed. Throws a UserError.
 */
export function checkActions(
  rig: RigDefinition,
  wires: RigPower['wires'],
  actions: readonly PowerAction[],
  force: boolean,
): void {
  const missing = (action: PowerAction, wire: string): UserError =>
    new UserError(`rig ${rig.name} cannot do ${action}: it has no ${wire} wire`, {
      hint: 'docs/rigs.md says how the wires are defined',
    });
  for (const action of actions) {
    if (action === 'cycle' && !wires.supply) throw missing(action, 'supply');
    if (action === 'press' && !wires.powerKey) throw missing(action, 'powerKey');
    if (action === 'reset' && !wires.reset) throw missing(action, 'reset');
    if (action === 'status' && !wires.status) throw missing(action, 'status');
    // The rig's definition promises one of the two.
    const hard = action === 'cycle' || action === 'reset' || (action === 'off' && wires.supply);
    if (hard && !rig.safety.powerCuts && !force) {
      throw new UserError(`rig ${rig.name} does not allow power cuts, and ${action} is one`, {
        asked: action,
        seen: 'safety.powerCuts: false',
        hint:
          'a cut in mid-upgrade has cost real units their RF calibration; --force when you know that no upgrade is under way, ' +
          'press to power the unit down in order, or safety.powerCuts: true',
      });
    }
  }
}

/** Carries out actions one by one, and watches STATUS follow. Rejects with a RigFault when a wire or STATUS does not. */
export class PowerSwitch {
  readonly #timing: PowerTiming;

  constructor(private readonly parts: ActionParts) {
    this.#timing = powerTiming(parts.rig.timing.scale);
  }

  /** `off` was asked for and done, and nothing has switched on since: then off is what the unit is to be left as. */
  suppliesOff = false;

  async do(action: PowerAction): Promise<StatusSeen> {
    switch (action) {
      case 'on':
        return this.#on();
      case 'off':
        return this.#off();
      case 'cycle':
        return this.#cycle();
      case 'press':
        return this.#press();
      case 'reset':
        return this.#reset();
      case 'status':
        return { high: await this.parts.power.status() };
    }
  }

  async #on(): Promise<StatusSeen> {
    const { power, why } = this.parts;
    this.suppliesOff = false;
    await power.on(why);
    return this.#follow(true, this.#bootLimit, 'the unit was switched on', 'look at supply and PWRKEY: dfota rigs check');
  }

  async #off(): Promise<StatusSeen> {
    const { power, why } = this.parts;
    if (!power.wires.supply) return (await power.status()) === false ? { high: false, after: 0 } : this.#press();
    this.suppliesOff = false;
    await power.supply(false, why);
    const seen = await this.#follow(false, this.#decayLimit, 'the supply was switched off', stuckHint);
    this.suppliesOff = true;
    return seen;
  }

  async #cycle(): Promise<StatusSeen> {
    const { power, clock, why, offFor } = this.parts;
    // Off for a while only: when the rest fails, nobody wants it left so.
    this.suppliesOff = false;
    await power.supply(false, why);
    const off = clock.now();
    const low = power.wires.status ? await this.#until(false, this.#decayLimit) : { high: undefined };
    await pause(clock, Math.max(0, off + offFor - clock.now()));
    const up = await this.#on();
    if (low.high === true && this.parts.wait) throw statusFault(this.parts.rig, 'the supply was switched off', true, stuckHint);
    return { ...up, ...(low.high === false && low.after !== undefined ? { fellAfter: low.after } : {}) };
  }

  async #press(): Promise<StatusSeen> {
    const { power, rig, why } = this.parts;
    const before = await power.status();
    // A pulse to switch off is long enough to switch on as well.
    await power.pressPowerKey(before === false ? 'on' : 'off', why);
    if (before === undefined) return { high: undefined };
    return before
      ? this.#follow(
          false,
          this.#timing.powerDown,
          'PWRKEY was pressed on a unit that runs',
          'look at the wire of PWRKEY and its level',
        )
      : this.#follow(
          true,
          profileOf(rig).limits.boot,
          'PWRKEY was pressed on a unit that is off',
          'is the supply on (dfota power on)? Then look at the wire of PWRKEY and its level',
        );
  }

  async #reset(): Promise<StatusSeen> {
    const { power, why } = this.parts;
    const before = await power.status();
    await power.pressReset(why);
    if (before !== true) return { high: await power.status() };
    return this.#follow(true, this.#bootLimit, 'RESET_N was pressed on a unit that runs', 'is RESET_N let go? dfota rigs check');
  }

  get #bootLimit(): number {
    return profileOf(this.parts.rig).limits.boot;
  }

  /** As the proof of the switch: five times limits.decay, so that late is told from never. */
  get #decayLimit(): number {
    const { limits, timing } = this.parts.rig;
    return 5 * scaledDeadline(limits.decay, timing.scale);
  }

  async #follow(wanted: boolean, within: number, asked: string, hint: string): Promise<StatusSeen> {
    if (!this.parts.power.wires.status) return { high: undefined };
    const seen = await this.#until(wanted, within);
    if (seen.high !== wanted && this.parts.wait) throw statusFault(this.parts.rig, asked, !wanted, hint);
    return seen;
  }

  /** STATUS as soon as it is as wanted, else after `within` ms. Edges are taken where they are reported; programs are asked. */
  async #until(wanted: boolean, within: number): Promise<StatusSeen> {
    const { power, clock, signal, wait } = this.parts;
    const start = clock.now();
    for (;;) {
      const high = await power.status();
      const after = Math.round(clock.now() - start);
      if (high === wanted) return { high, after };
      if (!wait || after >= within || signal?.aborted === true) return { high };
      await this.#nextLook(Math.min(this.#timing.look, within - after));
    }
  }

  #nextLook(ms: number): Promise<void> {
    const { power, clock, signal } = this.parts;
    return new Promise((resolve) => {
      const done = (): void => {
        stop();
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const stop = power.onStatus(done);
      const cancel = clock.after(ms, done);
      signal?.addEventListener('abort', done);
    });
  }
}

const stuckHint = 'does the supply really cut, and is STATUS what is wired there? dfota rigs check';

function statusFault(rig: RigDefinition, asked: string, high: boolean, hint: string): RigFault {
  return new RigFault(`rig ${rig.name}: STATUS does not follow`, {
    asked: `${asked}: STATUS ${high ? 'low' : 'high'}`,
    seen: `STATUS is still ${high ? 'high' : 'low'}`,
    hint,
  });
}
