import type { EventOf, JournalEvent } from '../journal/events.js';

/** A run as the ledger keeps it. */
export interface RunRow {
  readonly run: string;
  /** Wall time of its start. */
  readonly at: string;
  readonly seed: number;
  /** Version of the harness, with the commit when it is known. */
  readonly harness: string;
  readonly host: string;
}

/** A trial as the ledger keeps it; `run`, `rig` and `trial` are its key. */
export interface TrialRow {
  readonly run: string;
  readonly rig: string;
  readonly trial: string;
  readonly cut: string;
  /** SHA-256 in lower case. */
  readonly package: string;
  readonly revision: string;
  readonly module: string | null;
  readonly phase: string;
  readonly outcome: EventOf<'trial.end'>['outcome'];
  readonly owner: string | null;
  readonly achieved: string;
  readonly why: string | null;
  /** ms */
  readonly took: number;
  /** Wall time of its end. */
  readonly at: string;
  readonly test: string | null;
}

export interface JournalTrials {
  readonly runs: readonly RunRow[];
  readonly trials: readonly TrialRow[];
  /** Trials that began and have no end: the run was killed in them, or still goes on. They have no outcome, so they do not count. */
  readonly unfinished: readonly { readonly run: string; readonly trial: string }[];
}

/** The trials of a journal, in order. Pure. A resumed run has several `run.start`; a trial belongs to the last one before its end. */
export function trialsOf(events: readonly JournalEvent[]): JournalTrials {
  const runs = new Map<string, RunRow>();
  const trials: TrialRow[] = [];
  const modules = new Map<string | undefined, string>();
  const begun = new Map<string, { run: string; trial: string; test: string | null }>();
  const first = events.find((event) => event.type === 'run.start');
  if (first === undefined) return { runs: [], trials: [], unfinished: [] };
  let run = clean(first.run);
  for (const event of events) {
    switch (event.type) {
      case 'run.start': {
        const { version, commit } = event.harness;
        run = clean(event.run);
        if (runs.has(run)) break;
        const harness = clean(commit === undefined ? version : `${version} (${commit})`);
        runs.set(run, { run, at: clean(event.at), seed: event.seed, harness, host: clean(event.host.name) });
        break;
      }
      case 'rig.start':
        modules.set(event.rig, event.profile.module);
        break;
      case 'trial.start': {
        const trial = clean(event.trial);
        begun.set(key(run, rigOf(event), trial), { run, trial, test: orNull(event.test) });
        break;
      }
      case 'trial.end': {
        const trial = rowOf(event, run, modules.get(event.rig));
        const start = begun.get(key(run, trial.rig, trial.trial));
        begun.delete(key(run, trial.rig, trial.trial));
        trials.push({ ...trial, test: start?.test ?? null });
        break;
      }
      default:
    }
  }
  return { runs: [...runs.values()], trials, unfinished: [...begun.values()].map(({ run, trial }) => ({ run, trial })) };
}

function rowOf(event: EventOf<'trial.end'>, run: string, module: string | undefined): Omit<TrialRow, 'test'> {
  return {
    run,
    rig: rigOf(event),
    trial: clean(event.trial),
    cut: clean(event.cut),
    package: clean(event.package).toLowerCase(),
    revision: clean(event.revision),
    module: orNull(module),
    phase: clean(event.phase),
    outcome: event.outcome,
    owner: event.owner ?? null,
    achieved: clean(event.achieved),
    why: orNull(event.why),
    took: event.took,
    at: clean(event.at),
  };
}

const key = (...parts: readonly string[]): string => JSON.stringify(parts);

/** The stamp's rig; without it the trial's own name, `<rig>/<number>`, tells. */
function rigOf({ rig, trial }: { readonly rig?: string | undefined; readonly trial: string }): string {
  return clean(rig ?? trial.replace(/\/[^/]*$/, ''));
}

const orNull = (text: string | undefined): string | null => (text === undefined ? null : clean(text));

/** SQLite takes a NUL for the end of a text, and half a surrogate pair has no UTF-8: both would make two keys one. */
export function clean(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
