import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Database } from 'node-sqlite3-wasm';
import { ExplainedError, hasCode, messageOf, UserError } from '../base/errors.js';
import { stateDir } from '../rig/state.js';
import { withKernelLock } from './ledger-lock.js';
import { bringUpToDate, damaged } from './ledger-schema.js';

/**
 * The file that power cuts are summed up in over nights.
 *
 * node-sqlite3-wasm must not work on it in place: it locks by a folder beside the file, which a killed holder leaves behind, and it takes its
 * own lock for somebody else's, so that after a crash it never rolls a half-written transaction back (seen with 0.8.60). So SQLite only ever
 * sees a private copy. A change is made in the copy, which then replaces the ledger by rename(2), under a lock of the kernel. Whenever a
 * process is killed, the ledger is the old one or the new one, whole; readers need no lock and may lack the right to write.
 */
export interface Ledger {
  readonly file: string;
  /** Hands a copy of the ledger to `query`; a ledger that is not there yet is empty. */
  read<T>(query: (database: Database) => T): Promise<T>;
  /** Makes a change, in one transaction; when `change` throws, nothing is changed. */
  change<T>(change: (database: Database) => T): Promise<T>;
}

export interface LedgerOptions {
  /** How long to wait for another process that is writing, s. */
  readonly wait?: number;
}

/** `--ledger`, else `DFOTA_LEDGER`, else `ledger.sqlite` in the state folder. */
export function ledgerFile(given?: string, environment: NodeJS.ProcessEnv = process.env): string {
  return resolve([given, environment['DFOTA_LEDGER']].find(Boolean) ?? join(stateDir(environment), 'ledger.sqlite'));
}

/** Touches nothing yet. */
export function openLedger(file: string = ledgerFile(), { wait = 30 }: LedgerOptions = {}): Ledger {
  return {
    file,
    read: (query) =>
      explained(file, 'read', () => {
        const folder = mkdtempSync(join(tmpdir(), 'dfota-ledger-'));
        try {
          const copy = join(folder, 'ledger.sqlite');
          copyOf(file, copy, true);
          return inDatabase(copy, file, query);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }),
    change: (change) =>
      explained(file, 'written', () => {
        mkdirSync(dirname(file), { recursive: true });
        // A link is followed: the rename must replace the ledger, not the link to it.
        const target = statSync(file, { throwIfNoEntry: false }) === undefined ? file : realpathSync(file);
        return withKernelLock(`${target}.guard`, wait, () => replace(target, file, change));
      }),
  };
}

function replace<T>(target: string, file: string, change: (database: Database) => T): T {
  const folder = dirname(target);
  const prefix = `${basename(target)}.work-`;
  // What killed processes left: a copy, SQLite's lock folder, a journal. None is alive while we have the lock.
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const work = join(folder, `${prefix}${String(process.pid)}-${randomBytes(4).toString('hex')}`);
  try {
    const before = identityOf(target);
    copyOf(target, work);
    const result = inDatabase(work, file, (database) => {
      database.exec('BEGIN');
      const answer = change(database);
      database.exec('COMMIT');
      return answer;
    });
    sync(work);
    // Somebody without our lock: another program, or one whose lock was taken away by killing its `cat`.
    if (identityOf(target) !== before) {
      throw new UserError('another program changed the ledger meanwhile', {
        place: { file },
        hint: 'nothing was written; try again',
      });
    }
    renameSync(work, target);
    sync(folder);
    return result;
  } finally {
    rmSync(work, { force: true });
  }
}

function identityOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? 'none' : [found.ino, found.size, found.mtimeNs, found.ctimeNs].join();
}

/** Copies the ledger, when there is one. Another program's unfinished transaction would be missing in the copy, so it is refused. */
function copyOf(file: string, copy: string, toRead = false): void {
  for (const rest of ['-journal', '-wal']) {
    if ((statSync(`${file}${rest}`, { throwIfNoEntry: false })?.size ?? 0) === 0) continue;
    throw new UserError('another program has an unfinished change of the ledger', {
      place: { file },
      seen: `${file}${rest}`,
      hint: 'close that program; if it crashed, open the ledger once with it (sqlite3 FILE .tables), which repairs it',
    });
  }
  try {
    if (!toRead) accessSync(file, constants.W_OK);
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
    // The copy takes over the mode of the ledger, which may be read-only for us.
    if (toRead) chmodSync(copy, 0o600);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function inDatabase<T>(copy: string, file: string, use: (database: Database) => T): T {
  let database: Database | undefined;
  let sound = false;
  try {
    database = new Database(copy);
    // The copy is thrown away when anything goes wrong, so SQLite need not be able to undo it after a crash.
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
    bringUpToDate(database, file);
    sound = true;
    return use(database);
  } catch (error) {
    if (error instanceof ExplainedError || !ofDatabase(error)) throw error;
    if (/disk is full|disk I\/O/.test(messageOf(error))) throw unusable(file, 'written', messageOf(error));
    if (!sound || /malformed|not a database|no such (table|column)/.test(messageOf(error))) throw damaged(file, messageOf(error));
    throw error;
  } finally {
    try {
      database?.close();
    } catch {
      // After a trap it may not close any more; the copy goes anyway.
    }
  }
}

/** Errors of SQLite, and traps of its WebAssembly, which a hostile file may set off. */
function ofDatabase(error: unknown): boolean {
  return error instanceof Error && ['SQLite3Error', 'RuntimeError'].includes(error.constructor.name);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function explained<T>(file: string, what: 'read' | 'written', action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const ours = [
      'ENOTDIR',
      'EISDIR',
      'EACCES',
      'EPERM',
      'EROFS',
      'ENOSPC',
      'EDQUOT',
      'EIO',
      'ELOOP',
      'ENAMETOOLONG',
      'EEXIST',
      'ENOENT',
    ];
    throw error instanceof ExplainedError || !hasCode(error, ...ours) ? error : unusable(file, what, messageOf(error));
  }
}

function unusable(file: string, what: 'read' | 'written', seen: string): UserError {
  return new UserError(`the ledger cannot be ${what}`, {
    place: { file },
    seen,
    hint: 'name another by --ledger or DFOTA_LEDGER; this one was left as it is',
  });
}
