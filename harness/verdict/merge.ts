import type { Report } from '../at/types.js';
import type { SeenReport } from './types.js';

/** One report as one line carried it. */
export interface Sighting {
  readonly line: string;
  readonly order: number;
  readonly event: number;
  readonly report: Report;
  readonly text: string;
  readonly doubtful: boolean;
  /** What was read just after the line was opened may have waited in a buffer since then. */
  readonly notBefore: number;
  /** The line has just come back: what it carries belongs to the latest that others carried, not to the first like it. */
  readonly late: boolean;
  /** It came between AT+QFOTADL and the answer. */
  readonly early: boolean;
}

interface Entry {
  readonly early: boolean;
  report: Report;
  text: string;
  doubtful: boolean;
  readonly sightings: { line: string; order: number; event: number }[];
}

/** By how much one line may lag behind another while both are open, in ms: the UART is slow, the host's scheduler not exact. */
const lag = 100;

/**
 * Merges what several lines carried into one sequence. Each line has a cursor: a report that equals one behind the line's cursor is
 * that one seen again, any other is new. So the UART fills in what USB lost, and a report that one line carried twice stays double.
 */
export class Merger {
  readonly #entries: Entry[] = [];
  readonly #cursors = new Map<string, Entry>();

  add(sighting: Sighting): void {
    const { line, order, event, report, text, doubtful, early } = sighting;
    const cursor = this.#cursors.get(line);
    const from = cursor === undefined ? 0 : this.#entries.lastIndexOf(cursor) + 1;
    const seen = { line, order, event };
    const isIt = (entry: Entry, index: number): boolean =>
      index >= from && (entry.sightings[0]?.order ?? 0) >= sighting.notBefore && same(entry, sighting);
    const known = sighting.late ? this.#latest(isIt) : this.#entries.find(isIt);
    if (known !== undefined) {
      known.sightings.push(seen);
      if (known.doubtful && !doubtful) Object.assign(known, { report, text, doubtful });
      this.#cursors.set(line, known);
      return;
    }
    const entry: Entry = { report, text, doubtful, early, sightings: [seen] };
    this.#entries.splice(this.#placeFor(entry, from, order), 0, entry);
    this.#cursors.set(line, entry);
  }

  /** The last that fits; of several in a row, as a module that doubles its reports writes them, the first. */
  #latest(fits: (entry: Entry, index: number) => boolean): Entry | undefined {
    let index = this.#entries.findLastIndex(fits);
    while (index > 0 && fits(this.#entries[index - 1] as Entry, index - 1)) index -= 1;
    return this.#entries[index];
  }

  /** A report that another line, a little faster, must have overtaken stands before it; any other at the end. */
  #placeFor(entry: Entry, from: number, order: number): number {
    let place = this.#entries.length;
    while (place > from) {
      const before = this.#entries[place - 1] as Entry;
      const recent = (before.sightings[0]?.order ?? 0) >= order - lag;
      if (!recent || before.report.kind !== 'updating') break;
      const percent = before.report.percent ?? 0;
      const overtaken =
        entry.report.kind === 'start' || (entry.report.kind === 'updating' && (entry.report.percent ?? 101) < percent);
      if (!overtaken) break;
      place -= 1;
    }
    // A fall that no other line explains is the module's own.
    const others = this.#entries.slice(place);
    const own = others.some((other) => other.sightings.some(({ line }) => line === entry.sightings[0]?.line));
    return own ? this.#entries.length : place;
  }

  reports(timed: boolean): SeenReport[] {
    return this.#entries.map(({ report, text, doubtful, early, sightings }) => ({
      kind: report.kind,
      value: valueOf(report),
      text,
      t: timed ? sightings[0]?.order : undefined,
      lines: [...new Set(sightings.map(({ line }) => line))],
      events: [...new Set(sightings.map(({ event }) => event))],
      sightings,
      order: sightings[0]?.order ?? 0,
      doubtful,
      early,
      protocol: 'protocol' in report ? report.protocol : undefined,
    }));
  }
}

function same(entry: Entry, sighting: Sighting): boolean {
  const { line, report, doubtful } = sighting;
  if (entry.report.kind !== report.kind || entry.sightings.some((seen) => seen.line === line)) return false;
  if ('protocol' in report && 'protocol' in entry.report && report.protocol !== entry.report.protocol) return false;
  const [one, other] = [valueOf(entry.report), valueOf(report)];
  if (one === other) return true;
  // A code that may lack digits is any code that begins like it. A percentage is left alone: the next one begins like it as well.
  if (report.kind === 'updating' || report.kind === 'restore') return false;
  return (entry.doubtful && begins(other, one)) || (doubtful && begins(one, other));
}

function begins(whole: string | number | undefined, part: string | number | undefined): boolean {
  return part === undefined || (whole !== undefined && String(whole).startsWith(String(part)));
}

function valueOf(report: Report): number | string | undefined {
  switch (report.kind) {
    case 'updating':
    case 'restore':
      return report.percent;
    case 'download-end':
    case 'end':
      return report.code;
    case 'text':
      return report.text;
    case 'boot':
      return report.value === undefined ? report.name : `${report.name}: ${report.value}`;
    default:
      return undefined;
  }
}
