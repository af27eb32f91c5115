/** Whether the shares of a run (`--shard i/n`) that are merged make the whole that they were to be. Pure. */
import type { TestResult } from '../result.js';

/** What `run.json` says of a run that made a share of the tests. */
export interface Share {
  readonly index: number;
  readonly of: number;
  /** What all shares must have alike, by its name, in words. */
  readonly plan: Readonly<Record<string, string>>;
}

/** A share, and what its journal tells of the rigs with one pair of packages. */
export interface ShareMade {
  readonly from: string;
  readonly share: Share;
  /** Shares of different pairs have nothing to do with each other. Undefined: no rig got so far that it is known. */
  readonly pair: PairMade | undefined;
  /** Over which these rigs get packages, in words; undefined when none of them was opened. */
  readonly sources: string | undefined;
  readonly tests: readonly Pick<TestResult, 'test' | 'status' | 'why' | 'took'>[];
}

export interface PairMade {
  /** SHA-256 of both packages. */
  readonly key: string;
  /** For messages. */
  readonly name: string;
}

export interface SharesTold {
  /** What keeps them from being a whole. */
  readonly missing: readonly string[];
  /** What a reader has to know, although everything is there. */
  readonly remarks: readonly string[];
}

/** Tests that are told by name. */
const mostTests = 10;
const leftToOther = /^left to shard (\d+) of \d+$/;
const leftOutByPattern = 'left out by the chosen pattern';

export function sharesTold(shares: readonly ShareMade[]): SharesTold {
  const groups = groupsOf(shares);
  const told = groups.map(({ pair, shares: own }) => {
    const { missing, remarks } = groupTold(own);
    const named = (text: string): string =>
      groups.length < 2 || pair === undefined ? text : `of the packages ${pair.name}: ${text}`;
    return { missing: missing.map(named), remarks: remarks.map(named) };
  });
  return { missing: told.flatMap(({ missing }) => missing), remarks: told.flatMap(({ remarks }) => remarks) };
}

interface Group {
  readonly pair: PairMade | undefined;
  readonly shares: ShareMade[];
}

/** By packages; a share of which they are not known belongs to the first. */
function groupsOf(shares: readonly ShareMade[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const share of shares) {
    if (share.pair === undefined) continue;
    const group = groups.get(share.pair.key) ?? { pair: share.pair, shares: [] };
    group.shares.push(share);
    groups.set(share.pair.key, group);
  }
  const unknown = shares.filter(({ pair }) => pair === undefined);
  const [first] = groups.values();
  if (first === undefined) return unknown.length === 0 ? [] : [{ pair: undefined, shares: unknown }];
  first.shares.push(...unknown);
  return [...groups.values()];
}

function groupTold(group: readonly ShareMade[]): SharesTold {
  const [first] = group;
  if (first === undefined) return { missing: [], remarks: [] };
  const { of } = first.share;
  const differences = differencesIn(group);
  if (group.some(({ share }) => share.of !== of)) return { missing: differences, remarks: [] };
  const indices = Array.from({ length: of }, (_, index) => index + 1);
  const makers = (index: number): readonly string[] => group.filter(({ share }) => share.index === index).map(({ from }) => from);
  const absent = indices.filter((index) => makers(index).length === 0);
  const twice = indices.filter((index) => makers(index).length > 1);
  const there = indices.filter((index) => !absent.includes(index));
  const gap =
    absent.length === 0
      ? []
      : [
          `${shareText(absent)} of ${String(of)} ${absent.length === 1 ? 'is' : 'are'} not there ` +
            `(only ${shareText(there)}, of ${there.flatMap(makers).join(', ')})`,
        ];
  // Of what is not there, nobody knows which tests it would have made.
  const nowhere = absent.length > 0 || differences.length > 0 ? [] : testsNowhere(group);
  return {
    missing: [...differences, ...gap, ...nowhere],
    remarks: twice.map((index) => `share ${String(index)} of ${String(of)} is there twice: in ${makers(index).join(', ')}`),
  };
}

const shareText = (indices: readonly number[]): string => `share${indices.length === 1 ? '' : 's'} ${indices.join(', ')}`;

/** In what they differ although they must not, and which of them says what. */
function differencesIn(group: readonly ShareMade[]): readonly string[] {
  const factsOf = ({ share, sources }: ShareMade): Readonly<Record<string, string>> => ({
    'number of shares': String(share.of),
    ...share.plan,
    ...(sources === undefined ? {} : { 'sources of the rigs': sources }),
  });
  const all = group.map((share) => ({ from: share.from, facts: factsOf(share) }));
  const names = [...new Set(all.flatMap(({ facts }) => Object.keys(facts)))];
  return names.flatMap((name) => {
    const values = new Map<string, string[]>();
    for (const { from, facts } of all) {
      const value = facts[name];
      if (value !== undefined) values.set(value, [...(values.get(value) ?? []), from]);
    }
    if (values.size < 2) return [];
    const said = [...values].map(([value, from]) => `${value} in ${from.join(', ')}`);
    return [`the shares are not of one plan: ${name} is ${said.join(', ')}`];
  });
}

/**
 * Tests that ran in no share although one could have made them: each that knows them left them to another one, or the rig of the one that they were
 * left to cannot make them.
 */
function testsNowhere(group: readonly ShareMade[]): readonly string[] {
  const known = new Map<string, { leftTo?: string; answered: boolean; readonly refused: Map<string, string> }>();
  for (const { share, tests } of group) {
    for (const end of tests) {
      const entry = known.get(end.test) ?? { answered: false, refused: new Map<string, string>() };
      known.set(end.test, entry);
      const [, leftTo] = (end.status === 'skipped' && leftToOther.exec(end.why ?? '')) || [];
      if (leftTo !== undefined) entry.leftTo ??= leftTo;
      else if (isAnswer(end)) entry.answered = true;
      else entry.refused.set(String(share.index), end.why?.split('\n')[0] ?? 'no reason was given');
    }
  }
  const nowhere = [...known].flatMap(([test, { leftTo, answered, refused }]) => {
    if (leftTo === undefined || answered) return [];
    if (refused.size === 0) return [`${test} ran in none of the shares: each left it to another one`];
    const why = refused.get(leftTo);
    return [`${test}: left to share ${leftTo}, ${why === undefined ? 'which has no such test' : `whose rig skipped it: ${why}`}`];
  });
  const more = nowhere.length - mostTests;
  return [...nowhere.slice(0, mostTests), ...(more <= 0 ? [] : [`${String(more)} more tests ran in none of the shares`])];
}

/** A skip for which the test had to be begun (the point is out of reach, the time is up) is what it came to, and one by the pattern was asked for. */
function isAnswer({ status, why, took }: ShareMade['tests'][number]): boolean {
  return status !== 'skipped' || took !== undefined || why === leftOutByPattern;
}
