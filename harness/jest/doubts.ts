import { spoiltBy } from './blame.js';
import { marked, outcomeOf } from './outcome.js';

/** Most doubtful rounds that a long test tells in words. */
const told = 5;

/**
 * What a test of many rounds saw and could not decide. A night of a thousand upgrades must not end with the first that nobody can judge; it
 * must not pass over it either. Only an undecided verdict is kept: the module's failure ends the test, and so does the rig's fault.
 */
export class Doubts {
  readonly #seen: string[] = [];
  #rounds = 0;

  /** `restore`: after a round that was broken off in its midst, nobody knows on which version the module is. */
  constructor(private readonly restore: (why: string) => Promise<void>) {}

  /** Runs one round. An undecided verdict in it is kept for `tell`, and false; everything else is thrown on. */
  async allow(round: () => Promise<void>): Promise<boolean> {
    this.#rounds += 1;
    try {
      await round();
      return true;
    } catch (error) {
      const why = undecided(error);
      if (why === undefined) throw error;
      this.#seen.push(why);
      await this.restore('a round that is undecided');
      return false;
    }
  }

  /** Throws an undecided verdict when any round had one. */
  tell(): void {
    const { length } = this.#seen;
    if (length === 0) return;
    const more = length > told ? [`and ${String(length - told)} more`] : [];
    const lines = [`undecided: ${String(length)} of ${String(this.#rounds)} rounds`, ...this.#seen.slice(0, told), ...more];
    throw new Error(marked('inconclusive', lines.join('\n')));
  }
}

function undecided(error: unknown): string | undefined {
  if (spoiltBy(error) !== undefined) return undefined;
  const { message } = Object(error) as { message?: unknown };
  const { outcome, why } = outcomeOf([typeof message === 'string' ? message : String(error)]);
  return outcome === 'inconclusive' ? why : undefined;
}
