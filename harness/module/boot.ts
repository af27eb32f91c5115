import type { Answer } from '../at/types.js';
import { RigFault } from '../base/errors.js';
import type { LineRole } from '../journal/events.js';
import type { Ports, Sighting } from './ports.js';
import { Readiness, type Ready } from './readiness.js';
import type { Timing } from './timing.js';
import { Wake } from './wake.js';
import type { WatchParts } from './watch.js';

export interface BootOptions {
  /** The unit was told to reboot: until a witness of that is seen, what it answers belongs to the time before. */
  readonly witness?: boolean;
}

/** What a wait for normal mode saw besides. */
export interface BootOutcome {
  readonly ready: Ready | undefined;
  /** Last report of an upgrade: the unit is in recovery, perhaps still from an earlier run. */
  readonly recovering: string | undefined;
  /** It answered AT or reported something on any line: it runs, even if the line that counts is not there yet. */
  readonly alive: boolean;
}

/**
 * The wait for normal mode. Listens from when it is made, so make it before the power is switched or the reboot commanded.
 * RDY alone is not normal mode, and its absence not the contrary: see `Readiness`.
 */
export class Boot {
  readonly #readiness: Readiness;
  readonly #wake: Wake;
  readonly #stopListening: () => void;
  #start: number;
  #witnessed: boolean;
  #unanswered = 0;
  #alive = false;
  #recovering: { readonly text: string; readonly t: number } | undefined;

  constructor(
    private readonly parts: WatchParts & { readonly timing: Timing },
    options: BootOptions = {},
  ) {
    const { clock, ports, timing } = parts;
    this.#start = clock.now();
    this.#witnessed = options.witness !== true;
    this.#readiness = new Readiness(timing, ports.main.port.role, this.#start);
    this.#wake = new Wake(clock);
    this.#stopListening = ports.onSighting((sighting) => {
      this.#saw(sighting);
      this.#wake.poke();
    });
  }

  /** Last report of an upgrade since this was made. */
  get recovering(): string | undefined {
    return this.#recovering?.text;
  }

  /**
   * Resolves when the unit is in normal mode, or after `within` ms; a unit that reports an upgrade gets `recovery.each` ms from each
   * report on, `recovery.whole` in all. Rejects with a RigFault only when the run is interrupted.
   */
  async wait(within: number, recovery = { each: within, whole: within }): Promise<BootOutcome> {
    const { clock, ports, signal, journal } = this.parts;
    this.#start = clock.now();
    const abort = (): void => {
      this.#wake.poke();
    };
    signal?.addEventListener('abort', abort);
    try {
      for (;;) {
        if (signal?.aborted === true) throw interruption(signal);
        const { ready } = this.#readiness;
        const recovering = this.#recovering?.text;
        if (ready !== undefined) {
          journal.write({ type: 'module.ready', line: ready.role, how: ready.how, took: ready.t - this.#start });
          return { ready, recovering, alive: true };
        }
        const now = clock.now();
        const extended = Math.min(
          (this.#recovering?.t ?? Number.NEGATIVE_INFINITY) + recovery.each,
          this.#start + recovery.whole,
        );
        const deadline = Math.max(this.#start + within, extended);
        if (now >= deadline) return { ready: undefined, recovering, alive: this.#alive };
        if (now < this.#readiness.due) await this.#wake.wait(Math.min(deadline, this.#readiness.due));
        else if (ports.connected === undefined) await this.#wake.wait(deadline);
        else await this.#probe();
      }
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  close(): void {
    this.#stopListening();
  }

  #saw(sighting: Sighting): void {
    if (isWitness(sighting, this.parts.ports.main.port.role)) this.#witnessed = true;
    if (sighting.kind === 'urc' && isUpgradeReport(sighting)) this.#recovering = { text: sighting.text, t: sighting.t };
    if (sighting.kind === 'urc' && sighting.report !== undefined) this.#alive = sighting.report.kind !== 'powered-down';
    this.#readiness.saw(sighting);
  }

  async #probe(): Promise<void> {
    const { clock, ports, timing } = this.parts;
    const port = ports.connected;
    if (port === undefined) return;
    const answer = await port.command('AT', { deadline: timing.probe });
    if (answer.result === 'lost') {
      this.#readiness.reset(clock.now() + timing.firstProbe);
      return;
    }
    if (answer.ok) this.#alive = true;
    this.#unanswered = answer.ok ? 0 : this.#unanswered + 1;
    if (this.#unanswered >= 2) this.#witnessed = true;
    if (this.#witnessed) this.#readiness.probed(answer.ok, port.role, clock.now());
    else this.#readiness.reset(clock.now() + timing.look);
  }
}

/** What a run that was told to stop rejects with: the reason as it was given, if that is an error. */
function interruption(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new RigFault('interrupted', { seen: String(signal.reason) });
}

/** Proof that the unit rebooted; the boot reports after RDY are not, since they may come late from the boot before. */
function isWitness(sighting: Sighting, main: LineRole): boolean {
  if (sighting.kind === 'lost' || sighting.kind === 'gone') return sighting.role === main;
  if (sighting.kind === 'power') return sighting.wire !== 'powerKey' && sighting.action !== 'on';
  if (sighting.kind !== 'urc') return false;
  const { report } = sighting;
  return report?.kind === 'powered-down' || (report?.kind === 'boot' && report.name === 'RDY');
}

export function isUpgradeReport(sighting: Extract<Sighting, { kind: 'urc' }>): boolean {
  return ['start', 'updating', 'restore', 'end'].includes(sighting.report?.kind ?? '');
}

/**
 * Sends the module's URCs to the line we read, all of them. Settings that this firmware does not know are noted, nothing more.
 */
export async function routeUrcs(ports: Ports, timing: Timing, note: (text: string) => void): Promise<void> {
  const where = ports.main.port.role === 'at' ? 'usbat' : 'uart1';
  for (const command of [`AT+QURCCFG="urcport","${where}"`, 'AT+QINDCFG="all",1']) {
    const answer: Answer = await ports.command(command, timing.command);
    if (!answer.ok) note(`${command} was not taken (${answer.result}); reports may come on another port or not at all`);
  }
}
