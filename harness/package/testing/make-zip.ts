import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../crc32.js';

/** One entry of a made-up zip; every field that a hostile zip lies about can be set. */
export interface MadeEntry {
  readonly name: string | Buffer;
  readonly data?: Buffer;
  readonly method?: 0 | 8 | 12;
  readonly flags?: number;
  /** Upper half of the external attributes (Unix mode). */
  readonly mode?: number;
  readonly extra?: Buffer;
  /** Replaces the packed bytes. */
  readonly packed?: Buffer;
  readonly size?: number;
  readonly crc?: number;
  /** Another name in the local header. */
  readonly localName?: string;
  /** Bytes put before this entry. */
  readonly gap?: Buffer;
  /** Sizes after the data instead of before it (bit 3). */
  readonly streamed?: boolean;
  /** Has no bytes of its own: the directory points at this offset. */
  readonly headerAt?: number;
}

export interface MadeZip {
  readonly comment?: Buffer;
  readonly before?: Buffer;
  readonly after?: Buffer;
  readonly beforeDirectory?: Buffer;
  readonly count?: number;
  /** Adds a 64-bit end record with these differences from the truth. */
  readonly end64?: { readonly entries?: number; readonly directoryOffset?: number; readonly overflow?: boolean };
}

/** A zip, sound unless told otherwise. */
export function makeZip(entries: readonly MadeEntry[], zip: MadeZip = {}): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  const put = (bytes: Buffer): void => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const entry of entries) {
    const name = Buffer.isBuffer(entry.name) ? entry.name : Buffer.from(entry.name);
    const data = entry.data ?? Buffer.alloc(0);
    const method = entry.method ?? 8;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(data) : data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE((entry.flags ?? 0x800) | (entry.streamed === true ? 8 : 0), 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(entry.crc ?? crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(entry.size ?? data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const extra = entry.extra ?? Buffer.alloc(0);
    fields.writeUInt16LE(extra.length, 24);
    put(entry.gap ?? Buffer.alloc(0));
    offsets.push(entry.headerAt ?? at);
    if (entry.headerAt === undefined) {
      const local = Buffer.from(fields);
      if (entry.streamed === true) local.fill(0, 10, 22);
      put(
        Buffer.concat([
          Buffer.from('PK\x03\x04'),
          local,
          entry.localName === undefined ? name : Buffer.from(entry.localName),
          extra,
        ]),
      );
      put(packed);
      if (entry.streamed === true) put(Buffer.concat([Buffer.from('PK\x07\x08'), fields.subarray(10, 22)]));
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 6);
    tail.writeUInt32LE(offsets.at(-1) ?? 0, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.of(20, 3), fields, tail, name, extra]));
  }
  put(zip.beforeDirectory ?? Buffer.alloc(0));
  const directory = Buffer.concat(central);
  const directoryOffset = at;
  put(directory);
  const count = zip.count ?? entries.length;
  if (zip.end64 !== undefined) {
    const end64 = Buffer.alloc(56);
    end64.write('PK\x06\x06', 'latin1');
    end64.writeBigUInt64LE(44n, 4);
    for (const position of [24, 32]) end64.writeBigUInt64LE(BigInt(zip.end64.entries ?? count), position);
    end64.writeBigUInt64LE(BigInt(directory.length), 40);
    end64.writeBigUInt64LE(BigInt(zip.end64.directoryOffset ?? directoryOffset), 48);
    const locator = Buffer.alloc(20);
    locator.write('PK\x06\x07', 'latin1');
    locator.writeBigUInt64LE(BigInt(at), 8);
    locator.writeUInt32LE(1, 16);
    put(end64);
    put(locator);
  }
  const end = Buffer.alloc(22);
  const overflow = zip.end64?.overflow === true;
  end.write('PK\x05\x06', 'latin1');
  for (const position of [8, 10]) end.writeUInt16LE(overflow ? 0xffff : count, position);
  end.writeUInt32LE(overflow ? 0xffffffff : directory.length, 12);
  end.writeUInt32LE(overflow ? 0xffffffff : directoryOffset, 16);
  end.writeUInt16LE(zip.comment?.length ?? 0, 20);
  return Buffer.concat([
    zip.before ?? Buffer.alloc(0),
    ...parts,
    end,
    zip.comment ?? Buffer.alloc(0),
    zip.after ?? Buffer.alloc(0),
  ]);
}

/** Deterministic bytes that hardly compress. */
export function noise(length: number, seed = 1): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** Text-like bytes, which deflate packs well. */
export function prose(length: number): Buffer {
  const words = ['delta ', 'patch ', 'source ', 'target ', 'block ', 'flash ', 'erase '];
  const picks = noise(length);
  return Buffer.from(Array.from(picks, (byte) => words[byte % words.length]).join('')).subarray(0, length);
}

/** The contents of a small delta package. */
export function deltaEntries(pre = 'EC25EFAR06A12M4G', post = 'EC25EFAR06A13M4G'): MadeEntry[] {
  return [
    { name: 'META-INF/com/android/metadata', data: Buffer.from(`pre-build=${pre}\npost-build=${post}\npost-timestamp=1\n`) },
    { name: 'META-INF/com/google/android/updater-script', data: Buffer.from('show_progress(0.1, 0);\n') },
    { name: 'patch/', method: 0 },
    { name: 'patch/modem.p', data: prose(60_000) },
    { name: 'patch/system.p', data: noise(20_000), method: 0 },
  ];
}
