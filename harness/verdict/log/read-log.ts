import { LineSplitter } from '../../at/line-splitter.js';
import { readReports } from '../../at/report.js';
import type { JournalEvent } from '../../journal/events.js';
import { isUnderstood } from '../understood.js';
import { LogEvents } from './log-events.js';
import { logLines, type LogLine } from './log-lines.js';

export interface TerminalLog {
  /** As a journal of one line, `log`; `n` is the line of the file. */
  readonly events: readonly JournalEvent[];
  /** Every report of an upgrade has a time. */
  readonly timed: boolean;
  /** Lines of the file, blank ones and comments included. */
  readonly lines: number;
  readonly notUnderstood: readonly { readonly line: number; readonly text: string }[];
}

/** A line as the module or the host ended it, and where in the file that was. */
interface Spoken {
  readonly number: number;
  readonly text: string;
  readonly time: number | undefined;
  readonly toModule: boolean;
}

const day = 86_400_000;

/**
 * Reads a plain terminal log (minicom, QNavigator, SSCOM, ModemManager …) as far as it can be read: nothing is claimed that it does
 * not show. Never throws for its contents; each line is either understood or listed.
 */
export function readTerminalLog(log: string): TerminalLog {
  const lines = logLines(log.replace(/(ftp:\/\/[^:@\s"]{1,60}:)[^@\s"]{1,60}@/gi, '$1***@'));
  const spoken = spokenLines(lines);
  const reporting = spoken.filter(({ text }) =>
    readReports(text).reports.some(({ report }) => report.kind !== 'boot' && report.kind !== 'powered-down'),
  );
  const timed = reporting.length > 0 && reporting.every(({ time }) => time !== undefined);
  const events = new LogEvents();
  const notUnderstood: { line: number; text: string }[] = [];
  let time = spoken.find((line) => line.time !== undefined)?.time ?? 0;
  let shift = 0;
  for (const line of spoken) {
    if (line.time !== undefined) {
      // Without a date the clock begins anew at midnight.
      if (line.time + shift < time - day / 2) shift += day;
      time = Math.max(time, line.time + shift);
    }
    const answered = events.take({ ...line, t: timed ? time : line.number });
    const { rest } = readReports(line.text);
    if (!answered && rest.trim() !== '' && !isUnderstood(rest.trim())) notUnderstood.push({ line: line.number, text: line.text });
  }
  return { events: events.close(), timed, lines: lines.length, notUnderstood };
}

/** Joins what belongs to one line of the module; blank lines and comments are left out. */
function spokenLines(lines: readonly LogLine[]): Spoken[] {
  const spoken: Spoken[] = [];
  const splitter = new LineSplitter();
  let last: LogLine | undefined;
  for (const line of lines) {
    if (line.comment) continue;
    const { number, time, text, direction } = line;
    if (direction === 'to-module') {
      for (const part of text.split(/[\r\n]+/)) if (part.trim() !== '') spoken.push({ number, text: part, time, toModule: true });
      continue;
    }
    for (const whole of splitter.push(line.ended ? `${text}\n` : text))
      spoken.push({ number, text: whole.text, time, toModule: false });
    last = line;
  }
  const rest = splitter.flush();
  if (rest !== undefined && last !== undefined)
    spoken.push({ number: last.number, text: rest, time: last.time, toModule: false });
  return spoken;
}
