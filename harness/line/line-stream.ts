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

  onData(listener: (chunk: Buffer) => void): () => void {
    this.#listeners.add(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const chunk of early) this.#tell(listener, chunk);
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
    const data = this.#received.push(chunk.toString('latin1'));
    if (data !== '') this.#journal.write({ type: 'line.rx', line: this.role, data });
    if (this.#early !== undefined) this.#keep(this.#early, chunk);
    for (const listener of [...this.#listeners]) this.#tell(listener, chunk);
  }

  #keep(early: Buffer[], chunk: Buffer): void {
    early.push(chunk);
    this.#earlySize += chunk.length;
    while (this.#earlySize > mostKept && early.length > 1) this.#earlySize -= early.shift()?.length ?? 0;
  }

  /** A listener's defect must neither keep the others from the data nor end the read loop, which runs in native code. */
  #tell(listener: (chunk: Buffer) => void, chunk: Buffer): void {
    try {
      listener(chunk);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
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
