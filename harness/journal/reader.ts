import { eventSchema, type EventType, type JournalEvent } from './events.js';
import { linesOf } from './lines.js';

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

/** How many lines of a journal that was gone through tell nothing; one that ends in mid-line has one more. */
export function linesLost({ unreadable, cutOff }: { readonly unreadable: readonly unknown[]; readonly cutOff: boolean }): number {
  return unreadable.length + (cutOff ? 1 : 0);
}

/** A journal that is gone through from its beginning to its end, as often as it is asked, and never held as a whole. */
export class JournalStream {
  readonly unreadable: Unreadable[] = [];
  /** To be asked when all events were taken. */
  cutOff = false;

  constructor(private readonly file: string) {}

  [Symbol.iterator](): Iterator<JournalEvent> {
    return this.events();
  }

  /** `only`: passes over events of other types, most of them unread, which is much quicker. */
  *events(only?: ReadonlySet<EventType>): Generator<JournalEvent> {
    this.unreadable.length = 0;
    this.cutOff = false;
    let number = 0;
    for (const { text, ended } of linesOf(this.file)) {
      number += 1;
      this.cutOff = !ended;
      if (only !== undefined && isOther(text, only)) continue;
      for (const event of readLine(text, number, this.unreadable)) {
        if (only === undefined || only.has(event.type)) yield event;
      }
    }
  }
}

/** Reads a journal file as a whole; never throws for its contents. `wanted`: leaves out what is not needed, before it takes room. */
export function readJournal(file: string, wanted: (event: JournalEvent) => boolean = () => true): JournalText {
  const stream = new JournalStream(file);
  const events: JournalEvent[] = [];
  for (const event of stream.events()) if (wanted(event)) events.push(event);
  return { events, unreadable: stream.unreadable, cutOff: stream.cutOff };
}

/** As our writer begins each line; nothing that anybody else can say stands before the type. */
const beginning = /^\{"n":\d+,"t":[\d.e+-]+,"at":"[^"\\]*",(?:"rig":"[^"\\]*",)?"type":"([a-z.]+)"/;

/** For certain a whole event of another type; a line that begins otherwise, or holds the beginning of a second event, is read. */
function isOther(line: string, only: ReadonlySet<EventType>): boolean {
  const type = beginning.exec(line)?.[1];
  return type !== undefined && !only.has(type as EventType) && line.endsWith('}') && line.indexOf(eventStart, 1) < 0;
}

/** A writer that was killed in mid-line leaves a stump in front of the next writer's line: what follows it is still read. */
const eventStart = '{"n":';

export function parseJournal(text: string): JournalText {
  const unreadable: Unreadable[] = [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const events = lines.flatMap((content, index) => readLine(content, index + 1, unreadable));
  if (last !== '') events.push(...readLine(last, lines.length + 1, unreadable));
  return { events, unreadable, cutOff: last !== '' };
}

/** The event of a line: none, one, or the one behind a stump. */
export function readLine(content: string, line: number, unreadable: Unreadable[]): JournalEvent[] {
  if (content.trim() === '') return [];
  const outcome = parseEvent(content);
  if (typeof outcome !== 'string') return [outcome];
  const restart = content.lastIndexOf(eventStart);
  const tail = restart > 0 ? parseEvent(content.slice(restart)) : outcome;
  if (typeof tail === 'string') {
    unreadable.push({ line, why: outcome, text: content });
    return [];
  }
  unreadable.push({ line, why: 'cut off by the next event', text: content.slice(0, restart) });
  return [tail];
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
