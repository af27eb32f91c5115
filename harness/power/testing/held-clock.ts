import { systemClock, type Clock } from '../../base/clock.js';

/** A clock whose time stands still until the test moves it on. */
export class HeldClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  readonly #watchers = new Set<() => void>();

  wall(): string {
    return systemClock.wall();
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#now + ms, callback };
    this.#timers.add(timer);
    for (const watcher of this.#watchers) watcher();
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Resolves once somebody waits for exactly `ms` from now. */
  waitFor(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (![...this.#timers].some(({ due }) => due === this.#now + ms)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Moves on, and calls back whoever is due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= end).sort((one, other) => one.due - other.due)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }
}
