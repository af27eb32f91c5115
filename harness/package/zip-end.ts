import type { FileHandle } from 'node:fs/promises';
import { refusal } from './refusal.js';

/** Where a zip's directory lies, from the record at the file's end. */
export interface ZipEnd {
  readonly entries: number;
  readonly directoryOffset: number;
  readonly directorySize: number;
}

const endSize = 22;
const locatorSize = 20;
const signature = { end: 0x06054b50, locator: 0x07064b50, end64: 0x06064b50 } as const;

/**
 * Reads and checks the end of central directory, in its 32- and its 64-bit form. Programs disagree about zips in which the two
 * forms differ, in which something follows the end or the directory does not reach up to it: such a file is refused.
 */
export async function readZipEnd(handle: FileHandle, file: string, size: number): Promise<ZipEnd> {
  if (size === 0) throw refusal(file, 'an empty file');
  const start = await readAt(handle, 0, Math.min(4, size));
  if (size < endSize) throw refusal(file, `${String(size)} bytes, less than the shortest zip; they start with ${hex(start)}`, 0);

  const tailOffset = Math.max(0, size - endSize - 0xffff);
  const tail = await readAt(handle, tailOffset, size - tailOffset);
  const index = lastSignature(tail);
  if (index === undefined) {
    throw start.toString('latin1') === 'PK\x03\x04'
      ? refusal(file, 'it starts as a zip but has no directory at its end: cut off', size)
      : refusal(file, `no zip: it starts with ${hex(start)} and has no directory at its end`, 0);
  }
  const at = tailOffset + index;
  const record = tail.subarray(index);
  const comment = record.readUInt16LE(20);
  if (comment !== record.length - endSize) {
    throw refusal(
      file,
      `${String(record.length - endSize)} bytes follow the end of the zip, which announces a comment of ${String(comment)}`,
      at + endSize,
    );
  }
  const short = {
    disk: record.readUInt16LE(4),
    directoryDisk: record.readUInt16LE(6),
    entriesHere: record.readUInt16LE(8),
    entries: record.readUInt16LE(10),
    directorySize: record.readUInt32LE(12),
    directoryOffset: record.readUInt32LE(16),
  };
  const long = await readEnd64(handle, file, at);
  for (const [key, value] of Object.entries(short) as [keyof typeof short, number][]) {
    const overflow = key === 'directorySize' || key === 'directoryOffset' ? 0xffffffff : 0xffff;
    if (long !== undefined && value !== overflow && value !== long[key]) {
      throw refusal(
        file,
        `the 64-bit end of the zip contradicts the 32-bit one: ${key} ${String(long[key])}, ${String(value)}`,
        at,
      );
    }
    if (long === undefined && value === overflow) throw refusal(file, `${key} refers to a 64-bit end that is not there`, at);
  }
  const end = long ?? short;
  if (end.disk !== 0 || end.directoryDisk !== 0 || end.entriesHere !== end.entries) {
    throw refusal(file, `one part of a zip in several (disk ${String(end.disk)})`, at);
  }
  const directoryEnd = long?.at ?? at;
  if (end.directoryOffset + end.directorySize !== directoryEnd) {
    throw refusal(
      file,
      `the directory should end at ${String(directoryEnd)} but is announced from ${String(end.directoryOffset)} with ` +
        `${String(end.directorySize)} bytes: bytes were put before or between, or lost`,
      at,
    );
  }
  return end;
}

async function readEnd64(handle: FileHandle, file: string, endOffset: number) {
  const locatorOffset = endOffset - locatorSize;
  if (locatorOffset < 0) return undefined;
  const locator = await readAt(handle, locatorOffset, locatorSize);
  if (locator.readUInt32LE(0) !== signature.locator) return undefined;
  const at = locator.readBigUInt64LE(8);
  if (at + 56n > BigInt(locatorOffset)) throw refusal(file, 'the 64-bit end of the zip lies outside the file', locatorOffset);
  const record = await readAt(handle, Number(at), 56);
  if (record.readUInt32LE(0) !== signature.end64) throw refusal(file, 'the 64-bit end of the zip is not there', Number(at));
  if (at + 12n + record.readBigUInt64LE(4) !== BigInt(locatorOffset)) {
    throw refusal(file, 'the 64-bit end of the zip has a wrong length', Number(at));
  }
  return {
    at: Number(at),
    disk: record.readUInt32LE(16),
    directoryDisk: record.readUInt32LE(20),
    entriesHere: Number(record.readBigUInt64LE(24)),
    entries: Number(record.readBigUInt64LE(32)),
    directorySize: Number(record.readBigUInt64LE(40)),
    directoryOffset: Number(record.readBigUInt64LE(48)),
  };
}

function lastSignature(tail: Buffer): number | undefined {
  for (let index = tail.length - endSize; index >= 0; index--) {
    if (tail.readUInt32LE(index) === signature.end) return index;
  }
  return undefined;
}

/** Exactly `length` bytes from `position`; fewer only at the file's end. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

function hex(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
