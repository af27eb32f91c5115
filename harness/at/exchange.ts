import type { Cancel, Clock } from '../base/clock.js';
import { AnswerReader, type Final } from './answer-reader.js';
import { DownloadData } from './download-data.js';
import type { Answer, CommandOptions } from './types.js';

export type Kind = 'command' | 'upload' | 'download';

/** One command under way: from just before its bytes go out until its result, its deadline or the loss of its line. */
export class Exchange {
  readonly reader: AnswerReader;
  readonly done: Promise<Answer>;
  /** The bytes of a download, from CONNECT on. */
  download: DownloadData | undefined;
  /** What comes are raw bytes. */
  receiving = false;
  /** An `A` at the beginning of a line acknowledges a block. */
  acknowledging = false;
  /** Blocks of an upload that the module has not acknowledged yet. */
  unacknowledged = 0;
  /** Bytes of an upload are on their way to the operating system. */
  sendingBlock = false;
  /** Called for CONNECT of a transfer. */
  onConnect: () => void = () => undefined;
  /** Called at the deadline; true when the exchange has ended otherwise. */
  onDeadline: () => boolean = () => false;
  readonly #start: number;
  #settle: (answer: Answer) => void = () => undefined;
  #settled = false;
  #cancel: Cancel = () => undefined;
  #acknowledged: () => void = () => undefined;

  constructor(
    readonly command: string,
    readonly kind: Kind,
    private readonly options: CommandOptions,
    private readonly clock: Clock,
  ) {
    this.reader = new AnswerReader(command, options.prefixes);
    this.#start = clock.now();
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** The deadline counts from now: the bytes go out, or a transfer goes on. */
  progress(): void {
    if (this.#settled) return;
    this.#cancel();
    this.#cancel = this.clock.after(this.options.deadline, () => {
      if (!this.onDeadline()) this.end('timeout');
    });
  }

  /** CONNECT of a transfer: raw bytes from here on. */
  connect(): void {
    if (this.kind === 'download') {
      this.download = new DownloadData();
      this.receiving = true;
    }
    this.progress();
    this.onConnect();
  }

  acknowledge(): void {
    this.unacknowledged -= 1;
    this.progress();
    this.#acknowledged();
  }

  /** Resolves when no block is unacknowledged, or the exchange has ended. */
  allAcknowledged(): Promise<void> {
    return new Promise((resolve) => {
      this.#acknowledged = () => {
        if (this.unacknowledged <= 0 || this.#settled) resolve();
      };
      this.#acknowledged();
    });
  }

  end(how: Final | 'timeout' | 'lost'): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#cancel();
    const { result, code } = typeof how === 'string' ? { result: how, code: undefined } : { code: undefined, ...how };
    this.#settle({
      command: this.command,
      result,
      ...(code === undefined ? {} : { code }),
      lines: [...this.reader.lines],
      took: this.clock.now() - this.#start,
      ok: result === 'OK' || result === 'CONNECT',
    });
    this.#acknowledged();
  }
}
