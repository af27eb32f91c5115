import type { JournalEvent } from '../../journal/events.js';
import type { Lane } from './data.js';

interface Change {
  readonly name: string;
  readonly lane: Lane;
  readonly on: boolean;
}

/** What is on and what is off at a rig: supply, VBUS, STATUS, and each device on the bus. */
export class Levels {
  readonly #state = new Map<string, Change>();

  get(name: string): boolean | undefined {
    return this.#state.get(name)?.on;
  }

  all(): Iterable<Change> {
    return this.#state.values();
  }

  copy(): Levels {
    const other = new Levels();
    for (const change of this.#state.values()) other.#state.set(change.name, change);
    return other;
  }

  /** Follows an event; gives what it changed. */
  take(event: JournalEvent): readonly Change[] {
    const change = changeOf(event);
    if (change === undefined || this.#state.get(change.name)?.on === change.on) return [];
    this.#state.set(change.name, change);
    return [change];
  }
}

function changeOf(event: JournalEvent): Change | undefined {
  switch (event.type) {
    case 'power.do':
      if (event.action === 'press') return undefined;
      return { name: event.wire === 'vbus' ? 'VBUS' : event.wire, lane: 'power', on: event.action === 'on' };
    case 'power.status':
      return { name: 'STATUS', lane: 'power', on: event.on };
    case 'usb.arrived':
      return { name: `USB ${event.path}`, lane: 'usb', on: true };
    case 'usb.left':
      return { name: `USB ${event.path}`, lane: 'usb', on: false };
    case 'line.appeared':
    case 'line.open':
      return { name: `line ${event.line}`, lane: 'usb', on: true };
    case 'line.gone':
    case 'line.lost':
      return { name: `line ${event.line}`, lane: 'usb', on: false };
    default:
      return undefined;
  }
}
