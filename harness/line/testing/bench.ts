/** What tests of lines need around them: a journal in memory, waits for its events, a count of descriptors. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../base/clock.js';
import { Secrets } from '../../base/secrets.js';
import type { EventOf, EventType, JournalEvent } from '../../journal/events.js';
import { memoryJournal } from '../../journal/journal.js';

export interface Bench {
  readonly journal: ReturnType<typeof memoryJournal>;
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** A directory of its own, gone with the bench. */
  readonly directory: string;
  events<T extends EventType>(type: T): EventOf<T>[];
  /** The `count`th event of a type (from 1), already written or still to come. */
  event<T extends EventType>(type: T, count?: number): Promise<EventOf<T>>;
  /** Everything that was received on a line so far, as the journal has it. */
  received(): string;
  /** Resolves when the journal satisfies the condition. */
  until(condition: () => boolean): Promise<void>;
  close(): void;
}

export function makeBench(): Bench {
  const secrets = new Secrets();
  const clock = systemClock;
  const journal = memoryJournal({ clock, secrets });
  const directory = mkdtempSync(join(tmpdir(), 'line-'));
  const events = <T extends EventType>(type: T): EventOf<T>[] =>
    journal.events.filter((event: JournalEvent): event is EventOf<T> => event.type === type);
  const until = (condition: () => boolean): Promise<void> => {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = journal.subscribe(() => {
        if (!condition()) return;
        cancel();
        resolve();
      });
    });
  };
  return {
    journal,
    clock,
    secrets,
    directory,
    events,
    until,
    async event(type, count = 1) {
      await until(() => events(type).length >= count);
      return events(type)[count - 1] as EventOf<typeof type>;
    },
    received: () =>
      events('line.rx')
        .map(({ data }) => data)
        .join(''),
    close() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Descriptors of terminals that this process holds. */
export function openTerminals(): number {
  let count = 0;
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (/^\/dev\/(pts\/|ptmx)/.test(readlinkSync(`/proc/self/fd/${name}`))) count += 1;
    } catch {
      // The descriptor of the directory itself.
    }
  }
  return count;
}
