import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import { owners } from '../journal/events.js';
import { parseJournal } from '../journal/reader.js';
import { addRun, contents, meanTrial, openLedger, survivalOf, survivals, trialCost, type Ledger } from './ledger.js';
import { upperBound } from './statistics.js';
import { runJournal, type TrialFacts } from './testing/journal.js';

const packageSha = 'ab'.repeat(32);
const revision = 'EC25EFAR06A12M4G';
let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-ledger-test-'));
  ledger = openLedger(join(folder, 'ledger.sqlite'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a run counts once, however often it is added', async () => {
  const journal = runJournal('night-1', [{}, {}, { outcome: 'missed' }]);
  expect(await addRun(ledger, journal)).toEqual({
    runs: ['night-1'],
    added: 3,
    known: 0,
    conflicting: [],
    unfinished: [],
    tests: 0,
  });
  expect(await addRun(ledger, journal)).toMatchObject({ added: 0, known: 3, conflicting: [] });
  expect((await contents(ledger)).trials).toBe(3);
});

test('every column of a trial is what the journal says', async () => {
  const facts = { outcome: 'failed', owner: 'firmware', why: 'no END', took: 61_000.25, test: 'cut at 41 %' } as const;
  await addRun(ledger, runJournal('night-1', [facts]));
  expect(await ledger.read((database) => [database.all('SELECT * FROM trials'), database.all('SELECT * FROM runs')])).toEqual([
    [
      {
        run: 'night-1',
        rig: 'ec25-a',
        trial: 'ec25-a/1',
        cut: 'cut:updating@41%/ufs#ff9b',
        package: packageSha,
        revision,
        module: 'EC25',
        phase: 'updating',
        outcome: 'failed',
        owner: 'firmware',
        achieved: 'updating 41 % + 3 ms',
        why: 'no END',
        took: 61_000.25,
        at: '2026-01-31T22:00:04.000Z',
        test: 'cut at 41 %',
      },
    ],
    [
      {
        run: 'night-1',
        at: '2026-01-31T22:00:01.000Z',
        seed: 7,
        harness: '0.1.0 (abc)',
        host: 'bench',
        ended: null,
        exit: null,
        reason: null,
      },
    ],
  ]);
});

test('a killed run is added from what it left, and the rest of it when it was resumed', async () => {
  const whole = runJournal('night-1', [{}, {}, {}]);
  // Killed within the third trial, in mid-line.
  const text = whole.map((event) => JSON.stringify(event)).join('\n');
  const left = parseJournal(text.slice(0, -20)).events;
  expect(await addRun(ledger, left)).toMatchObject({ added: 2, unfinished: ['ec25-a/3'] });
  expect(await addRun(ledger, whole)).toMatchObject({ added: 1, known: 2, unfinished: [] });
});

test('a resumed run with a name of its own in the same journal keeps its trials apart', async () => {
  const journal = [...runJournal('night-1', [{}]), ...runJournal('night-1-resumed', [{}])];
  expect(await addRun(ledger, journal)).toMatchObject({ runs: ['night-1', 'night-1-resumed'], added: 2 });
});

test('a trial with another outcome than the ledger has is told and changes nothing', async () => {
  await addRun(ledger, runJournal('night-1', [{ outcome: 'failed', owner: 'firmware' }]));
  expect(await addRun(ledger, runJournal('night-1', [{}, {}]))).toMatchObject({ added: 1, known: 0, conflicting: ['ec25-a/1'] });
  expect(await survivalOf(ledger, { package: packageSha, revision })).toMatchObject({ valid: 2, failed: 1 });
});

test('only survived trials and failures of firmware or package are valid', async () => {
  const trials: TrialFacts[] = [{}, { outcome: 'failed' }, { outcome: 'missed' }, { outcome: 'invalid', owner: 'rig' }];
  await addRun(ledger, runJournal('night-1', [...trials, ...owners.map((owner) => ({ outcome: 'failed' as const, owner }))]));
  expect(await survivalOf(ledger, { package: packageSha, revision })).toEqual({
    valid: 3,
    failed: 2,
    missed: 1,
    invalid: 1,
    notAttributed: 5,
  });
});

test('nights and rigs add up for each package and revision, phase by phase', async () => {
  const other = 'cd'.repeat(32);
  await addRun(ledger, runJournal('night-1', [{}, { phase: 'after-end' }, { phase: 'download', outcome: 'missed' }]));
  await addRun(ledger, runJournal('night-2', [{}, { phase: 'download' }, { package: other }, { revision: 'R07' }], 'ec25-b'));
  const found = await survivals(ledger, { package: 'ABAB', revision });
  expect(found).toEqual([
    {
      package: packageSha,
      revision,
      rigs: ['ec25-a', 'ec25-b'],
      total: expect.objectContaining({ valid: 4, failed: 0, missed: 1 }) as object,
      phases: [
        { phase: 'download', tally: expect.objectContaining({ valid: 1, missed: 1 }) as object },
        { phase: 'updating', tally: expect.objectContaining({ valid: 2 }) as object },
        { phase: 'after-end', tally: expect.objectContaining({ valid: 1 }) as object },
      ],
    },
  ]);
  expect((await survivals(ledger)).map((each) => [each.package, each.revision, each.total.valid])).toEqual([
    [packageSha, revision, 4],
    [other, revision, 1],
    [packageSha, 'R07', 1],
  ]);
  expect(await survivals(ledger, { rig: 'ec25-a' })).toMatchObject([{ rigs: ['ec25-a'], total: { valid: 2 } }]);
  expect(await survivalOf(ledger, { package: packageSha, revision, rig: 'ec25-b' })).toMatchObject({ valid: 2 });
});

test('the mean trial is that of the rig, over its last hundred', async () => {
  expect(await meanTrial(ledger, 'ec25-a')).toBeUndefined();
  const at = (index: number): string => new Date(Date.UTC(2026, 1, 1, 0, 0, index)).toISOString();
  const took = (index: number): number => (index < 20 ? 1_000_000 : 600);
  await addRun(
    ledger,
    runJournal(
      'n',
      Array.from({ length: 120 }, (_, index) => ({ at: at(index), took: took(index) })),
    ),
  );
  expect(await meanTrial(ledger, 'ec25-a')).toBe(600);
  expect(await meanTrial(ledger, 'ec25-b')).toBeUndefined();
});

test('what a trial costs is the time from one to the next: the way back and the restore count', async () => {
  expect(await trialCost(ledger, 'ec25-a')).toBeUndefined();
  const minute = (number: number): string => new Date(Date.UTC(2026, 1, 1, 0, number)).toISOString();
  await addRun(ledger, runJournal('alone', [{ at: minute(0), took: 300_000 }]));
  expect(await trialCost(ledger, 'ec25-a')).toBe(600_000);
  // 12 minutes each, but for a night's rest in between and a clock that was set back.
  const ends = [100, 112, 124, 600, 612, 611, 623];
  await addRun(
    ledger,
    runJournal(
      'night',
      ends.map((at) => ({ at: minute(at), took: 300_000 })),
    ),
  );
  expect(await trialCost(ledger, 'ec25-a')).toBe(720_000);
  expect(await trialCost(ledger, 'ec25-b')).toBeUndefined();
});

test('a journal without run.start is refused, one without trials leaves no file', async () => {
  await expect(addRun(ledger, runJournal('n', [{}]).slice(1))).rejects.toThrow(UserError);
  expect(await addRun(ledger, runJournal('n', []))).toMatchObject({ runs: ['n'], added: 0 });
  expect(await survivals(ledger)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('whatever the texts of a journal are: none is lost, none is taken for another, and the counts are those of the journal', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a', 'a\0', 'a\0b', '\ud800', '\ud801', "'); --", 'ec25/a'),
  );
  const facts = fc.record({
    trial: text,
    rig: text,
    phase: text,
    achieved: text,
    revision: text,
    package: text,
    why: text,
    outcome: fc.constantFrom('survived' as const, 'failed' as const, 'missed' as const, 'invalid' as const),
    owner: fc.constantFrom(...owners),
    took: fc.double({ noNaN: true, noDefaultInfinity: true }),
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(facts, { maxLength: 40, selector: ({ trial, rig }) => JSON.stringify([trial, rig]) }),
      async (trials) => {
        const fresh = openLedger(join(folder, `${String((run += 1))}.sqlite`));
        const journal = runJournal('night', trials);
        expect(await addRun(fresh, journal)).toMatchObject({ added: trials.length, known: 0, conflicting: [] });
        expect(await addRun(fresh, journal)).toMatchObject({ added: 0, known: trials.length, conflicting: [] });
        const tallies = (await survivals(fresh)).map(({ total }) => total);
        const total = tallies.reduce((sum, each) => sum + each.valid + each.missed + each.invalid + each.notAttributed, 0);
        expect(total).toBe(trials.length);
        for (const tally of tallies) expect(upperBound(tally)).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 10 },
  );
}, 60_000);
