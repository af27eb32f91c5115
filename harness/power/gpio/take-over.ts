import { readFileSync } from 'node:fs';
import { pause, type Clock } from '../../base/clock.js';
import { holderOf } from './faults.js';
import type { GpioValue } from './binding.js';
import { guardLevel, guardPid } from './guard-message.js';
import type { GpioWire, WiredLine } from './lines.js';

/** From a guardian's letting go to our taking the line it falls back: short, ms. */
const again = 1;
/** One that has not noticed the end of its run yet takes the signal for somebody else's. */
const askAgain = 100;

/**
 * Asks the guardians that an earlier run has left to let go of these lines, and waits until they have: one may still be giving the
 * supply its least time off. Resolves with the levels at which they held them, after `within` ms at the latest; requesting a line that is
 * still theirs then tells who holds it.
 */
export async function takeOver(lines: readonly WiredLine[], clock: Clock, within: number): Promise<Map<GpioWire, GpioValue>> {
  const deadline = clock.now() + within;
  const levels = new Map<GpioWire, GpioValue>();
  const asked = new Map<number, number>();
  for (;;) {
    const guards = new Set<number>();
    for (const wired of lines) {
      const holder = holderOf(wired);
      const pid = guardPid(holder);
      if (pid === undefined || !isGuard(pid)) continue;
      guards.add(pid);
      levels.set(wired.wire, guardLevel(holder));
    }
    if (guards.size === 0 || clock.now() >= deadline) return levels;
    for (const pid of guards) {
      if (clock.now() - (asked.get(pid) ?? Number.NEGATIVE_INFINITY) < askAgain) continue;
      asked.set(pid, clock.now());
      try {
        process.kill(pid, 'SIGTERM');
      } catch {
        // It has just ended, or is another user's: then the line stays in use, and the fault names it.
      }
    }
    await pause(clock, again);
  }
}

/** Nobody else is signalled, whatever name he gave a line. */
function isGuard(pid: number): boolean {
  try {
    return /(^|\0)[^\0]*\bguard\.js\0/.test(readFileSync(`/proc/${String(pid)}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}
