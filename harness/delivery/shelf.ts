import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../base/errors.js';
import type { DeliveryFault } from '../journal/events.js';
import { fileDigest } from '../package/facts.js';
import type { DeliveryContext, Protocol } from './context.js';
import { ArmedFault } from './fault.js';

/** A file on the shelf: a copy of its own, so that what is served is what was published. */
export class Published {
  readonly #withdrawal = new AbortController();
  readonly #work = new Set<Promise<unknown>>();
  /** Who is told of the bytes handed out. */
  onSent: ((sent: number, size: number) => void) | undefined;

  constructor(
    /** As the module asks for it, from the first slash on. */
    readonly path: string,
    readonly stored: string,
    readonly size: number,
    readonly since: Date,
    readonly fault: ArmedFault | undefined,
  ) {}

  /** Fires when it is withdrawn; a transfer then breaks off. */
  get signal(): AbortSignal {
    return this.#withdrawal.signal;
  }

  /** A request in progress; withdrawing waits for its last event. */
  track(work: Promise<unknown>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work)).catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#withdrawal.abort();
    await Promise.allSettled([...this.#work]);
  }
}

/** What a server has to give: the folder of a run and the list of what lies in it. */
export class Shelf {
  readonly #published = new Map<string, Published>();
  readonly #reserved = new Set<string>();

  constructor(
    private readonly protocol: Protocol,
    private readonly context: DeliveryContext,
  ) {}

  get all(): readonly Published[] {
    return [...this.#published.values()];
  }

  find(path: string): Published | undefined {
    return this.#published.get(path);
  }

  /** Copies `file` into the folder as `stored` and lists it. Throws UserError when the path is taken or the file cannot be read. */
  async put(
    file: string,
    place: { readonly path: string; readonly stored: string; readonly target: string },
    fault: DeliveryFault | undefined,
  ): Promise<Published> {
    const { path, target } = place;
    if (this.#reserved.has(path)) throw new UserError('a package is already published under this name', { asked: path });
    this.#reserved.add(path);
    const stored = join(this.context.folder, place.stored);
    try {
      // Read first: a missing or unreadable file is told of as such.
      await fileDigest(file);
      await mkdir(dirname(stored), { recursive: true });
      await copyFile(file, stored);
      const { size, sha256 } = await fileDigest(stored);
      this.context.journal.write({ type: 'delivery.publish', source: this.protocol, name: path.slice(1), target, size, sha256 });
      const armed = fault === undefined ? undefined : new ArmedFault(this.protocol, fault, size, this.context);
      const published = new Published(path, stored, size, new Date(this.context.clock.wall()), armed);
      this.#published.set(path, published);
      return published;
    } catch (error) {
      this.#reserved.delete(path);
      await rm(stored, { force: true });
      throw error;
    }
  }

  async remove(published: Published): Promise<void> {
    this.#published.delete(published.path);
    await published.end();
    await rm(published.stored, { force: true });
    this.#reserved.delete(published.path);
  }
}
