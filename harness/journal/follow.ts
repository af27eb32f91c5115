import { closeSync, openSync, readSync, watch } from 'node:fs';
import type { JournalEvent } from './events.js';

/**
 * Calls back for each event that any process appends to a journal, from `from` bytes on. Driven by the file system's notices.
 * Lines that cannot be read are left to the reader of the finished journal. `finish` reads what is still there, then stops.
 */
export function followJournal(file: string, onEvent: (event: JournalEvent) => void, from = 0): { finish(): void } {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(256 * 1024);
  let position = from;
  let rest: Buffer = Buffer.alloc(0);
  const drain = (): void => {
    for (let size = readSync(descriptor, buffer, 0, buffer.length, position); size > 0;) {
      position += size;
      rest = Buffer.concat([rest, buffer.subarray(0, size)]);
      let start = 0;
      for (let end = rest.indexOf(10, start); end >= 0; end = rest.indexOf(10, start)) {
        const event = readEvent(rest.toString('utf8', start, end));
        if (event !== undefined) onEvent(event);
        start = end + 1;
      }
      rest = rest.subarray(start);
      size = readSync(descriptor, buffer, 0, buffer.length, position);
    }
  };
  const watcher = watch(file, drain);
  drain();
  return {
    finish() {
      watcher.close();
      drain();
      closeSync(descriptor);
    },
  };
}

/** Our own processes wrote it, so its shape is trusted here; judging goes through the checked reader. */
function readEvent(line: string): JournalEvent | undefined {
  try {
    return JSON.parse(line) as JournalEvent;
  } catch {
    return undefined;
  }
}
