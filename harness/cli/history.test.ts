import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import type { EventBody, JournalEvent } from '../journal/events.js';
import { runStart } from '../journal/testing/beginning.js';
import { script, sound, type Script } from '../verdict/testing/script.js';
import { command as history } from './history.js';
import { command as ledger } from './ledger.js';
import { commandBench } from './testing/command-bench.js';

const bench = commandBench([ledger, history]);

/** Runs the command and returns what it printed. */
const dfota = (...words: string[]): Promise<string> =>
  bench.run([...words, '--ledger', join(bench.folder, 'ledger.sqlite')], true);

/** The bench.folder of a run with one test, which ended so. */
function night(day: number, ...ends: Extract<EventBody, { type: 'test.end' }>['status'][]): string {
  const story: Script = script();
  for (const status of ends) {
    story.event({ type: 'test.start', test: 'round-trip: ufs', suite: 'round-trip', requirements: [] });
    if (status === 'invalid') story.event({ type: 'test.try', test: 'round-trip: ufs', number: 1, why: 'USB' });
    if (status === 'passed') {
      sound('ufs', {}, story).event({ type: 'verdict', upgrade: 'u1', result: 'pass', ending: 'upgraded', findings: [] });
    }
    story.event({ type: 'test.end', test: 'round-trip: ufs', status });
  }
  const run = `2026-02-0${String(day)}`;
  const own = (body: EventBody): JournalEvent => ({ n: 0, t: 0, at: `${run}T22:00:00.000Z`, ...body });
  const events = [own(runStart({ run })), ...story.events, own({ type: 'run.end', exit: 0, reason: 'all conform' })];
  const dir = join(bench.folder, run);
  mkdirSync(dir);
  writeFileSync(join(dir, 'journal.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return dir;
}

test('nights side by side, what is flaky, and what the rig spoilt; a run that is added twice counts once', async () => {
  const dirs = [night(1, 'passed'), night(2, 'failed'), night(3, 'invalid'), night(4, 'passed')];
  await dfota('ledger', 'add', ...dirs);
  const first = await dfota('history');
  expect(first).toMatch(/^package abababababab {2}from revision EC25EFAR06A12M4G {2}on ec25-a \(EC25\)\n/);
  expect(first).toMatch(/\n {2}2026-02-02 +0 +1 +0 +0 +0\n/);
  expect(first).toMatch(/\n {2}2026-02-01 +1 +0 +0 +0 +0 +\d+\.\d+ s +\d+\.\d+ s\n/);
  expect(first).toContain('  66.6 % of 3 tests with a verdict passed; no valid cut\n');
  expect(first).toContain(
    'flaky, without a change of package, revision, rig or harness:\n  round-trip: ufs: passed 2 times, failed once (2026-02-02)\n',
  );
  expect(first).toContain('    round-trip: ufs: 1 invalid, 0 undecided, 1 more tries that did not count\n');
  await dfota('ledger', 'add', ...dirs);
  expect(await dfota('history')).toBe(first);
});

test('--json has the same for a program; filters choose', async () => {
  await dfota('ledger', 'add', night(1, 'passed'));
  const asked = ['--package', 'ABAB', '--revision', 'EC25EFAR06A12M4G', '--rig', 'ec25-a'];
  expect(JSON.parse(await dfota('history', '--json', ...asked))).toMatchObject({
    packages: [{ package: 'ab'.repeat(32), passRate: 1, nights: [{ run: '2026-02-01', exit: 0, tests: { passed: 1 } }] }],
  });
  for (const other of [
    ['--package', 'cd'],
    ['--revision', 'R07'],
    ['--rig', 'ec25-b'],
  ])
    await expect(dfota('history', ...other)).rejects.toThrow(UserError);
});

test('an empty ledger says how it is filled', async () => {
  expect(await dfota('history')).toMatch(/No run is in the ledger .* dfota ledger add/);
});

test('--html writes a page with charts beside what is printed', async () => {
  await dfota('ledger', 'add', night(1, 'passed'), night(2, 'failed'));
  const file = join(bench.folder, 'history.html');
  expect(await dfota('history', '--html', file)).toBe(await dfota('history'));
  expect(readFileSync(file, 'utf8')).toMatch(/<h2>abababababab from EC25EFAR06A12M4G on ec25-a \(EC25\)[^]*<svg /);
  await expect(dfota('history', '--html', join(bench.folder, 'no', 'such.html'))).rejects.toThrow('the page cannot be written');
});
