/** Listeners that are called at once, in the tick of what happened; a defect in one keeps nothing from the others. */
export class Listeners<T> {
  readonly #all = new Set<(value: T) => void>();

  /** Returns the cancellation. */
  add(listener: (value: T) => void): () => void {
    this.#all.add(listener);
    return () => {
      this.#all.delete(listener);
    };
  }

  tell(value: T): void {
    for (const listener of [...this.#all]) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
