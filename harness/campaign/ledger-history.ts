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
