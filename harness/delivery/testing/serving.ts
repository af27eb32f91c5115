import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../base/clock.js';
import { seeded } from '../../base/random.js';
import { Secrets } from '../../base/secrets.js';
import type { EventOf, EventType, JournalEvent } from '../../journal/events.js';
import { memoryJournal } from '../../journal/journal.js';
import { startFtpServer } from '../ftp.js';
import { startHttpServer } from '../http.js';
import type { OwnServer } from '../../rig/schema.js';
import type { OwnPackageServer } from '../types.js';

/** A real server on a free port of this host, with its journal and files to publish. */
export interface Serving {
  readonly server: OwnPackageServer;
  readonly events: readonly JournalEvent[];
  readonly secrets: Secrets;
  readonly folder: string;
  /** Events of one type so far. */
  all<T extends EventType>(type: T): EventOf<T>[];
  /** The first event of the type that fits, past or to come. */
  event<T extends EventType>(type: T, fits?: (event: EventOf<T>) => boolean): Promise<EventOf<T>>;
  /** Writes a file to publish. */
  file(contents: Buffer | string, name?: string): string;
  close(): Promise<void>;
}

export async function serving(
  protocol: 'ftp' | 'http',
  definition: Partial<OwnServer> = {},
  seed = 4711,
  clock: Clock = systemClock,
): Promise<Serving> {
  const base = mkdtempSync(join(tmpdir(), 'dfota-delivery-'));
  const folder = join(base, 'served');
  mkdirSync(folder);
  const secrets = new Secrets();
  const journal = memoryJournal({ clock, secrets });
  const context = { journal, clock, secrets, random: seeded(seed, protocol), folder };
  const whole = { listen: '127.0.0.1:0', advertise: '127.0.0.1:0', ...definition };
  const server = await (protocol === 'ftp' ? startFtpServer(whole, context) : startHttpServer(whole, context));
  let files = 0;
  return {
    server,
    events: journal.events,
    secrets,
    folder,
    all: <T extends EventType>(type: T) => journal.events.filter((event): event is EventOf<T> => event.type === type),
    event<T extends EventType>(type: T, fits: (event: EventOf<T>) => boolean = () => true) {
      const matches = (event: JournalEvent): event is EventOf<T> => event.type === type && fits(event as EventOf<T>);
      const past = journal.events.find(matches);
      if (past !== undefined) return Promise.resolve<EventOf<T>>(past);
      return new Promise<EventOf<T>>((resolve) => {
        const cancel = journal.subscribe((event) => {
          if (!matches(event)) return;
          cancel();
          resolve(event);
        });
      });
    },
    file(contents, name = 'update-v12-to-v13.zip') {
      const at = join(base, String(++files));
      mkdirSync(at);
      writeFileSync(join(at, name), contents);
      return join(at, name);
    },
    async close() {
      await server.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** A clock whose long timers, those of 5 s and more, go off only when they are told to. */
export function patientClock(): Clock & { runOut(): void; readonly waiting: number } {
  const long = new Set<() => void>();
  return {
    ...systemClock,
    after(ms, callback) {
      if (ms < 5_000) return systemClock.after(ms, callback);
      long.add(callback);
      return () => long.delete(callback);
    },
    runOut() {
      const due = [...long];
      long.clear();
      for (const callback of due) callback();
    },
    get waiting() {
      return long.size;
    },
  };
}
