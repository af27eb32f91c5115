import { closeSync, openSync, readSync } from 'node:fs';
import type { JournalEvent } from './events.js';
import { readLine, type Unreadable } from './reader.js';

/** Bytes read at a time: others get a turn in between. */
const piece = 1024 * 1024;

/** A journal that is still written, read on from where the last reading ended. Every event is checked, as by the reader of a finished one. */
export class JournalTail {
  readonly unreadable: Unreadable[] = [];
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(piece);
  #position = 0;
  #line = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#descriptor = openSync(file, 'r');
  }

  /** The events of the next piece; undefined when there is nothing more for now. */
  read(): readonly JournalEvent[] | undefined {
    const size = readSync(this.#descriptor, this.#buffer, 0, piece, this.#position);
    if (size === 0) return undefined;
    this.#position += size;
    const bytes = Buffer.concat([this.#rest, this.#buffer.subarray(0, size)]);
    const last = bytes.lastIndexOf(10);
    this.#rest = Buffer.from(bytes.subarray(last + 1));
    if (last < 0) return [];
    return bytes
      .toString('utf8', 0, last)
      .split('\n')
      .flatMap((text) => {
        this.#line += 1;
        return readLine(text, this.#line, this.unreadable);
      });
  }

  /** Its writer is gone, and left a line without an end. */
  get cutOff(): boolean {
    return this.#rest.length > 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
