import { scaledDeadline, type Clock } from '../base/clock.js';
import { messageOf, RigFault } from '../base/errors.js';
import type { EventOf, Source } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { Power } from '../power/types.js';
import { Boot } from './boot.js';
import { checkHealth, type Health, type HealthParts } from './health.js';
import { AnotherUnit, readForeignImei } from './identity.js';
import { bringUp, type NetworkParts } from './network.js';
import type { Timing } from './timing.js';
import type { Upgrade } from './types.js';
import { Wake } from './wake.js';

type RungName = EventOf<'restore.rung'>['rung'];

interface Rung {
  readonly name: RungName;
  /** This rung can help with what is wrong, and the rig has what it needs. */
  applies(health: Health): boolean | Promise<boolean>;
  climb(why: string): Promise<void>;
}

export interface RestoreParts {
  readonly rig: string;
  readonly health: HealthParts;
  readonly network: NetworkParts;
  readonly timing: Timing;
  readonly scale: number;
  /** Attempts that a recovery may make, for how long one that is under way is waited for. */
  readonly retries: number;
  readonly power: Power;
  /** The rig allows its units' supply to be cut. */
  readonly powerCuts: boolean;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly sources: readonly Source[];
  /** Runs the downgrade package from one source. */
  readonly downgrade: (from: Source) => Promise<Upgrade>;
  readonly restoreCommand?: ((why: string) => Promise<void>) | undefined;
}

/** The surest first: an upload needs no network. */
const surest: readonly Source[] = ['ufs', 'sd', 'ftp', 'http'];

/** Power-down after a PWRKEY pulse takes 29.5 s and more. */
const powerDownTime = 60_000;

/**
 * Brings a unit to its baseline, from the gentlest means to the hardest, with a health check after each. When the last one has
 * failed the rig is set aside, and stays so.
 */
export class RestoreLadder {
  #aside: RigFault | undefined;

  constructor(private readonly parts: RestoreParts) {}

  /** Resolves with a unit at its baseline; a healthy one costs one look. Rejects with a RigFault: the rig is set aside. */
  async restore(why: string): Promise<void> {
    if (this.#aside !== undefined) throw this.#aside;
    try {
      await this.#climbUntilWell(why);
    } catch (error) {
      if (error instanceof AnotherUnit) this.#leaveAlone(why, error);
      throw error;
    }
  }

  async #climbUntilWell(why: string): Promise<void> {
    let health = await this.#health();
    for (const rung of this.#rungs()) {
      if (health.ok) return;
      if (!(await rung.applies(health))) continue;
      health = await this.#climb(rung, why);
    }
    if (!health.ok) this.#setAside(why, health);
  }

  #leaveAlone(why: string, fault: AnotherUnit): void {
    this.#note('aside', why, false, fault.explain());
    this.parts.journal.write({ type: 'rig.aside', reason: `${fault.message}: ${fault.explanation.seen ?? ''}` });
    this.#aside = fault;
  }

  /** The rungs that change nothing on the unit, for one that does not answer at all; whether it does now. */
  async wakeUp(why: string): Promise<boolean> {
    for (const rung of [this.#powerKey(false), this.#supplyCycle(false)]) {
      const silent: Health = { answers: false, version: 'other', faults: [], ok: false, text: 'does not answer AT' };
      if (!(await rung.applies(silent))) continue;
      let problem: string | undefined;
      try {
        await rung.climb(why);
      } catch (error) {
        problem = this.#tolerated(error);
      }
      const answer = await this.parts.health.ports.command('AT', this.parts.timing.probe);
      this.#note(rung.name, why, answer.ok, problem ?? (answer.ok ? 'answers AT' : 'does not answer AT'));
      if (answer.ok) return true;
    }
    return false;
  }

  async #climb(rung: Rung, why: string): Promise<Health> {
    let problem: string | undefined;
    try {
      await rung.climb(why);
    } catch (error) {
      if (error instanceof AnotherUnit) throw error;
      problem = this.#tolerated(error);
    }
    const health = await this.#health();
    this.#note(rung.name, why, health.ok, problem === undefined ? health.text : `${health.text}; ${problem}`);
    return health;
  }

  /** A rung that failed is followed by the next; an interruption or a defect of the harness is not. */
  #tolerated(error: unknown): string {
    if (this.parts.signal?.aborted === true || !(error instanceof RigFault)) throw error;
    return error.message;
  }

  #health(): Promise<Health> {
    return checkHealth(this.parts.health);
  }

  #note(rung: RungName, why: string, ok: boolean, detail: string): void {
    this.parts.journal.write({ type: 'restore.rung', rung, why, ok, detail });
  }

  #setAside(why: string, health: Health): never {
    const { rig, journal, restoreCommand, powerCuts } = this.parts;
    this.#note('aside', why, false, health.text);
    journal.write({ type: 'rig.aside', reason: `the unit could not be brought to its baseline: ${health.text}` });
    const hints = [
      'flash the baseline with the vendor tool, then run again',
      ...(restoreCommand === undefined ? ['or name restore.command in the rig definition'] : []),
      ...(powerCuts ? [] : ['its supply was not cycled, as safety.powerCuts does not allow it']),
    ];
    this.#aside = new RigFault(`rig ${rig} is set aside: the unit could not be brought to its baseline`, {
      asked: `${this.parts.health.pair.upgrade.fromRevision}, normal mode, no package left (${why})`,
      seen: health.text,
      hint: hints.join('; '),
    });
    throw this.#aside;
  }

  #rungs(): readonly Rung[] {
    const { ports } = this.parts.health;
    return [
      {
        name: 'wait',
        applies: (health) => !health.answers || health.faults.length > 0,
        climb: () => this.#booted(() => Promise.resolve()),
      },
      {
        name: 'reboot',
        applies: (health) => health.answers && health.faults.length > 0,
        climb: () =>
          this.#booted(
            async () => {
              await ports.command('AT+CFUN=1,1', this.parts.timing.slowCommand);
            },
            { witness: true },
          ),
      },
      this.#powerKey(),
      this.#supplyCycle(),
      {
        name: 'downgrade',
        applies: (health) => health.answers && health.version === 'upgraded',
        climb: () => this.#downgrade(),
      },
      {
        name: 'restore-command',
        applies: () => this.parts.restoreCommand !== undefined,
        climb: (why) =>
          this.#booted(async () => {
            await this.parts.restoreCommand?.(why);
            const running = await this.#runsByItself();
            await this.parts.power.on(why, running === undefined ? {} : { running });
          }),
      },
    ];
  }

  #powerKey(network = true): Rung {
    const { power } = this.parts;
    return {
      name: 'power-key',
      applies: (health) => power.wires.powerKey && (!health.answers || health.faults.length > 0),
      climb: (why) =>
        this.#booted(
          async () => {
            await this.#switchOff(why);
            await power.on(why);
          },
          { network },
        ),
    };
  }

  #supplyCycle(network = true): Rung {
    const { power, powerCuts } = this.parts;
    return {
      name: 'supply-cycle',
      applies: async (health) =>
        power.wires.supply &&
        (!health.answers || health.faults.length > 0) &&
        // On a rig that allows no cuts only a unit that is off already loses its supply.
        (powerCuts || (await power.status()) === false),
      climb: (why) => this.#booted(() => power.cycle(why), { network }),
    };
  }

  /** A PWRKEY pulse on a unit that is on, and the wait until it is off: STATUS falls, or its line leaves. */
  async #switchOff(why: string): Promise<void> {
    const { power, clock, scale, health } = this.parts;
    const main = health.ports.main.line;
    if ((await power.status()) === false) return;
    const wake = new Wake(clock);
    const cancels = [
      power.onStatus(() => {
        wake.poke();
      }),
      main.watch(() => {
        wake.poke();
      }),
    ];
    try {
      await power.pressPowerKey('off', why);
      const deadline = clock.now() + scaledDeadline(powerDownTime, scale);
      const isOff = async (): Promise<boolean> => ((await power.status()) ?? main.present) === false;
      while (!(await isOff()) && clock.now() < deadline)
        await wake.wait(Math.min(deadline, clock.now() + this.parts.timing.look));
    } finally {
      for (const cancel of cancels) cancel();
    }
  }

  /**
   * Does something that boots the unit and waits for normal mode; a recovery that is under way gets its time. `network`: then brings
   * SIM and network up, which changes settings, so not before the unit's identity is known.
   */
  async #booted(act: () => Promise<void>, { witness = false, network = true } = {}): Promise<void> {
    const { timing, retries, clock, journal, signal, health } = this.parts;
    const boot = new Boot({ ports: health.ports, clock, journal, signal, timing }, { witness });
    try {
      await act();
      const { boot: within, upgrade } = timing.limits;
      const { ready, recovering } = await boot.wait(within, { each: upgrade, whole: upgrade * (retries + 2) });
      if (ready === undefined) {
        throw new RigFault(`no normal mode within the limit${recovering === undefined ? '' : `; last report ${recovering}`}`);
      }
    } finally {
      boot.close();
    }
    if (!network) return;
    const foreign = await readForeignImei((text) => health.ports.command(text, timing.command), health.imei);
    if (foreign !== undefined) throw new AnotherUnit(health.imei, foreign);
    await bringUp(this.parts.network);
  }

  /**
   * Whether a unit that was just flashed runs, where no STATUS tells: it is heard, or silent for as long as a boot may take. PWRKEY
   * toggles, and a press would switch a unit off that the flash tool has started.
   */
  async #runsByItself(): Promise<boolean | undefined> {
    const { timing, clock, journal, signal, health, power } = this.parts;
    if (power.wires.status || !power.wires.powerKey) return undefined;
    const boot = new Boot({ ports: health.ports, clock, journal, signal, timing });
    try {
      const { ready, alive } = await boot.wait(timing.limits.boot);
      return ready !== undefined || alive;
    } finally {
      boot.close();
    }
  }

  async #downgrade(): Promise<void> {
    const problems: string[] = [];
    for (const source of surest.filter((one) => this.parts.sources.includes(one))) {
      try {
        await this.parts.downgrade(source);
      } catch (error) {
        if (error instanceof AnotherUnit) throw error;
        problems.push(`${source}: ${this.#tolerated(error)}`);
        continue;
      }
      const health = await this.#health();
      if (health.version === 'baseline') return;
      problems.push(`${source}: ${health.text}`);
      if (!health.answers) break;
    }
    if (problems.length > 0) throw new RigFault(problems.map(messageOf).join('; '));
  }
}
