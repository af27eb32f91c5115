import { finalOf, unsolicited, type Other } from './answer-reader.js';
import type { Exchange } from './exchange.js';
import { CR, LF, LineSplitter } from './line-splitter.js';
import { exactReport, readReports, type ReadReport } from './report.js';

export interface DialogueEvents {
  /** Not part of an answer; called in the tick in which its last byte was read. */
  other(other: Other): void;
  /** A result came, whether a command waited for it or not. */
  final(): void;
}

/** Largest download that is kept, in bytes; a module's whole file system is smaller. */
const mostDownloaded = 64 * 1024 * 1024;

/** Turns what one opening of a line receives into answers and URCs. Never throws for what comes. */
export class Dialogue {
  #splitter = new LineSplitter();
  #exchange: Exchange | undefined;
  /** The beginning of a line that came before the command went out: no part of its answer. */
  #before = '';
  /** The `\r` of CONNECT ended its line; the `\n` may be the first byte of the next chunk and is not data. */
  #mayFollow = false;

  constructor(private readonly events: DialogueEvents) {}

  /** From now on lines are read as the answer to this command. */
  begin(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#before = this.#splitter.pending;
  }

  /** The reports of the lines that this chunk is going to end; keeps nothing. None in a transfer, where bytes may be data. */
  preview(chunk: Buffer): readonly ReadReport[] {
    const last = chunk[chunk.length - 1];
    const inTransfer = (this.#waiting?.kind ?? 'command') !== 'command';
    // What ends no line costs nothing, however long the line already is.
    if (inTransfer || (last !== LF && last !== CR && !chunk.includes(LF) && !chunk.includes(CR))) return [];
    const text = this.#splitter.pending + chunk.toString('latin1');
    const only = last === LF || last === CR ? exactReport(text) : undefined;
    if (only !== undefined) return [only];
    return new LineSplitter().push(text).flatMap((line) => readReports(line.text).reports);
  }

  receive(chunk: Buffer): void {
    let rest = chunk.toString('latin1');
    while (rest !== '') rest = this.#step(rest);
  }

  /** The line has ended: what was not terminated is a line of its own. */
  finish(): void {
    const rest = this.#splitter.flush();
    if (rest !== undefined) this.#unsolicited(rest);
  }

  /** The deadline of a download: takes what looks like its end. */
  giveUpDownload(exchange: Exchange): void {
    if (exchange.download === undefined || !exchange.receiving) return;
    exchange.receiving = false;
    for (const { text } of this.#splitter.push(exchange.download.giveUp())) this.#line(text);
  }

  /** The command that waits, if one does. */
  get #waiting(): Exchange | undefined {
    return this.#exchange?.settled === true ? undefined : this.#exchange;
  }

  #step(text: string): string {
    if (this.#mayFollow) {
      this.#mayFollow = false;
      if (text.startsWith('\n')) return text.slice(1);
    }
    const exchange = this.#waiting;
    if (exchange === undefined || exchange.kind === 'command') {
      for (const line of this.#splitter.push(text)) this.#line(line.text);
      return '';
    }
    if (exchange.receiving) return this.#data(exchange, text);
    if (exchange.acknowledging && this.#splitter.pending === '' && /^A(?=$|[A+\r\n])/.test(text)) {
      exchange.acknowledge();
      return text.slice(1);
    }
    // In a transfer a line may change what the next byte means: one at a time.
    const end = /\r\r\n|\r\n|\r|\n/.exec(text);
    const piece = end === null ? text : text.slice(0, end.index + end[0].length);
    const rest = text.slice(piece.length);
    for (const line of this.#splitter.push(piece)) this.#line(line.text, rest === '' && piece.endsWith('\r'));
    return rest;
  }

  #data(exchange: Exchange, text: string): string {
    const { download } = exchange;
    if (download === undefined) return '';
    const rest = download.take(text);
    if (rest !== '') exchange.receiving = false;
    else if (download.length > mostDownloaded) exchange.end('timeout');
    exchange.progress();
    return rest;
  }

  #line(text: string, mayFollow = false): void {
    const exchange = this.#waiting;
    if (exchange === undefined) {
      this.#unsolicited(text);
      return;
    }
    const before = this.#before;
    this.#before = '';
    let fresh = text;
    if (before !== '' && text.startsWith(before)) {
      fresh = text.slice(before.length);
      // Behind the stump of another line only what nothing else says is part of the answer: its echo and its result.
      if (!exchange.reader.isEcho(fresh) && finalOf(fresh) === undefined) {
        this.#unsolicited(text);
        return;
      }
      this.#unsolicited(before);
    }
    const { final, others } = exchange.reader.read(fresh);
    // URCs first: a power cut may hang on one.
    for (const other of others) this.events.other(other);
    if (final === undefined) return;
    if (final.result === 'CONNECT' && exchange.kind !== 'command') {
      this.#mayFollow = mayFollow;
      exchange.connect();
      return;
    }
    this.events.final();
    exchange.end(final);
  }

  #unsolicited(text: string): void {
    const others = unsolicited(text);
    if (others.some((other) => other.report === undefined && finalOf(other.text) !== undefined)) this.events.final();
    for (const other of others) this.events.other(other);
  }
}
