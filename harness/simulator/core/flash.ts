import { createHash } from 'node:crypto';

/** Bytes in a page, the unit of programming. */
export const PAGE_SIZE = 2048;
/** Pages in an erase block (32 KiB). */
export const PAGES_PER_BLOCK = 16;

/** One thing the flash can be asked to do, and be cut in. */
export type FlashOp =
  | { readonly kind: 'program'; readonly page: number; readonly data: Uint8Array }
  | { readonly kind: 'erase'; readonly block: number };

/** The whole content at one moment. Pages are never changed in place, so taking one costs only a list of references. */
export interface FlashSnapshot {
  readonly pages: readonly Uint8Array[];
  readonly stamps: readonly number[];
}

/** A page that has been erased completely. Known by identity: a half-erased page may look much like it, and is not it. */
const ERASED: Uint8Array = new Uint8Array(PAGE_SIZE).fill(0xff);

/** The last stamp given to a block; no two contents share one, whichever flash they are in. 0: never touched. */
let lastStamp = 0;

/**
 * NAND flash: a page can be programmed once after its block was erased; what is cut in the middle is neither old nor new.
 * Programming a page that is not erased leaves the AND of both, as real cells do.
 */
export class Flash {
  private pages: Uint8Array[];
  /** A number for each block's content: it changes with every page of the block, and comes back only with a snapshot. */
  private stamps: number[];
  /** Told each page that has changed, and what it held before: for write-through. */
  onChange: ((page: number, data: Uint8Array, before: Uint8Array) => void) | undefined;
  /** Operations completed so far. */
  operations = 0;

  constructor(readonly blocks: number) {
    this.pages = new Array<Uint8Array>(blocks * PAGES_PER_BLOCK).fill(ERASED);
    this.stamps = new Array<number>(blocks).fill(0);
  }

  /** From the bytes of an image file, as write-through left them. */
  static load(content: Uint8Array): Flash {
    const flash = new Flash(Math.ceil(content.length / (PAGE_SIZE * PAGES_PER_BLOCK)));
    for (let page = 0; page < flash.pageCount; page++) {
      const data = padded(content.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE));
      if (!looksErased(data)) flash.set(page, data);
    }
    return flash;
  }

  get pageCount(): number {
    return this.pages.length;
  }

  /** The page's bytes; not to be changed. */
  page(page: number): Uint8Array {
    const data = this.pages[page];
    if (data === undefined) throw new RangeError(`no page ${page} in a flash of ${this.pageCount}`);
    return data;
  }

  isErased(page: number): boolean {
    return this.page(page) === ERASED;
  }

  /** `size` bytes from the start of page `first`. */
  read(first: number, size: number): Buffer {
    const out = Buffer.allocUnsafe(size);
    for (let done = 0, page = first; done < size; done += PAGE_SIZE, page++)
      out.set(size - done < PAGE_SIZE ? this.page(page).subarray(0, size - done) : this.page(page), done);
    return out;
  }

  /** Carries an operation out to its end. */
  perform(op: FlashOp): void {
    this.operations++;
    if (op.kind === 'program') return this.set(op.page, this.mixed(op.page, padded(op.data)));
    for (let i = 0; i < PAGES_PER_BLOCK; i++) this.set(op.block * PAGES_PER_BLOCK + i, ERASED);
  }

  /**
   * Carries out `fraction` (0 to 1) of an operation, as a loss of power does. Never all and never nothing: a torn page has at least
   * one bit of the new data, a torn erase leaves no page that counts as erased.
   */
  tear(op: FlashOp, fraction: number): void {
    if (op.kind === 'program') {
      const data = padded(op.data);
      const whole = Math.min(PAGE_SIZE - 2, Math.max(1, Math.floor(fraction * PAGE_SIZE)));
      const torn = new Uint8Array(PAGE_SIZE).fill(0xff);
      torn.set(data.subarray(0, whole));
      torn[whole] = (data[whole] ?? 0xff) | 0x55;
      torn[PAGE_SIZE - 1] = (data[PAGE_SIZE - 1] ?? 0xff) ^ 0xff;
      if (looksErased(torn)) torn[0] = 0x7f;
      return this.set(op.page, this.mixed(op.page, torn));
    }
    const reached = Math.max(1, Math.floor(fraction * PAGES_PER_BLOCK));
    for (let i = 0; i < PAGES_PER_BLOCK; i++) {
      const page = op.block * PAGES_PER_BLOCK + i;
      const weak = Uint8Array.from(i < reached ? ERASED : this.page(page));
      weak[(i * 131) % PAGE_SIZE] = 0xef & (weak[(i * 131) % PAGE_SIZE] ?? 0);
      this.set(page, weak);
    }
  }

  snapshot(): FlashSnapshot {
    return { pages: this.pages.slice(), stamps: this.stamps.slice() };
  }

  restore(snapshot: FlashSnapshot): void {
    this.pages = snapshot.pages.slice();
    this.stamps = snapshot.stamps.slice();
  }

  /** The same answer means the same content as then: tells whether pages have to be looked at again. */
  stamp(firstPage: number, pages: number): string {
    const first = Math.floor(firstPage / PAGES_PER_BLOCK);
    return this.stamps.slice(first, Math.ceil((firstPage + pages) / PAGES_PER_BLOCK)).join();
  }

  /** All bytes, for an image file. */
  dump(): Buffer {
    return this.read(0, this.pageCount * PAGE_SIZE);
  }

  private mixed(page: number, data: Uint8Array): Uint8Array {
    const old = this.page(page);
    if (old === ERASED) return data;
    return data.map((byte, i) => byte & (old[i] ?? 0xff));
  }

  private set(page: number, data: Uint8Array): void {
    const before = this.page(page);
    this.pages[page] = data;
    this.stamps[Math.floor(page / PAGES_PER_BLOCK)] = ++lastStamp;
    this.onChange?.(page, data, before);
  }
}

const digests = new WeakMap<Uint8Array, Buffer>();

/** SHA-256 of a page, computed once in the page's life. */
export function pageDigest(data: Uint8Array): Buffer {
  let digest = digests.get(data);
  if (digest === undefined) {
    digest = createHash('sha256').update(data).digest();
    digests.set(data, digest);
  }
  return digest;
}

/**
 * The digest of content that fills whole pages: SHA-256 over the pages' SHA-256 and the size, a tree of two levels like dm-verity's.
 * Pages are immutable, so each is hashed once in its life: a sweep of a thousand cuts costs little more than one.
 */
export function treeDigest(pages: readonly Uint8Array[], size: number): string {
  const hash = createHash('sha256');
  hash.update(Buffer.concat(pages.map(pageDigest)));
  return hash.update(String(size)).digest('hex');
}

/** Content as pages, the last one filled up with 0xFF. */
export function toPages(content: Uint8Array): Uint8Array[] {
  const pages: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += PAGE_SIZE) pages.push(padded(content.subarray(at, at + PAGE_SIZE)));
  return pages;
}

/** How many pages `size` bytes fill. */
export function pagesOf(size: number): number {
  return Math.ceil(size / PAGE_SIZE);
}

function padded(data: Uint8Array): Uint8Array {
  if (data.length === PAGE_SIZE) return data;
  if (data.length > PAGE_SIZE) throw new RangeError(`${data.length} bytes do not fit a page`);
  const page = new Uint8Array(PAGE_SIZE).fill(0xff);
  page.set(data);
  return page;
}

function looksErased(data: Uint8Array): boolean {
  return data.every((byte) => byte === 0xff);
}
