import { UserError } from '../../base/errors.js';
import type { Source } from '../../journal/events.js';
import type { Defect } from './catalogue.js';

/** One of several parts of equal size, for a CI whose time is short: `2/5`. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

export function parsePart(text: string): Part {
  const match = /^(\d{1,3})\/(\d{1,3})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || of < 1 || index < 1 || index > of) {
    throw new UserError('--part takes i/n, with i from 1 to n', { seen: text, hint: 'for example --part 2/5' });
  }
  return { index, of };
}

/** Every n-th, beginning with the i-th: the parts together are the whole, and each has some of every kind. */
export function partOf<T>(all: readonly T[], part: Part | undefined): readonly T[] {
  return part === undefined ? all : all.filter((_, index) => index % part.of === part.index - 1);
}

/** Defects by name; a name that is none is wrong use. */
export function chosen(all: readonly Defect[], names: readonly string[]): readonly Defect[] {
  if (names.length === 0) return all;
  const unknown = names.filter((name) => !all.some((defect) => defect.name === name));
  if (unknown.length > 0) {
    throw new UserError(`no such defect: ${unknown.join(', ')}`, { asked: 'names that `dfota sim defects` lists' });
  }
  return all.filter(({ name }) => names.includes(name));
}

export interface SoundRun {
  readonly name: string;
  readonly seed: number;
  readonly suites: readonly string[];
  readonly tests: string;
}

const ways: readonly Source[] = ['ftp', 'http', 'ufs', 'sd'];
/** Names of tests in `suites/`; which of them a sound run takes depends on its number. */
const cuts = ['start/', 'updating@1%/', 'end/', 'end\\+500ms/', 'usb-leaves/'];
const failures = ['not-found', 'reset at', 'truncate at', 'corrupt at', 'server-gone at'];

/** A round trip, a cut and a failed download, each run with a seed of its own: in turn over every source, cut and failure. */
export function soundRuns(count: number, seed: number): readonly SoundRun[] {
  return Array.from({ length: count }, (_, index) => {
    const source = ways[index % ways.length] ?? 'ufs';
    const server = index % 2 === 0 ? 'ftp' : 'http';
    const cut = cuts[index % cuts.length] ?? 'start/';
    const failure = failures[(index + Math.floor(index / failures.length)) % failures.length] ?? 'not-found';
    return {
      name: `sound-${String(index + 1)}`,
      seed: seed + index,
      suites: ['round-trip', 'download-failures', 'power-cut'],
      tests: `round trip over ${source} |power cut at a boundary over ${source} cut:${cut}|download over ${server} ${failure}`,
    };
  });
}
