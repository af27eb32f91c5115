import type { Clock } from '../base/clock.js';
import type { Journal } from '../journal/journal.js';

const beat = 100;
/** A standstill shorter than this can't spoil a time limit, the shortest of which is 500 ms. */
const worthTelling = 200;

/** Notes each standstill of this process in the journal: what was timed meanwhile is in doubt, and not the module's doing. */
export function watchLag(journal: Journal, clock: Clock): () => void {
  let last = clock.now();
  const timer = setInterval(() => {
    const now = clock.now();
    const late = now - last - beat;
    last = now;
    if (late > worthTelling) journal.write({ type: 'host.lag', ms: Math.round(late) });
  }, beat);
  return () => {
    clearInterval(timer);
  };
}
