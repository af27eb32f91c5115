import type { Clock } from '../base/clock.js';
import type { RigFault } from '../base/errors.js';
import type { LineRole } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { Line, LineStream } from '../line/types.js';
import type { Other } from './answer-reader.js';
import { Connection } from './connection.js';
import { Dialogue } from './dialogue.js';
import { Exchange, type Kind } from './exchange.js';
import { Listeners } from './listeners.js';
import { Resync } from './resync.js';
import type { Answer, AtPort, CommandOptions, EarlyReportListener, Urc } from './types.js';
import { sendData } from './upload.js';

/** The AT dialogue on a line. The line stays its opener's: closing the port closes what it opened, not the line. */
export function openAtPort(line: Line, options: { readonly journal: Journal; readonly clock: Clock }): AtPort {
  return new LineAtPort(line, options.journal, options.clock);
}

interface Job {
  readonly command: string;
  readonly kind: Kind;
  readonly options: CommandOptions;
  readonly upload?: { readonly data: Buffer; readonly ackMode: boolean };
  finish(answer: Answer & { readonly data: Buffer }): void;
}

const nothing = Buffer.alloc(0);

class LineAtPort implements AtPort {
  readonly role: LineRole;
  readonly #connection: Connection;
  readonly #urcs = new Listeners<Urc>();
  readonly #early = new Set<EarlyReportListener>();
  readonly #states = new Listeners<'open' | 'lost'>();
  readonly #queue: Job[] = [];
  readonly #resync: Resync;
  #dialogue: Dialogue;
  #exchange: Exchange | undefined;
  #busy = false;
  #number = 0;
  #closed = false;

  constructor(
    line: Line,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {
    this.role = line.role;
    this.#resync = new Resync(clock);
    this.#dialogue = this.#newDialogue();
    this.#connection = new Connection(
      line,
      { journal, clock },
      {
        open: (stream) => {
          this.#opened(stream);
        },
        lost: () => {
          this.#lost();
        },
      },
    );
  }

  get connected(): boolean {
    return this.#connection.stream !== undefined;
  }

  get fault(): RigFault | undefined {
    return this.#connection.fault;
  }

  command(text: string, options: CommandOptions): Promise<Answer> {
    return this.#ask({ command: text, kind: 'command', options }).then(withoutData);
  }

  upload(command: string, data: Buffer, options: CommandOptions & { readonly ackMode: boolean }): Promise<Answer> {
    return this.#ask({ command, kind: 'upload', options, upload: { data, ackMode: options.ackMode } }).then(withoutData);
  }

  download(command: string, options: CommandOptions): Promise<Answer & { readonly data: Buffer }> {
    return this.#ask({ command, kind: 'download', options });
  }

  onUrc(listener: (urc: Urc) => void): () => void {
    return this.#urcs.add(listener);
  }

  onEarlyReport(listener: EarlyReportListener): () => void {
    this.#early.add(listener);
    return () => {
      this.#early.delete(listener);
    };
  }

  waitUrc(matches: (urc: Urc) => boolean, within: number): Promise<Urc | undefined> {
    return new Promise((resolve) => {
      const stop = this.#urcs.add((urc) => {
        if (matches(urc)) settle(urc);
      });
      const cancel = this.clock.after(within, () => {
        settle(undefined);
      });
      function settle(urc: Urc | undefined): void {
        stop();
        cancel();
        resolve(urc);
      }
    });
  }

  onConnection(listener: (state: 'open' | 'lost') => void): () => void {
    return this.#states.add(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection.close();
    this.#loseAll();
  }

  #newDialogue(): Dialogue {
    return new Dialogue({
      other: (other) => {
        this.#other(other);
      },
      final: () => {
        this.#resync.final();
      },
    });
  }

  #opened(stream: LineStream): void {
    this.#dialogue = this.#newDialogue();
    this.#states.tell('open');
    stream.onArrival((chunk) => (this.#early.size === 0 ? undefined : this.#arrived(chunk)));
    stream.onData((chunk) => {
      this.#dialogue.receive(chunk);
    });
    void this.#work();
  }

  /** A power cut hangs here: nothing is made before it is needed. */
  #arrived(chunk: Buffer): (() => void) | undefined {
    const t = this.clock.now();
    let afterwards: Listeners<undefined> | undefined;
    for (const { report } of this.#dialogue.preview(chunk)) {
      for (const listener of this.#early) {
        try {
          const then = listener(report, t);
          if (then !== undefined) (afterwards ??= new Listeners()).add(then);
        } catch (error) {
          // What another listener has begun must be told of all the same.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    }
    return afterwards === undefined ? undefined : () => afterwards.tell(undefined);
  }

  #lost(): void {
    this.#dialogue.finish();
    this.#loseAll();
    this.#states.tell('lost');
  }

  #loseAll(): void {
    // The module may have kept its answer for the next opening.
    if (this.#exchange?.settled === false) this.#resync.owe();
    this.#exchange?.end('lost');
    for (const job of this.#queue.splice(0)) job.finish(unsent(job.command, 'lost', 0));
  }

  #other({ text, report }: Other): void {
    this.#urcs.tell({ role: this.role, text, t: this.clock.now(), report });
  }

  #ask(request: Omit<Job, 'finish'>): Promise<Answer & { readonly data: Buffer }> {
    return new Promise((resolve) => {
      const job: Job = { ...request, finish: resolve };
      if (this.#closed || !this.connected) {
        job.finish(unsent(job.command, 'lost', 0));
        return;
      }
      this.#queue.push(job);
      void this.#work();
    });
  }

  /** One command after the other. Never rejects. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) job.finish(await this.#do(job));
    this.#busy = false;
  }

  async #do(job: Job): Promise<Answer & { readonly data: Buffer }> {
    const { command, options } = job;
    // AT itself can wait for any answer: it changes nothing and says only that somebody is there.
    if (this.#resync.needed && !/^AT$/i.test(command)) {
      const start = this.clock.now();
      const probe = async (): Promise<Answer> =>
        this.#exchangeOne({ command: 'AT', kind: 'command', options: { deadline: options.deadline } });
      const outcome = await this.#resync.run(probe);
      if (outcome !== 'clean') {
        this.journal.write({
          type: 'note',
          text: `${this.role}: ${command} was not sent: after an earlier timeout AT got ${outcome}`,
        });
        return unsent(command, outcome, this.clock.now() - start);
      }
    }
    return this.#exchangeOne(job);
  }

  async #exchangeOne(job: Omit<Job, 'finish'>): Promise<Answer & { readonly data: Buffer }> {
    const { command, kind, options, upload } = job;
    const stream = this.#connection.stream;
    if (stream === undefined) return unsent(command, 'lost', 0);
    const id = ++this.#number;
    const dialogue = this.#dialogue;
    this.journal.write({ type: 'at.command', line: this.role, id, text: command, deadline: options.deadline });
    const exchange = new Exchange(command, kind, options, this.clock);
    exchange.onDeadline = () => {
      dialogue.giveUpDownload(exchange);
      return exchange.settled;
    };
    let sending: Promise<void> | undefined;
    if (upload !== undefined) {
      exchange.onConnect = () => {
        sending = sendData(exchange, stream, upload.data, upload.ackMode);
      };
    }
    this.#exchange = exchange;
    dialogue.begin(exchange);
    this.#resync.sent();
    exchange.progress();
    // A stream that ends settles the exchange by itself.
    stream.write(`${command}\r`).catch(() => undefined);
    const answer = await exchange.done;
    this.#exchange = undefined;
    if (answer.result === 'timeout') this.#resync.owe();
    if (sending !== undefined) await this.#endUpload(exchange, answer, sending);
    const { result, code, lines, took } = answer;
    this.journal.write({
      type: 'at.answer',
      line: this.role,
      id,
      result,
      ...(code === undefined ? {} : { code }),
      lines: [...lines],
      took,
    });
    return { ...answer, data: exchange.download?.data ?? nothing };
  }

  async #endUpload(exchange: Exchange, answer: Answer, sending: Promise<void>): Promise<void> {
    if (answer.ok) return;
    // The module ended it early: what is still on its way is junk in front of the next command.
    this.#resync.owe();
    if (exchange.sendingBlock) await this.#connection.reopen();
    await sending;
  }
}

function unsent(command: string, result: 'timeout' | 'lost', took: number): Answer & { readonly data: Buffer } {
  return { command, result, lines: [], took, ok: false, data: nothing };
}

function withoutData(answer: Answer & { readonly data: Buffer }): Answer {
  const { command, result, code, lines, took, ok } = answer;
  return { command, result, ...(code === undefined ? {} : { code }), lines, took, ok };
}
