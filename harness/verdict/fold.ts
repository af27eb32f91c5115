import type { EventOf, JournalEvent, RigProfile } from '../journal/events.js';
import { recordOf } from './record.js';
import type { UpgradeRecord } from './types.js';
import { isOf, type Window } from './window.js';

export interface FoldOptions {
  /** Events of a terminal log without times: `t` is the number of its line. Default true. */
  readonly timed?: boolean;
  /** Read from a plain terminal log. Default false. */
  readonly fromLog?: boolean;
  /** For events that begin after `rig.start`. */
  readonly profile?: RigProfile;
  /** Revisions by the pair's names for them, for events that begin after `pair`. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** Every upgrade of a journal, in the order in which they began. Never throws: a journal cut off in mid-upgrade gives a record too. */
export function fold(events: readonly JournalEvent[], options: FoldOptions = {}): UpgradeRecord[] {
  const rigs = new Map<string | undefined, JournalEvent[]>();
  const versions: Record<string, string> = { ...options.versions };
  for (const event of events) {
    const of = rigs.get(event.rig);
    if (of === undefined) rigs.set(event.rig, [event]);
    else of.push(event);
    if (event.type === 'pair') Object.assign(versions, event.versions);
  }
  const windows = [...rigs.values()].flatMap((own) => windowsOf(own, versions, options));
  return windows.sort((a, b) => a.start.t - b.start.t).map(recordOf);
}

/** Where whatever was under way has certainly ended. */
const boundaries = new Set<JournalEvent['type']>(['upgrade.start', 'run.start', 'rig.start', 'run.end', 'rig.end']);
/** What comes after an upgrade's end and is no longer part of it. */
const afterwards = new Set<JournalEvent['type']>([...boundaries, 'test.start', 'test.end', 'restore.rung', 'upgrade.end']);

function windowsOf(
  events: readonly JournalEvent[],
  allVersions: Readonly<Record<string, string>>,
  options: FoldOptions,
): Window[] {
  const windows: Window[] = [];
  let { profile } = options;
  let versions = allVersions;
  let published = new Map<string, EventOf<'delivery.publish'>>();
  const reached = new Set<string>();
  const devices = new Map<string, string>();
  let since = 0;
  events.forEach((event, index) => {
    if (event.type === 'rig.start') profile = event.profile;
    if (event.type === 'pair') versions = { ...allVersions, ...event.versions };
    if (event.type === 'run.start') published = new Map();
    if (event.type === 'run.start' || event.type === 'rig.start') reached.clear();
    if (event.type === 'server.connection') reached.add(event.protocol);
    if (event.type === 'line.open') devices.set(event.line, event.device);
    if (event.type === 'delivery.publish') published.set(event.source, event);
    if (event.type !== 'upgrade.start') return;
    const id = event.upgrade;
    const lead = events.slice(since, index);
    const stop = findFrom(
      events,
      index + 1,
      (other) => (other.type === 'upgrade.end' && other.upgrade === id) || boundaries.has(other.type),
    );
    const found = events[stop];
    const end = found?.type === 'upgrade.end' ? found : undefined;
    const tail = end === undefined ? stop : tailOf(events, stop, id);
    const own = events.slice(index, tail);
    const before = [...lead, ...own];
    const identity = before.findLast((other) => other.type === 'module.identity' && isOf(other, 'before', id));
    const files = before.findLast((other) => other.type === 'module.files' && isOf(other, 'before', id));
    windows.push({
      start: event,
      events: own,
      end,
      before: {
        identity: identity?.type === 'module.identity' ? identity.identity : undefined,
        files: files?.type === 'module.files' ? files.files : undefined,
      },
      published: own.find((other) => other.type === 'delivery.publish') ?? published.get(event.source),
      reachedBefore: reached.has(event.source),
      profile,
      versions,
      devices: new Map(devices),
      timed: options.timed ?? true,
      fromLog: options.fromLog ?? false,
    });
    // Without an end the window runs up to the next start, and what was read just before that belongs to the next.
    since = end === undefined ? index + 1 : tail;
  });
  return windows;
}

/** After the end: what was read back for this upgrade, and what was seen until then. */
function tailOf(events: readonly JournalEvent[], end: number, id: string): number {
  let tail = end + 1;
  for (let index = end + 1; index < events.length; index += 1) {
    const event = events[index];
    if (event === undefined || afterwards.has(event.type)) break;
    if (isOf(event, 'after', id)) tail = index + 1;
  }
  return tail;
}

function findFrom(events: readonly JournalEvent[], from: number, matches: (event: JournalEvent) => boolean): number {
  for (let index = from; index < events.length; index += 1) if (matches(events[index] as JournalEvent)) return index;
  return events.length;
}
