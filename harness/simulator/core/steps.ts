import type { FlashOp } from './flash.js';

/** What recovery reports, as the `+QIND: "FOTA"` lines say it. */
export type Report =
  | { readonly kind: 'START' }
  | { readonly kind: 'UPDATING'; readonly percent: number }
  | { readonly kind: 'END'; readonly err: number };

/**
 * What a boot asks of whoever drives it, one at a time. The driver performs, tears or refuses an `op` before it asks for the next;
 * dropping the sequence is a loss of power.
 */
export type Step =
  | { readonly kind: 'mode'; readonly mode: 'recovery' | 'restore' }
  | {
      readonly kind: 'op';
      readonly op: FlashOp;
      /** In units of the plan's total; 0 takes hardly any time. */ readonly weight: number;
    }
  | { readonly kind: 'plan'; /** Weight of the whole upgrade when nothing of it is done yet. */ readonly total: number }
  | { readonly kind: 'work'; readonly seconds: number }
  | {
      /** It turns to another file. What follows hangs on the flash and on this place alone, not on how it came here. */
      readonly kind: 'file';
      readonly phase: 'keep' | 'patch' | 'restore';
      readonly name: string;
    }
  | { readonly kind: 'report'; readonly report: Report };

/** How a boot goes on. A warm reboot keeps the note that the upgrade is over; a cold one has lost it. */
export type Outcome = { readonly kind: 'normal' } | { readonly kind: 'reboot' } | { readonly kind: 'dead'; readonly why: string };

/** What may differ between firmwares that are all sound. */
export interface Policy {
  /** With a backup area the old version is restored after the last attempt; without one there is no last attempt. */
  readonly profile: 'backup' | 'no-backup';
  /** "Retries for five times": five attempts in all, or one and five more. */
  readonly reading: 'in-all' | 'plus-first';
  /** Whether an attempt ended by a power cut is used up. */
  readonly cutsCount: boolean;
  /** Whether each failed attempt prints its own END, or only the last. */
  readonly endEach: boolean;
}

export const DEFAULT_POLICY: Policy = { profile: 'backup', reading: 'in-all', cutsCount: true, endEach: true };
