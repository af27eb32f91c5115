/**
 * Reads upgrade and boot reports out of a line. Tolerant on purpose: the vendor's own guide drops commas and adds blanks, lines
 * arrive glued together, with their head lost (the USB port opened late) or cut short. What is not a report is handed back.
 */
import type { Report } from './types.js';

export interface ReadReport {
  readonly report: Report;
  /** The part of the line that it was read from, character by character. */
  readonly text: string;
}

export interface LineReports {
  readonly reports: readonly ReadReport[];
  /** What is left of the line when the reports are taken out; with their texts it accounts for every character. */
  readonly rest: string;
}

// Blanks are bounded so that hostile input cannot make the search slow.
const gap = String.raw`[ \t]{0,8}`;
const separator = String.raw`[ \t]{0,8},{0,2}[ \t]{0,8}`;
const quote = `["'\u201c\u201d]`;
// The whole head with quotes or without, or what is left of one whose first bytes were lost: `ND: "FOTA"`, `OTA"`.
const wholeHead = String.raw`\+?${gap}QIND${gap}:?${gap}${quote}?FOTA${quote}?`;
const lostHead = String.raw`(?<![\w"'/.-])(?:(?:IND|ND|D)?${gap}:?${gap}${quote}?FOTA|OTA|TA|A)${quote}`;
const keyword = String.raw`(?:(?<download>(?:FTP|HTTP)S?)(?<edge>START|END)|(?<phase>START|UPDATING|RESTORE|END))(?![A-Za-z])`;
const number = String.raw`${separator}${quote}?(?<number>-?\d{1,15}(?:\.\d{1,15})?)${quote}?(?:${gap}%)?`;
const known = `${quote}?${keyword}${quote}?(?:${number}|${gap},(?=${gap}$))?`;
// A line that begins after its head can still be told by words that nothing else says.
const headless = String.raw`(?<![\w"'/.-])${quote}?(?:(?<download>FTPS?|HTTPS?)(?<edge>START|END)|(?<phase>UPDATING))${quote}(?:${number}|${gap},(?=${gap}$))?`;
const freeText = String.raw`(?:"(?<quoted>(?:(?!\+QIND)[^"])*)"?(?:${separator}"?-?\d{1,15}%?"?)?|(?<bare>(?:(?!\+QIND).)*))`;
const boot = [
  String.raw`(?<rdy>(?<=^|[^A-Za-z"'/._:-]|[^A-Za-z"'/._:-]OK|^OK|ERROR)RDY(?=$|[^A-Za-z0-9"'/._-]|RDY|OK))`,
  String.raw`\+CFUN:${gap}(?<cfun>\d{1,3})`,
  String.raw`\+CPIN:${gap}(?<cpin>READY|NOT INSERTED|NOT READY|SIM PIN2?|SIM PUK2?|[A-Z][A-Z0-9 -]{0,30})`,
  String.raw`\+QUSIM:${gap}(?<qusim>\d{1,3})`,
  String.raw`\+QIND:${gap}${quote}?(?<done>SMS|PB)${gap}DONE${quote}?`,
  String.raw`(?<down>(?:NORMAL )?POWER(?:ED)? DOWN)`,
].join('|');

const wholeReport = new RegExp(`(?:${wholeHead})${separator}(?:${known}|${freeText})`, 'iy');
const lostReport = new RegExp(`(?:${lostHead})${separator}${known}`, 'iy');
const headlessReport = new RegExp(headless, 'iy');
const bootReport = new RegExp(boot, 'iy');
/** Where a report may begin; each place is then tried with the patterns above. */
const anchor = new RegExp(`${wholeHead}|${lostHead}|${headless}|${boot}`, 'ig');

const marks = [
  'FOTA',
  'RDY',
  'UPDATING',
  '+CFUN',
  '+CPIN',
  '+QUSIM',
  ' DONE',
  ' DOWN',
  'OTA"',
  'TA"',
  'A"',
  'TPSTART',
  'TPEND',
  'TPSSTART',
  'TPSEND',
];

const exact = /^[\r\n]*(\+QIND: "FOTA","(START|UPDATING|END)"(?:,(\d{1,3}))?)[\r\n]*$/;

/**
 * The report that the text is, when it is a single one of the recovery, written to the letter as the guide prints it (guide 3.1); line ends
 * around it don't matter. What `searchReports` finds as well, many times as fast: a power cut waits for it.
 */
export function exactReport(text: string): ReadReport | undefined {
  const match = exact.exec(text);
  if (match === null) return undefined;
  const value = match[3] === undefined ? undefined : Number(match[3]);
  const kind = match[2];
  const report: Report =
    kind === 'UPDATING'
      ? { kind: 'updating', percent: value }
      : kind === 'END'
        ? { kind: 'end', code: value }
        : { kind: 'start' };
  return { report, text: match[1] ?? '' };
}

/** Every report of a line, several when lines were glued together. Never throws. */
export function readReports(line: string): LineReports {
  const only = exactReport(line);
  return only?.text === line ? { reports: [only], rest: '' } : searchReports(line);
}

/** The same without the short cut for a report to the letter: the measure of it in tests. */
export function searchReports(line: string): LineReports {
  if (!mayHold(line)) return { reports: [], rest: line };
  const reports: ReadReport[] = [];
  let rest = '';
  let done = 0;
  anchor.lastIndex = 0;
  for (let found = anchor.exec(line); found !== null; found = anchor.exec(line)) {
    const read = readAt(line, found.index);
    if (read === undefined) {
      anchor.lastIndex = found.index + 1;
      continue;
    }
    rest += line.slice(done, found.index);
    reports.push(read);
    done = found.index + read.text.length;
    anchor.lastIndex = done;
  }
  return { reports, rest: rest + line.slice(done) };
}

/** Most lines are answers: they are told apart without a pattern search. */
function mayHold(line: string): boolean {
  const upper = line.toUpperCase();
  return marks.some((mark) => upper.includes(mark));
}

function readAt(line: string, at: number): ReadReport | undefined {
  for (const pattern of [wholeReport, lostReport, headlessReport, bootReport]) {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    const report = match?.groups === undefined ? undefined : (upgradeReport(match.groups) ?? bootReportOf(match.groups));
    if (match !== null && report !== undefined && match[0] !== '') return { report, text: match[0] };
  }
  return undefined;
}

type Groups = Readonly<Record<string, string | undefined>>;

function upgradeReport(groups: Groups): Report | undefined {
  const value = groups.number === undefined ? undefined : Number(groups.number);
  if (groups.download !== undefined) {
    const name = groups.download.toLowerCase();
    const protocol = name.startsWith('ftp') ? 'ftp' : name === 'https' ? 'https' : 'http';
    return groups.edge?.toLowerCase() === 'start'
      ? { kind: 'download-start', protocol }
      : { kind: 'download-end', protocol, code: value };
  }
  switch (groups.phase?.toLowerCase()) {
    case 'start':
      return { kind: 'start' };
    case 'updating':
      return { kind: 'updating', percent: value };
    case 'restore':
      return { kind: 'restore', percent: value };
    case 'end':
      return { kind: 'end', code: value };
    default: {
      const text = groups.quoted ?? groups.bare;
      return text === undefined ? undefined : { kind: 'text', text: text.trim() };
    }
  }
}

function bootReportOf(groups: Groups): Report | undefined {
  if (groups.rdy !== undefined) return { kind: 'boot', name: 'RDY', value: undefined };
  if (groups.cfun !== undefined) return { kind: 'boot', name: 'CFUN', value: groups.cfun };
  if (groups.cpin !== undefined) return { kind: 'boot', name: 'CPIN', value: groups.cpin };
  if (groups.qusim !== undefined) return { kind: 'boot', name: 'QUSIM', value: groups.qusim };
  if (groups.done !== undefined) {
    return { kind: 'boot', name: groups.done.toUpperCase() === 'SMS' ? 'SMS DONE' : 'PB DONE', value: undefined };
  }
  return groups.down === undefined ? undefined : { kind: 'powered-down' };
}
