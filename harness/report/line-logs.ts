import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEvent } from '../journal/events.js';

/**
 * `lines/<rig>-<line>.log`: what went over each line, a chunk a row, with wall time and direction; bytes that do not print are shown
 * as in C. Secrets are masked already: the journal never held them. Gives the names of each rig's files.
 */
export function writeLineLogs(events: Iterable<JournalEvent>, folder: string): ReadonlyMap<string, readonly string[]> {
  const logs = new Map<string, string[]>();
  const names = new Map<string, Set<string>>();
  for (const event of events) {
    const text = lineLogRow(event);
    if (text === undefined) continue;
    const name = `${event.rig ?? 'rig'}-${text.line}.log`;
    const rows = logs.get(name) ?? [];
    logs.set(name, rows);
    const rig = event.rig ?? 'rig';
    names.set(rig, (names.get(rig) ?? new Set()).add(name));
    rows.push(`${event.at} ${text.row}\n`);
  }
  if (logs.size > 0) mkdirSync(folder, { recursive: true });
  for (const [name, rows] of logs) appendFileSync(join(folder, name), rows.join(''));
  return new Map([...names].map(([rig, own]) => [rig, [...own]]));
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
