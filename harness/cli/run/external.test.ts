/**
 * A run whose packages come from servers that are not ours, which live in this process; the run is a process of its own. Needs the harness
 * built (`npm test` does that).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ftpStandIn, httpStandIn, login, type StandIn } from '../../delivery/testing/stand-in.js';
import type { EventOf } from '../../journal/events.js';
import { readJournal } from '../../journal/reader.js';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..', '..');
const packages = join(root, 'packages', 'simulated', 'ec25');
const folder = mkdtempSync(join(tmpdir(), 'external-run-'));
let ftp: StandIn;
let http: StandIn;
beforeAll(async () => {
  [ftp, http] = await Promise.all([ftpStandIn(), httpStandIn()]);
});
afterAll(async () => {
  await Promise.all([ftp.close(), http.close()]);
  rmSync(folder, { recursive: true, force: true });
});

function rigFile(name: string): string {
  const text = readFileSync(join(root, 'rigs', 'simulated-ec25.yaml'), 'utf8')
    .replace(/# yaml-language-server.*\n/, '')
    .replace('simulated-ec25', name)
    .replace('scale: 0.01', 'scale: 0.004')
    .replace(/limits: .*/, 'limits: { boot: 1200s, download: 1h, upgrade: 3h }')
    .replace(
      /delivery:[^]*?(?=firmware:)/,
      `delivery:
  ftp:
    external: { url: "ftp://127.0.0.1:${String(ftp.port)}/fota", userEnv: T_USER, passwordEnv: T_PASSWORD, upload: {} }
  http:
    external: { url: "http://127.0.0.1:${String(http.port)}/fota", present: true }
`,
    );
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

async function run(name: string, ...words: string[]) {
  const out = join(folder, `${name}-out`);
  const pair = join(root, 'rigs', 'packages', 'simulated-ec25.yaml');
  const argv = ['run', '--rig', rigFile(name), '--packages', pair, '--seed', '7', '--out', out, ...words];
  const child = spawn(process.execPath, [join(root, 'bin', 'dfota.js'), ...argv], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DFOTA_STATE: join(folder, 'state'), CI: '1', T_USER: login.user, T_PASSWORD: login.password },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()));
  const [exit] = (await once(child, 'close')) as [number];
  const { events } = readJournal(join(out, 'journal.jsonl'));
  const tests = events.filter((event): event is EventOf<'test.end'> => event.type === 'test.end');
  return { exit, text, out, events, tests };
}

test('both ways pass, faults are skipped with their reason, and DG-10 is covered by nothing', async () => {
  for (const name of readdirSync(packages))
    if (name.endsWith('.zip')) copyFileSync(join(packages, name), join(http.folder, name));
  const { exit, text, out, events, tests } = await run('sound', '--suite', 'round-trip', 'network-cut');
  expect({ exit, text }).toMatchObject({ exit: 0, text: expect.stringMatching(/exit 0/) as unknown });
  expect(tests.filter(({ status }) => status === 'passed').map(({ test: name }) => name)).toEqual([
    expect.stringContaining('over ftp'),
    expect.stringContaining('over http'),
  ]);
  const skipped = tests.filter(({ test: name, status }) => status === 'skipped' && name.includes('network cut'));
  const why = (protocol: string): unknown => expect.stringContaining(`the rig’s ${protocol} server is not ours`);
  expect(skipped.map((test) => test.why)).toEqual([
    ...Array<unknown>(6).fill(why('ftp')),
    ...Array<unknown>(6).fill(why('http')),
  ]);
  const covered = events.filter((event) => event.type === 'test.start').flatMap(({ requirements }) => requirements);
  expect(covered).toContain('DG-07');
  expect(covered).not.toContain('DG-10');
  // Uploaded for each upgrade, and taken away after it; what was there already stays.
  expect(ftp.asked.filter((line) => line.startsWith('STOR'))).toHaveLength(2);
  expect(readdirSync(ftp.folder)).toEqual([]);
  expect(readdirSync(http.folder)).toContain('update-v12-to-v13.zip');
  for (const file of ['journal.jsonl', 'junit.xml', 'summary.txt', 'run.json']) {
    if (existsSync(join(out, file))) expect(readFileSync(join(out, file), 'utf8')).not.toContain(login.password);
  }
  expect(text).not.toContain(login.password);
});

test('another file under the package’s name: a fault of the rig (exit 3), never of the firmware, and no upgrade is asked for', async () => {
  writeFileSync(join(http.folder, 'update-v12-to-v13.zip'), 'an older package');
  const { exit, events, tests } = await run('stale', '--suite', 'round-trip', '-t', 'over http', '--tries', '1');
  expect(exit).toBe(3);
  expect(tests.find(({ test: name }) => name.includes('over http'))).toMatchObject({
    status: 'invalid',
    why: expect.stringMatching(/not the package\n.*asked: .*SHA-256[^]*seen: {2}16 bytes/) as unknown,
  });
  expect(events.some(({ type }) => type === 'upgrade.start')).toBe(false);
});
