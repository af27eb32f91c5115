import type { EventOf, JournalEvent } from '../../journal/events.js';
import { rigProfile, runStart } from '../../journal/testing/beginning.js';

export type TrialFacts = Partial<Omit<EventOf<'trial.end'>, 'type' | 'n' | 't'>> & { readonly test?: string };

/** Journal of a run that made these trials on one rig, numbered from 1. */
export function runJournal(run: string, trials: readonly TrialFacts[], rig = 'ec25-a'): JournalEvent[] {
  let n = 0;
  const at = (): string => new Date(Date.UTC(2026, 0, 31, 22, 0, n)).toISOString();
  const stamp = (): { n: number; t: number; at: string; rig: string } => ({ n: ++n, t: n, at: at(), rig });
  const start: EventOf<'run.start'> = { ...stamp(), ...runStart({ run }) };
  const profile: EventOf<'rig.start'> = {
    ...stamp(),
    type: 'rig.start',
    profile: rigProfile({ name: rig, simulated: true }),
  };
  const ends = trials.flatMap(({ test, ...facts }, index): JournalEvent[] => {
    const trial = facts.trial ?? `${rig}/${String(index + 1)}`;
    const cut = 'cut:updating@41%/ufs#ff9b';
    return [
      { ...stamp(), type: 'trial.start', trial, cut, ...(test === undefined ? {} : { test }) },
      {
        ...stamp(),
        type: 'trial.end',
        trial,
        cut,
        package: 'ab'.repeat(32),
        revision: 'EC25EFAR06A12M4G',
        outcome: 'survived',
        phase: 'updating',
        achieved: 'updating 41 % + 3 ms',
        took: 60_000,
        ...facts,
      },
    ];
  });
  return [start, profile, ...ends];
}
