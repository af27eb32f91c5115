import type { Clock } from './clock.js';
import { messageOf } from './errors.js';

/**
 * What must be undone, registered before it is done: `defer` first, then set up, so that a half-done set-up is cleaned as well.
 * Runs in reverse order; each step has its own time limit and none can keep the others from running.
 */
export class Teardown {
  readonly #steps: { readonly name: string; readonly undo: () => void | Promise<void>; readonly within: number }[] = [];
  #running: Promise<readonly string[]> | undefined;

  constructor(private readonly clock: Clock) {}

  defer(name: string, undo: () => void | Promise<void>, within = 10_000): void {
    this.#steps.push({ name, undo, within });
  }

  /** Undoes everything once; resolves with what went wrong, a line each; never rejects. */
  run(): Promise<readonly string[]> {
    this.#running ??= this.#undoAll();
    return this.#running;
  }

  async #undoAll(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { name, undo, within } = step;
      let cancel: () => void = () => undefined;
      const limit = new Promise<string>((resolve) => {
        cancel = this.clock.after(within, () => {
          resolve(`not done within ${String(within)} ms`);
        });
      });
      try {
        const late = await Promise.race([Promise.resolve(undo()).then(() => undefined), limit]);
        if (late !== undefined) problems.push(`${name}: ${late}`);
      } catch (error) {
        problems.push(`${name}: ${messageOf(error)}`);
      } finally {
        cancel();
      }
    }
    return problems;
  }
}
