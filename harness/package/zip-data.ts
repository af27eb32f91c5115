import { once } from 'node:events';
import { createInflateRaw } from 'node:zlib';
import type { Readable } from 'node:stream';
import type { ZipFile } from 'yauzl';
import { messageOf } from '../base/errors.js';
import { crc32, crcText } from './crc32.js';
import { printable, refusal } from './refusal.js';
import type { ZipEntry } from './zip-entries.js';

/**
 * Reads one entry to its end and checks sizes and CRC. Returns its first `keep` bytes.
 * Inflates by itself: bytes that follow the end of a deflate stream would pass unseen through the library.
 */
export async function readEntry(zip: ZipFile, file: string, entry: ZipEntry, keep = 0): Promise<Buffer> {
  const of = `entry "${printable(entry.name)}"`;
  const kept: Buffer[] = [];
  const seen = { size: 0, crc: 0 };
  const take = (chunk: Buffer): void => {
    if (seen.size < keep) kept.push(chunk.subarray(0, keep - seen.size));
    seen.size += chunk.length;
    seen.crc = crc32(chunk, seen.crc);
    if (seen.size > entry.size) throw new Error(`more than the announced ${String(entry.size)} bytes`);
  };
  try {
    const packed = await zip.openReadStreamPromise(entry.entry, { decodeFileData: false });
    if (entry.method === 0 || entry.compressedSize === 0) {
      for await (const chunk of packed) take(chunk as Buffer);
    } else {
      await inflate(packed, entry.compressedSize, take);
    }
  } catch (error) {
    throw refusal(file, `${of}: ${messageOf(error)}`, entry.dataOffset);
  }
  if (seen.size !== entry.size) {
    throw refusal(file, `${of}: ${String(seen.size)} bytes where ${String(entry.size)} are announced`, entry.dataOffset);
  }
  if (seen.crc !== entry.crc32) {
    const seenText = `${of}: CRC-32 is ${crcText(seen.crc)}, the directory says ${crcText(entry.crc32)}`;
    throw refusal(file, seenText, entry.dataOffset);
  }
  return Buffer.concat(kept);
}

async function inflate(packed: Readable, compressedSize: number, take: (chunk: Buffer) => void): Promise<void> {
  const inflater = createInflateRaw();
  packed.on('error', (error) => inflater.destroy(error));
  packed.pipe(inflater);
  try {
    for await (const chunk of inflater) take(chunk as Buffer);
  } finally {
    packed.unpipe(inflater);
    if (!packed.destroyed) {
      packed.destroy();
      await once(packed, 'close').catch(() => undefined);
    }
  }
  if (inflater.bytesWritten !== compressedSize) {
    throw new Error(`${String(compressedSize - inflater.bytesWritten)} bytes follow the end of the compressed data`);
  }
}
