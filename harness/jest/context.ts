import type { JournalEvent } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';

/**
 * Events of a rig that verdicts need besides an upgrade's own: `rig.start`, `pair`, the last opening of each line, and the
 * first connection to each server. The list grows as they come. Without it the live verdict would know less than the journal's reader, and rules that need the rig's profile would be silent.
 */
export function keepContext(journal: Journal): readonly JournalEvent[] {
  const context: JournalEvent[] = [];
  journal.subscribe((event) => {
    if (event.type === 'rig.start' || event.type === 'pair') context.push(event);
    if (event.type === 'server.connection') {
      const { protocol } = event;
      const known = context.some((other) => other.type === 'server.connection' && other.protocol === protocol);
      if (!known) context.push(event);
    }
    if (event.type === 'line.open') {
      const earlier = context.findIndex((other) => other.type === 'line.open' && other.line === event.line);
      if (earlier >= 0) context.splice(earlier, 1);
      context.push(event);
    }
  });
  return context;
}
