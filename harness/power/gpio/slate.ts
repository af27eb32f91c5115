import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GpioValue } from './binding.js';

/**
 * What the guardian must know of each line at the very moment at which the harness dies: how it was told to stand, and how it is to be
 * left. A file without a name that both have open: writing it wakes nobody and takes some microseconds, so that it can come before a cut.
 */
export class Slate {
  readonly descriptor: number;
  #closed = false;

  constructor(private readonly count: number) {
    const name = join(tmpdir(), `dfota-slate-${String(process.pid)}-${String(process.hrtime.bigint())}`);
    this.descriptor = openSync(name, 'wx+', 0o600);
    unlinkSync(name);
    writeSync(this.descriptor, Buffer.alloc(2 * count), 0, 2 * count, 0);
  }

  /** Line number `index` is about to be told this level. */
  stands(index: number, level: GpioValue): void {
    this.#write(index, level);
  }

  /** How line number `index` is to be left. */
  rests(index: number, level: GpioValue): void {
    this.#write(this.count + index, level);
  }

  close(): void {
    if (!this.#closed) closeSync(this.descriptor);
    this.#closed = true;
  }

  #write(at: number, level: GpioValue): void {
    // The number of a closed descriptor may be another file's by now.
    if (this.#closed) throw new Error('the lines were let go of');
    writeSync(this.descriptor, Buffer.of(level), 0, 1, at);
  }
}

export interface SlateLine {
  readonly stands: GpioValue;
  readonly rests: GpioValue;
}

/** What stands on the slate behind a descriptor. */
export function readSlate(descriptor: number, count: number): SlateLine[] {
  const bytes = Buffer.alloc(2 * count);
  readSync(descriptor, bytes, 0, bytes.length, 0);
  const level = (at: number): GpioValue => (bytes[at] === 1 ? 1 : 0);
  return Array.from({ length: count }, (_, index) => ({ stands: level(index), rests: level(count + index) }));
}
