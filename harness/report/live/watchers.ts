import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.js';

/** ms; who has not taken what was sent by then is dropped. */
const patience = 10_000;
/** ms between words to somebody who has nothing to be told: a connection that is gone is noticed. */
const silence = 15_000;

interface Watcher {
  readonly response: ServerResponse;
  /** Since when it has not taken what was sent; undefined when it has. */
  blockedSince: number | undefined;
  lastSent: number;
  /** The newest of each kind that is still to be sent. What it did not take in time is passed over, so nothing piles up. */
  readonly waiting: Map<string, string>;
}

/** Who is told what is new, by server-sent events. A slow one misses what lies in between, and holds up nobody. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();

  constructor(
    private readonly clock: Clock,
    /** The last one has gone. */
    private readonly onNone: () => void,
  ) {}

  get size(): number {
    return this.#watchers.size;
  }

  add(response: ServerResponse): void {
    const watcher: Watcher = { response, blockedSince: undefined, lastSent: this.clock.now(), waiting: new Map() };
    this.#watchers.add(watcher);
    response.on('drain', () => {
      watcher.blockedSince = undefined;
      this.#send(watcher);
    });
    response.on('close', () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.onNone();
    });
    response.on('error', () => undefined);
    response.flushHeaders();
  }

  /** `json`: one line. Without `only` it is for all. */
  push(kind: string, json: string, only?: ServerResponse): void {
    for (const watcher of this.#watchers) {
      if (only !== undefined && watcher.response !== only) continue;
      watcher.waiting.set(kind, json);
      this.#send(watcher);
    }
  }

  /** To be called about once a second: drops who takes nothing, and says a word to who waits. */
  beat(): void {
    const now = this.clock.now();
    for (const watcher of this.#watchers) {
      const { response, blockedSince, lastSent } = watcher;
      if (blockedSince !== undefined && now - blockedSince > patience) response.destroy();
      else if (blockedSince === undefined && now - lastSent > silence) this.#write(watcher, ':\n\n');
    }
  }

  #send(watcher: Watcher): void {
    for (const [kind, json] of watcher.waiting) {
      if (watcher.blockedSince !== undefined) return;
      watcher.waiting.delete(kind);
      this.#write(watcher, `event: ${kind}\ndata: ${json}\n\n`);
    }
  }

  #write(watcher: Watcher, text: string): void {
    watcher.lastSent = this.clock.now();
    if (!watcher.response.write(text)) watcher.blockedSince = watcher.lastSent;
  }
}
