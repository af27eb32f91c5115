import { pause, scaledDeadline } from '../base/clock.js';
import { RigFault, UserError } from '../base/errors.js';
import { Boot } from './boot.js';
import { readIdentity } from './identity.js';
import { bringUp } from './network.js';
import { Ports } from './ports.js';
import { LifeSigns, watchPower, type PowerSeen, type WitnessParts } from './power-witnesses.js';
import { SimCard } from './sim-card.js';
import { isWitnessed, judgeOff, seenText, switchFault, type SwitchProblem } from './switch-problem.js';
import { timingOf, type Timing } from './timing.js';
import type { UnitLine, UnitOptions } from './types.js';

export type SwitchProofOptions = Pick<
  UnitOptions,
  'rig' | 'profile' | 'lines' | 'power' | 'journal' | 'clock' | 'secrets' | 'env' | 'signal'
>;

/** What a proof that succeeded saw. */
export interface SwitchProven {
  readonly seen: PowerSeen;
  /** The board starts the module without PWRKEY; undefined without that wire. */
  readonly startsByItself: boolean | undefined;
}

const why = 'proof that the supply cuts';
/** A witness that has not told after so many times `limits.decay` never will. */
const lateFactor = 5;
/** STATUS rises 2.5 s after the start, UART and USB are there after 12 and 13 s (domain.md): until then nobody knows that it started. */
const statusRise = 5_000;
const linesRise = 15_000;

/**
 * Cuts the supply of a running unit, watches every witness, and brings the unit back. Rejects with a RigFault that names what is wrong
 * with the switch, with a UserError on a rig that allows no power cuts. Whatever happens, the unit has its supply at the end.
 */
export async function proveSwitch(options: SwitchProofOptions): Promise<SwitchProven> {
  return withProof(options, async (proof) => {
    const { fault, ...proven } = await proof.run();
    if (fault !== undefined) throw fault;
    return proven;
  });
}

/**
 * For a unit that does not come up at all: one that lives when its supply is told off, and only then, hangs on an inverted line. Resolves
 * with that fault, or with undefined: then the supply is told on, and PWRKEY was pressed.
 */
export async function explainSilence(options: SwitchProofOptions): Promise<RigFault | undefined> {
  if (!options.rig.safety.powerCuts || !options.power.wires.supply) return undefined;
  return withProof(options, (proof) => proof.explainSilence());
}

/** The proof of one rig's switch, made once, before the first power cut of a session. */
export class SwitchProof {
  #underWay: Promise<void> | undefined;
  #outcome: 'proven' | RigFault | undefined;

  constructor(private readonly options: SwitchProofOptions) {}

  /**
   * Resolves when the switch is proven and the unit is up and on its network again. A switch that was proven bad rejects each time, with
   * the same RigFault; what only kept the proof from being made (an interruption, a wire that could not be read) is tried again.
   */
  ensure(): Promise<void> {
    this.#underWay ??= this.#prove().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #prove(): Promise<void> {
    if (this.#outcome === 'proven') return;
    if (this.#outcome !== undefined) throw this.#outcome;
    await withProof(this.options, async (proof) => {
      const { fault } = await proof.run();
      this.#outcome = fault ?? 'proven';
      if (fault === undefined) return proof.bringUp();
      const { asked, seen, hint } = fault.explanation;
      const known = { ...(asked === undefined ? {} : { asked }), ...(seen === undefined ? {} : { seen }) };
      this.options.journal.write({ type: 'rig.fault', what: fault.message, ...known, ...(hint === undefined ? {} : { hint }) });
      throw fault;
    });
  }
}

async function withProof<T>(options: SwitchProofOptions, use: (proof: Proof) => Promise<T>): Promise<T> {
  if (!options.rig.safety.powerCuts) {
    throw new UserError(`rig ${options.rig.name} does not allow power cuts: its switch cannot be proven`, {
      hint: 'safety.powerCuts: true, when its unit may be cut',
    });
  }
  const proof = new Proof(options);
  try {
    return await use(proof);
  } finally {
    proof.close();
  }
}

type Outcome = SwitchProven & { readonly fault: RigFault | undefined };
interface Back {
  readonly ready: boolean;
  /** First sign of life before PWRKEY was pressed; undefined without one, or without that wire. */
  readonly early: string | undefined;
  /** A sign before PWRKEY would not have been missed. */
  readonly listened: boolean;
  /** Any sign of life at all; a boot report. */
  readonly alive: boolean;
  readonly booted: boolean;
}

class Proof {
  readonly #timing: Timing;
  readonly #ports: Ports;
  readonly #witnesses: WitnessParts;
  readonly #decay: number;
  readonly #late: number;

  constructor(private readonly options: SwitchProofOptions) {
    const { rig, profile, lines, journal, clock, power, signal } = options;
    this.#timing = timingOf(profile);
    this.#ports = new Ports({ lines, journal, clock });
    const usb = rig.power.simulated !== undefined || rig.lines?.at?.usb !== undefined;
    this.#witnesses = { ports: this.#ports, power, clock, timing: this.#timing, usb, signal };
    this.#decay = scaledDeadline(rig.limits.decay, profile.scale);
    this.#late = this.#decay * lateFactor;
  }

  close(): void {
    this.#ports.close();
  }

  /** SIM, APN and registration as before the cut. */
  bringUp(): Promise<void> {
    const { rig, clock, signal, secrets, env } = this.options;
    const card = new SimCard({ rig: rig.name, pinEnv: rig.sim?.pinEnv, env: env ?? process.env, secrets });
    return bringUp({ rig, ports: this.#ports, timing: this.#timing, clock, card, signal });
  }

  async run(): Promise<Outcome> {
    const { power } = this.options;
    const lines = await this.#answering();
    const before = await this.#identity();
    let settled = false;
    try {
      let seen = await this.#cut(lines);
      let judged = judgeOff(seen, this.#decay, power.wires.vbus);
      let back: Back | undefined;
      if (judged === 'slow-decay') {
        // A host that stood still looks the same; the second measurement counts.
        back = await this.#bringBack(judged);
        if (back.ready) {
          seen = await this.#cut(lines);
          judged = judgeOff(seen, this.#decay, power.wires.vbus);
        }
      }
      let problem: SwitchProblem | undefined;
      if (judged === 'lives-on') problem = await this.#whyItLives(lines, seen);
      else if (judged !== 'off') problem = judged;
      let detail = seenText(seen);
      if (problem !== 'supply-inverted') {
        back = await this.#bringBack(problem);
        if (problem === undefined) problem = await this.#afterwards(seen, back, before);
        detail += `; then ${backText(back, power.wires.powerKey)}`;
      }
      settled = true;
      const startsByItself =
        power.wires.powerKey && problem !== 'no-witness' && back !== undefined ? back.early !== undefined : undefined;
      this.#write(seen, startsByItself, problem, detail);
      const fault = problem === undefined ? undefined : switchFault(this.options.rig.name, problem, detail);
      return { seen, startsByItself, fault };
    } finally {
      if (!settled) await this.#makeSafe();
    }
  }

  async explainSilence(): Promise<RigFault | undefined> {
    const { power, rig } = this.options;
    for (const line of this.#ports.lines) if (await this.#answers(line)) return undefined;
    let settled = false;
    try {
      const statusBefore = await power.status();
      const back = await this.#startToldOff();
      // What reports but does not answer cannot be told from one that lives on.
      const living = back.alive ? await this.#livingLines() : [];
      if (living.length > 0) {
        const seen = await watchPower(this.#witnesses, () => power.supply(true, why), {
          lines: living,
          statusBefore,
          within: this.#late,
        });
        const silent = seen.lines.filter(({ silentAfter }) => silentAfter !== undefined);
        if (silent.length === living.length) {
          await this.#start(() => power.supply(false, why), false);
          settled = true;
          const detail = `told on it does not come up; told off it came to life; told on again: ${seenText(seen)}`;
          this.#write(seen, undefined, 'supply-inverted', detail);
          return switchFault(rig.name, 'supply-inverted', detail);
        }
      }
      await this.#bringBack('does-not-come-back');
      settled = true;
      return undefined;
    } finally {
      if (!settled) await this.#makeSafe();
    }
  }

  /** The lines that can witness: those that answer now. */
  async #answering(): Promise<readonly UnitLine[]> {
    const lines = await this.#livingLines();
    if (lines.length > 0) return lines;
    throw new RigFault(`rig ${this.options.rig.name}: the switch cannot be proven: the unit does not answer`, {
      asked: 'an answer to AT before the supply is cut',
      seen: this.#ports.lines.map(({ port }) => `${port.role} ${port.connected ? 'silent' : 'not open'}`).join(', '),
      hint: 'bring the unit up first (dfota rigs check)',
    });
  }

  async #livingLines(): Promise<readonly UnitLine[]> {
    const lines: UnitLine[] = [];
    for (const line of this.#ports.lines) if (await this.#answers(line)) lines.push(line);
    return lines;
  }

  async #answers({ port }: UnitLine): Promise<boolean> {
    for (let tries = 0; tries < 2; tries += 1) if ((await port.command('AT', { deadline: this.#timing.probe })).ok) return true;
    return false;
  }

  async #cut(lines: readonly UnitLine[]): Promise<PowerSeen> {
    const { power } = this.options;
    const statusBefore = await power.status();
    return watchPower(this.#witnesses, () => power.supply(false, why), { lines, statusBefore, within: this.#late });
  }

  /** Nothing changed with the supply told off: does it when it is told on? An inverted line then lets the module die. */
  async #whyItLives(lines: readonly UnitLine[], off: PowerSeen): Promise<SwitchProblem> {
    const { power } = this.options;
    const livedOn = off.lines.some(({ silentAfter }) => silentAfter === undefined);
    const on = await watchPower(this.#witnesses, () => power.supply(true, why), {
      lines,
      statusBefore: off.statusAfter,
      within: this.#late,
    });
    if (on.lines.some(({ silentAfter }) => silentAfter === undefined)) return 'supply-does-nothing';
    if (on.lines.length === 0) return 'no-witness';
    // As it was found: an inverted line gives power when it is told off.
    const back = await this.#startToldOff();
    if (back.alive) return 'supply-inverted';
    // It outlived the watch, and died before the supply that was told on again was there.
    if (livedOn) return 'slow-decay';
    return off.statusAfter === true ? 'status-stuck-high' : 'does-not-come-back';
  }

  /** What only shows when the unit is back. */
  async #afterwards(seen: PowerSeen, back: Back, before: string): Promise<SwitchProblem | undefined> {
    const { power } = this.options;
    const { powerKey, vbus } = power.wires;
    if (!back.ready) return powerKey && !back.alive ? 'power-key-does-nothing' : 'does-not-come-back';
    const neededKey = powerKey && back.early === undefined && back.listened;
    if (!isWitnessed(seen, vbus) && !neededKey && !back.booted) return 'no-witness';
    return (await this.#identity()) === before ? undefined : 'another-unit';
  }

  /** STATUS that was seen to lie must not decide about PWRKEY. */
  #bringBack(problem: SwitchProblem | undefined): Promise<Back> {
    const { power } = this.options;
    const trusted = power.wires.status && (problem === undefined || problem === 'slow-decay');
    return this.#start(() => power.supply(true, why), trusted);
  }

  /** What lives then has power from a line that is told off: a slow supply must not pass for that, so it has its time to decay first. */
  async #startToldOff(): Promise<Back> {
    const { power, clock } = this.options;
    await power.supply(false, why);
    await pause(clock, this.#late);
    return this.#start(() => Promise.resolve(), false);
  }

  /**
   * Gives power in the way of `act`, presses PWRKEY unless the unit lives already, and waits for normal mode. `trusted`: STATUS may be
   * believed, and the supply is told on.
   */
  async #start(act: () => Promise<void>, trusted: boolean): Promise<Back> {
    const { power, clock, journal, signal, profile } = this.options;
    const { limits } = this.#timing;
    const signs = new LifeSigns(this.#witnesses, trusted);
    const boot = new Boot({ ports: this.#ports, clock, journal, signal, timing: this.#timing });
    try {
      await act();
      let early: string | undefined;
      let listened = false;
      if (power.wires.powerKey) {
        const rise = scaledDeadline(trusted ? statusRise : linesRise, profile.scale);
        const deadline = clock.now() + limits.boot;
        // Nobody presses blindly: PWRKEY toggles.
        do await signs.wait(rise);
        while (signs.first === undefined && !signs.listened && clock.now() < deadline);
        early = signs.first;
        listened = signs.listened;
        if (early === undefined) await (trusted ? power.on(why, { running: false }) : power.pressPowerKey('on', why));
      }
      const whole = limits.upgrade * (profile.firmware.retries + 2);
      const { ready } = await boot.wait(limits.boot, { each: limits.upgrade, whole });
      return { ready: ready !== undefined, early, listened, alive: signs.first !== undefined, booted: signs.booted };
    } finally {
      boot.close();
      signs.close();
    }
  }

  /** After something unforeseen, an interruption for example: power first, everything else is for the restore ladder. */
  async #makeSafe(): Promise<void> {
    const { power } = this.options;
    try {
      await power.supply(true, `${why}: given up`);
      if (power.wires.powerKey && (await power.status()) === false) await power.on(`${why}: given up`);
    } catch {
      // In the journal already; the first error is the one to tell.
    }
  }

  /** IMEI and version: what must be the same before and after. */
  async #identity(): Promise<string> {
    const { identity } = await readIdentity((text) => this.#ports.command(text, this.#timing.command));
    return `${identity.imei ?? 'no IMEI'} ${identity.revision ?? 'no revision'}`;
  }

  #write(seen: PowerSeen, startsByItself: boolean | undefined, problem: SwitchProblem | undefined, text: string): void {
    const { journal, power } = this.options;
    // At the end too it is left as it feeds the unit.
    if (problem === 'supply-inverted') power.supplyInverted?.();
    const { statusFell, usbLeft, lines } = seen;
    const silent = lines.map(({ silentAfter }) => silentAfter);
    const known = silent.filter((time) => time !== undefined);
    journal.write({
      type: 'switch.proof',
      wires: Object.entries(power.wires).flatMap(([wire, there]) => (there ? [wire] : [])),
      decay: this.#decay,
      ...(statusFell === undefined ? {} : { statusFell }),
      ...(usbLeft === undefined ? {} : { usbLeft }),
      ...(known.length < silent.length || known.length === 0 ? {} : { silentAfter: Math.max(...known) }),
      ...(startsByItself === undefined ? {} : { startsByItself }),
      ok: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      seen: text,
    });
  }
}

function backText(back: Back, powerKey: boolean): string {
  if (!back.ready) return back.alive ? 'on: it came to life, but not to normal mode' : 'on: no sign of life';
  if (!powerKey) return 'on: it came back';
  return back.early === undefined ? 'on: it came back after PWRKEY' : `on: it came back without PWRKEY (${back.early})`;
}
