import { eventSchema, type JournalEvent } from '../../../journal/events.js';

/**
 * A journal in which every text that its schema leaves free ends in `poison`: whatever a module, a client, a file's name or a definition
 * could bring in, and more. What is one of a few known words stays as it is.
 */
export function* poisoned(events: Iterable<JournalEvent>, poison: string): Iterable<JournalEvent> {
  const free = new Map<string, boolean>();
  for (const event of events) {
    const places: string[][] = [];
    collect(event, [], places);
    let spoilt: unknown = event;
    for (const place of places) {
      const name = [event.type, ...place.map((key) => (/^\d+$/.test(key) ? '*' : key))].join('.');
      const isFree = free.get(name) ?? eventSchema.safeParse(replaced(event, place, poison)).success;
      free.set(name, isFree);
      if (isFree) spoilt = replaced(spoilt, place, poison);
    }
    yield spoilt as JournalEvent;
  }
}

function collect(value: unknown, place: readonly string[], places: string[][]): void {
  if (typeof value === 'string') places.push([...place]);
  else if (typeof value === 'object' && value !== null)
    for (const [key, each] of Object.entries(value)) collect(each, [...place, key], places);
}

/** A copy in which the text at a place ends in `poison`. */
function replaced(value: unknown, [key, ...rest]: readonly string[], poison: string): unknown {
  if (key === undefined) return `${String(value)} ${poison}`;
  if (Array.isArray(value))
    return value.map((each: unknown, index) => (String(index) === key ? replaced(each, rest, poison) : each));
  const object = value as Readonly<Record<string, unknown>>;
  return { ...object, [key]: replaced(object[key], rest, poison) };
}
