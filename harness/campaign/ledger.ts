/**
 * What power cuts have proved over all nights. The ledger is a projection of journals: each run can be added again, or for the first time long
 * after it was killed, and the figures stay the same.
 */
import type { Database } from 'node-sqlite3-wasm';
import { UserError } from '../base/errors.js';
import type { JournalEvent } from '../journal/events.js';
import { phases } from './cut.js';
import type { Ledger } from './ledger-store.js';
import type { KnownTrial } from './night.js';
import { writeHistory, type RunHistory } from './ledger-runs.js';
import { trialsOf, type TrialRow } from './ledger-trials.js';
import type { Survival } from './statistics.js';

export { ledgerFile, openLedger, type Ledger } from './ledger-store.js';
export type { TrialRow } from './ledger-trials.js';

export interface Added {
  /** Runs of the journal. */
  readonly runs: readonly string[];
  /** Trials that are new to the ledger. */
  readonly added: number;
  /** Trials that it had already, with the same contents. */
  readonly known: number;
  /** Trials that it has with other contents; the ledger keeps what it has. One of the two journals is not what was written. */
  readonly conflicting: readonly string[];
  /** Trials that began and never ended; they do not count. */
  readonly unfinished: readonly string[];
  /** Tests that are new to the ledger, or that a run which went on has given another result. */
  readonly tests: number;
}

const columns = [
  'run',
  'rig',
  'trial',
  'cut',
  'package',
  'revision',
  'module',
  'phase',
  'outcome',
  'owner',
  'achieved',
  'why',
  'took',
  'at',
  'test',
] as const satisfies readonly (keyof TrialRow)[];

/**
 * Adds the trials of a run's journal, and its history when that is given: all or none, each once however often it is called. Throws a UserError
 * when the journal does not say which run it is of, when its runs must be added one by one, or when the ledger cannot be written.
 */
export async function addRun(ledger: Ledger, events: readonly JournalEvent[], history?: RunHistory): Promise<Added> {
  refuseMerged(events);
  const { runs, trials, unfinished } = trialsOf(events);
  if (runs.length === 0) {
    throw new UserError('the journal does not say which run it is of', {
      asked: 'the event run.start, the first of a journal',
      seen: `${String(events.length)} events without one`,
    });
  }
  const summary = { runs: runs.map(({ run }) => run), unfinished: unfinished.map(({ trial }) => trial) };
  // A run in which nothing was tried is not worth a line in the ledger.
  if (trials.length === 0 && (history?.tests.length ?? 0) === 0)
    return { ...summary, added: 0, known: 0, conflicting: [], tests: 0 };
  return ledger.change((database) => {
    for (const { run, at, seed, harness, host } of runs) {
      database.run('INSERT OR IGNORE INTO runs (run, at, seed, harness, host) VALUES (?, ?, ?, ?, ?)', [
        run,
        at,
        seed,
        harness,
        host,
      ]);
    }
    const find = database.prepare(`SELECT ${columns.join()} FROM trials WHERE run = ? AND rig = ? AND trial = ?`);
    const insert = database.prepare(`INSERT INTO trials (${columns.join()}) VALUES (${columns.map(() => '?').join()})`);
    try {
      let [added, known] = [0, 0];
      const conflicting: string[] = [];
      for (const trial of trials) {
        const had = find.get([trial.run, trial.rig, trial.trial]);
        if (had === null) {
          insert.run(columns.map((column) => trial[column]));
          added += 1;
        } else if (columns.every((column) => had[column] === trial[column])) known += 1;
        else conflicting.push(trial.trial);
      }
      const told = history === undefined ? { tests: 0, conflicting: [] } : writeHistory(database, history);
      return { ...summary, added, known, conflicting: [...conflicting, ...told.conflicting], tests: told.tests };
    } finally {
      find.finalize();
      insert.finalize();
    }
  });
}

/** In a merged journal each trial stands under another run's name: it would count twice. */
function refuseMerged(events: readonly JournalEvent[]): void {
  const start = events.find((event) => event.type === 'run.start');
  if (start?.argv[0] !== 'report' || start.argv[1] !== 'merge') return;
  const parts = events.flatMap((event) => (event.type === 'note' && event.text.startsWith('merged from ') ? [event.text] : []));
  throw new UserError('this is a report of several runs; each of them is added by itself', {
    seen: parts.join('; '),
    hint: 'name the folders of those runs; dfota report merge adds them by itself',
  });
}

export interface LedgerFilter {
  /** Beginning of the package's SHA-256. */
  readonly package?: string | undefined;
  readonly revision?: string | undefined;
  readonly rig?: string | undefined;
}

/** Trials summed up: `valid` and `failed` are what survival is computed from, the others are counted apart. */
export interface Tally extends Survival {
  /** The cut came too late. */
  readonly missed: number;
  /** Without proof that power went, or spoilt by the rig. */
  readonly invalid: number;
  /** Failed, but neither firmware nor package is to blame, or nobody can tell. */
  readonly notAttributed: number;
}

export interface PackageSurvival {
  readonly package: string;
  readonly revision: string;
  readonly rigs: readonly string[];
  readonly total: Tally;
  /** In the order of an upgrade; phases that nothing was tried in are missing. */
  readonly phases: readonly { readonly phase: string; readonly tally: Tally }[];
}

export const matching = `($package IS NULL OR substr(package, 1, length($package)) = lower($package))
  AND ($revision IS NULL OR revision = $revision) AND ($rig IS NULL OR rig = $rig)`;

export function bindings(filter: LedgerFilter): Record<string, string | null> {
  return { $package: filter.package ?? null, $revision: filter.revision ?? null, $rig: filter.rig ?? null };
}

/** Survival of each package from each revision, over the rigs that the filter leaves. */
export function survivals(ledger: Ledger, filter: LedgerFilter = {}): Promise<readonly PackageSurvival[]> {
  return ledger.read((database) =>
    database
      .all(
        `SELECT package, revision, json_group_array(DISTINCT rig ORDER BY rig) AS rigs FROM trials
         WHERE ${matching} GROUP BY package, revision ORDER BY max(at), package, revision`,
        bindings(filter),
      )
      .map((row): PackageSurvival => {
        const [sha, revision] = [text(row, 'package'), text(row, 'revision')];
        const byPhase = tallies(database, { ...filter, package: sha, revision });
        return {
          package: sha,
          revision,
          rigs: JSON.parse(text(row, 'rigs')) as string[],
          total: byPhase.map(({ tally }) => tally).reduce(sum, none),
          phases: byPhase,
        };
      }),
  );
}

/** Survival of exactly this package from this revision, on one rig or on all. */
export async function survivalOf(ledger: Ledger, of: { package: string; revision: string; rig?: string }): Promise<Tally> {
  return ledger.read((database) =>
    tallies(database, of)
      .map(({ tally }) => tally)
      .reduce(sum, none),
  );
}

/** A column that the schema makes a text. */
function text(row: Record<string, unknown>, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

const none: Tally = { valid: 0, failed: 0, missed: 0, invalid: 0, notAttributed: 0 };

function sum(one: Tally, other: Tally): Tally {
  return {
    valid: one.valid + other.valid,
    failed: one.failed + other.failed,
    missed: one.missed + other.missed,
    invalid: one.invalid + other.invalid,
    notAttributed: one.notAttributed + other.notAttributed,
  };
}

function tallies(database: Database, filter: LedgerFilter): PackageSurvival['phases'] {
  const failed = `outcome = 'failed' AND owner IS NOT NULL AND owner IN ('firmware', 'package')`;
  const rows = database.all(
    `SELECT phase, sum(outcome = 'survived') AS survived, sum(${failed}) AS failed, sum(outcome = 'missed') AS missed,
       sum(outcome = 'invalid') AS invalid, sum(outcome = 'failed' AND NOT (${failed})) AS other
     FROM trials WHERE ${matching} AND package = $package GROUP BY phase ORDER BY phase`,
    bindings(filter),
  );
  const order = (phase: string): number =>
    phases.findIndex((each) => each === phase) + (phases.some((each) => each === phase) ? 0 : 99);
  return rows
    .map((row) => ({
      phase: text(row, 'phase'),
      tally: {
        valid: Number(row['survived']) + Number(row['failed']),
        failed: Number(row['failed']),
        missed: Number(row['missed']),
        invalid: Number(row['invalid']),
        notAttributed: Number(row['other']),
      },
    }))
    .sort((one, other) => order(one.phase) - order(other.phase));
}

/** Mean duration of the last hundred trials of a rig, whatever their outcome, ms; undefined when there is none. */
export function meanTrial(ledger: Ledger, rig: string): Promise<number | undefined> {
  return ledger.read((database) => mean(lastTrials(database, rig).map(({ took }) => took)));
}

/**
 * What a trial costs on a rig with all that follows it (the next upgrade, restore), ms: the median time from one trial's end to the next one's
 * in the same run, over the last hundred. Where no run has two, twice the mean trial: the way back takes as long. Undefined without trials.
 */
export function trialCost(ledger: Ledger, rig: string): Promise<number | undefined> {
  return ledger.read((database) => {
    const trials = lastTrials(database, rig);
    const gaps = trials
      .flatMap(({ run, at, took }, index) => {
        const earlier = trials[index + 1];
        const gap = earlier?.run === run ? Date.parse(at) - Date.parse(earlier.at) : NaN;
        // Shorter than the trial itself: a clock was set, or the times are not what they should be.
        return gap >= took ? [gap] : [];
      })
      .sort((one, other) => one - other);
    if (gaps.length > 0) return gaps[Math.floor(gaps.length / 2)];
    const alone = mean(trials.map(({ took }) => took));
    return alone === undefined ? undefined : 2 * alone;
  });
}

/** Newest first. */
function lastTrials(database: Database, rig: string): { readonly run: string; readonly at: string; readonly took: number }[] {
  return database
    .all('SELECT run, at, took FROM trials WHERE rig = ? ORDER BY at DESC LIMIT 100', [rig])
    .map((row) => ({ run: text(row, 'run'), at: text(row, 'at'), took: Number(row['took']) }));
}

function mean(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** What is known of cuts of this package from this revision; and which cuts failed with other ones of the same module. Newest first. */
export function knownTrials(
  ledger: Ledger,
  { package: sha, revision, module }: { readonly package: string; readonly revision: string; readonly module: string },
): Promise<readonly KnownTrial[]> {
  return ledger.read((database) =>
    database
      .all(
        `SELECT cut, package = $package AND revision = $revision AS own, outcome = 'failed' AND owner IN ('firmware', 'package') AS failed
         FROM trials WHERE outcome IN ('survived', 'failed') AND (own OR (failed AND module = $module)) ORDER BY at DESC`,
        { $package: sha, $revision: revision, $module: module },
      )
      .map((row) => ({ cut: text(row, 'cut'), own: Number(row['own']) === 1, failed: Number(row['failed']) === 1 })),
  );
}

/** The trials that the ledger has of a run, as it keeps them. */
export function trialsOfRun(ledger: Ledger, run: string): Promise<readonly TrialRow[]> {
  return ledger.read((database) =>
    database
      .all(`SELECT ${columns.join()} FROM trials WHERE run = ? ORDER BY at, trial`, [run])
      // The schema is strict: a column holds what it was given.
      .map((row) => row as unknown as TrialRow),
  );
}

/** What the ledger has at all: for a message that a filter matches nothing. */
export function contents(ledger: Ledger): Promise<{ packages: string[]; revisions: string[]; rigs: string[]; trials: number }> {
  return ledger.read((database) => {
    const all = (column: string): string[] =>
      database.all(`SELECT DISTINCT ${column} AS value FROM trials ORDER BY value`).map((row) => text(row, 'value'));
    const trials = Number(database.get('SELECT count(*) AS number FROM trials')?.['number']);
    return { packages: all('package'), revisions: all('revision'), rigs: all('rig'), trials };
  });
}
