import type { TrialResult } from '../campaign/trial.js';
import { marked, printable } from './outcome.js';

/**
 * What a trial that was not survived says to its test. A point that this module has not is left out, with the reason; who named the cut himself
 * is told that nothing was proven. What failed before the cut is no trial of cuts, and still the module's failure: it is not tried again.
 */
export function trialMessage(
  trial: Pick<TrialResult, 'outcome' | 'owner' | 'outOfReach' | 'why'>,
  said: string,
  named: boolean,
): string {
  if (trial.outOfReach === true && !named) return marked('skipped', printable(`missed: ${trial.why ?? ''}`));
  if (trial.owner === 'firmware' || trial.owner === 'package') return said;
  return trial.outcome === 'missed' || trial.outcome === 'invalid' ? marked('invalid', said) : said;
}
