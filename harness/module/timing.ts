import { scaledDeadline } from '../base/clock.js';
import type { RigProfile } from '../journal/events.js';

/** The waits of this room in ms, scaled for the rig. The limits of the profile come scaled already. */
export interface Timing {
  readonly limits: RigProfile['limits'];
  /** How long nothing may happen after an ERROR or a failed download before the module is taken to have stayed (10 s). */
  readonly quiet: number;
  /** How long a module that answers on its old version may still begin another attempt (5 s). */
  readonly settle: number;
  /** Deadline of a bare AT, which a module in normal mode answers at once (1 s). */
  readonly probe: number;
  /** From a line's opening to the first probe when the module says nothing on it: RDY may have come before we were there (1 s). */
  readonly firstProbe: number;
  /** Longest pause between two probes of a silent module (10 s). */
  readonly longestPause: number;
  /** Pause between two looks at something that comes up by itself: registration, the module's leaving (2 s). */
  readonly look: number;
  /** Deadline of an ordinary command (10 s, never under 2 s). A sound module answers at once, so this costs nothing. */
  readonly command: number;
  /** Deadline of a command that switches something: AT+CFUN=1, AT+CPIN (30 s, never under 2 s). */
  readonly slowCommand: number;
}

export function timingOf(profile: Pick<RigProfile, 'limits' | 'scale'>): Timing {
  const scaled = (ms: number, least = 0): number => Math.max(scaledDeadline(ms, profile.scale), least);
  return {
    limits: profile.limits,
    quiet: scaled(10_000),
    settle: scaled(5_000),
    probe: scaled(1_000),
    firstProbe: scaled(1_000),
    longestPause: scaled(10_000),
    look: scaled(2_000),
    command: scaled(10_000, 2_000),
    slowCommand: scaled(30_000, 2_000),
  };
}
