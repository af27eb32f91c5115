import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import type { RunHistory, TestRow, UpgradeTimeRow } from './ledger-runs.js';
import { ledgerFormat } from './ledger-schema.js';
import { addRun, contents, openLedger, survivals, type Ledger } from './ledger.js';
import { runJournal } from './testing/journal.js';

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-ledger-runs-'));
  ledger = openLedger(join(folder, 'ledger.sqlite'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const testRow = (change: Partial<TestRow> = {}): TestRow => ({
  run: 'night-1',
  rig: 'ec25-a',
  test: 'round-trip: ufs',
  suite: 'round-trip',
  status: 'passed',
  why: null,
  tries: 0,
  took: 61_000.5,
  at: '2026-01-31T22:10:00.000Z',
  module: 'EC25',
  package: 'ab'.repeat(32),
  revision: 'EC25EFAR06A12M4G',
  ...change,
});
const upgradeRow: UpgradeTimeRow = {
  run: 'night-1',
  rig: 'ec25-a',
  upgrade: 'ec25-a#1',
  step: 'upgrade',
  source: 'ufs',
  download: null,
  flash: 500_000,
  boot: 41_000,
  at: '2026-01-31T22:09:00.000Z',
  package: 'ab'.repeat(32),
  revision: 'EC25EFAR06A12M4G',
};
const history = (...tests: TestRow[]): RunHistory => ({
  ends: [{ run: 'night-1', ended: '2026-02-01T06:00:00.000Z', exit: 0, reason: 'all conform' }],
  tests,
  upgrades: [upgradeRow],
});
const all = (table: string): Promise<readonly unknown[]> =>
  ledger.read((database) => database.all(`SELECT * FROM ${table} ORDER BY 1, 2, 3`));
const journal = runJournal('night-1', []);

test('a run without cuts is kept with its tests, its end and its times, and counts once', async () => {
  expect(await addRun(ledger, journal, history(testRow()))).toMatchObject({ added: 0, tests: 1, conflicting: [] });
  expect(await addRun(ledger, journal, history(testRow()))).toMatchObject({ added: 0, tests: 0, conflicting: [] });
  expect(await all('tests')).toEqual([testRow()]);
  expect(await all('upgrades')).toEqual([upgradeRow]);
  expect(await all('runs')).toEqual([
    expect.objectContaining({ run: 'night-1', ended: '2026-02-01T06:00:00.000Z', exit: 0, reason: 'all conform' }),
  ]);
});

test('a run that was gone on with has its later result; an older copy of it takes nothing back', async () => {
  const [before, later] = [testRow({ status: 'invalid', why: 'USB' }), testRow({ at: '2026-02-01T01:00:00.000Z' })];
  await addRun(ledger, journal, { ...history(before), ends: [] });
  expect(await all('runs')).toEqual([expect.objectContaining({ ended: null, exit: null })]);
  expect(await addRun(ledger, journal, history(later))).toMatchObject({ tests: 1, conflicting: [] });
  expect(await addRun(ledger, journal, history(before))).toMatchObject({ tests: 0, conflicting: [] });
  expect(await all('tests')).toEqual([later]);
});

test('one moment with two results is told, and the ledger keeps what it has', async () => {
  await addRun(ledger, journal, history(testRow({ status: 'failed' })));
  expect(await addRun(ledger, journal, history(testRow()))).toMatchObject({ tests: 0, conflicting: ['round-trip: ufs'] });
  expect(await all('tests')).toEqual([testRow({ status: 'failed' })]);
});

test('texts that SQLite would cut off or mistake are kept apart', async () => {
  const names = ['a', 'a\0', 'a\0b', '\ud800'];
  await addRun(ledger, journal, history(...names.map((name) => testRow({ test: name, why: name }))));
  expect(await addRun(ledger, journal, history(...names.map((name) => testRow({ test: name, why: name }))))).toMatchObject({
    tests: 0,
    conflicting: [],
  });
  expect(await all('tests')).toHaveLength(names.length);
});

test('a merged report is refused: its runs are added one by one', async () => {
  const merged = journal.map((event) => (event.type === 'run.start' ? { ...event, argv: ['report', 'merge'] } : event));
  const refused = addRun(ledger, merged, history(testRow()));
  await expect(refused).rejects.toThrow(UserError);
  await expect(refused).rejects.toThrow(/a report of several runs/);
});

describe('a ledger of format 1, made by the version that wrote it', () => {
  const old = join(__dirname, 'testing', 'ledger-format-1.sqlite');
  // As `dfota ledger --json` of that version told it.
  const proven = [
    { package: 'ab'.repeat(32), revision: 'EC25EFAR06A12M4G', rigs: ['ec25-a', 'ec25-b'], total: { valid: 4, failed: 1 } },
    { revision: 'EC25EFAR06A12M4G', rigs: ['old-bench'], total: { valid: 2, failed: 0 } },
  ];
  beforeEach(() => {
    copyFileSync(old, join(folder, 'ledger.sqlite'));
  });
  const formatOf = (file: string): number => readFileSync(file).readUInt32BE(60);

  test('is read as it was, and left as it is', async () => {
    expect(formatOf(old)).toBe(1);
    expect(await survivals(ledger)).toMatchObject(proven);
    expect(readFileSync(ledger.file).equals(readFileSync(old))).toBe(true);
  });

  test('is brought up to date by the next run, which counts nothing twice and brings its tests', async () => {
    const trials = [
      {},
      { outcome: 'failed', owner: 'firmware', why: 'DG-20 power.recovery: no END', test: 'power-cut: cut at 41 %' },
      { outcome: 'missed' },
      { outcome: 'invalid', owner: 'rig' },
    ] as const;
    const added = await addRun(ledger, runJournal('night-1', trials), history(testRow()));
    expect(added).toMatchObject({ added: 0, known: 4, conflicting: [], tests: 1 });
    expect(formatOf(ledger.file)).toBe(ledgerFormat);
    expect(await survivals(ledger)).toMatchObject(proven);
    expect((await contents(ledger)).trials).toBe(8);
    expect(await all('runs')).toEqual([
      expect.objectContaining({ exit: null }),
      expect.objectContaining({ run: 'night-1', exit: 0 }),
      expect.objectContaining({ run: 'night-2', exit: null }),
    ]);
  });
});
