import { RigFault, UserError } from '../base/errors.js';

/** One line of `dfota rigs check`. */
export interface CheckRow {
  readonly check: string;
  readonly result: 'ok' | 'FAILED' | 'not tried';
  /** What was seen, or why it was not tried. */
  readonly seen: string;
  /** Of a failure: what was asked, what was seen, what to look at. */
  readonly fault?: RigFault;
}

export const ok = (check: string, seen: string): CheckRow => ({ check, result: 'ok', seen });
export const notTried = (check: string, seen: string): CheckRow => ({ check, result: 'not tried', seen });
export const failed = (check: string, fault: RigFault): CheckRow => ({ check, result: 'FAILED', seen: fault.message, fault });

/** Only a fault of the rig makes a row; wrong use and defects of the harness go on. */
export function asFault(error: unknown): RigFault {
  if (error instanceof RigFault) return error;
  if (error instanceof UserError) return new RigFault(error.message, error.explanation);
  throw error;
}
