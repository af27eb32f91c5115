/**
 * The journals of several runs (agents, shards) as one, from which every report follows. Nothing is counted twice: a run that is given twice is
 * told and left out, and a rig that took part in several runs stands there once for each. Journals are gone through, never held. Pure.
 */
import type { EventOf, JournalEvent } from '../../journal/events.js';
import { linesLost } from '../../journal/reader.js';
import { missingParts } from '../certificate/judge.js';
import { ofResult, resultOf, type TestResult } from '../result.js';
import { sharesTold, type PairMade, type Share, type ShareMade } from './shares.js';

export interface RunPart {
  /** Where it was read from, for messages. */
  readonly from: string;
  readonly run: string;
  /** Rigs that were to take part. */
  readonly rigs: readonly string[];
  /** From the beginning, as often as it is asked; at its end it knows what of the journal could not be read. */
  readonly events: Iterable<JournalEvent> & { readonly unreadable?: readonly unknown[]; readonly cutOff?: boolean };
  /** Of a run that made a share of the tests. */
  readonly share?: Share | undefined;
}

/** A part that is in the whole. */
export interface MergedPart {
  readonly part: RunPart;
  /** What its rigs are called in the whole. */
  readonly names: ReadonlyMap<string, string>;
  /** Rigs that its journal tells something of, with their kind of module as far as it is known. */
  readonly modules: ReadonlyMap<string, string | undefined>;
}

export interface Merged {
  readonly events: Iterable<JournalEvent>;
  readonly parts: readonly MergedPart[];
  readonly rigs: readonly string[];
  /** What a reader has to know: parts left out, rigs renamed, tests that were run more than once. */
  readonly remarks: readonly string[];
  /** What was to be in the whole and is not: shares, parts of a qualification, tests that nobody ran, lines of a journal that a certificate rests on. */
  readonly missing: readonly string[];
}

/** What is told of a part before its events are gone through once more. */
interface Looked {
  readonly part: RunPart;
  /** How often it began: more than once when it was killed and went on. */
  readonly starts: number;
  readonly tests: readonly TestResult[];
  readonly modules: MergedPart['modules'];
  /** Of each rig that was opened. */
  readonly pairs: ReadonlyMap<string, PairMade>;
  readonly sources: ReadonlyMap<string, string>;
  /** Of a run that was to qualify a pair of packages. */
  readonly qualifications: readonly EventOf<'qualification'>[];
  /** Lines of its journal. */
  readonly unreadable: number;
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
  const looked = chosen.map(lookInto);
  const taken = new Set<string>();
  const parts = looked.map(({ part, modules }) => {
    const names = new Map<string, string>();
    for (const rig of part.rigs) names.set(rig, freeName(rig, taken));
    for (const [rig, name] of names) {
      if (name !== rig) remarks.push(`${rig} took part in several runs: in that of ${part.from} it is called ${name}`);
    }
    return { part, names, modules };
  });
  const shares = sharesTold(looked.flatMap(sharesMade));
  const damage = damageTold(looked);
  remarks.push(...damage.remarks, ...shares.remarks, ...testsTwice(looked));
  const base = chosen[0] === undefined ? 0 : offsetOf(chosen[0]);
  const streams = parts.map(({ part, names }, index) => ({
    part,
    names,
    shift: offsetOf(part) - base,
    starts: looked[index]?.starts ?? 1,
  }));
  const events = { [Symbol.iterator]: () => inOrder(streams.map(shifted)) };
  const parted = missingParts(looked.flatMap(({ qualifications }) => qualifications));
  const missing = [...damage.missing, ...parted, ...shares.missing];
  return { events, parts, rigs: parts.flatMap(({ names }) => [...names.values()]), remarks, missing };
}

function lookInto(part: RunPart): Looked {
  const events: JournalEvent[] = [];
  const modules = new Map<string, string | undefined>();
  const pairs = new Map<string, PairMade>();
  const sources = new Map<string, string>();
  let starts = 0;
  const qualifications: EventOf<'qualification'>[] = [];
  for (const event of part.events) {
    if (event.type === 'qualification') qualifications.push(event);
    const { rig } = event;
    if (rig !== undefined) {
      const module = event.type === 'rig.start' ? event.profile.module : event.type === 'pair' ? event.module : undefined;
      if (module !== undefined || !modules.has(rig)) modules.set(rig, module);
    }
    if (event.type === 'run.start') starts += 1;
    if (event.type === 'pair') pairs.set(event.rig ?? '', pairMade(event));
    if (event.type === 'rig.start') sources.set(event.rig ?? '', [...event.profile.sources].sort().join(' '));
    if (ofResult.has(event.type)) events.push(event);
  }
  return {
    part,
    starts,
    tests: resultOf(events, part.rigs).tests,
    modules,
    pairs,
    sources,
    qualifications,
    unreadable: linesLost({ unreadable: part.events.unreadable ?? [], cutOff: part.events.cutOff ?? false }),
  };
}

function pairMade({ name, upgrade, downgrade }: EventOf<'pair'>): PairMade {
  const digests = [upgrade, downgrade].map(({ sha256 }) => sha256.toLowerCase());
  return { key: digests.join(' '), name: `${name} (${digests.map((digest) => digest.slice(0, 12)).join(' and ')})` };
}

/** One for each pair that its rigs had, with the tests of those that had it; of a rig that was not told its pair nothing is known. */
function sharesMade({ part, tests, pairs, sources }: Looked): readonly ShareMade[] {
  const { from, share } = part;
  if (share === undefined) return [];
  const made = (pair: PairMade | undefined): ShareMade => {
    const own = (rig: string): boolean => pairs.get(rig)?.key === pair?.key;
    const over = [...sources].filter(([rig]) => own(rig)).map(([, each]) => each);
    return {
      from,
      share,
      pair,
      sources: over.length === 0 ? undefined : [...new Set(over)].sort().join(', '),
      tests: tests.filter(({ rig }) => own(rig)),
    };
  };
  const known = new Map([...pairs.values()].map((pair) => [pair.key, pair]));
  return known.size === 0 ? [made(undefined)] : [...known.values()].map(made);
}

/** The whole has none of these lines, so nobody would miss them there. A certificate rests on every line; any other run is what the rest of it tells. */
function damageTold(looked: readonly Looked[]): { readonly missing: readonly string[]; readonly remarks: readonly string[] } {
  const told = looked
    .filter(({ unreadable }) => unreadable > 0)
    .map(({ part, qualifications, unreadable }) => ({
      qualifies: qualifications.length > 0,
      text: `${String(unreadable)} ${unreadable === 1 ? 'line' : 'lines'} of the journal of ${part.from} cannot be read`,
    }));
  return {
    missing: told.filter(({ qualifies }) => qualifies).map(({ text }) => text),
    remarks: told.filter(({ qualifies }) => !qualifies).map(({ text }) => text),
  };
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
    const longer = longerOf(twin, part);
    const counts = longer === 'both' ? 'it counts once' : 'the longer one counts';
    remarks.push(`${twin.from} and ${part.from} are the same run ${part.run}: ${counts}`);
    chosen[index] = longer === 'one' ? twin : part;
  }
  return chosen;
}

/** Which of two journals of one run goes on further. Throws ConflictingParts when neither is the beginning of the other. */
function longerOf(one: RunPart, other: RunPart): 'one' | 'other' | 'both' {
  const [mine, its] = [one.events[Symbol.iterator](), other.events[Symbol.iterator]()];
  for (;;) {
    const [left, right] = [mine.next(), its.next()];
    if (left.done === true || right.done === true) {
      mine.return?.();
      its.return?.();
      if (left.done === right.done) return 'both';
      return left.done === true ? 'other' : 'one';
    }
    if (JSON.stringify(left.value) !== JSON.stringify(right.value)) throw new ConflictingParts(one, other);
  }
}

interface PartStream {
  readonly part: RunPart;
  readonly names: ReadonlyMap<string, string>;
  readonly shift: number;
  readonly starts: number;
}

/**
 * A part's events with the names and times of the whole. Each run's own beginning and end would be taken for those of the whole; where it went on,
 * that is told of its rigs alone, and an interruption from before is none of the whole.
 */
function* shifted({ part, names, shift, starts }: PartStream): Generator<JournalEvent> {
  let begun = 0;
  for (const event of part.events) {
    const t = event.t + shift;
    const { n, at } = event;
    switch (event.type) {
      case 'run.start':
        begun += 1;
        if (begun > 1) yield { n, t, at, type: 'part.resumed', run: part.run, rigs: [...names.values()] };
        break;
      case 'run.end':
        break;
      case 'run.interrupted': {
        const text = `run ${part.run} was interrupted (${event.signal}), and went on later`;
        if (begun === starts) yield { ...renamed(event, names), t };
        else yield { ...renamed({ n, t, at, rig: event.rig, type: 'note', text }, names), t };
        break;
      }
      default:
        yield { ...renamed(event, names), t };
    }
  }
}

function freeName(rig: string, taken: Set<string>): string {
  let name = rig;
  for (let number = 2; taken.has(name); number += 1) name = `${rig}~${String(number)}`;
  taken.add(name);
  return name;
}

function testsTwice(parts: readonly Looked[]): string[] {
  const ran = new Map<string, string[]>();
  for (const { part, tests } of parts) {
    for (const { rig, test, status } of tests) {
      const name = `${rig} ${test}`;
      if (status !== 'skipped') ran.set(name, [...(ran.get(name) ?? []), part.from]);
    }
  }
  return [...ran]
    .filter(([, from]) => from.length > 1)
    .map(([test, from]) => `${test} was run more than once: in ${from.join(', ')}`);
}

/** Wall time of the monotonic zero of the machine that the part was run on. */
function offsetOf(part: RunPart): number {
  const first = firstOf(part);
  return first === undefined ? 0 : Date.parse(first.at) - first.t;
}

function began(part: RunPart): number {
  const first = firstOf(part);
  return first === undefined ? Infinity : Date.parse(first.at);
}

export function firstOf({ events }: RunPart): JournalEvent | undefined {
  for (const event of events) return event;
  return undefined;
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
function* inOrder(streams: readonly Iterator<JournalEvent>[]): Generator<JournalEvent> {
  const heads = streams.map((stream) => ({ stream, next: stream.next() }));
  for (;;) {
    let earliest: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done === true) continue;
      if (earliest?.next.done !== false || head.next.value.t < earliest.next.value.t) earliest = head;
    }
    if (earliest === undefined || earliest.next.done === true) return;
    yield earliest.next.value;
    earliest.next = earliest.stream.next();
  }
}

/** The beginning of a run, as the first event of its journal tells it. */
export function startOf({ events }: RunPart): EventOf<'run.start'> | undefined {
  for (const event of events) if (event.type === 'run.start') return event;
  return undefined;
}
