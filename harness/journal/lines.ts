import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes read at a time. */
const piece = 4 * 1024 * 1024;

/**
 * The lines of a file, a few megabytes at a time: the journal of a long run is larger than a string can be. `ended`: a line break follows; without
 * one the file's writer was cut off, or still writes. Throws the file system's error when the file cannot be read.
 */
export function* linesOf(file: string): Generator<{ readonly text: string; readonly ended: boolean }> {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(piece);
    const rest: Buffer[] = [];
    for (;;) {
      const size = readSync(descriptor, buffer, 0, buffer.length, null);
      if (size === 0) break;
      const bytes = buffer.subarray(0, size);
      const last = bytes.lastIndexOf(10);
      if (last < 0) {
        rest.push(Buffer.from(bytes));
        continue;
      }
      const whole = rest.length === 0 ? bytes.subarray(0, last) : Buffer.concat([...rest, bytes.subarray(0, last)]);
      rest.length = 0;
      if (last + 1 < size) rest.push(Buffer.from(bytes.subarray(last + 1)));
      for (const text of whole.toString('utf8').split('\n')) yield { text, ended: true };
    }
    if (rest.length > 0) yield { text: Buffer.concat(rest).toString('utf8'), ended: false };
  } finally {
    closeSync(descriptor);
  }
}
