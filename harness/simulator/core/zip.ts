import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { crc32, sha256 } from './bytes.js';

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
}

/** Why a file is not a sound zip. */
export class BadZip extends Error {}

/** Nothing the module unpacks is larger than this: a guard against zip bombs. */
const LARGEST = 64 << 20;
/** 1 January 2016, midnight, in MS-DOS form: packages are the same bytes whenever they are made. */
const DOS_DATE = ((2016 - 1980) << 9) | (1 << 5) | 1;

/** Starts the archive comment that vouches for every byte in front of it, where AOSP's packages carry their signature. */
const SEAL = 'sealed sha256=';
const SEAL_LENGTH = SEAL.length + 64;

export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const path = Buffer.from(name);
    const packed = deflateRawSync(content, { level: 9 });
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(DOS_DATE, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, place, path);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, packed);
    offset += 30 + path.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(SEAL_LENGTH, 20);
  const body = Buffer.concat([...parts, listing, end]);
  return Buffer.concat([body, Buffer.from(SEAL + sha256(body))]);
}

/** Whether the file carries a seal that matches all its bytes. */
export function isSealed(data: Buffer): boolean {
  const body = data.subarray(0, Math.max(0, data.length - SEAL_LENGTH));
  return data.toString('latin1', body.length) === SEAL + sha256(body);
}

/** Reads and checks every entry: sizes, checksums, names. Throws `BadZip`. */
export function readZip(data: Buffer): ZipEntry[] {
  const end = data.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > data.length) throw new BadZip('no end of central directory');
  const count = data.readUInt16LE(end + 10);
  let at = data.readUInt32LE(end + 16);
  if (at + data.readUInt32LE(end + 12) !== end || end + 22 + data.readUInt16LE(end + 20) !== data.length)
    throw new BadZip('central directory out of place');
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || data.readUInt32LE(at) !== 0x02014b50) throw new BadZip(`entry ${i} is damaged`);
    const nameLength = data.readUInt16LE(at + 28);
    const name = data.toString('utf8', at + 46, at + 46 + nameLength);
    entries.push({ name, content: unpack(data, at, name) });
    at += 46 + nameLength + data.readUInt16LE(at + 30) + data.readUInt16LE(at + 32);
  }
  if (at !== end) throw new BadZip('central directory has another length');
  return entries;
}

function unpack(data: Buffer, at: number, name: string): Buffer {
  const [flags, method, checksum, packed, size] = [
    data.readUInt16LE(at + 8),
    data.readUInt16LE(at + 10),
    data.readUInt32LE(at + 16),
    data.readUInt32LE(at + 20),
    data.readUInt32LE(at + 24),
  ];
  const local = data.readUInt32LE(at + 42);
  if (flags & 1) throw new BadZip(`${name} is encrypted`);
  if (size > LARGEST) throw new BadZip(`${name} is too large`);
  if (local + 30 > data.length || data.readUInt32LE(local) !== 0x04034b50) throw new BadZip(`${name} has no local header`);
  const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
  if (start + packed > data.length) throw new BadZip(`${name} ends beyond the file`);
  const raw = data.subarray(start, start + packed);
  const content = method === 0 ? Buffer.from(raw) : method === 8 ? inflate(raw, size, name) : undefined;
  if (content === undefined) throw new BadZip(`${name} is packed by method ${method}`);
  if (content.length !== size) throw new BadZip(`${name} has another size`);
  if (crc32(content) !== checksum) throw new BadZip(`${name} has another checksum`);
  return content;
}

function inflate(raw: Buffer, size: number, name: string): Buffer {
  try {
    return inflateRawSync(raw, { maxOutputLength: size + 1 });
  } catch {
    throw new BadZip(`${name} cannot be unpacked`);
  }
}
