import { readFileSync } from 'node:fs';
import { eventSchema, type JournalEvent } from './events.js';

/** A line of a journal that is not an event, kept and counted. */
export interface Unreadable {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly why: string;
  readonly text: string;
}

export interface JournalText {
  readonly events: readonly JournalEvent[];
  readonly unreadable: readonly Unreadable[];
  /** The file ends in mid-line: its writer was cut off. */
  readonly cutOff: boolean;
}

/** Reads a journal file; never throws for its contents. */
export function readJournal(file: string): JournalText {
  return parseJournal(readFileSync(file, 'utf8'));
}

/** A writer that was killed in mid-line leaves a stump in front of the next writer's line: what follows it is still read. */
const eventStart = '{"n":';

export function parseJournal(text: string): JournalText {
  const events: JournalEvent[] = [];
  const unreadable: Unreadable[] = [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  lines.forEach((content, index) => {
    readLine(content, index + 1);
  });
  if (last !== '') readLine(last, lines.length + 1);
  return { events, unreadable, cutOff: last !== '' };

  function readLine(content: string, line: number): void {
    if (content.trim() === '') return;
    const outcome = parseEvent(content);
    if (typeof outcome !== 'string') {
      events.push(outcome);
      return;
    }
    const restart = content.lastIndexOf(eventStart);
    const tail = restart > 0 ? parseEvent(content.slice(restart)) : outcome;
    if (typeof tail === 'string') {
      unreadable.push({ line, why: outcome, text: content });
      return;
    }
    unreadable.push({ line, why: 'cut off by the next event', text: content.slice(0, restart) });
    events.push(tail);
  }
}

/** One event of one line, or why it is none. */
export function parseEvent(text: string): JournalEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return issue === undefined ? 'not an event' : `${issue.path.join('.')}: ${issue.message}`;
}
