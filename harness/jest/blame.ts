/** What an error that ended a test says of it: whether it counts, and against whom. */
import { outcomeOf } from './outcome.js';

/**
 * Only an expectation blames the module. Whatever else a test throws is the rig's or the harness's doing: the text of it, or undefined for
 * an expectation, a skip, or a verdict that is undecided. Errors of the harness come from outside Jest's sandbox, where `instanceof` does
 * not know them.
 */
export function spoiltBy(error: unknown): string | undefined {
  const { message, explain, matcherResult } = Object(error) as { message?: unknown; explain?: unknown; matcherResult?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  const { outcome, why } = outcomeOf([text]);
  if (outcome === 'invalid') return why;
  if (outcome !== 'failed' || matcherResult !== undefined) return undefined;
  return typeof explain === 'function' ? String((explain as () => unknown).call(error)) : text;
}

/** A plain expectation knows no requirement; its failure text is given those that the test covers. One that says itself what it is stays as it is. */
export function traced(error: unknown, covers: readonly string[]): unknown {
  const told = Object(error) as { message?: unknown; matcherResult?: unknown };
  if (told.matcherResult === undefined || typeof told.message !== 'string') return error;
  if (outcomeOf([told.message]).outcome !== 'failed' || /\bD[GH]-\d\d\b/.test(told.message)) return error;
  return new Error(`requirement ${covers.join(', ')}; owner firmware\n${told.message}`, { cause: error });
}
