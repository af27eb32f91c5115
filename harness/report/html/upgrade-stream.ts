import type { EventOf, JournalEvent, RigProfile } from '../../journal/events.js';
import { fold } from '../../verdict/fold.js';
import type { UpgradeRecord } from '../../verdict/types.js';
import { Levels } from './levels.js';

export interface StreamedUpgrade {
  readonly start: EventOf<'upgrade.start'>;
  readonly record: UpgradeRecord;
  /** What was told before and belongs to it: what is known of the rig, and what was read of the module for it. */
  readonly lead: readonly JournalEvent[];
  /** From upgrade.start on, until something else began. */
  readonly events: readonly JournalEvent[];
  /** What was on and off when it began. */
  readonly levels: Levels;
}

interface Rig {
  profile: RigProfile | undefined;
  pair: EventOf<'pair'> | undefined;
  readonly opened: Map<string, EventOf<'line.open'>>;
  readonly published: Map<string, EventOf<'delivery.publish'>>;
  /** A connection to each server, of any upgrade before. */
  readonly reached: Map<string, EventOf<'server.connection'>>;
  /** Read before the next upgrade, for it. */
  before: JournalEvent[];
  readonly levels: Levels;
  current: { events: JournalEvent[]; readonly lead: readonly JournalEvent[]; levels: Levels; ended: boolean } | undefined;
}

/** Where whatever was under way has certainly ended; and what an upgrade that was watched to its end does not reach beyond. */
const boundaries = new Set<JournalEvent['type']>(['upgrade.start', 'run.start', 'rig.start', 'run.end', 'rig.end']);
const afterwards = new Set<JournalEvent['type']>([...boundaries, 'test.start', 'test.end', 'restore.rung']);

/**
 * The upgrades of a journal one by one, while it is read: the records are those that `fold` makes of all its events, but only those of one
 * upgrade a rig are held at a time. What an earlier upgrade left for a later one is told again in front of it.
 */
export class UpgradeStream {
  readonly #rigs = new Map<string | undefined, Rig>();
  #versions: Readonly<Record<string, string>> = {};

  constructor(
    private readonly options: { readonly timed: boolean; readonly fromLog: boolean },
    private readonly onUpgrade: (upgrade: StreamedUpgrade) => void,
  ) {}

  take(event: JournalEvent): void {
    const rig = this.#rig(event.rig);
    const { current } = rig;
    if (current !== undefined && (boundaries.has(event.type) || (current.ended && afterwards.has(event.type)))) this.#give(rig);
    if (event.type === 'upgrade.start') this.#begin(rig, event);
    else this.#collect(rig, event);
    rig.levels.take(event);
  }

  /** To be called once, after the last event. */
  close(): void {
    for (const rig of this.#rigs.values()) this.#give(rig);
  }

  /** Upgrades that have not ended yet, as far as they have come. */
  underWay(): readonly StreamedUpgrade[] {
    return [...this.#rigs.values()].map((rig) => this.#made(rig)).filter((upgrade) => upgrade !== undefined);
  }

  #rig(name: string | undefined): Rig {
    const known = this.#rigs.get(name);
    if (known !== undefined) return known;
    const made: Rig = {
      profile: undefined,
      pair: undefined,
      opened: new Map(),
      published: new Map(),
      reached: new Map(),
      before: [],
      levels: new Levels(),
      current: undefined,
    };
    this.#rigs.set(name, made);
    return made;
  }

  #begin(rig: Rig, event: JournalEvent): void {
    const lead = [
      ...(rig.pair === undefined ? [] : [rig.pair]),
      ...rig.opened.values(),
      ...rig.published.values(),
      ...rig.reached.values(),
      ...rig.before,
    ];
    rig.before = [];
    rig.current = { events: [event], lead, levels: rig.levels.copy(), ended: false };
  }

  #collect(rig: Rig, event: JournalEvent): void {
    rig.current?.events.push(event);
    switch (event.type) {
      case 'run.start':
        rig.published.clear();
        rig.reached.clear();
        break;
      case 'rig.start':
        rig.profile = event.profile;
        rig.reached.clear();
        break;
      case 'pair':
        rig.pair = event;
        this.#versions = { ...this.#versions, ...event.versions };
        break;
      case 'line.open':
        rig.opened.set(event.line, event);
        break;
      case 'delivery.publish':
        rig.published.set(event.source, event);
        break;
      case 'server.connection':
        rig.reached.set(event.protocol, event);
        break;
      case 'upgrade.end':
        if (rig.current === undefined || !isEndOf(rig.current.events[0], event)) break;
        rig.current.ended = true;
        rig.before = [];
        break;
      case 'module.identity':
      case 'module.files':
        if (event.when === 'before') rig.before = [...rig.before.filter(({ type }) => type !== event.type), event];
        break;
      default:
        break;
    }
  }

  #give(rig: Rig): void {
    const upgrade = this.#made(rig);
    rig.current = undefined;
    if (upgrade !== undefined) this.onUpgrade(upgrade);
  }

  #made({ current, profile }: Rig): StreamedUpgrade | undefined {
    const start = current?.events[0];
    if (current === undefined || start?.type !== 'upgrade.start') return undefined;
    const records = fold([...current.lead, ...current.events], {
      ...this.options,
      versions: this.#versions,
      ...(profile === undefined ? {} : { profile }),
    });
    const record = records.find(({ id }) => id === start.upgrade);
    if (record === undefined) return undefined;
    const last = current.ended ? current.events.findLastIndex((event) => isPartOf(event, start.upgrade)) : current.events.length;
    return { start, record, lead: current.lead, events: current.events.slice(0, last + 1), levels: current.levels };
  }
}

/** What comes after the watch ended and is none of these is already the way to something else. */
function isPartOf(event: JournalEvent, id: string): boolean {
  if (event.type === 'trial.end') return true;
  return 'upgrade' in event && event.upgrade === id;
}

function isEndOf(start: JournalEvent | undefined, end: EventOf<'upgrade.end'>): boolean {
  return start?.type === 'upgrade.start' && start.upgrade === end.upgrade;
}
