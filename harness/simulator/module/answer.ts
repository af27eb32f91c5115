import type { AtSession } from './at-session.js';

/** How a command ends: at once, or `later` by the session's own `finish`. */
export type Answer = { readonly lines: readonly string[]; readonly final: 'OK' | 'ERROR' | number } | 'later';

/** `AT+X`, `AT+X?`, `AT+X=?` or `AT+X=…`. */
export type Form = 'run' | 'read' | 'test' | 'set';

/** One parameter: a text stood in quotes. */
export interface Param {
  readonly value: string;
  readonly quoted: boolean;
}

export type Command = (session: AtSession, form: Form, params: readonly Param[]) => Answer;

export const ERROR: Answer = { lines: [], final: 'ERROR' };

export function ok(...lines: readonly string[]): Answer {
  return { lines, final: 'OK' };
}

/** `+CME ERROR: n`. */
export function cme(code: number): Answer {
  return { lines: [], final: code };
}
