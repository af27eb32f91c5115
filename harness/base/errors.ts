/**
 * Errors that carry what a person needs: what was asked, what was seen, where, and what to try.
 *
 * Only these classes end a command with a message alone; anything else is a defect of the harness and keeps its stack.
 */

/** A place in a file a user wrote. Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** Path of keys down to the value, for example `power.gpio.supply`. */
  readonly key?: string;
}

/** `file:line:column: key` with what is known of it. */
export function placeText(place: Place): string {
  const position = [place.file, place.line, place.line === undefined ? undefined : place.column]
    .filter((part) => part !== undefined)
    .join(':');
  return place.key === undefined || place.key === '' ? position : `${position}: ${place.key}`;
}

export interface Explanation {
  /** What the user or the harness asked for. */
  readonly asked?: string;
  /** What was seen instead. */
  readonly seen?: string;
  /** Where it stands. */
  readonly place?: Place;
  /** What to try. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The common shape; `message` is the one-line summary, `explain()` the whole text. */
export abstract class ExplainedError extends Error {
  abstract readonly exitCode: number;
  readonly explanation: Explanation;

  constructor(message: string, explanation: Explanation = {}) {
    super(message, explanation.cause === undefined ? undefined : { cause: explanation.cause });
    this.explanation = explanation;
  }

  /** The message with every known part on a line of its own. */
  explain(): string {
    const { asked, seen, place, hint } = this.explanation;
    const lines = [place === undefined ? this.message : `${placeText(place)}: ${this.message}`];
    if (asked !== undefined) lines.push(`  asked: ${asked}`);
    if (seen !== undefined) lines.push(`  seen:  ${seen}`);
    if (hint !== undefined) lines.push(`  try:   ${hint}`);
    return lines.join('\n');
  }
}

/** Wrong use or a wrong definition: exit 2. */
export class UserError extends ExplainedError {
  override readonly name = 'UserError';
  readonly exitCode = 2;
}

/** The rig (wires, ports, switch, servers' host), not the firmware, is at fault: exit 3. */
export class RigFault extends ExplainedError {
  override readonly name = 'RigFault';
  readonly exitCode = 3;
}

/** True when the value has the given Node.js error code, for example `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
