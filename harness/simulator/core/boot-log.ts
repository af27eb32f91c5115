import { crc32 } from './bytes.js';
import { PAGES_PER_BLOCK } from './flash.js';
import type { Flash, FlashOp } from './flash.js';

/** What the next boot does: run normally, upgrade, say that an upgrade has ended well, or restore the old version. */
export type BootFlag = 'normal' | 'recovery' | 'done' | 'restore';

/** The boot flag with all that must survive a loss of power beside it. */
export interface BootRecord {
  readonly flag: BootFlag;
  /** Attempts used up, as the retry policy counts them. */
  readonly attempts: number;
  /** Boots into recovery since the upgrade began, whatever the policy counts. */
  readonly starts: number;
  /** Where the package is, in the module's words: `/data/ufs/x`, `/media/card/x`, or `download`. */
  readonly source: string;
  /** The revision that ran when the upgrade began. */
  readonly base: string;
  /** How the last upgrade ended: nothing yet, upgraded, or given up. */
  readonly outcome: 'none' | 'upgraded' | 'given-up';
}

export const FRESH: BootRecord = { flag: 'normal', attempts: 0, starts: 0, source: '', base: '', outcome: 'none' };

const MAGIC = 0x474c4251;
const HEADER = 16;

interface Found {
  readonly record: BootRecord;
  readonly sequence: number;
  readonly block: number;
}

/**
 * A log of boot records in two erase blocks, a page each; the highest sequence number with a right checksum holds. A torn page is
 * passed over, and a block is erased only while the other one holds the record in force, so no cut loses it.
 */
export class BootLog {
  constructor(
    private readonly flash: Flash,
    private readonly blocks: readonly [number, number],
  ) {}

  read(): BootRecord {
    return this.find()?.record ?? FRESH;
  }

  /** The operations that put a record in force; each must be performed before the next is asked for. */
  *write(record: BootRecord): Generator<FlashOp, void, void> {
    const found = this.find();
    let block = found?.block ?? this.blocks[0];
    let page = this.firstFree(block);
    if (page === undefined) {
      if (found !== undefined) block = block === this.blocks[0] ? this.blocks[1] : this.blocks[0];
      yield { kind: 'erase', block };
      page = block * PAGES_PER_BLOCK;
    }
    yield { kind: 'program', page, data: encode(record, (found?.sequence ?? 0) + 1) };
  }

  private find(): Found | undefined {
    let best: Found | undefined;
    for (const block of this.blocks)
      for (let i = 0; i < PAGES_PER_BLOCK; i++) {
        const page = block * PAGES_PER_BLOCK + i;
        if (this.flash.isErased(page)) continue;
        const found = decode(this.flash.page(page));
        if (found !== undefined && found.sequence > (best?.sequence ?? 0)) best = { ...found, block };
      }
    return best;
  }

  /** The page after the last one that was ever touched since the erase; undefined in a full block. */
  private firstFree(block: number): number | undefined {
    let free: number | undefined;
    for (let i = PAGES_PER_BLOCK - 1; i >= 0; i--) {
      const page = block * PAGES_PER_BLOCK + i;
      if (!this.flash.isErased(page)) break;
      free = page;
    }
    return free;
  }
}

function encode(record: BootRecord, sequence: number): Buffer {
  const body = Buffer.from(JSON.stringify(record));
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(sequence, 4);
  header.writeUInt32LE(body.length, 8);
  header.writeUInt32LE(crc32(body, crc32(header.subarray(0, 12))), 12);
  return Buffer.concat([header, body]);
}

type Decoded = Omit<Found, 'block'>;
const decoded = new WeakMap<Uint8Array, Decoded | false>();

function decode(page: Uint8Array): Decoded | undefined {
  let result = decoded.get(page);
  if (result === undefined) {
    result = decodeBytes(page) ?? false;
    decoded.set(page, result);
  }
  return result === false ? undefined : result;
}

function decodeBytes(page: Uint8Array): Decoded | undefined {
  const data = Buffer.from(page.buffer, page.byteOffset, page.length);
  if (data.readUInt32LE(0) !== MAGIC) return undefined;
  const length = data.readUInt32LE(8);
  if (HEADER + length > data.length) return undefined;
  const body = data.subarray(HEADER, HEADER + length);
  if (crc32(body, crc32(data.subarray(0, 12))) !== data.readUInt32LE(12)) return undefined;
  return { record: JSON.parse(body.toString()) as BootRecord, sequence: data.readUInt32LE(4) };
}
