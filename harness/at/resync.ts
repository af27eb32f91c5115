import type { Clock } from '../base/clock.js';
import type { Answer } from './types.js';

/**
 * Silence in ms, counted in results, after which no late answer is expected: a module that answers one command at once answers the
 * one before it first. Not scaled: it bounds the host's delays.
 */
const quiet = 150;

/**
 * Keeps a late answer from being taken for the next command's. After a timeout (or a loss with a command under way) an answer is
 * owed. A module answers in order, so when it has answered something sent later and then is silent, nothing is owed any more.
 * The echo would tell as well, but may be off.
 */
export class Resync {
  #owed = false;
  /** A result came after the last command went out. */
  #answered = false;
  #lastFinal = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  get needed(): boolean {
    return this.#owed;
  }

  owe(): void {
    this.#owed = true;
  }

  sent(): void {
    this.#answered = false;
  }

  final(): void {
    this.#answered = true;
    this.#lastFinal = this.clock.now();
  }

  /** Resolves when nothing is owed, or with what kept `probe` (an AT) from an answer. */
  async run(probe: () => Promise<Answer>): Promise<'clean' | 'timeout' | 'lost'> {
    if (!this.#answered) {
      const { result } = await probe();
      if (result === 'timeout' || result === 'lost') return result;
    }
    for (let rest = this.#rest(); rest > 0; rest = this.#rest()) {
      await new Promise<void>((resolve) => {
        this.clock.after(rest, resolve);
      });
    }
    this.#owed = false;
    return 'clean';
  }

  #rest(): number {
    return this.#lastFinal + quiet - this.clock.now();
  }
}
