import type { Clock } from '../base/clock.js';
import type { Journal } from '../journal/journal.js';

/** ms. A standstill shorter than this can't spoil a time limit, the shortest of which is 500 ms. */
const ofRealTime = { beat: 100, worthTelling: 200 };
/** A module that is faster than life also leaves the bus milliseconds after its last report: what is read late is lost. */
const ofFastTime = { beat: 10, worthTelling: 20 };

/** Notes each standstill of this process in the journal: what was timed meanwhile is in doubt, and not the module's doing. */
export function watchLag(journal: Journal, clock: Clock, scale: number): () => void {
  const { beat, worthTelling } = scale < 1 ? ofFastTime : ofRealTime;
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
