import { closeSync, openSync, writeSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import type { Secrets } from '../base/secrets.js';
import type { EventBody, JournalEvent } from './events.js';

/**
 * The append-only record of a run. `write` returns when the operating system has the whole line, so a killed harness loses
 * nothing that it saw. Several processes may append to one file: each line goes out in one write to a descriptor in append mode.
 */
export interface Journal {
  /** Stamps and writes; returns the event as written, secrets masked. */
  write(body: EventBody): JournalEvent;
  /** Calls back for each event just after it was written; returns the cancellation. */
  subscribe(listener: (event: JournalEvent) => void): () => void;
  close(): void;
}

export interface JournalOptions {
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** Name of the rig that this process serves. */
  readonly rig?: string;
  /** Number of the last event that this writer wrote before the run was resumed; default 0. */
  readonly after?: number;
  /**
   * Told once, when the file cannot be written any more: a full disk, a file that became read-only. What happens is still told to those who
   * subscribe, so that the rig can be given back; each later event is tried as well. Without it `write` throws.
   */
  readonly onBroken?: (error: unknown) => void;
}

/** Opens `file` for appending. Throws the file system's error when that is not possible. */
export function openJournal(file: string, options: JournalOptions): Journal {
  const descriptor = openSync(file, 'a', 0o644);
  return makeJournal(options, {
    append(line) {
      const bytes = Buffer.from(line);
      let done = 0;
      while (done < bytes.length) done += writeSync(descriptor, bytes, done);
    },
    close() {
      closeSync(descriptor);
    },
  });
}

/** A journal that is kept in memory only, for tests and for commands that leave nothing behind. */
export function memoryJournal(options: JournalOptions): Journal & { readonly events: readonly JournalEvent[] } {
  const events: JournalEvent[] = [];
  const journal = makeJournal(options, { append: () => undefined, close: () => undefined });
  journal.subscribe((event) => events.push(event));
  return Object.assign(journal, { events });
}

function makeJournal(options: JournalOptions, sink: { append(line: string): void; close(): void }): Journal {
  const { clock, secrets, rig } = options;
  const listeners = new Set<(event: JournalEvent) => void>();
  let number = options.after ?? 0;
  let open = true;
  let broken = false;
  const append = (text: string): void => {
    try {
      // What could not be written may have gone out in part.
      sink.append(broken ? `\n${text}\n` : `${text}\n`);
    } catch (error) {
      if (options.onBroken === undefined) throw error;
      if (broken) return;
      broken = true;
      options.onBroken(error);
    }
  };
  const ours = new Set(['at', 'rig', 'type', 'line']);
  const maskText = (key: string, value: unknown): unknown =>
    typeof value === 'string' && !ours.has(key) ? secrets.mask(value) : value;
  return {
    write(body) {
      const stamped = { n: ++number, t: clock.now(), at: clock.wall(), ...(rig === undefined ? {} : { rig }), ...body };
      // Texts are masked, not the JSON: a PIN of four digits must not eat the digits of a time.
      const masked = secrets.known.size === 0 ? JSON.stringify(stamped) : JSON.stringify(stamped, maskText);
      const event = (secrets.known.size === 0 ? stamped : JSON.parse(masked)) as JournalEvent;
      if (open) append(masked);
      for (const listener of listeners) listener(event);
      return event;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close() {
      if (open) sink.close();
      open = false;
    },
  };
}
