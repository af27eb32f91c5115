import { pageDigest } from './flash.js';
import type { Flash } from './flash.js';

/** A fingerprint at one moment, to go back to together with a snapshot of the flash. */
export type FingerprintState = readonly [number, number];

/**
 * Follows a flash and knows its whole content by 64 bits taken from the pages' SHA-256: the same content has the same key, however
 * it came about. Among a million contents the odds that two share a key are 1 in 37 million.
 */
export class Fingerprint {
  private low = 0;
  private high = 0;

  constructor(flash: Flash) {
    for (let page = 0; page < flash.pageCount; page++) this.toggle(page, flash.page(page));
    flash.onChange = (page, data, before) => {
      if (data === before) return;
      this.toggle(page, before);
      this.toggle(page, data);
    };
  }

  get key(): string {
    return `${this.high.toString(36)}.${this.low.toString(36)}`;
  }

  save(): FingerprintState {
    return [this.low, this.high];
  }

  restore([low, high]: FingerprintState): void {
    this.low = low;
    this.high = high;
  }

  /** Adds a page's share, or takes it away. */
  private toggle(page: number, data: Uint8Array): void {
    const digest = pageDigest(data);
    this.low ^= mix(digest.readUInt32LE(0) ^ Math.imul(page + 1, 0x9e3779b1));
    this.high ^= mix(digest.readUInt32LE(4) ^ Math.imul(page + 1, 0x85ebca6b));
  }
}

/** Spreads 32 bits (murmur3's finisher), so that the shares of equal pages at different places do not cancel out. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
