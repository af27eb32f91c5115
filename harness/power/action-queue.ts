import type { Clock } from '../base/clock.js';

/** Actions one after the other. Closing it lets the one under way end, cuts its waits short and starts no other. */
export class ActionQueue {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  #wake: () => void = () => undefined;

  get closed(): boolean {
    return this.#closed;
  }

  /** Carries out `action` when all before it have ended, well or badly. */
  add<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** For the action under way: waits `ms` (nothing when it is not above 0), shorter when the queue is closed meanwhile. */
  wait(clock: Clock, ms: number): Promise<void> {
    if (!(ms > 0) || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#last;
  }
}
