import { LineSplitter } from '../at/line-splitter.js';
import { readReports } from '../at/report.js';
import type { Report } from '../at/types.js';
import type { EventOf, JournalEvent } from '../journal/events.js';
import { Merger } from './merge.js';
import type { LineWatch, SeenReport, UpgradeRecord } from './types.js';
import { isUnderstood } from './understood.js';

type LineEvent = EventOf<'line.rx' | 'line.appeared' | 'line.gone' | 'line.open' | 'line.lost' | 'line.closed'>;
type How = LineWatch['breaks'][number]['how'];
type Place = { readonly line: string; readonly t: number; readonly event: number };

/** ms after a line's first word since its opening within which what it carries may be old: the module kept it until its USB was there. */
const stale = 1000;
/** How far back a report on a line that stayed open may have been seen on another, in ms. */
const reach = 2000;

/** Everything that can be learnt from the lines alone while one upgrade was watched. */
export class LinesSeen {
  readonly departures: Place[] = [];
  readonly arrivals: Place[] = [];
  readonly notUnderstood: UpgradeRecord['notUnderstood'][number][] = [];
  readonly #merger = new Merger();
  readonly #lines = new Map<string, OneLine>();
  /** Texts of answers of the harness's own commands. */
  readonly #answers: ReadonlySet<string>;
  /** Sizes of the files that the harness read, by line and number of the command. */
  readonly #sizes: ReadonlyMap<string, number>;
  #asking: Asking | undefined;

  constructor(
    events: readonly JournalEvent[],
    private readonly known: { readonly timed: boolean; readonly devices: ReadonlyMap<string, string> },
  ) {
    this.#answers = new Set(
      events.flatMap((event) => (event.type === 'at.answer' ? event.lines.map((text) => text.trim()) : [])),
    );
    this.#sizes = new Map(
      events.flatMap((event) => {
        const size = event.type === 'at.answer' ? sizeIn(event.lines) : undefined;
        return event.type === 'at.answer' && size !== undefined ? [[`${event.line} ${String(event.id)}`, size] as const] : [];
      }),
    );
  }

  see(event: JournalEvent): void {
    switch (event.type) {
      case 'at.command':
        this.#asking = {
          id: event.id,
          line: event.line,
          text: event.text,
          upgrade: isUpgradeCommand(event.text),
          answered: false,
          file: { begun: false, before: '', left: this.#sizes.get(`${event.line} ${String(event.id)}`) ?? 0 },
        };
        return;
      case 'at.answer':
        if (this.#asking?.id === event.id && this.#asking.line === event.line) this.#asking = undefined;
        return;
      case 'line.rx':
        this.#read(event);
        return;
      case 'line.appeared':
      case 'line.gone':
      case 'line.open':
      case 'line.lost':
      case 'line.closed':
        this.#changed(event);
        return;
      default:
    }
  }

  /** To be called once, after the last event. */
  close(): void {
    for (const [name, line] of this.#lines) {
      this.#flush(name, line);
      if (line.lost !== undefined) this.departures.push(line.lost);
    }
    this.departures.sort((a, b) => a.t - b.t);
  }

  reports(): SeenReport[] {
    return this.#merger.reports(this.known.timed);
  }

  watches(): LineWatch[] {
    return [...this.#lines].map(([name, line]) => ({
      line: name,
      reenumerates: !/\/tty(?:S|AMA|mxc|O|THS|LP|PS)\d+$/.test(line.device) && name !== 'uart',
      breaks: line.breaks,
      reports: line.reports,
    }));
  }

  #of(name: string): OneLine {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const made: OneLine = {
      splitter: new LineSplitter(),
      breaks: [],
      reports: 0,
      device: this.known.devices.get(name) ?? '',
      openedAt: -Infinity,
      appearedAt: -Infinity,
      leftAt: Infinity,
      firstRead: -Infinity,
      lost: undefined,
      away: false,
      last: undefined,
    };
    this.#lines.set(name, made);
    return made;
  }

  #read(event: EventOf<'line.rx'>): void {
    const line = this.#of(event.line);
    line.last = { line: event.line, t: event.t, event: event.n };
    if (line.firstRead < line.openedAt) line.firstRead = event.t;
    for (const { text } of line.splitter.push(this.#withoutFile(event))) this.#take(event.line, line, text, event, false);
  }

  /** What a file holds that the harness reads back is none of the module's words, and no noise on its line. */
  #withoutFile({ line, data }: EventOf<'line.rx'>): string {
    const file = this.#asking?.line === line ? this.#asking.file : undefined;
    if (file === undefined || file.left === 0) return data;
    let start = 0;
    if (!file.begun) {
      const text = file.before + data;
      const connect = text.indexOf(beforeFile);
      if (connect < 0) {
        file.before = text.slice(-beforeFile.length);
        return data;
      }
      file.begun = true;
      start = connect + beforeFile.length - file.before.length;
    }
    const skipped = Math.min(file.left, data.length - start);
    file.left -= skipped;
    return data.slice(0, start) + data.slice(start + skipped);
  }

  #flush(name: string, line: OneLine): void {
    const rest = line.splitter.flush();
    const where = line.last;
    if (rest !== undefined && where !== undefined) this.#take(name, line, rest, { t: where.t, n: where.event }, true);
  }

  #take(name: string, line: OneLine, text: string, event: { readonly t: number; readonly n: number }, cutShort: boolean): void {
    const { reports, rest } = readReports(text);
    const left = rest.trim();
    if (this.#asking?.line === name && /^(?:OK|ERROR|\+CM[ES] ERROR\b.*)/.test(left)) this.#asking.answered = true;
    const order = event.t;
    const recent = line.appearedAt > -Infinity && order - Math.max(line.openedAt, line.firstRead) <= stale;
    const notBefore = this.known.timed
      ? recent
        ? Math.min(line.appearedAt - lagOf(line), line.leftAt)
        : order - reach
      : -Infinity;
    let from = 0;
    for (const { report, text: said } of reports) {
      if (this.#isAnswer(name, report.kind === 'boot' ? report.name : undefined)) continue;
      if (isUpgradeReport(report.kind)) line.reports += 1;
      const end = text.indexOf(said, from) + said.length;
      from = end;
      // A number at the end of a line that never ended, or with something glued to it, may lack digits. A lone 0 is whole.
      const open = end < text.length ? /[^\s,]/.test(text.charAt(end)) : cutShort;
      const lost = numberOf(report) === undefined || (open && !/(?:^|\D)0$/.test(said));
      const doubtful = report.kind === 'text' ? cutShort : 'percent' in report || 'code' in report ? lost : false;
      const kept = doubtful && cutShort ? withoutNumber(report) : report;
      const early = isUpgradeReport(report.kind) && this.#asking?.line === name && this.#asking.upgrade && !this.#asking.answered;
      this.#merger.add({ line: name, order, event: event.n, report: kept, text: said, doubtful, notBefore, late: recent, early });
    }
    if (left !== '' && !this.#answers.has(left) && !isUnderstood(left)) {
      this.notUnderstood.push({ text: left, event: event.n, line: name, order });
    }
  }

  /** `+CFUN: 1` and `+CPIN: READY` are also what AT+CFUN? and AT+CPIN? answer. */
  #isAnswer(line: string, boot: string | undefined): boolean {
    return boot !== undefined && this.#asking?.line === line && this.#asking.text.toUpperCase().startsWith(`AT+${boot}?`);
  }

  #changed(event: LineEvent): void {
    const line = this.#of(event.line);
    const how = event.type.slice('line.'.length) as How;
    const place = { line: event.line, t: event.t, event: event.n };
    this.#flush(event.line, line);
    line.breaks.push({ order: event.t, event: event.n, how });
    if (how === 'lost') line.lost = place;
    if (how === 'gone') {
      line.leftAt = line.lost?.t ?? event.t;
      if (!line.away) this.departures.push(line.lost ?? place);
      line.away = true;
      line.lost = undefined;
    }
    if (how === 'appeared' || how === 'open') {
      if ('device' in event) line.device = event.device;
      // Lost and back without having left the bus: the host's doing, not the module's.
      if (how === 'appeared' && line.lost !== undefined && !line.away) {
        this.departures.push(line.lost);
        line.away = true;
      }
      if (line.away || how === 'appeared') this.arrivals.push(place);
      line.away = false;
      line.lost = undefined;
      if (how === 'appeared') line.appearedAt = event.t;
      else line.openedAt = event.t;
    }
  }
}

/** A command of the harness that is being answered. */
interface Asking {
  readonly id: number;
  readonly line: string;
  readonly text: string;
  readonly upgrade: boolean;
  answered: boolean;
  /** Of a command that reads a file: bytes of it that are still to come; 0 of any other. */
  readonly file: { begun: boolean; before: string; left: number };
}

/** Between this and `+QFDWL: <size>,<checksum>` a file is sent as it is. */
const beforeFile = 'CONNECT\r\n';

function sizeIn(lines: readonly string[]): number | undefined {
  const [size] = lines.flatMap((text) => /^\+QFDWL: (\d+),/.exec(text.trim())?.[1] ?? []);
  return size === undefined ? undefined : Number(size);
}

interface OneLine {
  readonly splitter: LineSplitter;
  readonly breaks: LineWatch['breaks'][number][];
  reports: number;
  device: string;
  openedAt: number;
  appearedAt: number;
  /** When it was last seen to go: nothing that it carries afterwards is older. */
  leftAt: number;
  /** The first read since it was opened, when there was one. */
  firstRead: number;
  /** Lost, and not yet known whether its device left. */
  lost: Place | undefined;
  away: boolean;
  last: Place | undefined;
}

const lagOf = (line: OneLine): number => Math.min(reach, Math.max(100, line.openedAt - line.appearedAt));

export function isUpgradeReport(kind: SeenReport['kind']): boolean {
  return kind !== 'boot' && kind !== 'powered-down';
}

/** AT+QFOTADL="…", not the test command. */
export function isUpgradeCommand(text: string): boolean {
  return /^\s*AT\+QFOTADL\s*=\s*[^?]/i.test(text);
}

function numberOf(report: Report): number | undefined {
  return 'percent' in report ? report.percent : 'code' in report ? report.code : undefined;
}

function withoutNumber<T extends { readonly kind: string }>(report: T): T {
  return 'percent' in report ? { ...report, percent: undefined } : 'code' in report ? { ...report, code: undefined } : report;
}
