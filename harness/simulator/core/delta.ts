/**
 * Binary deltas: a list of operations that rebuild a target from a source. Three of them: copy from the source, add (source bytes
 * plus small differences, for code whose addresses moved) and insert (new bytes).
 */

const MAGIC = Buffer.from('QDL1');
const COPY = 0;
const ADD = 1;
const INSERT = 2;
/** Bytes that must agree before two places count as the same. */
const SEED_LENGTH = 24;

/** What a delta makes `applyDelta` throw: the delta is damaged, or not for this source. */
export class BadDelta extends Error {}

export function makeDelta(source: Buffer, target: Buffer): Buffer {
  const out: Buffer[] = [MAGIC, number(target.length)];
  const index = indexSource(source);
  let at = 0;
  let inserted = 0;
  const flush = (): void => {
    if (inserted < at) out.push(Buffer.of(INSERT), number(at - inserted), target.subarray(inserted, at));
  };
  while (at < target.length) {
    const from = findSeed(source, target, at, index);
    if (from === undefined) {
      at++;
      continue;
    }
    const length = extend(source, from, target, at);
    flush();
    const same = source.compare(target, at, at + length, from, from + length) === 0;
    out.push(Buffer.of(same ? COPY : ADD), number(from), number(length));
    if (!same) out.push(differences(source, from, target, at, length));
    at += length;
    inserted = at;
  }
  flush();
  return Buffer.concat(out);
}

export function applyDelta(source: Uint8Array, delta: Uint8Array): Buffer {
  if (!MAGIC.equals(delta.subarray(0, 4))) throw new BadDelta('no delta');
  const reader = new Reader(delta, 4);
  const size = reader.number();
  if (size > 64 << 20) throw new BadDelta('target too large');
  const out = Buffer.alloc(size);
  let at = 0;
  while (!reader.atEnd) {
    const op = reader.bytes(1)[0];
    const from = op === INSERT ? 0 : reader.number();
    const length = reader.number();
    if (length < 1 || at + length > size) throw new BadDelta('operation beyond the target');
    if (op === INSERT) out.set(reader.bytes(length), at);
    else {
      if (from + length > source.length) throw new BadDelta('operation beyond the source');
      out.set(source.subarray(from, from + length), at);
      if (op === ADD) {
        const diff = reader.bytes(length);
        for (let i = 0; i < length; i++) out[at + i] = ((out[at + i] ?? 0) + (diff[i] ?? 0)) & 0xff;
      } else if (op !== COPY) throw new BadDelta(`unknown operation ${op}`);
    }
    at += length;
  }
  if (at !== size) throw new BadDelta('target incomplete');
  return out;
}

class Reader {
  constructor(
    private readonly data: Uint8Array,
    private at: number,
  ) {}

  get atEnd(): boolean {
    return this.at >= this.data.length;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 42; factor *= 128) {
      const byte = this.bytes(1)[0] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new BadDelta('number too long');
  }

  bytes(length: number): Uint8Array {
    if (this.at + length > this.data.length) throw new BadDelta('delta ends early');
    this.at += length;
    return this.data.subarray(this.at - length, this.at);
  }
}

function number(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

function hashAt(data: Buffer, at: number): number {
  let hash = 0;
  for (let i = 0; i < SEED_LENGTH; i += 4) hash = (Math.imul(hash, 0x9e3779b1) ^ data.readUInt32LE(at + i)) >>> 0;
  return hash;
}

/** Every fourth place of the source by the hash of what starts there; places with little variety are left out. */
function indexSource(source: Buffer): Map<number, number> {
  const index = new Map<number, number>();
  for (let at = 0; at + SEED_LENGTH <= source.length; at += 4) {
    if (source.readUInt32LE(at) === source.readUInt32LE(at + 8)) continue;
    const hash = hashAt(source, at);
    if (!index.has(hash)) index.set(hash, at);
  }
  return index;
}

function findSeed(source: Buffer, target: Buffer, at: number, index: Map<number, number>): number | undefined {
  if (at + SEED_LENGTH > target.length) return undefined;
  const found = index.get(hashAt(target, at));
  if (found === undefined) return undefined;
  return source.compare(target, at, at + SEED_LENGTH, found, found + SEED_LENGTH) === 0 ? found : undefined;
}

/** How far two places go on alike, stray differences allowed: as long as three quarters of the last 32 bytes agree. */
function extend(source: Buffer, from: number, target: Buffer, at: number): number {
  const limit = Math.min(source.length - from, target.length - at);
  let good = SEED_LENGTH;
  let agree = 32;
  for (let i = SEED_LENGTH; i < limit; i++) {
    const same = source[from + i] === target[at + i];
    const leaving = i < 32 || source[from + i - 32] === target[at + i - 32];
    agree += (same ? 1 : 0) - (leaving ? 1 : 0);
    if (agree < 24) break;
    if (same) good = i + 1;
  }
  return good;
}

function differences(source: Buffer, from: number, target: Buffer, at: number, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) out[i] = ((target[at + i] ?? 0) - (source[from + i] ?? 0)) & 0xff;
  return out;
}
