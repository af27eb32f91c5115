/** The trials of power cuts of a run, from its journal alone: what JUnit, summary and the count of all three rest on. Pure. */
import { survivalText, type Survival } from '../campaign/statistics.js';
import type { EventOf, JournalEvent, Owner } from '../journal/events.js';
import { printable } from '../verdict/text.js';
import type { RunOutline } from './outline.js';

export interface TrialTold {
  readonly rig: string;
  /** `<rig>/<number>`. */
  readonly trial: string;
  readonly cut: string;
  /** `suite: title` of the test that made it. */
  readonly test: string | undefined;
  /** `unfinished`: its run was killed in it. */
  readonly outcome: EventOf<'trial.end'>['outcome'] | 'unfinished';
  readonly owner: Owner | undefined;
  readonly achieved: string | undefined;
  readonly why: string | undefined;
  /** SHA-256 and the revision that it starts from; undefined of one that did not end. */
  readonly package: string | undefined;
  readonly revision: string | undefined;
  /** From the last byte of the trigger to the supply line written, ms; one for each cut that was made. */
  readonly latencies: readonly number[];
}

/** In the order in which they began; one whose beginning was lost stands where it ended. */
export function trialsTold(events: readonly JournalEvent[]): readonly TrialTold[] {
  const trials = new Map<string, TrialTold>();
  const of = ({ rig, trial, cut }: { rig?: string | undefined; trial: string; cut: string }): TrialTold => {
    const name = rig ?? trial.replace(/\/[^/]*$/, '');
    const nothing = { test: undefined, owner: undefined, achieved: undefined, why: undefined };
    const untold = { package: undefined, revision: undefined, latencies: [] };
    return trials.get(trial) ?? { rig: name, trial, cut, outcome: 'unfinished', ...nothing, ...untold };
  };
  for (const event of events) {
    if (event.type === 'trial.start') trials.set(event.trial, { ...of(event), test: event.test });
    if (event.type === 'trial.cut' && event.latency !== undefined) {
      const known = trials.get(event.trial);
      if (known !== undefined) trials.set(event.trial, { ...known, latencies: [...known.latencies, event.latency] });
    }
    if (event.type === 'trial.end') {
      const { outcome, owner, achieved, why, package: sha256, revision } = event;
      trials.set(event.trial, { ...of(event), outcome, owner, achieved, why, package: sha256, revision });
    }
  }
  return [...trials.values()];
}

/** What the cuts of one package from one revision came to. */
interface CutsOfPackage extends Survival {
  readonly package: string;
  readonly revision: string;
}

/** What they prove, each package for itself; where there are several, each says which it is. */
export function survivalTexts(packages: readonly CutsOfPackage[]): readonly string[] {
  const [only] = packages;
  if (packages.length <= 1) return [survivalText(only ?? { valid: 0, failed: 0 })];
  return packages.map(({ package: sha256, revision, valid, failed }) => {
    const which = sha256 === '' ? 'a package that is not told' : `package ${printable(sha256.slice(0, 12))}`;
    return `${which} from ${printable(revision)}: ${survivalText({ valid, failed })}`;
  });
}

/** Of trials of several packages nothing can be said together: their failure rates are not one. */
function byPackage(trials: readonly TrialTold[]): readonly CutsOfPackage[] {
  const groups = new Map<string, TrialTold[]>();
  for (const trial of trials) {
    if (trial.package === undefined) continue;
    const key = JSON.stringify([trial.package.toLowerCase(), trial.revision]);
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  return [...groups.values()].map((own) => {
    const { package: sha256 = '', revision = '' } = own[0] ?? {};
    return { package: sha256.toLowerCase(), revision, ...survivalOf(own) };
  });
}

/** Valid trials alone: a failure counts when firmware or package is to blame. */
function survivalOf(trials: readonly TrialTold[]): Survival {
  const failed = trials.filter(
    ({ outcome, owner }) => outcome === 'failed' && (owner === 'firmware' || owner === 'package'),
  ).length;
  return { valid: trials.filter(({ outcome }) => outcome === 'survived').length + failed, failed };
}

/** `0.42 ms`: two digits after the point are more than the clock of a host is worth. */
export const latencyText = (ms: number): string => `${ms.toFixed(2)} ms`;

/** What a rig's power cuts came to: a name for a program, and a sentence; none when there was no trial. */
export function campaignFacts(rig: string, { events, cutUse }: RunOutline): Readonly<Record<string, string>> {
  const own = events.filter((event) => event.rig === rig);
  const trials = trialsTold(own);
  if (trials.length === 0) return {};
  const counts = (['survived', 'failed', 'missed', 'invalid', 'unfinished'] as const).flatMap((outcome) => {
    const found = trials.filter((trial) => trial.outcome === outcome).length;
    return found === 0 ? [] : [`${String(found)} ${outcome}`];
  });
  const narrowed = own.flatMap((event) => (event.type === 'note' && event.text.startsWith(narrowedNote) ? [event.text] : []));
  const survival = survivalTexts(byPackage(trials));
  const known = {
    'cuts.trials': `power cuts: ${String(trials.length)} ${trials.length === 1 ? 'trial' : 'trials'}: ${counts.join(', ')}`,
    ...Object.fromEntries(
      survival.map((text, index) => [survival.length === 1 ? 'cuts.survival' : `cuts.survival.${String(index + 1)}`, text]),
    ),
    'cuts.latency': latencies(trials.flatMap((trial) => trial.latencies)),
    'cuts.uses-attempt': cutUse.get(rig),
    ...Object.fromEntries(narrowed.map((text, index) => [`cuts.narrowed.${String(index + 1)}`, text])),
  };
  return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** How a note of the journal begins that tells a failing window. */
const narrowedNote = 'narrowed: ';

function latencies(all: readonly number[]): string | undefined {
  if (all.length === 0) return undefined;
  const sorted = [...all].sort((a, b) => a - b);
  const [middle = 0, most = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
  return `from the trigger to the switch: p50 ${latencyText(middle)}, max ${latencyText(most)}, over ${String(sorted.length)} cuts`;
}
