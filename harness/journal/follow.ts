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
  let open = true;
  const drain = (): void => {
    while (open) {
      const size = readSync(descriptor, buffer, 0, buffer.length, position);
      if (size === 0) return;
      position += size;
      const bytes = Buffer.concat([rest, buffer.subarray(0, size)]);
      const last = bytes.lastIndexOf(10);
      rest = Buffer.from(bytes.subarray(last + 1));
      for (const line of bytes.toString('utf8', 0, last + 1).split('\n')) {
        const event = readEvent(line);
        if (event !== undefined) onEvent(event);
      }
    }
  };
  const watcher = watch(file, drain);
  drain();
  return {
    finish() {
      if (!open) return;
      watcher.close();
      drain();
      open = false;
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
