import type { FileHandle } from 'node:fs/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { messageOf, UserError } from '../base/errors.js';
import { inspectionLimits, printable, refusal } from './refusal.js';
import { readAt, type ZipEnd } from './zip-end.js';

/** One entry with the place of its data in the file. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly compressedSize: number;
  readonly crc32: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly headerOffset: number;
  readonly dataOffset: number;
  /** First byte after the data and its descriptor. */
  readonly end: number;
  readonly entry: Entry;
}

/** A zip whose directory was read and found consistent; the data not yet. */
export interface OpenZip {
  readonly zip: ZipFile;
  readonly entries: readonly ZipEntry[];
  /** Bytes between entries that belong to none. */
  readonly unused: number;
}

/** Opens a zip and reads its directory and every local header. The caller closes `zip`. Throws UserError for what is not sound. */
export async function openZip(handle: FileHandle, file: string, end: ZipEnd): Promise<OpenZip> {
  if (end.entries === 0) throw refusal(file, 'a zip without entries', end.directoryOffset);
  if (end.entries > inspectionLimits.entries) {
    throw refusal(file, `${String(end.entries)} entries, more than ${String(inspectionLimits.entries)}`, end.directoryOffset);
  }
  let zip: ZipFile;
  try {
    // Names are taken raw: the library would mend some of them (backslashes) without a word.
    zip = await openPromise(file, { decodeStrings: false, autoClose: false });
  } catch (error) {
    throw refusal(file, messageOf(error));
  }
  try {
    const entries: ZipEntry[] = [];
    let cursor = end.directoryOffset;
    try {
      for await (const entry of zip.eachEntry()) {
        const name = checkedName(file, entry, cursor);
        checkKind(file, entry, name, cursor);
        entries.push(await withPlace(zip, handle, file, entry, name));
        cursor += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
      }
    } catch (error) {
      throw error instanceof UserError ? error : refusal(file, messageOf(error), cursor);
    }
    if (cursor !== end.directoryOffset + end.directorySize) {
      throw refusal(file, `the directory lists ${String(entries.length)} entries but goes on after them`, cursor);
    }
    checkNames(file, entries);
    checkSizes(file, entries);
    return { zip, entries, unused: checkLayout(file, entries, end.directoryOffset) };
  } catch (error) {
    zip.close();
    throw error;
  }
}

function checkedName(file: string, entry: Entry, offset: number): string {
  const raw = entry.fileNameRaw;
  const utf8 = raw.toString('utf8');
  const name = utf8.includes('\ufffd') ? raw.toString('latin1') : utf8;
  const fault = nameFault(name);
  if (fault !== undefined) throw refusal(file, `entry name "${printable(name)}": ${fault}`, offset);
  // A second name in an extra field (0x7075): which one counts depends on the program.
  const other = entry.extraFields
    .find(({ id }) => id === 0x7075)
    ?.data.subarray(5)
    .toString('utf8');
  if (other !== undefined && other !== name) {
    throw refusal(file, `entry "${printable(name)}" has a second name, "${printable(other)}"`, offset);
  }
  return name;
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'empty';
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'control character';
  if (name.includes('\\')) return 'backslash';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'absolute path';
  if (name.split('/').some((part) => part === '..' || part === '.')) return 'path that climbs';
  if (name.includes('//')) return 'empty folder name';
  return undefined;
}

function checkKind(file: string, entry: Entry, name: string, offset: number): void {
  const of = `entry "${printable(name)}"`;
  if ((entry.generalPurposeBitFlag & 0x2041) !== 0) throw refusal(file, `${of} is encrypted`, offset);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw refusal(
      file,
      `${of} is packed by method ${String(entry.compressionMethod)}; only stored and deflated are known`,
      offset,
    );
  }
  const host = entry.versionMadeBy >> 8;
  const kind = (entry.externalFileAttributes >>> 16) & 0xf000;
  // Only these; some writers leave the kind's bits empty or fill them with nonsense.
  const special = { 0xa000: 'a symbolic link', 0x2000: 'a device', 0x6000: 'a device', 0x1000: 'a pipe', 0xc000: 'a socket' }[
    kind
  ];
  if ((host === 3 || host === 19) && special !== undefined) throw refusal(file, `${of} is ${special}`, offset);
  if (name.endsWith('/') && entry.uncompressedSize !== 0) throw refusal(file, `${of} is a folder with contents`, offset);
}

async function withPlace(zip: ZipFile, handle: FileHandle, file: string, entry: Entry, name: string): Promise<ZipEntry> {
  const headerOffset = entry.relativeOffsetOfLocalHeader;
  const of = `entry "${printable(name)}"`;
  const local = await zip.readLocalFileHeaderPromise(entry).catch((error: unknown) => {
    throw refusal(file, `${of}: ${messageOf(error)}`, headerOffset);
  });
  const streamed = (entry.generalPurposeBitFlag & 8) !== 0;
  const agrees =
    local.fileName.equals(entry.fileNameRaw) &&
    local.compressionMethod === entry.compressionMethod &&
    local.generalPurposeBitFlag === entry.generalPurposeBitFlag &&
    sameUnlessLeftOut(local.crc32, entry.crc32, streamed) &&
    sameUnlessLeftOut(local.compressedSize, entry.compressedSize, streamed) &&
    sameUnlessLeftOut(local.uncompressedSize, entry.uncompressedSize, streamed);
  if (!agrees) throw refusal(file, `${of}: its own header contradicts the directory`, headerOffset);
  const dataEnd = local.fileDataStart + entry.compressedSize;
  return {
    name,
    size: entry.uncompressedSize,
    compressedSize: entry.compressedSize,
    crc32: entry.crc32,
    method: entry.compressionMethod,
    headerOffset,
    dataOffset: local.fileDataStart,
    end: dataEnd + (streamed ? await descriptorLength(handle, file, entry, of, dataEnd) : 0),
    entry,
  };
}

/** Headers written before the data leave its sizes open (bit 3); those of the 64-bit form say 0xffffffff. */
function sameUnlessLeftOut(local: number, central: number, streamed: boolean): boolean {
  return local === central || local === 0xffffffff || (streamed && local === 0);
}

async function descriptorLength(handle: FileHandle, file: string, entry: Entry, of: string, offset: number): Promise<number> {
  const bytes = await readAt(handle, offset, 24);
  for (const signed of [4, 0]) {
    if (signed === 4 && (bytes.length < 4 || bytes.readUInt32LE(0) !== 0x08074b50)) continue;
    if (bytes.length < signed + 12 || bytes.readUInt32LE(signed) !== entry.crc32) continue;
    const [first, second] = [bytes.readUInt32LE(signed + 4), bytes.readUInt32LE(signed + 8)];
    if (first === entry.compressedSize && second === entry.uncompressedSize) return signed + 12;
    if (first === entry.compressedSize && second === 0 && bytes.length >= signed + 20) return signed + 20;
  }
  throw refusal(file, `${of}: what follows its data contradicts the directory`, offset);
}

function checkNames(file: string, entries: readonly ZipEntry[]): void {
  const seen = new Map<string, ZipEntry>();
  for (const entry of entries) {
    const key = entry.name.replace(/\/$/, '');
    if (seen.has(key)) throw refusal(file, `two entries are called "${printable(key)}"`, entry.headerOffset);
    seen.set(key, entry);
  }
  for (const entry of entries) {
    for (let slash = entry.name.indexOf('/'); slash >= 0; slash = entry.name.indexOf('/', slash + 1)) {
      const parent = seen.get(entry.name.slice(0, slash));
      if (parent !== undefined && !parent.name.endsWith('/')) {
        throw refusal(file, `"${printable(parent.name)}" is both a file and a folder`, parent.headerOffset);
      }
    }
  }
}

function checkSizes(file: string, entries: readonly ZipEntry[]): void {
  const { inflated, ratio, ratioFrom } = inspectionLimits;
  const total = { size: 0, compressedSize: 0 };
  for (const entry of entries) {
    total.size += entry.size;
    total.compressedSize += entry.compressedSize;
    if (entry.size > ratioFrom && entry.size > ratio * entry.compressedSize) {
      const seen = `entry "${printable(entry.name)}" inflates ${String(entry.compressedSize)} bytes to ${String(entry.size)}: a zip bomb`;
      throw refusal(file, seen, entry.headerOffset);
    }
  }
  if (total.size > inflated)
    throw refusal(file, `inflates to ${String(total.size)} bytes, more than ${String(inflated)}: a zip bomb`);
  if (total.size > ratioFrom && total.size > ratio * total.compressedSize) {
    throw refusal(file, `inflates ${String(total.compressedSize)} bytes to ${String(total.size)}: a zip bomb`);
  }
}

/** Entries must lie one after the other from the file's first byte; returns how many bytes lie between them unused. */
function checkLayout(file: string, entries: readonly ZipEntry[], directoryOffset: number): number {
  const sorted = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  const first = sorted[0]?.headerOffset ?? 0;
  if (first !== 0) throw refusal(file, `${String(first)} bytes stand before the first entry`, 0);
  let unused = 0;
  let cursor = 0;
  for (const entry of sorted) {
    if (entry.headerOffset < cursor) {
      throw refusal(file, `entry "${printable(entry.name)}" overlaps the one before it`, entry.headerOffset);
    }
    unused += entry.headerOffset - cursor;
    cursor = entry.end;
  }
  if (cursor > directoryOffset) throw refusal(file, 'the last entry overlaps the directory', directoryOffset);
  return unused + directoryOffset - cursor;
}
