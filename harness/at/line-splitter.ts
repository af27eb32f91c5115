/** A line as a module printed it, without its terminator. */
export interface SplitLine {
  /** Latin-1: one character a byte. */
  readonly text: string;
  /** Offset in the pushed chunk just after the line and its terminator: what follows `CONNECT` begins here. */
  readonly end: number;
}

export interface LineSplitterOptions {
  /** Longest line in bytes (default 64 KiB); a longer one is given out in pieces of this size. */
  readonly limit?: number;
}

export const CR = 13;
export const LF = 10;

/**
 * Cuts a byte stream into lines. `\r\n`, `\n`, `\r` and `\r\r\n` (an echoed command) all end a line; blank lines are dropped.
 * A `\r` at the end of a chunk ends the line at once, since a reader that waits for the `\n` would act late; the `\n` that may
 * follow in the next chunk is then a blank line.
 */
export class LineSplitter {
  readonly #limit: number;
  #pending = '';

  constructor(options: LineSplitterOptions = {}) {
    const { limit = 65_536 } = options;
    if (!Number.isInteger(limit) || limit < 1) throw new TypeError(`limit must be a positive whole number, not ${String(limit)}`);
    this.#limit = limit;
  }

  /** What has come since the last line ended. */
  get pending(): string {
    return this.#pending;
  }

  push(chunk: Buffer | string): SplitLine[] {
    const text = typeof chunk === 'string' ? chunk : chunk.toString('latin1');
    const lines: SplitLine[] = [];
    let start = 0;
    let at = 0;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === CR || code === LF) {
        const next = at + terminatorLength(text, at);
        this.#give(lines, this.#pending + text.slice(start, at), next);
        this.#pending = '';
        at = start = next;
      } else if (this.#pending.length + at - start >= this.#limit) {
        this.#give(lines, this.#pending + text.slice(start, at), at);
        this.#pending = '';
        start = at;
      } else {
        at += 1;
      }
    }
    this.#pending += text.slice(start);
    return lines;
  }

  /** Gives out what is pending, unterminated (the stream has ended); undefined when there is nothing but blanks. */
  flush(): string | undefined {
    const rest = this.#pending;
    this.#pending = '';
    return rest.trim() === '' ? undefined : rest;
  }

  #give(lines: SplitLine[], text: string, end: number): void {
    if (text.trim() !== '') lines.push({ text, end });
  }
}

function terminatorLength(text: string, at: number): number {
  if (text.charCodeAt(at) === LF) return 1;
  if (text.charCodeAt(at + 1) === LF) return 2;
  return text.charCodeAt(at + 1) === CR && text.charCodeAt(at + 2) === LF ? 3 : 1;
}
