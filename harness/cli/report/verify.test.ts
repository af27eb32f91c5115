/** A real run's folder, verified, signed, tampered with and verified again, by the command as a user calls it. Needs the harness built. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeManifest } from '../../report/manifest.js';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'verify-run-'));
const run = join(folder, 'run');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function dfota(...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, DFOTA_STATE: join(folder, 'state') };
  return new Promise((done) => {
    execFile(process.execPath, [join(root, 'bin', 'dfota.js'), ...args], { env }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

beforeAll(async () => {
  const rig = join(folder, 'verify-rig.yaml');
  const shipped = readFileSync(join(root, 'rigs', 'simulated-ec25.yaml'), 'utf8');
  writeFileSync(rig, shipped.replace(/# yaml-language-server.*\n/, '').replace('name: simulated-ec25', 'name: verify-rig'));
  const packages = join(root, 'rigs', 'packages', 'simulated-ec25.yaml');
  const ended = await dfota('run', '--rig', rig, '--packages', packages, '--suite', 'round-trip', '-t', 'ufs', '--out', run);
  expect(ended).toMatchObject({ code: 0, err: '' });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of the run with one file changed, and a manifest that knows the change: only judging again can find it. */
async function retold(file: string, change: (text: string) => string): Promise<string> {
  const copy = mkdtempSync(join(folder, 'copy-'));
  cpSync(run, copy, { recursive: true });
  const before = readFileSync(join(copy, file), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(copy, file), after);
  await writeManifest(copy);
  return copy;
}

test('what a run left is intact, and its verdicts follow from its journal', async () => {
  expect(await dfota('report', 'verify', run, '--rejudge')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/intact; \d+ files[^]*2 upgrades[^]*every verdict follows/) as string,
  });
});

test('signed by the lab: told with its key, and only with its key', async () => {
  const keys = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')].map(({ publicKey, privateKey }, index) => {
    const [secret, known] = [join(folder, `${String(index)}.key`), join(folder, `${String(index)}.pub`)];
    writeFileSync(secret, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(known, publicKey.export({ type: 'spki', format: 'pem' }));
    return { secret, known };
  });
  const [lab, other] = keys;
  const copy = mkdtempSync(join(folder, 'signed-'));
  cpSync(run, copy, { recursive: true });
  expect((await dfota('report', 'sign', copy, '--key', lab?.secret ?? '', '--signer', 'lab Vienna')).code).toBe(0);
  const verified = await dfota('report', 'verify', copy, '--key', lab?.known ?? '', '--json');
  expect(JSON.parse(verified.out)).toMatchObject({
    intact: true,
    signature: { state: 'valid', signer: 'lab Vienna', trusted: true },
  });
  expect(await dfota('report', 'verify', copy, '--key', other?.known ?? '')).toMatchObject({
    code: 1,
    out: expect.stringContaining('signed by another key') as string,
  });
  writeFileSync(join(copy, 'summary.txt'), 'all is well\n');
  expect(await dfota('report', 'verify', copy)).toMatchObject({
    code: 1,
    out: expect.stringContaining('changed   summary.txt') as string,
  });
  expect(await dfota('report', 'sign', copy, '--key', lab?.secret ?? '')).toMatchObject({
    code: 2,
    err: expect.stringContaining('changed summary.txt') as string,
  });
});

test.each([
  ['a verdict in the journal', 'journal.jsonl', '"result":"pass"', '"result":"fail"', /fail during the run, pass now/],
  ['a test in the journal', 'journal.jsonl', '"status":"passed"', '"status":"failed"', /the journal says failed/],
  ['the end of the journal', 'journal.jsonl', '"exit":0', '"exit":1', /ended with 1, its events make 0/],
  ['what the module said', 'journal.jsonl', /\\"END\\",\s*0/, '\\"END\\",502', /pass during the run/],
  ['a test in JUnit', 'junit.xml', /(<testcase [^>]*>)/, '$1<failure message="no"/>', /failed, the journal says/],
  ['the summary', 'summary.txt', '2 ended upgraded', '3 ended upgraded', /another summary/],
] as const)('%s that was changed with its manifest is found by judging again', async (_, file, from, to, told) => {
  const copy = await retold(file, (text) => text.replace(from, to));
  expect((await dfota('report', 'verify', copy)).code).toBe(0);
  expect(await dfota('report', 'verify', copy, '--rejudge')).toMatchObject({
    code: 1,
    out: expect.stringMatching(told) as string,
  });
});

test('what is no run’s folder is told', async () => {
  expect(await dfota('report', 'verify', folder)).toMatchObject({
    code: 2,
    err: expect.stringContaining('no manifest to verify') as string,
  });
});
