import type { Clock } from '../base/clock.js';
import type { Journal } from '../journal/journal.js';
import { readRevision } from './identity.js';
import type { Ports } from './ports.js';
import { Wake } from './wake.js';
import { WatchState, type WatchOptions, type Why } from './watch-state.js';

export interface Stop {
  readonly why: Why;
  readonly detail: string;
}

export interface WatchParts {
  readonly ports: Ports;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Watches one upgrade from before its command to its end. It may be started again after a stop that proved premature (`disturbed`).
 * Somebody else may cut the supply and switch it on again meanwhile: power.do events tell it so, and it goes on.
 */
export class Watch {
  readonly #state: WatchState;
  readonly #wake: Wake;
  readonly #cancels: (() => void)[] = [];
  #stopped = Number.POSITIVE_INFINITY;

  /** Armed when this returns: nothing that the command causes is missed. */
  constructor(
    private readonly options: Omit<WatchOptions, 'main'>,
    private readonly parts: WatchParts,
  ) {
    const { ports, clock, signal } = parts;
    this.#state = new WatchState({ ...options, main: ports.main.port.role });
    this.#wake = new Wake(clock);
    this.#cancels.push(
      ports.onSighting((sighting) => {
        this.#state.saw(sighting);
        this.#wake.poke();
      }),
    );
    const interrupt = (): void => {
      this.#wake.poke();
    };
    signal?.addEventListener('abort', interrupt);
    this.#cancels.push(() => signal?.removeEventListener('abort', interrupt));
  }

  /** A report of an upgrade or a witness of a reboot came after the last stop. */
  get disturbed(): boolean {
    return this.#state.disturbed > this.#stopped;
  }

  /** The final result of AT+QFOTADL; also `timeout` or `lost`, after which the module may have taken it or not. */
  answered(result: string): void {
    this.#state.answered(result, this.parts.clock.now());
  }

  /** Runs until the upgrade is over or a limit is. */
  async run(): Promise<Stop> {
    const { clock, signal } = this.parts;
    for (;;) {
      if (signal?.aborted === true) return this.#stop({ why: 'interrupted', detail: String(signal.reason) });
      const step = this.#state.next(clock.now());
      switch (step.do) {
        case 'stop':
          return this.#stop(step);
        case 'wait':
          await this.#wake.wait(step.until);
          break;
        case 'probe':
          await this.#probe(step.until);
          break;
        case 'version':
          await this.#readVersion();
      }
    }
  }

  close(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
  }

  #stop(stop: Stop): Stop {
    this.#stopped = this.parts.clock.now();
    return { why: stop.why, detail: stop.detail };
  }

  async #probe(until: number): Promise<void> {
    const { ports, clock, journal } = this.parts;
    const port = ports.connected;
    if (port === undefined) {
      if (this.#state.away) await this.#wake.wait(until);
      else this.#state.probed(false, ports.main.port.role, clock.now());
      return;
    }
    const disturbed = this.#state.disturbed;
    const answer = await port.command('AT', { deadline: this.options.timing.probe });
    // The module left while it was asked: what it said belongs to the time before.
    if (this.#state.disturbed > disturbed) return;
    const before = this.#state.ready;
    this.#state.probed(answer.ok, port.role, clock.now());
    const ready = this.#state.ready;
    if (before === undefined && ready !== undefined && this.#state.away) {
      journal.write({ type: 'module.ready', line: ready.role, how: ready.how, took: ready.t - this.#state.since });
    }
  }

  async #readVersion(): Promise<void> {
    const { ports, clock } = this.parts;
    const disturbed = this.#state.disturbed;
    const revision = await readRevision((text) => ports.command(text, this.options.timing.command));
    if (this.#state.disturbed === disturbed) this.#state.version(revision, clock.now());
  }
}
