import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { factsOf, manifestBytes, manifestName, readManifest, signatureName, writeManifest } from './manifest.js';
import { fingerprintOf, readPublicKey, readSigner, writeSignature } from './signature.js';
import { verifyFolder } from './verify.js';

const lab = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verify-'));
  mkdirSync(join(folder, 'lines'));
  writeFileSync(join(folder, 'journal.jsonl'), '{"n":1}\n');
  writeFileSync(join(folder, 'lines', 'a.log'), Buffer.from([0, 1, 2, 255]));
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, '__proto__'), 'a name like any other');
  writeSignature(folder, await writeManifest(folder), { key: lab.privateKey, name: 'lab Vienna' });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const problems = async (...trusted: (typeof lab.publicKey)[]): Promise<string[]> =>
  (await verifyFolder(folder, trusted)).problems.map(({ what, file }) => `${what} ${file}`);

test('a folder as it was left is intact, and says who signed', async () => {
  const { intact, files, signature } = await verifyFolder(folder, [lab.publicKey]);
  expect({ intact, files }).toEqual({ intact: true, files: 4 });
  expect(signature).toMatchObject({
    state: 'valid',
    signer: 'lab Vienna',
    trusted: true,
    fingerprint: fingerprintOf(lab.publicKey),
  });
  expect((await verifyFolder(folder)).signature).toMatchObject({ state: 'valid', trusted: false });
});

test('any one byte of any file changed, cut off or added is found', async () => {
  const names = ['journal.jsonl', 'lines/a.log', 'empty', '__proto__', manifestName, signatureName];
  const change = fc.record({
    name: fc.constantFrom(...names),
    at: fc.nat(),
    bit: fc.integer({ min: 0, max: 7 }),
    how: fc.constantFrom('flip', 'cut', 'add'),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ name, at, bit, how }) => {
      const path = join(folder, name);
      const sound = readFileSync(path);
      fc.pre(how === 'add' || sound.length > 0);
      const spoilt = Buffer.from(sound);
      if (how === 'flip') spoilt[at % sound.length] = (sound[at % sound.length] ?? 0) ^ (1 << bit);
      writeFileSync(
        path,
        how === 'cut' ? spoilt.subarray(0, -1) : how === 'add' ? Buffer.concat([spoilt, Buffer.from('\n')]) : spoilt,
      );
      const { intact } = await verifyFolder(folder);
      writeFileSync(path, sound);
      expect(intact).toBe(false);
    }),
    { numRuns: 400 },
  );
  expect(await problems()).toEqual([]);
});

test('without a signature, a change of the manifest is found all the same', async () => {
  rmSync(join(folder, signatureName));
  expect(await problems()).toEqual([]);
  const sound = readFileSync(join(folder, manifestName), 'utf8');
  for (const spoilt of [
    sound.replace('"size": 4', '"size": 5'),
    sound.replace('  "files"', ' "files"'),
    sound.replace('lines/a', 'lines/b'),
    '{}',
    '',
  ]) {
    writeFileSync(join(folder, manifestName), spoilt);
    expect(await problems()).toEqual(['damaged manifest.json']);
  }
});

test('what is missing, extra or no plain file any more is named', async () => {
  rmSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'lines', 'b.log'), '');
  rmSync(join(folder, '__proto__'));
  symlinkSync('journal.jsonl', join(folder, '__proto__'));
  symlinkSync('/nowhere', join(folder, 'link'));
  expect((await problems()).sort()).toEqual(['changed __proto__', 'extra lines/b.log', 'extra link', 'missing empty']);
});

test('a folder moved behind a link is found', async () => {
  mkdirSync(join(folder, 'other'));
  for (const name of readdirSync(join(folder, 'lines')))
    writeFileSync(join(folder, 'other', name), readFileSync(join(folder, 'lines', name)));
  rmSync(join(folder, 'lines'), { recursive: true });
  symlinkSync('other', join(folder, 'lines'));
  expect((await problems()).sort()).toEqual(['extra lines', 'extra other/a.log']);
});

test('another key, another signer’s name, or none is told', async () => {
  expect(await problems(other.publicKey)).toEqual(['signature manifest.sig']);
  const text = readFileSync(join(folder, signatureName), 'utf8');
  writeFileSync(join(folder, signatureName), text.replace('lab Vienna', 'lab Berlin'));
  expect(await problems()).toEqual(['signature manifest.sig']);
  rmSync(join(folder, signatureName));
  expect(await problems(lab.publicKey)).toEqual(['signature manifest.sig']);
});

test('a manifest that was made anew after a change is no longer what was signed', async () => {
  appendFileSync(join(folder, 'journal.jsonl'), 'more');
  await writeManifest(folder);
  expect(await problems()).toEqual(['signature manifest.sig']);
});

test('a manifest that leads out of the folder is not followed', async () => {
  rmSync(join(folder, signatureName));
  writeFileSync(join(folder, '..', 'verify-outside'), 'x');
  const { manifest } = readManifest(folder);
  const outside = { ...(await factsOf(join(folder, '..', 'verify-outside'))), name: '../verify-outside' };
  writeFileSync(join(folder, manifestName), manifestBytes([...manifest.files, outside]));
  expect(await problems()).toEqual(['damaged ../verify-outside']);
});

describe('keys', () => {
  const write = (name: string, pem: string | Buffer): string => {
    const file = join(folder, name);
    writeFileSync(file, pem);
    return file;
  };
  const pem = { type: 'pkcs8', format: 'pem' } as const;

  test('a key that cannot sign here is refused with what it is', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => readSigner(write('rsa.key', rsa.privateKey.export(pem)), '')).toThrow('not a key to use');
    expect(() => readSigner(write('none.key', 'hello'), '')).toThrow('not a key to use');
    expect(() => readSigner(join(folder, 'absent'), '')).toThrow('cannot be read');
    expect(() => readPublicKey(write('lab.key', lab.privateKey.export(pem)))).toThrow('not a key to use');
  });

  test('an encrypted key takes its passphrase from the environment', () => {
    const file = write('lab.key', lab.privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'word' }));
    expect(() => readSigner(file, '')).toThrow('not a key to use');
    process.env['DFOTA_SIGN_PASSPHRASE'] = 'word';
    try {
      expect(fingerprintOf(readSigner(file, '').key)).toBe(fingerprintOf(lab.publicKey));
    } finally {
      delete process.env['DFOTA_SIGN_PASSPHRASE'];
    }
  });
});
