import type { Database } from 'node-sqlite3-wasm';
import { UserError } from '../base/errors.js';

/** Marks our files among all SQLite files (`PRAGMA application_id`): "dfot". */
const applicationId = 0x64666f74;

/** The step at index n brings a ledger of format n to format n + 1. Steps are only ever added. */
const migrations: readonly string[] = [
  // Of power cuts alone.
  `CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    seed INTEGER NOT NULL,
    harness TEXT NOT NULL,
    host TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trials (
    run TEXT NOT NULL REFERENCES runs (run),
    rig TEXT NOT NULL,
    trial TEXT NOT NULL,
    cut TEXT NOT NULL,
    package TEXT NOT NULL,
    revision TEXT NOT NULL,
    module TEXT,
    phase TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('survived', 'failed', 'missed', 'invalid')),
    owner TEXT,
    achieved TEXT NOT NULL,
    why TEXT,
    took REAL NOT NULL,
    at TEXT NOT NULL,
    test TEXT,
    PRIMARY KEY (run, rig, trial)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trials_by_package ON trials (package, revision, rig);
  CREATE INDEX trials_by_rig ON trials (rig, at);`,
  // A run of format 1 gets its tests and its end when it is added once more.
  `ALTER TABLE runs ADD COLUMN ended TEXT;
  ALTER TABLE runs ADD COLUMN exit INTEGER;
  ALTER TABLE runs ADD COLUMN reason TEXT;
  CREATE TABLE tests (
    run TEXT NOT NULL REFERENCES runs (run),
    rig TEXT NOT NULL,
    test TEXT NOT NULL,
    suite TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('passed', 'failed', 'skipped', 'invalid', 'inconclusive')),
    why TEXT,
    tries INTEGER NOT NULL,
    took REAL,
    at TEXT NOT NULL,
    module TEXT,
    package TEXT,
    revision TEXT,
    PRIMARY KEY (run, rig, test)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tests_by_package ON tests (package, revision, rig);
  CREATE INDEX tests_by_rig ON tests (rig, at);
  CREATE TABLE upgrades (
    run TEXT NOT NULL REFERENCES runs (run),
    rig TEXT NOT NULL,
    upgrade TEXT NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('upgrade', 'downgrade')),
    source TEXT NOT NULL,
    download REAL,
    flash REAL,
    boot REAL,
    at TEXT NOT NULL,
    package TEXT NOT NULL,
    revision TEXT NOT NULL,
    PRIMARY KEY (run, rig, upgrade)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX upgrades_by_package ON upgrades (package, revision, rig);`,
];

/** The format that this version of the harness writes (`PRAGMA user_version`). */
export const ledgerFormat = migrations.length;

const number = (database: Database, pragma: string): number => Number(Object.values(database.get(`PRAGMA ${pragma}`) ?? {})[0]);

/**
 * Makes sure that the open file is a sound ledger of the present format: an empty one gets its tables, an older one is brought up to date.
 * Anything else is refused with a UserError. `file` is what the user calls it.
 */
export function bringUpToDate(database: Database, file: string): void {
  const found = number(database, 'user_version');
  const empty = number(database, 'schema_version') === 0 && found === 0;
  if (!empty && number(database, 'application_id') !== applicationId) {
    throw new UserError('this is an SQLite file, but not a ledger of power cuts', {
      place: { file },
      hint: 'name the ledger by --ledger or DFOTA_LEDGER; this file was left as it is',
    });
  }
  if (found > ledgerFormat) {
    throw new UserError('the ledger was written by a newer version of dfota', {
      place: { file },
      asked: `format ${String(ledgerFormat)} or older`,
      seen: `format ${String(found)}`,
      hint: 'use that version; the file was left as it is',
    });
  }
  const faults = database.all('PRAGMA integrity_check(3)').map((row) => String(Object.values(row)[0]));
  if (found < 0 || faults.join() !== 'ok') throw damaged(file, found < 0 ? `format ${String(found)}` : faults.join('; '));
  for (let format = found; format < ledgerFormat; format += 1) {
    database.exec(
      `BEGIN; ${migrations[format] ?? ''}
      PRAGMA application_id = ${String(applicationId)}; PRAGMA user_version = ${String(format + 1)}; COMMIT`,
    );
  }
}

/** A ledger holds nothing that the journals do not hold: it can always be made anew. */
export function damaged(file: string, seen: string): UserError {
  return new UserError('the ledger is damaged', {
    place: { file },
    seen,
    hint: 'it was left as it is; move it away, then make it anew from the runs: dfota ledger add reports/*',
  });
}
