/** What the ledger keeps of a run beside its power cuts: how it ended, its tests, and how long undisturbed upgrades took. */
import type { Database } from 'node-sqlite3-wasm';
import { clean } from './ledger-trials.js';

/** How a run ended; one that was killed, or goes on, has no end yet. */
export interface RunEndRow {
  readonly run: string;
  /** Wall time. */
  readonly ended: string;
  readonly exit: number;
  readonly reason: string;
}

/** A test as the ledger keeps it; `run`, `rig` and `test` are its key. */
export interface TestRow {
  readonly run: string;
  readonly rig: string;
  /** `suite: title`. */
  readonly test: string;
  readonly suite: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'invalid' | 'inconclusive';
  readonly why: string | null;
  /** Tries that did not count, before the one that did. */
  readonly tries: number;
  /** ms; null for one that has no beginning and end. */
  readonly took: number | null;
  /** Wall time of its end. */
  readonly at: string;
  readonly module: string | null;
  /** SHA-256 of the package under test (the pair's upgrade) and the revision that it starts from; null when the rig did not get so far. */
  readonly package: string | null;
  readonly revision: string | null;
}

/** An upgrade that nothing disturbed and that ended upgraded; `run`, `rig` and `upgrade` are its key. Times in ms. */
export interface UpgradeTimeRow {
  readonly run: string;
  readonly rig: string;
  readonly upgrade: string;
  readonly step: 'upgrade' | 'downgrade';
  readonly source: string;
  readonly download: number | null;
  readonly flash: number | null;
  readonly boot: number | null;
  /** Wall time of its beginning. */
  readonly at: string;
  /** As in `TestRow`: those of the pair, also for a way back. */
  readonly package: string;
  readonly revision: string;
}

export interface RunHistory {
  readonly ends: readonly RunEndRow[];
  readonly tests: readonly TestRow[];
  readonly upgrades: readonly UpgradeTimeRow[];
}

const testColumns = [
  'run',
  'rig',
  'test',
  'suite',
  'status',
  'why',
  'tries',
  'took',
  'at',
  'module',
  'package',
  'revision',
] as const satisfies readonly (keyof TestRow)[];

const upgradeColumns = [
  'run',
  'rig',
  'upgrade',
  'step',
  'source',
  'download',
  'flash',
  'boot',
  'at',
  'package',
  'revision',
] as const satisfies readonly (keyof UpgradeTimeRow)[];

const marks = (columns: readonly string[]): string => columns.map(() => '?').join();

/**
 * Writes what is new and gives the number of tests that were added or have another result now. A run that was gone on with replaces what it had:
 * the later end of a test counts. An older copy of its journal changes nothing. `conflicting`: two ends of one moment with different results.
 */
export function writeHistory(
  database: Database,
  history: RunHistory,
): { readonly tests: number; readonly conflicting: readonly string[] } {
  for (const { run, ended, exit, reason } of history.ends) {
    database.run('UPDATE runs SET ended = ?, exit = ?, reason = ? WHERE run = ? AND (ended IS NULL OR ended <= ?)', [
      clean(ended),
      exit,
      clean(reason),
      clean(run),
      clean(ended),
    ]);
  }
  const conflicting: string[] = [];
  let tests = 0;
  for (const row of history.tests.map(cleaned)) {
    const had = database.get(`SELECT ${testColumns.join()} FROM tests WHERE run = ? AND rig = ? AND test = ?`, [
      row.run,
      row.rig,
      row.test,
    ]);
    if (had !== null) {
      // The schema is strict: a column holds what it was given.
      const before = had as unknown as TestRow;
      if (before.at === row.at && before.status !== row.status) conflicting.push(row.test);
      if (before.at >= row.at) continue;
    }
    tests += 1;
    database.run(
      `INSERT OR REPLACE INTO tests (${testColumns.join()}) VALUES (${marks(testColumns)})`,
      testColumns.map((column) => row[column]),
    );
  }
  // Computed from the journal: a newer version may know better how long something took.
  for (const row of history.upgrades.map(cleaned)) {
    database.run(
      `INSERT OR REPLACE INTO upgrades (${upgradeColumns.join()}) VALUES (${marks(upgradeColumns)})`,
      upgradeColumns.map((column) => row[column]),
    );
  }
  return { tests, conflicting };
}

/** Every text fit for SQLite. */
function cleaned<Row extends TestRow | UpgradeTimeRow>(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => [key, typeof value === 'string' ? clean(value) : value]),
  ) as unknown as Row;
}

/** What the ledger holds of tests, oldest first. */
export function testsIn(database: Database, where: string, bindings: Record<string, string | null>): readonly TestRow[] {
  return database
    .all(`SELECT ${testColumns.join()} FROM tests WHERE ${where} ORDER BY at, run, rig, test`, bindings)
    .map((row) => row as unknown as TestRow);
}

/** What the ledger holds of upgrades, oldest first. */
export function upgradesIn(
  database: Database,
  where: string,
  bindings: Record<string, string | null>,
): readonly UpgradeTimeRow[] {
  return database
    .all(`SELECT ${upgradeColumns.join()} FROM upgrades WHERE ${where} ORDER BY at, run, rig, upgrade`, bindings)
    .map((row) => row as unknown as UpgradeTimeRow);
}
