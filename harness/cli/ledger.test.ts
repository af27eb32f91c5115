import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import { runJournal } from '../campaign/testing/journal.js';
import { command } from './ledger.js';
import { commandBench } from './testing/command-bench.js';

const digest = createHash('sha256').update('a delta package').digest('hex');
const bench = commandBench([command]);

/** Runs the command and returns what it printed. */
const dfota = (...words: string[]): Promise<string> =>
  bench.run(['ledger', ...words, '--ledger', join(bench.folder, 'ledger.sqlite')], true);

/** A run's bench.folder as it is left behind; `cutOff` bytes are missing at the journal's end. */
function run(name: string, trials: Parameters<typeof runJournal>[1], rig?: string, cutOff = 0): string {
  const dir = join(bench.folder, name);
  mkdirSync(dir);
  const text = runJournal(name, trials, rig)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
  writeFileSync(join(dir, 'journal.jsonl'), text.slice(0, text.length - cutOff));
  return dir;
}

const here = (text: string): string => text.replaceAll(bench.folder, '…');

async function refused(...words: string[]): Promise<string> {
  const error: unknown = await dfota(...words).catch((reason: unknown) => reason);
  if (!(error instanceof UserError)) throw new Error('it was not refused', { cause: error });
  return here(error.explain());
}

test('runs are added from their folders, a killed one too, and summed up in a table', async () => {
  const first = run('night-1', [
    ...Array.from({ length: 20 }, () => ({ package: digest })),
    { package: digest, phase: 'download', outcome: 'missed' },
    { package: digest, phase: 'download' },
  ]);
  const killed = run(
    'night-2',
    [{ package: digest }, { package: digest, outcome: 'failed', owner: 'firmware' }, {}],
    'ec25-b',
    20,
  );
  expect(here(await dfota('add', first, join(killed, 'journal.jsonl')))).toBe(
    [
      '…/night-1: run night-1: 22 trials added, 0 known already',
      '…/night-2/journal.jsonl: run night-2: 2 trials added, 0 known already',
      '  1 trial without an end, not counted: ec25-b/3',
      '  1 line of the journal could not be read',
      'Ledger: …/ledger.sqlite',
      '',
    ].join('\n'),
  );
  expect(await dfota('add', first)).toMatch(/0 trials added, 22 known already/);
  expect(here(await dfota())).toBe(
    [
      `package ${digest.slice(0, 12)}  from revision EC25EFAR06A12M4G  on ec25-a, ec25-b`,
      '  PHASE       MISSED  INVALID  NOT ATTRIBUTED  SURVIVAL',
      '  download         1        0               0  1 of 1 cuts survived: failure rate < 95 % (95 %)',
      '  updating         0        0               0  21 of 22 cuts survived: failure rate < 20 % (95 %)',
      '  all phases       1        0               0  22 of 23 cuts survived: failure rate < 20 % (95 %)',
      '',
      'Ledger: …/ledger.sqlite',
      '',
    ].join('\n'),
  );
  expect(process.exitCode).toBeUndefined();
});

test('a package is named by its file or the beginning of its digest; JSON has the same figures', async () => {
  await dfota(
    'add',
    run('night-1', [
      { package: digest, took: 1000 },
      { package: 'cd'.repeat(32), took: 2000 },
    ]),
  );
  const file = join(bench.folder, 'delta.zip');
  writeFileSync(file, 'a delta package');
  for (const wanted of [file, digest.slice(0, 8), digest.toUpperCase()]) {
    expect(JSON.parse(await dfota('--package', wanted, '--json'))).toEqual({
      ledger: join(bench.folder, 'ledger.sqlite'),
      packages: [
        {
          package: digest,
          revision: 'EC25EFAR06A12M4G',
          rigs: ['ec25-a'],
          total: expect.objectContaining({
            valid: 1,
            failed: 0,
            missed: 0,
            invalid: 0,
            notAttributed: 0,
            upperBound: 0.95,
          }) as object,
          phases: [expect.objectContaining({ phase: 'updating', text: '1 of 1 cuts survived: failure rate < 95 % (95 %)' })],
        },
      ],
      meanTrial: { 'ec25-a': 1500 },
    });
  }
});

test('a digest of digits alone stays a text', async () => {
  await dfota('add', run('night-1', [{ package: '0123456789'.repeat(6) + '0123' }]));
  expect(await dfota('--package', '0123')).toMatch(/^package 012345678901 /);
});

test('an empty ledger is told as such; a filter that fits nothing names what there is', async () => {
  expect(await dfota()).toMatch(/^No power cut is in the ledger .* yet\. Add runs: dfota ledger add/);
  await dfota('add', run('night-1', [{}]));
  expect(await refused('--rig', 'ec21')).toBe(
    '…/ledger.sqlite: no trial in the ledger fits\n  asked: --rig ec21\n' +
      '  seen:  packages abababababab; revisions EC25EFAR06A12M4G; rigs ec25-a',
  );
  expect(JSON.parse(await dfota('--rig', 'ec21', '--json'))).toMatchObject({ packages: [] });
  expect(await refused('--package', 'delta.zip')).toMatch(/no such package/);
});

test('a mistyped folder adds nothing of the others; a journal that is none is named', async () => {
  const good = run('night-1', [{}]);
  expect(await refused('add', good, join(bench.folder, 'nihgt-2'))).toMatch(
    /^…\/nihgt-2: the journal of the run cannot be read\n/,
  );
  expect(await dfota()).toMatch(/No power cut/);
  writeFileSync(join(bench.folder, 'notes'), 'hello\n');
  expect(await refused('add', join(bench.folder, 'notes'))).toMatch(/^…\/notes: the journal does not say which run it is of/);
});

test('two journals of one run that contradict each other: told, exit 2', async () => {
  const dir = run('night-1', [{ outcome: 'failed', owner: 'package' }]);
  await dfota('add', dir);
  writeFileSync(
    join(dir, 'journal.jsonl'),
    runJournal('night-1', [{}])
      .map((event) => JSON.stringify(event))
      .join('\n'),
  );
  expect(await dfota('add', dir)).toMatch(/1 entry in the ledger with other contents, left as they are: ec25-a\/1/);
  expect(process.exitCode).toBe(2);
  expect(await dfota()).toMatch(/0 of 1 cuts survived/);
});

test('what came from outside cannot steer the terminal', async () => {
  await dfota('add', run('night-1', [{ revision: 'R06\u001b[2J\u0007', phase: 'up\u001b[31m' }]));
  expect(await dfota()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});
