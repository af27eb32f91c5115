/** Masks what a run must not write: server passwords, SIM PINs. One instance belongs to one run of one rig. */
export class Secrets {
  readonly #known = new Set<string>();
  #pattern: RegExp | undefined;

  /** From now on `secret` is replaced wherever `mask` sees it. Empty strings are ignored. */
  add(secret: string): void {
    if (secret === '' || this.#known.has(secret)) return;
    this.#known.add(secret);
    const alternatives = [...this.#known]
      .sort((a, b) => b.length - a.length)
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    this.#pattern = new RegExp(alternatives.join('|'), 'g');
  }

  /** What is known so far, for whoever must recognise a secret in pieces. */
  get known(): ReadonlySet<string> {
    return this.#known;
  }

  /** The text with each secret replaced by `***`. */
  mask(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, '***');
  }
}
