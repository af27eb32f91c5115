import { copyFile, open, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { UserError } from '../base/errors.js';
import { seeded, type Random } from '../base/random.js';
import { inspectPackage } from './inspect.js';
import { openZip } from './zip-entries.js';
import { readAt, readZipEnd } from './zip-end.js';

export type SpoiledKind = 'corrupt' | 'truncated' | 'not-a-zip' | 'empty';

/** What was done, for the journal and the report. */
export interface Spoiled {
  readonly file: string;
  readonly kind: SpoiledKind;
  readonly detail: string;
}

/**
 * Makes a package that a module must refuse out of a sound one. The same file, kind and seed give the same bytes.
 *
 * - `corrupt`: one byte changed inside the compressed data of the largest entry, so that its check fails (DG-18)
 * - `truncated`: cut at 30 to 90 % of its length
 * - `not-a-zip`: random bytes of the same length
 * - `empty`: no bytes
 */
export async function spoil(file: string, kind: SpoiledKind, out: string, seed: number): Promise<Spoiled> {
  const random = seeded(seed, `spoil/${kind}`);
  const { size } = await stat(file);
  switch (kind) {
    case 'corrupt':
      return { file: out, kind, detail: await corrupt(file, out, random) };
    case 'truncated': {
      const length = Math.floor((size * random.int(300, 900)) / 1000);
      await copyFile(file, out);
      await withFile(out, 'r+', (handle) => handle.truncate(length));
      return { file: out, kind, detail: `cut after ${String(length)} of ${String(size)} bytes` };
    }
    case 'not-a-zip':
      await withFile(out, 'w', (handle) => writeRandom(handle, size, random));
      return { file: out, kind, detail: `${String(size)} random bytes` };
    case 'empty':
      await writeFile(out, '');
      return { file: out, kind, detail: 'no bytes' };
  }
}

/**
 * Most changed bytes make a deflate stream unreadable or change its length. The hardest case for a module is data that unpacks
 * to the right length and fails in its CRC alone, so that is looked for first, as long as a look is cheap.
 */
async function corrupt(file: string, out: string, random: Random): Promise<string> {
  const target = await largestEntry(file);
  await copyFile(file, out);
  const tries = Math.max(4, Math.min(64, Math.floor((32 * 1024 * 1024) / (target.size + 1))));
  let fallback: { offset: number; original: number; mask: number } | undefined;
  return withFile(out, 'r+', async (handle) => {
    const put = (offset: number, byte: number) => handle.write(Buffer.of(byte), 0, 1, offset);
    const detail = (offset: number, mask: number) =>
      `byte ${String(offset)} (in ${target.name}) changed by XOR 0x${mask.toString(16).padStart(2, '0')}`;
    for (let attempt = 0; attempt < tries; attempt++) {
      const offset = target.dataOffset + random.int(0, target.compressedSize - 1);
      const mask = random.int(1, 255);
      const original = (await readAt(handle, offset, 1))[0] ?? 0;
      await put(offset, original ^ mask);
      const seen = await refusalOf(out);
      if (seen?.includes('CRC-32') === true) return detail(offset, mask);
      if (seen !== undefined) fallback ??= { offset, original, mask };
      await put(offset, original);
    }
    if (fallback === undefined) throw new Error(`no changed byte of ${file} makes it unsound`);
    await put(fallback.offset, fallback.original ^ fallback.mask);
    return detail(fallback.offset, fallback.mask);
  });
}

async function largestEntry(file: string) {
  return withFile(file, 'r', async (handle) => {
    const { size } = await handle.stat();
    const { zip, entries } = await openZip(handle, file, await readZipEnd(handle, file, size));
    zip.close();
    const [first] = [...entries].sort((a, b) => b.compressedSize - a.compressedSize);
    if (first === undefined || first.compressedSize === 0) {
      throw new UserError('the package holds nothing that could be corrupted', { place: { file } });
    }
    return first;
  });
}

/** What makes the file unsound; undefined when it is sound. */
async function refusalOf(file: string): Promise<string | undefined> {
  try {
    await inspectPackage(file);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.explanation.seen ?? error.message;
    throw error;
  }
}

async function writeRandom(handle: FileHandle, size: number, random: Random): Promise<void> {
  const step = 64 * 1024;
  for (let done = 0; done < size; done += step) {
    const bytes = random.bytes(Math.min(step, size - done));
    // Never the start of a zip, whatever the seed.
    if (done === 0 && bytes[0] === 0x50) bytes[0] = 0;
    await handle.write(bytes);
  }
}

async function withFile<T>(file: string, flags: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, flags);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}
