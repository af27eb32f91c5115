/** A user's mistake ends with 2 and says what it was, never with a stack. Needs the harness built (`npm test` does that). */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..');
const program = join(root, 'bin', 'dfota.js');
const rig = join(root, 'rigs', 'simulated-ec25.yaml');
const pair = join(root, 'rigs', 'packages', 'simulated-ec25.yaml');
const criteria = join(root, 'rigs', 'criteria', 'smoke.yaml');
const folder = mkdtempSync(join(tmpdir(), 'wrong-use-'));
const env = { ...process.env, DFOTA_STATE: folder, DFOTA_LEDGER: join(folder, 'ledger.sqlite') };
const log = join(folder, 'log');
const cut = 'cut:updating@32%/ufs#aca6';
const long = 'x'.repeat(300);
writeFileSync(log, 'AT+QFOTADL="UFS:update-v12-to-v13.zip"\nOK\n');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each<[string, string[], RegExp]>([
  ['a plan of no rig', ['plan', '--rig', '--packages', pair], /following: rig/],
  ['a run on no rig', ['run', '--rig', '--packages', pair], /following: rig/],
  ['a run with no packages', ['run', '--rig', rig, '--packages'], /following: packages/],
  ['a qualification on no rig', ['qualify', '--rig', '--packages', pair, '--criteria', criteria], /following: rig/],
  ['an option without its value', ['run', '--rig', rig, '--out', '--packages', pair], /following: out/],
  ['a pattern of a plan that is none', ['plan', '--rig', rig, '--packages', pair, '-t', '('], /takes a regular expression/],
  ['a pattern that no cut of a plan fits', ['plan', '--rig', rig, '--packages', pair, '-t', 'no such'], /no cut.*-t no such/s],
  [
    'a pattern that no test fits',
    ['run', '--rig', rig, '--packages', pair, '-t', 'no such', '--out', join(folder, 'none')],
    /no test.*-t no such/s,
  ],
  ['a page where a folder is', ['report', 'compare', log, log, '--html', folder], /the page cannot be written/],
  ['the page of a log where a folder is', ['report', 'html', log, '--out', folder], /the page cannot be written/],
  ['a run in a folder with too long a name', ['run', '--rig', rig, '--packages', pair, '--out', long], /cannot be made/],
  [
    'a run in a folder that nobody can make',
    ['run', '--rig', rig, '--packages', pair, '--out', '/dev/null/run'],
    /cannot be made/,
  ],
  ['a journal of a check where a folder is', ['rigs', 'check', rig, '--journal', folder], /journal cannot be written/],
  [
    'a journal of a switch where a folder is',
    ['power', '--rig', rig, 'status', '--journal', folder],
    /journal cannot be written/,
  ],
  ['one cut, and a suite', ['run', '--rig', rig, '--packages', pair, '--cut', cut, '--suite', 'identity'], /seen: {2}--suite/],
  ['one cut, and a time', ['run', '--rig', rig, '--packages', pair, '--cut', cut, '--budget', '3h'], /seen: {2}--budget/],
])('%s', (_, words, says) => {
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', env, cwd: folder });
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(status).toBe(2);
});

test('a state folder that is named from here is the same one for the rig: who has it is found by other commands', () => {
  const words = [
    'run',
    '--rig',
    rig,
    '--packages',
    pair,
    '--suite',
    'identity',
    '-t',
    'answers OK',
    '--out',
    join(folder, 'out'),
  ];
  const relative = { ...env, DFOTA_STATE: 'here' };
  const { status, stdout } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', env: relative, cwd: folder });
  expect([status, stdout]).toEqual([0, expect.stringContaining('1 passed')]);
  expect(existsSync(join(folder, 'here', 'sim', 'simulated-ec25'))).toBe(true);
  expect(existsSync(join(root, 'here'))).toBe(false);
});

test('whoever stops reading what a command says does not break it off', async () => {
  const child = spawn(process.execPath, [program, 'judge', log], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [status] = (await once(child, 'close')) as [number | null];
  expect(errors).toBe('');
  expect(status).toBe(0);
});

test('the folder of a run is judged by its journal', () => {
  const run = join(folder, 'run');
  mkdirSync(run);
  const event = { n: 1, t: 1, at: '2026-01-31T22:00:00.000Z', type: 'line.tx', line: 'at', data: 'AT+QFOTADL="UFS:a.zip"\r' };
  writeFileSync(join(run, 'journal.jsonl'), `${JSON.stringify(event)}\n`);
  const { stdout, stderr } = spawnSync(process.execPath, [program, 'judge', run], { encoding: 'utf8', env });
  expect(`${stdout}${stderr}`).toContain(`${join(run, 'journal.jsonl')}: `);
});
