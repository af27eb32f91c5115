import { createHash } from 'node:crypto';

/** CRC-32 as zip files use it (polynomial 0xEDB88320). */
export function crc32(data: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (let i = 0; i < data.length; i++) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ (data[i] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

/** The checksum of QFUPL and QFDWL: XOR of big-endian 16-bit words, an odd last byte in the high half. Takes its bytes in any pieces. */
export class FileChecksum {
  private high = 0;
  private low = 0;
  private odd = false;

  add(data: Uint8Array): void {
    for (const byte of data) {
      if (this.odd) this.low ^= byte;
      else this.high ^= byte;
      this.odd = !this.odd;
    }
  }

  /** Lower-case hex without leading zeros. */
  text(): string {
    return ((this.high << 8) | this.low).toString(16);
  }
}

export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A repeatable source of numbers; the same words give the same sequence on every machine. */
export class Dice {
  private state: number;

  constructor(...words: readonly (string | number)[]) {
    this.state = createHash('sha256').update(words.join('\0')).digest().readUInt32LE(0);
  }

  /** 32 random bits (mulberry32). */
  bits(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** From `low` up to, but not including, `high`. */
  between(low: number, high: number): number {
    return low + (this.bits() / 0x1_0000_0000) * (high - low);
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  bytes(length: number): Buffer {
    const out = Buffer.allocUnsafe(length);
    let i = 0;
    for (; i + 4 <= length; i += 4) out.writeUInt32LE(this.bits(), i);
    for (; i < length; i++) out[i] = this.bits() & 0xff;
    return out;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }
}
