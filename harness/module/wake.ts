import type { Clock } from '../base/clock.js';

/** Lets a loop sleep until something happened or a time has come; nothing that happens between two waits is lost. */
export class Wake {
  #pending = false;
  #resolve: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /** Something happened: the present wait, or else the next one, ends at once. */
  poke(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  /** Resolves at the next `poke`, or at `until` (monotonic ms). */
  async wait(until: number): Promise<void> {
    const ms = until - this.clock.now();
    if (!this.#pending && ms > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.clock.after(Math.ceil(ms), resolve);
        this.#resolve = () => {
          cancel();
          resolve();
        };
      });
      this.#resolve = undefined;
    }
    this.#pending = false;
  }
}
