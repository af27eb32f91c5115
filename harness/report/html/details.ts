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

  /** One of them while more are still to come; undefined when there is none. */
  sofar(bundle: number): string | undefined {
    if (bundle !== this.#packed.length) return this.#packed[bundle];
    return this.#open.length === 0 ? undefined : packed(this.#open);
  }

  #pack(): void {
    this.#packed.push(packed(this.#open));
    this.#open = [];
  }
}

function packed(details: readonly UpgradeDetail[]): string {
  return deflateRawSync(showableJson(packBundle(details)), { level: 9 }).toString('base64');
}

/** JSON in which every text is one that a page may show as it stands. Reasons (`why`, also a column of them) keep their lines. */
export function showableJson(value: unknown): string {
  const columns = new Set<unknown>();
  return JSON.stringify(value, function (this: unknown, key, each: unknown) {
    if (key === 'why' && Array.isArray(each)) columns.add(each);
    return typeof each === 'string' ? shown(each, { multiline: key === 'why' || columns.has(this) }) : each;
  });
}
