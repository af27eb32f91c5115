import type { Database } from 'node-sqlite3-wasm';
import type { CutsOfRun, HistoryRows } from './history.js';
import { bindings, matching, type Ledger, type LedgerFilter } from './ledger.js';
import { testsIn, upgradesIn } from './ledger-runs.js';

/** All that the ledger has of these packages, revisions and rigs. */
export function historyIn(ledger: Ledger, filter: LedgerFilter = {}): Promise<HistoryRows> {
  return ledger.read((database) => ({
    runs: database.all('SELECT run, at, seed, harness, host, exit FROM runs ORDER BY at, run').map(
      // The schema is strict: a column holds what it was given.
      (row) => row as unknown as HistoryRows['runs'][number],
    ),
    tests: testsIn(database, matching, bindings(filter)),
    upgrades: upgradesIn(database, matching, bindings(filter)),
    cuts: cutsIn(database, filter),
  }));
}

function cutsIn(database: Database, filter: LedgerFilter): readonly CutsOfRun[] {
  const failed = `outcome = 'failed' AND owner IN ('firmware', 'package')`;
  return database
    .all(
      `SELECT run, rig, package, revision, max(module) AS module, sum(outcome = 'survived' OR (${failed})) AS valid,
         sum(${failed}) AS failed
       FROM trials WHERE ${matching} GROUP BY run, rig, package, revision ORDER BY run, rig`,
      bindings(filter),
    )
    .map((row) => ({ ...row, valid: Number(row['valid']), failed: Number(row['failed']) }) as unknown as CutsOfRun);
}

/**
 * How long the tests of each suite took on this rig, ms: of each test its latest time, added up. A suite that was never run there is missing.
 */
export function suiteTimes(ledger: Ledger, rig: string): Promise<ReadonlyMap<string, number>> {
  return ledger.read((database) => {
    const latest = new Map<string, { readonly suite: string; readonly took: number }>();
    for (const { test, suite, took } of testsIn(database, 'rig = $rig AND took IS NOT NULL', { $rig: rig }))
      latest.set(test, { suite, took: took ?? 0 });
    const times = new Map<string, number>();
    for (const { suite, took } of latest.values()) times.set(suite, (times.get(suite) ?? 0) + took);
    return times;
  });
}

/** Valid cuts of a package from a revision, run by run and phase by phase. */
export function cutsByPhase(
  ledger: Ledger,
  of: { readonly package: string; readonly revision: string },
): Promise<readonly { run: string; rig: string; phase: string; survived: number; failed: number }[]> {
  const failed = `outcome = 'failed' AND owner IN ('firmware', 'package')`;
  return ledger.read((database) =>
    database
      .all(
        `SELECT run, rig, phase, sum(outcome = 'survived') AS survived, sum(${failed}) AS failed FROM trials
         WHERE ${matching} AND (outcome = 'survived' OR (${failed})) GROUP BY run, rig, phase ORDER BY run, rig, phase`,
        bindings(of),
      )
      .map((row) => ({ ...row, survived: Number(row['survived']), failed: Number(row['failed']) }) as never),
  );
}
