/**
 * The journals of several runs (agents, shards) as one, from which every report follows. Nothing is counted twice: a run that is given twice is
 * told and left out, and a rig that took part in several runs stands there once for each. Pure.
 */
import type { EventOf, JournalEvent } from '../../journal/events.js';

export interface RunPart {
  /** Where it was read from, for messages. */
  readonly from: string;
  readonly run: string;
  /** Rigs that were to take part. */
  readonly rigs: readonly string[];
  readonly events: readonly JournalEvent[];
}

export interface Merged {
  readonly events: readonly JournalEvent[];
  /** Parts that are in it, with the names that their rigs have now. */
  readonly parts: readonly { readonly part: RunPart; readonly names: ReadonlyMap<string, string> }[];
  readonly rigs: readonly string[];
  /** What a reader has to know: parts left out, rigs renamed, tests that were run more than once. */
  readonly remarks: readonly string[];
}

/** Two parts claim to be one run, and neither is the beginning of the other. */
export class ConflictingParts extends Error {
  constructor(
    readonly one: RunPart,
    readonly other: RunPart,
  ) {
    super(`${one.from} and ${other.from} are both run ${one.run} on the same rig, with different events`);
  }
}

export function mergeRuns(given: readonly RunPart[]): Merged {
  const remarks: string[] = [];
  const chosen = withoutTwins(given, remarks).sort((one, other) => began(one) - began(other));
  const taken = new Set<string>();
  const parts = chosen.map((part) => {
    const names = new Map<string, string>();
    for (const rig of part.rigs) names.set(rig, freeName(rig, taken));
    for (const [rig, name] of names) {
      if (name !== rig) remarks.push(`${rig} took part in several runs: in that of ${part.from} it is called ${name}`);
    }
    return { part, names };
  });
  remarks.push(...testsTwice(parts.map(({ part }) => part)));
  const base = parts[0] === undefined ? 0 : offsetOf(parts[0].part);
  const streams = parts.map(({ part, names }) => {
    const shift = offsetOf(part) - base;
    return part.events.flatMap((event) => {
      // Each run's own beginning and end would be taken for those of the whole.
      if (event.type === 'run.start' || event.type === 'run.end') return [];
      return [{ ...renamed(event, names), t: event.t + shift }];
    });
  });
  return { events: inOrder(streams), parts, rigs: parts.flatMap(({ names }) => [...names.values()]), remarks };
}

/** The same run given twice, or once as a copy made before it had ended: the longer one counts. */
function withoutTwins(given: readonly RunPart[], remarks: string[]): RunPart[] {
  const chosen: RunPart[] = [];
  for (const part of given) {
    const index = chosen.findIndex(({ run, rigs }) => run === part.run && rigs.some((rig) => part.rigs.includes(rig)));
    const twin = chosen[index];
    if (twin === undefined) {
      chosen.push(part);
      continue;
    }
    const [short, long] = twin.events.length <= part.events.length ? [twin, part] : [part, twin];
    const same = short.events.every((event, at) => JSON.stringify(event) === JSON.stringify(long.events[at]));
    if (!same) throw new ConflictingParts(twin, part);
    const counts = short.events.length === long.events.length ? 'it counts once' : 'the longer one counts';
    remarks.push(`${twin.from} and ${part.from} are the same run ${part.run}: ${counts}`);
    chosen[index] = long;
  }
  return chosen;
}

function freeName(rig: string, taken: Set<string>): string {
  let name = rig;
  for (let number = 2; taken.has(name); number += 1) name = `${rig}~${String(number)}`;
  taken.add(name);
  return name;
}

function testsTwice(parts: readonly RunPart[]): string[] {
  const ran = new Map<string, string[]>();
  for (const part of parts) {
    const own = new Set<string>();
    for (const event of part.events) {
      if (event.type === 'test.end' && event.status !== 'skipped') own.add(`${event.rig ?? ''} ${event.test}`);
    }
    for (const test of own) ran.set(test, [...(ran.get(test) ?? []), part.from]);
  }
  return [...ran]
    .filter(([, from]) => from.length > 1)
    .map(([test, from]) => `${test} was run more than once: in ${from.join(', ')}`);
}

/** Wall time of the monotonic zero of the machine that the part was run on. */
function offsetOf({ events }: RunPart): number {
  const [first] = events;
  return first === undefined ? 0 : Date.parse(first.at) - first.t;
}

function began({ events }: RunPart): number {
  return events[0] === undefined ? Infinity : Date.parse(events[0].at);
}

/** The event with its rig's new name, also where ids begin with it: `rig#3` of upgrades, `rig/7` of trials. */
function renamed(event: JournalEvent, names: ReadonlyMap<string, string>): JournalEvent {
  const { rig } = event;
  const name = rig === undefined ? undefined : names.get(rig);
  if (rig === undefined || name === undefined || name === rig) return event;
  const id = (text: string): string =>
    /^[#/]/.test(text.slice(rig.length)) && text.startsWith(rig) ? name + text.slice(rig.length) : text;
  const copy: Record<string, unknown> = { ...event, rig: name };
  for (const key of ['upgrade', 'trial'] as const) {
    const value = copy[key];
    if (typeof value === 'string') copy[key] = id(value);
  }
  if (event.type === 'verdict' && event.sequence !== undefined) copy['sequence'] = event.sequence.map(id);
  if (event.type === 'rig.start') copy['profile'] = { ...event.profile, name };
  return copy as JournalEvent;
}

/** By time, and within a run in the order in which it was written. */
function inOrder(streams: readonly (readonly JournalEvent[])[]): JournalEvent[] {
  const heads = streams.map(() => 0);
  const all: JournalEvent[] = [];
  for (;;) {
    let next = -1;
    let earliest = Infinity;
    streams.forEach((stream, index) => {
      const t = stream[heads[index] ?? 0]?.t;
      if (t !== undefined && t < earliest) [next, earliest] = [index, t];
    });
    const event = streams[next]?.[heads[next] ?? 0];
    if (event === undefined) return all;
    all.push(event);
    heads[next] = (heads[next] ?? 0) + 1;
  }
}

/** The beginning of a run, as the first event of its journal tells it. */
export function startOf({ events }: RunPart): EventOf<'run.start'> | undefined {
  return events.find((event): event is EventOf<'run.start'> => event.type === 'run.start');
}
