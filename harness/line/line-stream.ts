import { createHash } from 'node:crypto';
import type { Secrets } from '../base/secrets.js';
import { messageOf } from '../base/errors.js';
import type { LineRole } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import { SecretMasker } from './secret-masker.js';
import type { SerialDevice } from './serial-device.js';
import { LineLost, type LineStream, type StreamEnd } from './types.js';

export interface StreamOptions {
  readonly role: LineRole;
  readonly path: string;
  readonly device: SerialDevice;
  readonly journal: Journal;
  readonly secrets: Secrets;
}

const none: (() => void)[] = [];
/** Bytes kept for the first listener; the journal has them all in any case. */
const mostKept = 1024 * 1024;

/** One opening of a line: writes everything to the journal, then hands it on. Used once. */
export class OpenLineStream implements LineStream {
  readonly role: LineRole;
  readonly path: string;
  readonly ended: Promise<StreamEnd>;
  readonly #device: SerialDevice;
  readonly #journal: Journal;
  readonly #received: SecretMasker;
  readonly #sent: SecretMasker;
  readonly #arrivals = new Set<(chunk: Buffer) => (() => void) | undefined>();
  readonly #listeners = new Set<(chunk: Buffer) => void>();
  /** What came before the first listener; undefined from then on. */
  #early: Buffer[] | undefined = [];
  #earlySize = 0;
  #end: StreamEnd | undefined;
  #settle: (end: StreamEnd) => void = () => undefined;

  constructor(options: StreamOptions) {
    this.role = options.role;
    this.path = options.path;
    this.#device = options.device;
    this.#journal = options.journal;
    this.#received = new SecretMasker(options.secrets);
    this.#sent = new SecretMasker(options.secrets);
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#device.start({
      data: (chunk) => {
        this.#receive(chunk);
      },
      lost: (why) => {
        this.#finish({ how: 'lost', why });
      },
    });
  }

  get open(): boolean {
    return this.#end === undefined;
  }

  onArrival(listener: (chunk: Buffer) => (() => void) | undefined): () => void {
    this.#arrivals.add(listener);
    return () => {
      this.#arrivals.delete(listener);
    };
  }

  onData(listener: (chunk: Buffer) => void): () => void {
    this.#listeners.add(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const chunk of early) guarded(() => listener(chunk));
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async write(bytes: Buffer | string, options: { readonly journal?: 'text' | 'digest' } = {}): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
    if (this.#end !== undefined) throw new LineLost(`line ${this.role}: ${this.#end.why}`);
    this.#journal.write(
      options.journal === 'digest'
        ? { type: 'line.tx', line: this.role, size: data.length, sha256: createHash('sha256').update(data).digest('hex') }
        : { type: 'line.tx', line: this.role, size: data.length, data: this.#sent.push(data.toString('latin1')) },
    );
    try {
      await this.#device.write(data);
    } catch (error) {
      throw new LineLost(`line ${this.role}: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.#finish({ how: 'closed', why: 'closed by the harness' });
    await this.#device.release();
  }

  /** The device is known to have left, whatever its descriptor says: takes what it still holds, then ends as lost. */
  lose(why: string): void {
    if (this.#end !== undefined) return;
    this.#device.drain();
    this.#finish({ how: 'lost', why });
  }

  /** Settles when the descriptor is closed; before that the device's name and lock are not free. */
  released(): Promise<void> {
    return this.#device.release();
  }

  #receive(chunk: Buffer): void {
    if (this.#end !== undefined) return;
    const afterwards = this.#arrived(chunk);
    guarded(() => {
      const data = this.#received.push(chunk.toString('latin1'));
      if (data !== '') this.#journal.write({ type: 'line.rx', line: this.role, data });
      if (this.#early !== undefined) this.#keep(this.#early, chunk);
      for (const listener of [...this.#listeners]) guarded(() => listener(chunk));
    });
    // Also when the journal fails: what was begun must be told of.
    for (const then of afterwards) guarded(then);
  }

  /** Nothing between the read and the listener: a power cut hangs here. */
  #arrived(chunk: Buffer): readonly (() => void)[] {
    let afterwards: (() => void)[] = none;
    for (const listener of this.#arrivals) {
      const then = guarded(() => listener(chunk));
      if (then !== undefined) afterwards = [...afterwards, then];
    }
    return afterwards;
  }

  #keep(early: Buffer[], chunk: Buffer): void {
    early.push(chunk);
    this.#earlySize += chunk.length;
    while (this.#earlySize > mostKept && early.length > 1) this.#earlySize -= early.shift()?.length ?? 0;
  }

  #finish(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    void this.#device.release(end.why);
    const unsent = this.#sent.flush();
    if (unsent !== '') this.#journal.write({ type: 'line.tx', line: this.role, size: 0, data: unsent });
    const rest = this.#received.flush();
    if (rest !== '') this.#journal.write({ type: 'line.rx', line: this.role, data: rest });
    if (end.how === 'lost') this.#journal.write({ type: 'line.lost', line: this.role, why: end.why });
    else this.#journal.write({ type: 'line.closed', line: this.role });
    this.#settle(end);
  }
}

/**
 * A listener's defect must not keep the others from the data. Nor may it, or a journal that cannot be written, be thrown into the read
 * loop: that is native code, which would abort the process without any teardown.
 */
function guarded<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return undefined;
  }
}
