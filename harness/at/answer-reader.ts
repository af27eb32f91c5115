import { readReports } from './report.js';
import type { FinalResult, Report } from './types.js';

/** The line that ends an answer. */
export interface Final {
  readonly result: FinalResult;
  readonly code?: string;
  /** The line itself when it says more than `ERROR`: ABORTED, NO CARRIER. */
  readonly kept?: string;
}

/** Something that is not part of an answer: one report, or text without any. */
export interface Other {
  readonly text: string;
  readonly report: Report | undefined;
}

const otherFinals = /^(?:ABORTED|NO CARRIER|NO ANSWER|NO DIALTONE|BUSY|COMMAND NOT SUPPORT(?:ED)?|TOO MANY PARAMETERS)$/;
/** URCs that look like the bare line of an answer and are no reports. */
const bareUrcs = /^(?:RING|CALL READY|SMS READY|APP RDY|RDY|.*POWER(?:ED)? DOWN)$/i;
/** More lines than any answer has: the rest of a flood goes to the URCs. */
const mostLines = 10_000;

/** The line without blanks and NULs at its ends, which a UART gives when power comes and goes. */
export function stripped(line: string): string {
  return line.replace(/^[\0\s]+|[\0\s]+$/g, '');
}

export function finalOf(line: string): Final | undefined {
  const text = stripped(line);
  if (text === 'OK' || text === 'ERROR') return { result: text };
  const coded = /^\+(CM[ES]) ERROR:?\s*(.*)$/.exec(text);
  if (coded !== null) return { result: `+${coded[1] === 'CME' ? 'CME' : 'CMS'} ERROR`, code: coded[2] ?? '' };
  if (/^CONNECT(?: .*)?$/.test(text)) return { result: 'CONNECT' };
  return otherFinals.test(text) ? { result: 'ERROR', kept: text } : undefined;
}

/** A line while no command waits: its reports one by one, then what is left of it. */
export function unsolicited(line: string): Other[] {
  const { reports, rest } = readReports(line);
  if (reports.length === 0) return [{ text: line, report: undefined }];
  const others: Other[] = reports.map(({ report, text }) => ({ text, report }));
  if (stripped(rest) !== '') others.push({ text: rest, report: undefined });
  return others;
}

/** Picks the answer to one command out of the lines that come while it waits. Pure, except that it keeps the answer. */
export class AnswerReader {
  readonly lines: string[] = [];
  readonly #echo: string;
  readonly #prefixes: readonly string[];
  /** Lines without `+NAME:` belong to the answer: ATI, AT+CGSN, AT+CSUB. */
  readonly #bare: boolean;
  /** `+CFUN: 1` answers AT+CFUN?; after AT+CFUN=1,1 it is a report of the boot. */
  readonly #reportsToo: boolean;
  #echoed = false;

  constructor(command: string, prefixes?: readonly string[]) {
    const text = stripped(command);
    // The echo comes back as bytes.
    this.#echo = Buffer.from(text, 'utf8').toString('latin1');
    const name = /^AT(\+[A-Za-z0-9]+)/i.exec(text)?.[1];
    const asks = /\?$/.test(text);
    this.#prefixes = (prefixes ?? (name === undefined ? [] : [`${name}:`])).map((prefix) => prefix.toUpperCase());
    this.#bare = prefixes === undefined ? name === undefined || !asks : prefixes.includes('');
    this.#reportsToo = asks || prefixes !== undefined;
  }

  /** The line is the command itself, come back for the first time. */
  isEcho(line: string): boolean {
    return !this.#echoed && stripped(line) === this.#echo;
  }

  /** What the line is besides part of the answer, and the result when it ends the answer. */
  read(line: string): { readonly final?: Final; readonly others: readonly Other[] } {
    const { reports, rest } = readReports(line);
    const foreign = reports.filter(({ text }) => !(this.#reportsToo && this.#mine(text)));
    if (foreign.length === 0) return this.#take(line);
    for (const { text } of reports) if (this.#reportsToo && this.#mine(text)) this.#keep(text);
    const others: Other[] = foreign.map(({ report, text }) => ({ text, report }));
    if (stripped(rest) === '') return { others };
    const taken = this.#take(rest);
    return { ...taken, others: [...others, ...taken.others] };
  }

  #take(line: string): { readonly final?: Final; readonly others: readonly Other[] } {
    const text = stripped(line);
    if (this.isEcho(text)) {
      this.#echoed = true;
      return { others: [] };
    }
    const final = finalOf(text);
    if (final !== undefined) {
      if (final.kept !== undefined) this.#keep(final.kept);
      return { final, others: [] };
    }
    // Their line ends got lost: a URC behind the result, or the result behind an information line or a URC.
    const before = /^(OK|ERROR)([+^][A-Z].*)$/.exec(text);
    if (before?.[1] !== undefined && before[2] !== undefined) {
      return { final: { result: before[1] as 'OK' | 'ERROR' }, others: unsolicited(before[2]) };
    }
    const behind = /^([+^][A-Z].*[\d"])(OK|ERROR)$/.exec(text);
    if (behind?.[1] !== undefined && behind[2] !== undefined) {
      return { ...this.#take(behind[1]), final: { result: behind[2] as 'OK' | 'ERROR' } };
    }
    if (this.lines.length < mostLines && (this.#mine(text) || (this.#bare && !/^[+^]/.test(text) && !bareUrcs.test(text)))) {
      this.#keep(text);
      return { others: [] };
    }
    return { others: [{ text: line, report: undefined }] };
  }

  #keep(text: string): void {
    if (this.lines.length < mostLines) this.lines.push(text);
  }

  #mine(text: string): boolean {
    const upper = stripped(text).toUpperCase();
    return this.#prefixes.some((prefix) => prefix !== '' && upper.startsWith(prefix));
  }
}
