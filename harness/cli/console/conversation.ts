import { AnswerReader, finalOf, stripped, unsolicited } from '../../at/answer-reader.js';
import { LineSplitter } from '../../at/line-splitter.js';
import type { Report } from '../../at/types.js';
import { pause, type Clock } from '../../base/clock.js';
import { RigFault } from '../../base/errors.js';
import type { Line, LineStream } from '../../line/types.js';

/** Told line by line, as it comes. */
export interface Listener {
  /** A line of the answer to the command that was sent last, its result included. */
  answer(text: string, result: boolean): void;
  /** What nobody asked for. */
  urc(text: string, report: Report | undefined): void;
  /** What became of the line itself. */
  note(text: string): void;
}

/** How a command ended; `prompt`: the module waits for text (`> `). */
export type Outcome = 'OK' | 'CONNECT' | 'prompt' | 'error' | 'lost' | 'timeout' | 'overtaken';

interface Pending {
  readonly reader: AnswerReader;
  readonly quiet: boolean;
  shown: number;
  settle(outcome: Outcome): void;
}

/** How long the device may be away before that is told. */
const patience = 5_000;
const pauseAfterRefusal = 50;

/**
 * A person's talk with a module over a line that comes and goes. Unlike the dialogue of a run it hides nothing and sends nothing of its own:
 * a command may be sent while another one waits, which then is overtaken.
 */
export class Conversation {
  #stream: LineStream | undefined;
  #splitter = new LineSplitter();
  #pending: Pending | undefined;
  #told = '';
  readonly #openings = new Set<() => void>();
  /** Somebody waits for the result of a command that was given up. */
  #late: (() => void) | undefined;

  constructor(
    private readonly line: Line,
    private readonly parts: { readonly clock: Clock; readonly signal: AbortSignal; readonly listener: Listener },
  ) {}

  get open(): boolean {
    return this.#stream?.open === true;
  }

  /** Keeps the line open whenever its device is there, until the signal comes. Never rejects for what the line does. */
  async run(): Promise<void> {
    const { clock, signal, listener } = this.parts;
    let goneAt: number | undefined;
    while (!signal.aborted) {
      const stream = await this.#opened();
      if (stream === undefined) continue;
      this.#stream = stream;
      this.#splitter = new LineSplitter();
      const away = goneAt === undefined ? undefined : Math.round(clock.now() - goneAt);
      listener.note(away === undefined ? `line ${this.line.role} open: ${stream.path}` : `line back after ${String(away)} ms`);
      const stop = stream.onData((chunk) => {
        this.#receive(chunk);
      });
      for (const opened of [...this.#openings]) opened();
      const { why } = await stream.ended;
      stop();
      this.#stream = undefined;
      const rest = this.#splitter.flush();
      if (rest !== undefined) this.#line(rest);
      this.#end('lost');
      goneAt = clock.now();
      if (!signal.aborted) listener.note(`line gone: ${why}`);
    }
  }

  /** Resolves true when the line is open, false after `within` ms without. */
  whenOpen(within: number): Promise<boolean> {
    if (this.open) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (): void => {
        this.#openings.delete(done);
        cancel();
        this.parts.signal.removeEventListener('abort', done);
        resolve(this.open);
      };
      const cancel = this.parts.clock.after(within, done);
      this.#openings.add(done);
      this.parts.signal.addEventListener('abort', done);
    });
  }

  /** Sends a command; resolves with its end, at the latest after `within` ms. `quiet`: its answer is not told. */
  async send(command: string, within: number, quiet = false): Promise<Outcome> {
    const stream = this.#stream;
    if (stream?.open !== true) return 'lost';
    this.#end('overtaken');
    const outcome = new Promise<Outcome>((resolve) => {
      const cancel = this.parts.clock.after(within, () => {
        this.#end('timeout', pending);
      });
      const pending: Pending = {
        reader: new AnswerReader(command),
        quiet,
        shown: 0,
        settle: (how) => {
          cancel();
          resolve(how);
        },
      };
      this.#pending = pending;
    });
    // A stream that ends settles it.
    stream.write(`${command}\r`).catch(() => undefined);
    return outcome;
  }

  /** After a command that timed out: true when its result comes after all, which would else be taken for that of the next one. */
  lateResult(within: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (came: boolean): void => {
        this.#late = undefined;
        cancel();
        resolve(came);
      };
      const cancel = this.parts.clock.after(within, () => {
        end(false);
      });
      this.#late = () => {
        end(true);
      };
    });
  }

  /** Raw bytes, for a module that has said CONNECT or `> `. False when the line is not open. */
  async sendBytes(bytes: Buffer): Promise<boolean> {
    const stream = this.#stream;
    if (stream?.open !== true) return false;
    // What it answers belongs to no command any more, but it is an answer.
    this.#pending = { reader: new AnswerReader('', ['+', '']), quiet: false, shown: 0, settle: () => undefined };
    return stream.write(bytes, { journal: bytes.length > 256 ? 'digest' : 'text' }).then(
      () => true,
      () => false,
    );
  }

  async #opened(): Promise<LineStream | undefined> {
    const { clock, signal, listener } = this.parts;
    const asked = clock.now();
    try {
      const stream = await this.line.open({ within: patience, signal });
      this.#told = '';
      return stream;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof RigFault)) throw error;
      const { seen, hint } = error.explanation;
      const text = [error.message, seen, hint].filter((part) => part !== undefined && part !== '').join('; ');
      if (text !== this.#told) listener.note(`waiting: ${text}`);
      this.#told = text;
      if (clock.now() - asked < pauseAfterRefusal) await pause(clock, pauseAfterRefusal);
      return undefined;
    }
  }

  #receive(chunk: Buffer): void {
    for (const { text } of this.#splitter.push(chunk)) this.#line(text);
    if (this.#pending !== undefined && /^> ?$/.test(this.#splitter.pending)) {
      this.#splitter.flush();
      if (!this.#pending.quiet) this.parts.listener.answer('>', true);
      this.#end('prompt');
    }
  }

  #line(text: string): void {
    const { listener } = this.parts;
    const pending = this.#pending;
    if (pending === undefined) {
      if (finalOf(text) !== undefined && this.#late !== undefined) {
        this.#late();
        return;
      }
      for (const other of unsolicited(text)) listener.urc(other.text, other.report);
      return;
    }
    const { reader } = pending;
    const { final, others } = reader.read(text);
    for (const other of others) listener.urc(other.text, other.report);
    for (const line of reader.lines.slice(pending.shown)) if (!pending.quiet) listener.answer(line, false);
    pending.shown = reader.lines.length;
    if (final === undefined) return;
    const word = final.code === undefined ? final.result : `${final.result}: ${final.code}`;
    if (!pending.quiet && final.kept === undefined) listener.answer(stripped(word), true);
    this.#end(final.result === 'OK' || final.result === 'CONNECT' ? final.result : 'error', pending);
  }

  #end(outcome: Outcome, which = this.#pending): void {
    if (this.#pending !== which) return;
    this.#pending = undefined;
    which?.settle(outcome);
  }
}
