/**
 * Takes the ornaments of terminal programs off a log's lines: time stamps, direction marks, shown terminators, colours. What is
 * left is what went over the line.
 */

export interface LogLine {
  /** Line of the file, from 1. */
  readonly number: number;
  readonly text: string;
  /** Whether it ended where the file's line ends; false only in logs that show every terminator. */
  readonly ended: boolean;
  readonly direction: 'to-module' | 'from-module' | 'unknown';
  /** ms since midnight or since 1970. */
  readonly time: number | undefined;
  readonly comment: boolean;
}

const number = String.raw`\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,6})?`;
const date = String.raw`\d{4}[-/]\d{1,2}[-/]\d{1,2}`;
const stampPattern = new RegExp(
  String.raw`^\s*[[(<]?\s*(?:(${date})[T _]\s?)?(${number})\s?(Z|[+-]\d{2}:?\d{2})?\s*[\])>]?[ \t]*(?:[:|]|-(?![->]))?(?=\s|[^\d:]|$)`,
);
/** Seconds since boot or since 1970: `[  123.456]`, `[1724395970.123]`. */
const secondsPattern = /^\s*\[\s*(\d{1,10}\.\d{1,6})\]\s*/;
const toModule = /^\s*(?:-{1,2}>|=>|>>+|→|[[(]?(?:TX|SEND|SENT|OUT|WRITE|HOST)[\])]?\s*(?:[:>]|-+>|(?=\s*AT))|[\])]|发→◇?)\s?/i;
const fromModule =
  /^\s*(?:<-{1,2}|<=|<<+|←|[[(]?(?:RX|RECV|RECEIVED|RCVD|IN|READ|MODEM|MODULE)[\])]?\s*(?:[:<]|<-+|(?=\s*[+]))|收←◆?)\s?/i;
/** ModemManager and others: `…: --> 'AT<CR>'`. */
const quotedPattern = /^.*?(-->|<--)\s*'(.*)'\s*$/;

const colours = /\u001b\[[0-9;?]*[A-Za-z]/g;
const shownEnd = /(?:\\r\\n|\\r|\\n|<CR><LF>|<CR>|<LF>|\^M|\\x0d\\x0a|\\x0d|\\x0a|\[0D\]\[0A\]|␍␊|␍|␊)\s*□?\s*$/i;

/** The lines of a log, ornaments taken off. Nothing is dropped. */
export function logLines(log: string): LogLine[] {
  const lines = log
    .replace(/^\ufeff/, '')
    .replace(/[\u201c\u201d]/g, '"')
    .split(/\r*\n|\r/)
    .map((raw, index) => bare(raw.replace(colours, ''), index + 1));
  if (lines.at(-1)?.text === '') lines.pop();
  const data = lines.filter(({ comment, text }) => !comment && text.trim() !== '');
  const showing = data.filter(({ text }) => shownEnd.test(text)).length;
  // A log that shows terminators shows all of them: a line without one goes on in the next.
  const shown = showing * 2 > data.length;
  return lines.map((line) => (line.comment ? line : { ...line, text: unescaped(line.text, shown), ended: !shown }));
}

function bare(raw: string, number: number): LogLine {
  const line = { number, ended: true, direction: 'unknown' as const, time: undefined, comment: false };
  if (/^\s*#(?:\s|$)/.test(raw)) return { ...line, text: raw, comment: true };
  let { text, time } = withoutStamp(raw);
  const quoted = quotedPattern.exec(text);
  if (quoted !== null)
    return { ...line, text: quoted[2] ?? '', time, direction: quoted[1] === '-->' ? 'to-module' : 'from-module' };
  let direction: LogLine['direction'] = 'unknown';
  for (const [pattern, is] of [
    [toModule, 'to-module'],
    [fromModule, 'from-module'],
  ] as const) {
    const mark = pattern.exec(text);
    if (mark === null || direction !== 'unknown') continue;
    direction = is;
    text = text.slice(mark[0].length);
  }
  // Some programs put the mark first.
  if (time === undefined && direction !== 'unknown') ({ text, time } = withoutStamp(text));
  return { ...line, text, time, direction };
}

function withoutStamp(raw: string): { text: string; time: number | undefined } {
  const stamp = stampPattern.exec(raw);
  if (stamp !== null) {
    const [all, day, clock = '', zone] = stamp;
    return { text: raw.slice(all.length).replace(/^\s/, ''), time: dayOf(day, zone) + clockOf(clock) };
  }
  const seconds = secondsPattern.exec(raw);
  if (seconds !== null) return { text: raw.slice(seconds[0].length), time: Number(seconds[1]) * 1000 };
  return { text: raw, time: undefined };
}

function dayOf(day: string | undefined, zone: string | undefined): number {
  if (day === undefined) return 0;
  const [year = 0, month = 1, date_ = 1] = day.split(/[-/]/).map(Number);
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  const minutes = offset === null ? 0 : (offset[1] === '-' ? 1 : -1) * (Number(offset[2]) * 60 + Number(offset[3]));
  return Date.UTC(year, month - 1, date_) + minutes * 60_000;
}

function clockOf(clock: string): number {
  const [hours = 0, minutes = 0, seconds = 0, fraction = ''] = clock
    .split(/[:.,]/)
    .map((part, index) => (index < 3 ? Number(part) : part)) as [number, number, number, string?];
  const ms = fraction === '' ? 0 : Number(`0.${fraction}`) * 1000;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
}

/** In a log that shows every terminator everything else is shown as well; in another only what must be a terminator is taken as one. */
function unescaped(text: string, shown: boolean): string {
  const terminators = text
    .replace(/<CR>|\[0D\]|␍/gi, '\r')
    .replace(/<LF>|\[0A\]|␊/gi, '\n')
    .replace(/\\r\\n/g, '\r\n')
    .replace(/\s*□\s*$/, '');
  if (!shown) return terminators.replace(/(?:\\r|\\n|\^M|\\x0d|\\x0a)+\s*$/i, '');
  return terminators
    .replace(/\^M/g, '\r')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\r/g, '\r')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t');
}
