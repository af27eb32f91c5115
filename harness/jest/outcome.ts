/**
 * How a test can end. Jest knows passed, failed and skipped; the rest travels as the first word of an error's message, because
 * errors cross from the suite's realm to ours as text.
 */
export type Outcome = 'passed' | 'failed' | 'skipped' | 'invalid' | 'inconclusive';

const marks = { invalid: 'INVALID', inconclusive: 'INCONCLUSIVE', skipped: 'SKIPPED' } as const;

/** Reason of a skip: the test's verdict stands in the journal, from before the run was killed and resumed. */
export { doneBefore } from '../report/result.js';

/** Reason of a skip: nobody had the time. */
export const outOfTime = 'the time of --budget was used up before this cut';

/** What ended a test of which an earlier try did not count, for this reason: it does not become one that was merely left out for lack of time. */
export function afterSpoilt(spoilt: string | undefined, error: unknown): unknown {
  const { message } = Object(error) as { message?: unknown };
  if (spoilt === undefined || typeof message !== 'string' || outcomeOf([message]).why !== outOfTime) return error;
  return new Error(marked('invalid', `${spoilt}\nnot tried again: ${outOfTime}`), { cause: error });
}

/** `INVALID: …`, so that `outcomeOf` finds it again. */
export function marked(outcome: keyof typeof marks, text: string): string {
  return `${marks[outcome]}: ${text}`;
}

/** What the error texts of a finished test say of it. A firmware failure outweighs everything else. */
export function outcomeOf(errors: readonly string[]): { readonly outcome: Outcome; readonly why: string | undefined } {
  if (errors.length === 0) return { outcome: 'passed', why: undefined };
  const ranked = errors.map((text) => ({ outcome: kindOf(text), why: stripMark(text) }));
  const order: readonly Outcome[] = ['failed', 'invalid', 'inconclusive', 'skipped'];
  for (const outcome of order) {
    const found = ranked.find((entry) => entry.outcome === outcome);
    if (found !== undefined) return found;
  }
  return { outcome: 'failed', why: errors[0] };
}

function kindOf(text: string): Outcome {
  for (const [outcome, mark] of Object.entries(marks)) {
    if (new RegExp(`^(?:\\w*Error: |RigFault: )?${mark}: `).test(text)) return outcome as Outcome;
  }
  return 'failed';
}

function stripMark(text: string): string {
  return text.replace(/^(?:\w*Error: |RigFault: )?(?:INVALID|INCONCLUSIVE|SKIPPED): /, '');
}

/** Text that an XML file can hold: control characters are shown, not written. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, (character) => {
    return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
  });
}
