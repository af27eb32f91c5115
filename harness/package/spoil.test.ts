import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import { inspectPackage } from './inspect.js';
import { spoil, type SpoiledKind } from './spoil.js';
import { deltaEntries, makeZip, noise } from './testing/make-zip.js';

const folder = mkdtempSync(join(tmpdir(), 'dfota-spoil-'));
const sound = join(folder, 'sound.zip');
const out = join(folder, 'out.zip');
const bytes = makeZip(deltaEntries());
beforeAll(() => {
  writeFileSync(sound, bytes);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function seenIn(file: string): Promise<string> {
  const error: unknown = await inspectPackage(file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).explanation.seen ?? '';
}

test.each<SpoiledKind>(['corrupt', 'truncated', 'not-a-zip'])('%s: the seed decides, and nothing else', async (kind) => {
  await spoil(sound, kind, out, 17);
  const first = readFileSync(out);
  await spoil(sound, kind, out, 17);
  expect(readFileSync(out).equals(first)).toBe(true);
  await spoil(sound, kind, out, 18);
  expect(readFileSync(out).equals(first)).toBe(false);
  expect(readFileSync(sound).equals(bytes)).toBe(true);
});

test.each([11, 12, 13, 14, 15])(
  'corrupt (seed %i) changes one byte of the largest entry and fails in the CRC alone',
  async (seed) => {
    const { detail } = await spoil(sound, 'corrupt', out, seed);
    const spoiled = readFileSync(out);
    const changed = [...bytes.keys()].filter((index) => bytes[index] !== spoiled[index]);
    expect(spoiled).toHaveLength(bytes.length);
    expect(changed).toHaveLength(1);
    expect(detail).toContain(`byte ${String(changed[0])} (in patch/system.p)`);
    expect(await seenIn(out)).toMatch(/"patch\/system\.p": CRC-32/);
  },
);

test('corrupt finds a byte that keeps the length of deflated data', async () => {
  const deflated = join(folder, 'deflated.zip');
  writeFileSync(
    deflated,
    makeZip([
      { name: 'patch.p', data: noise(5000) },
      { name: 'b', data: Buffer.from('b') },
    ]),
  );
  await spoil(deflated, 'corrupt', out, 3);
  expect(await seenIn(out)).toMatch(/"patch\.p": CRC-32/);
});

test('truncated keeps 30 to 90 % from the start', async () => {
  for (const seed of [11, 12, 13, 14, 15, 16]) {
    await spoil(sound, 'truncated', out, seed);
    const part = readFileSync(out);
    expect(part.length).toBeGreaterThanOrEqual(Math.floor(bytes.length * 0.3));
    expect(part.length).toBeLessThanOrEqual(bytes.length * 0.9);
    expect(bytes.subarray(0, part.length).equals(part)).toBe(true);
    expect(await seenIn(out)).toMatch(/cut off/);
  }
});

test('not-a-zip has the same length and no zip in it', async () => {
  await spoil(sound, 'not-a-zip', out, 1);
  expect(readFileSync(out)).toHaveLength(bytes.length);
  expect(await seenIn(out)).toMatch(/no zip/);
});

test('empty has no bytes', async () => {
  await spoil(sound, 'empty', out, 1);
  expect(readFileSync(out)).toHaveLength(0);
});

test('only a sound package can be corrupted', async () => {
  const other = join(folder, 'other.zip');
  writeFileSync(other, 'nothing of the kind');
  await expect(spoil(other, 'corrupt', out, 1)).rejects.toBeInstanceOf(UserError);
});
