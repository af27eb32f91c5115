import type { Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import type { Journal } from '../journal/journal.js';
import type { Line, LineStream } from '../line/types.js';

export interface ConnectionEvents {
  open(stream: LineStream): void;
  lost(): void;
}

/** A device that is there and still cannot be opened after so many ms is a fault that a person must see. */
const patience = 10_000;
const pauseAfterRefusal = 50;

/** Keeps a line open whenever its device is there: the first URCs after a reboot come at once. */
export class Connection {
  #stream: LineStream | undefined;
  #fault: RigFault | undefined;
  #told = '';
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    private readonly line: Line,
    private readonly parts: { readonly journal: Journal; readonly clock: Clock },
    private readonly events: ConnectionEvents,
  ) {
    this.#running = this.#run();
  }

  get stream(): LineStream | undefined {
    return this.#stream?.open === true ? this.#stream : undefined;
  }

  get fault(): RigFault | undefined {
    return this.#fault;
  }

  /** Throws away what is unsent and opens the line afresh. */
  async reopen(): Promise<void> {
    await this.#stream?.close();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#stream?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let stream: LineStream;
      const asked = this.parts.clock.now();
      try {
        stream = await this.line.open({ within: patience, signal: this.#stop.signal });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!(error instanceof RigFault)) throw error;
        this.#failed(error);
        // A line that was closed under us refuses at once: no busy loop.
        if (this.parts.clock.now() - asked < pauseAfterRefusal) await this.#pause();
        continue;
      }
      if (this.#stop.signal.aborted) {
        await stream.close();
        return;
      }
      this.#fault = undefined;
      this.#stream = stream;
      this.events.open(stream);
      await stream.ended;
      this.#stream = undefined;
      this.events.lost();
    }
  }

  #failed(fault: RigFault): void {
    this.#fault = fault;
    const { asked, seen, hint } = fault.explanation;
    // A device that is away is nothing unusual; one that is there and cannot be opened is told once.
    if (this.line.present && this.#told !== fault.explain()) {
      this.#told = fault.explain();
      this.parts.journal.write({
        type: 'rig.fault',
        what: fault.message,
        ...(asked === undefined ? {} : { asked }),
        ...(seen === undefined ? {} : { seen }),
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.parts.clock.after(pauseAfterRefusal, resolve);
      const { signal } = this.#stop;
      signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
    });
  }
}
