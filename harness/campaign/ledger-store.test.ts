import fc from 'fast-check';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Database } from 'node-sqlite3-wasm';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import { seeded } from '../base/random.js';
import { compiled } from '../rig/testing/compiled.js';
import { ledgerFormat } from './ledger-schema.js';
import { addRun, contents, ledgerFile, openLedger, survivals } from './ledger.js';
import { runJournal } from './testing/journal.js';

let code: string;
let folder: string;
let file: string;
const children: ChildProcess[] = [];
beforeAll(() => {
  code = compiled([
    ...[
      'campaign/ledger',
      'campaign/ledger-lock',
      'campaign/ledger-runs',
      'campaign/ledger-schema',
      'campaign/ledger-store',
      'campaign/ledger-trials',
    ],
    ...[
      'campaign/testing/journal',
      'campaign/cut',
      'campaign/statistics',
      'journal/events',
      'journal/testing/beginning',
      'rig/state',
      'base/errors',
    ],
  ]);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-ledger-test-'));
  file = join(folder, 'ledger.sqlite');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  rmSync(code, { recursive: true, force: true });
});

/** Another process with `addRun`, `ledger`, `runJournal` at hand. */
function other(script: string): ChildProcess {
  const head = `const { addRun, openLedger } = require(${JSON.stringify(join(code, 'campaign/ledger.js'))});
    const { runJournal } = require(${JSON.stringify(join(code, 'campaign/testing/journal.js'))});
    const ledger = openLedger(${JSON.stringify(file)});`;
  const child = spawn(process.execPath, ['-e', `${head}\n(async () => { ${script} })();`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

const trials = async (): Promise<number> => (await contents(openLedger(file))).trials;
const night = (name: string, count = 2): Promise<unknown> =>
  addRun(
    openLedger(file),
    runJournal(
      name,
      Array.from({ length: count }, () => ({})),
    ),
  );

async function refusal(action: Promise<unknown>): Promise<UserError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error('it was not refused', { cause: error });
  return error;
}

test('two processes that add at once lose nothing', async () => {
  const add = (name: string): ChildProcess =>
    other(`for (let i = 0; i < 12; i += 1) await addRun(ledger, runJournal('${name}-' + i, [{}, {}]));`);
  const both = [add('one'), add('two')];
  await Promise.all(both.map((child) => once(child, 'exit')));
  expect(both.map((child) => child.exitCode)).toEqual([0, 0]);
  expect(await trials()).toBe(48);
}, 60_000);

test('a process killed in the middle of a change leaves the ledger as it was, and nothing in the way of the next', async () => {
  await night('night-1');
  const before = readFileSync(file);
  const child = other(`await ledger.change((database) => {
    database.exec("PRAGMA cache_size = 1; UPDATE trials SET outcome = 'failed', achieved = hex(zeroblob(200000))");
    process.kill(process.pid, 'SIGKILL');
  });`);
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  // Proof that it was killed with SQLite's lock folder beside its copy.
  expect(readdirSync(folder).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(await trials()).toBe(2);
  await night('night-2');
  expect(await trials()).toBe(4);
  expect(readdirSync(folder).sort()).toEqual(['ledger.sqlite', 'ledger.sqlite.guard']);
});

test('whenever a process is killed, what it was told is added stays added, each run whole', async () => {
  const random = seeded(11, 'kills');
  let added = 0;
  for (let round = 0; round < 6; round += 1) {
    const child = other(`for (let i = 0; ; i += 1) {
      await addRun(ledger, runJournal('${String(round)}-' + i, [{}, {}, {}]));
      require('node:fs').writeSync(1, '.');
    }`);
    let told = 0;
    const enough = random.int(1, 6);
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (dots: Buffer) => {
        told += dots.length;
        if (told >= enough) resolve();
      });
    });
    const closed = once(child, 'close');
    // Somewhere in the next change, which takes some ten ms.
    const wait = random.int(0, 40);
    await new Promise((resolve) => setTimeout(resolve, wait));
    child.kill('SIGKILL');
    await closed;
    const found = await trials();
    expect(found % 3).toBe(0);
    // The last one may have been written without being told.
    expect(found - added).toBeGreaterThanOrEqual(told * 3);
    expect(found - added).toBeLessThanOrEqual((told + 1) * 3);
    added = found;
  }
  await night('after');
  expect(await trials()).toBe(added + 2);
}, 60_000);

test('a writer that does not let go is named after the wait; readers go on', async () => {
  await night('night-1');
  const child = other(`await ledger.change(() => {
    require('node:fs').writeSync(1, 'in');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`);
  if (child.stdout !== null) await once(child.stdout, 'data');
  const error = await refusal(addRun(openLedger(file, { wait: 0.1 }), runJournal('night-2', [{}])));
  expect(error.message).toMatch(/another process has the ledger/);
  expect(await trials()).toBe(2);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await night('night-2');
  expect(await trials()).toBe(4);
});

test('the ledger is replaced, never changed in place: who reads it meanwhile reads a whole one', async () => {
  await night('night-1');
  const before = readFileSync(file);
  const reader = openSync(file, 'r');
  await night('night-2');
  expect(readFileSync(reader).equals(before)).toBe(true);
  closeSync(reader);
  expect(await trials()).toBe(4);
});

test('a program without our lock that writes the ledger meanwhile is noticed, and its work is not undone', async () => {
  await night('night-1');
  const change = openLedger(file).change((database) => {
    database.run('DELETE FROM trials');
    const sneak = new Database(file);
    sneak.exec("UPDATE trials SET outcome = 'missed'");
    sneak.close();
  });
  expect((await refusal(change)).message).toMatch(/another program changed the ledger/);
  expect((await survivals(openLedger(file)))[0]?.total).toMatchObject({ valid: 0, missed: 2 });
});

test('a change that throws changes nothing, and its error comes through', async () => {
  await night('night-1');
  const thrown = new TypeError('a defect of ours');
  const change = openLedger(file).change((database) => {
    database.run('DELETE FROM trials');
    throw thrown;
  });
  await expect(change).rejects.toBe(thrown);
  expect(await trials()).toBe(2);
});

describe('files that are not ours to touch', () => {
  const attempts = (): readonly Promise<UserError>[] => [refusal(survivals(openLedger(file))), refusal(night('night-2'))];

  async function untouched(make: () => void, message: RegExp): Promise<void> {
    make();
    const before = readFileSync(file);
    for (const attempt of attempts()) expect((await attempt).explain()).toMatch(message);
    expect(readFileSync(file).equals(before)).toBe(true);
  }

  const inSqlite = (sql: string) => (): void => {
    const database = new Database(file);
    database.exec(sql);
    database.close();
  };

  test('a text', () =>
    untouched(() => {
      writeFileSync(file, 'the ledger of the year 1781, in ink\n'.repeat(40));
    }, /ledger is damaged/));

  test('another program’s SQLite file', () =>
    untouched(inSqlite('CREATE TABLE customers (name TEXT)'), /not a ledger of power cuts/));

  test('a ledger of a newer version', async () => {
    await night('night-1');
    const newer = ledgerFormat + 1;
    await untouched(
      inSqlite(`PRAGMA user_version = ${String(newer)}`),
      new RegExp(`newer version(.|\n)*asked: format ${String(ledgerFormat)}(.|\n)*seen: +format ${String(newer)}`),
    );
  });

  test('a ledger whose tables are gone', async () => {
    await night('night-1');
    await untouched(inSqlite('DROP TABLE trials'), /damaged(.|\n)*no such table/);
  });

  test('a ledger that was cut off', async () => {
    await night('night-1', 200);
    await untouched(() => {
      writeFileSync(file, readFileSync(file).subarray(0, 9000));
    }, /damaged(.|\n)*dfota ledger add/);
  });

  test('a ledger with another program’s unfinished change beside it', async () => {
    await night('night-1');
    await untouched(() => {
      writeFileSync(`${file}-journal`, 'half');
    }, /unfinished change/);
  });

  test('any damage is a UserError or does no harm, and the file stays as it is', async () => {
    await night('night-1', 60);
    const sound = readFileSync(file);
    const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(damage, fc.boolean(), async (bytes, nearStart) => {
        const bad = Buffer.from(sound);
        for (const [offset, value] of bytes) bad[nearStart ? offset % 200 : offset] = value;
        writeFileSync(file, bad);
        await survivals(openLedger(file)).catch((error: unknown) => {
          if (!(error instanceof UserError)) throw error;
        });
        expect(readFileSync(file).equals(bad)).toBe(true);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

test('an empty file becomes a ledger, a link is followed', async () => {
  writeFileSync(file, '');
  const link = join(folder, 'link.sqlite');
  symlinkSync(file, link);
  await addRun(openLedger(link), runJournal('night-1', [{}]));
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(await trials()).toBe(1);
});

test('a place that cannot be written is told with what to try', async () => {
  writeFileSync(join(folder, 'file'), '');
  const error = await refusal(addRun(openLedger(join(folder, 'file', 'ledger.sqlite')), runJournal('night-1', [{}])));
  expect(error.explain()).toMatch(/cannot be written(.|\n)*--ledger or DFOTA_LEDGER/);
  mkdirSync(join(folder, 'dir'));
  expect((await refusal(survivals(openLedger(join(folder, 'dir'))))).message).toMatch(/cannot be read/);
});

test('the file is --ledger, else DFOTA_LEDGER, else in the state folder', () => {
  expect(ledgerFile('/a/b', { DFOTA_LEDGER: '/c' })).toBe('/a/b');
  expect(ledgerFile(undefined, { DFOTA_LEDGER: '/c', DFOTA_STATE: '/d' })).toBe('/c');
  expect(ledgerFile(undefined, { DFOTA_LEDGER: '', DFOTA_STATE: '/d' })).toBe('/d/ledger.sqlite');
  expect(existsSync('/d')).toBe(false);
});
