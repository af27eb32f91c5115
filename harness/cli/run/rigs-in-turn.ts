import type { RigProcess } from './rig-process.js';

/** How a process ends that was never started, since the run was interrupted before its turn. */
export const notStarted = 'not started';

interface Turn {
  readonly name: string;
  readonly start: () => RigProcess;
}

/**
 * The processes of a run's rigs, of which only so many are coming up at a time: to load what a rig needs takes a processor whole for some seconds, and
 * a rig that works already must not wait for dozens that do not yet.
 */
export class RigsInTurn {
  /** How each process ended, in the order of the rigs. */
  readonly ended: Promise<readonly (number | string)[]>;
  readonly #waiting: Turn[];
  readonly #comingUp = new Set<string>();
  readonly #running = new Map<string, RigProcess>();
  readonly #ends = new Map<string, number | string>();
  #allOver: () => void = () => undefined;

  constructor(
    turns: readonly Turn[],
    private readonly atOnce: number,
  ) {
    this.#waiting = [...turns];
    this.ended = new Promise<void>((resolve) => {
      this.#allOver = resolve;
    }).then(() => turns.map(({ name }) => this.#ends.get(name) ?? notStarted));
    this.#next();
  }

  /** The rig has loaded what it needs, and works on its unit: the next one may come up. */
  underWay(rig: string): void {
    if (this.#comingUp.delete(rig)) this.#next();
  }

  /** Asks those that run to stop; those that have not begun never will. */
  interrupt(): void {
    this.#waiting.length = 0;
    for (const each of this.#running.values()) each.interrupt();
    this.#next();
  }

  kill(): void {
    this.#waiting.length = 0;
    for (const each of this.#running.values()) each.kill();
    this.#next();
  }

  #next(): void {
    while (this.#comingUp.size < this.atOnce) {
      const turn = this.#waiting.shift();
      if (turn === undefined) break;
      this.#begin(turn);
    }
    if (this.#waiting.length === 0 && this.#running.size === 0) this.#allOver();
  }

  #begin({ name, start }: Turn): void {
    const process = start();
    this.#comingUp.add(name);
    this.#running.set(name, process);
    void process.ended.then((end) => {
      this.#ends.set(name, end);
      this.#running.delete(name);
      this.#comingUp.delete(name);
      this.#next();
    });
  }
}
