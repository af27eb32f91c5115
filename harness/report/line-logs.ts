import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEvent } from '../journal/events.js';

/** Characters that are kept back before they are written. */
const most = 1 << 20;

/**
 * `lines/<rig>-<line>.log`: what went over each line, a chunk a row, with wall time and direction; bytes that do not print are shown
 * as in C. Secrets are masked already: the journal never held them. Takes the events one by one.
 */
export class LineLogs {
  readonly #waiting = new Map<string, { rows: string[]; size: number }>();
  readonly #names = new Map<string, Set<string>>();

  constructor(private readonly folder: string) {}

  take(event: JournalEvent): void {
    const text = lineLogRow(event);
    if (text === undefined) return;
    const name = `${event.rig ?? 'rig'}-${text.line}.log`;
    const rig = event.rig ?? 'rig';
    this.#names.set(rig, (this.#names.get(rig) ?? new Set()).add(name));
    const log = this.#waiting.get(name) ?? { rows: [], size: 0 };
    this.#waiting.set(name, log);
    const row = `${event.at} ${text.row}\n`;
    log.rows.push(row);
    log.size += row.length;
    if (log.size > most) this.#write(name);
  }

  /** To be called once, after the last event. Gives the names of each rig's files. */
  close(): ReadonlyMap<string, readonly string[]> {
    for (const name of this.#waiting.keys()) this.#write(name);
    return new Map([...this.#names].map(([rig, own]) => [rig, [...own]]));
  }

  #write(name: string): void {
    mkdirSync(this.folder, { recursive: true });
    appendFileSync(join(this.folder, name), this.#waiting.get(name)?.rows.join('') ?? '');
    this.#waiting.set(name, { rows: [], size: 0 });
  }
}

/** A row of a line's log without its time; undefined for what is not of a line. */
export function lineLogRow(event: JournalEvent): { line: string; row: string } | undefined {
  switch (event.type) {
    case 'line.rx':
      return { line: event.line, row: `< ${shown(event.data)}` };
    case 'line.tx':
      return {
        line: event.line,
        row: `> ${event.data === undefined ? `[${String(event.size)} bytes, SHA-256 ${event.sha256 ?? '?'}]` : shown(event.data)}`,
      };
    case 'line.open':
      return { line: event.line, row: `- opened ${event.device}` };
    case 'line.lost':
      return { line: event.line, row: `- lost: ${event.why}` };
    case 'line.closed':
      return { line: event.line, row: '- closed' };
    default:
      return undefined;
  }
}

function shown(data: string): string {
  return data
    .replace(/\\/g, '\\\\')
    .replace(/\r/g, '\\r')
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
    .replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
