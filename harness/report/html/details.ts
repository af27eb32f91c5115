import { deflateRawSync } from 'node:zlib';
import type { UpgradeDetail } from './data.js';
import { packBundle } from './packing.js';
import { shown } from './visible.js';

/** Upgrades in one bundle: what is decompressed when somebody opens one of them. */
export const bundleSize = 40;

/** Packs details while they come, so that a night of ten thousand upgrades is never held unpacked. */
export class DetailBundles {
  #open: UpgradeDetail[] = [];
  readonly #packed: string[] = [];

  add(detail: UpgradeDetail): void {
    this.#open.push(detail);
    if (this.#open.length === bundleSize) this.#pack();
  }

  /** Each one base64 of raw deflate of a JSON object (packing.ts). */
  finish(): readonly string[] {
    if (this.#open.length > 0) this.#pack();
    return this.#packed;
  }

  #pack(): void {
    this.#packed.push(deflateRawSync(showableJson(packBundle(this.#open)), { level: 9 }).toString('base64'));
    this.#open = [];
  }
}

/** JSON in which every text is one that a page may show as it stands. `why` and `text` keep their lines. */
export function showableJson(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) =>
    typeof each === 'string' ? shown(each, { multiline: key === 'why' }) : each,
  );
}
