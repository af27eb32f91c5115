/** What the servers saw of the module, and whether it was the whole file (DG-10). */
import { hasServerLog, isLocal, isSpoilt, wasAccepted, watchedToTheEnd, wasRefused } from '../facts.js';
import type { UpgradeRecord } from '../types.js';
import type { Held, Rule } from './rule.js';

export interface Fetch {
  /** Every byte of the file was handed out. */
  readonly whole: boolean;
  /** The client took every byte and closed in good order; what was handed out may be lost on its way. */
  readonly taken: boolean;
  readonly bytes: number;
  readonly size: number | undefined;
  /** Something was fetched that is not what was published. */
  readonly wrong: string | undefined;
  /** A login was tried, and none was accepted. */
  readonly refused: boolean;
  readonly connections: number;
  readonly text: string;
  readonly events: readonly number[];
}

const gets = new Set(['RETR', 'GET']);
const good = new Set([125, 150, 200, 206, 226, 250]);

export function fetchOf(record: UpgradeRecord): Fetch {
  const size = record.published?.size ?? record.package?.size;
  const fetches = record.requests.filter(({ request }) => gets.has(request.verb.toUpperCase()));
  const own = fetches.filter(({ request }) => isPublishedPath(record, request.path));
  const foreign = fetches.find(({ request }) => !isPublishedPath(record, request.path) && !isStrangers(record, request));
  const bytes = covered(spansOf(own));
  const connections = new Set([
    ...record.connections.map(({ connection }) => connection),
    ...record.requests.map(({ request }) => request.connection),
  ]).size;
  const user = userIn(record.target ?? '');
  const logins = record.logins.filter((login) => login.accepted || isOwnUser(user, login.user));
  const refused = logins.length > 0 && !logins.some(({ accepted }) => accepted);
  const events = [
    ...record.logins.map(({ n }) => n),
    ...fetches.flatMap(({ request, response }) => [request.n, ...(response === undefined ? [] : [response.n])]),
  ];
  return {
    whole: size !== undefined && own.some(({ response }) => response !== undefined && good.has(response.code)) && bytes >= size,
    taken: own.some(({ response }) => response?.whole === true && response.sent > 0),
    bytes,
    size,
    wrong: foreign === undefined ? undefined : `the module asked for ${foreign.request.path}`,
    refused,
    connections,
    text: !hasServerLog(record)
      ? 'the server is not ours: what the module did there is in no log'
      : fetches.length === 0
        ? `the server saw ${String(connections)} connections and no request for a file`
        : `the server handed out ${String(bytes)} of ${String(size ?? '?')} bytes`,
    events,
  };
}

/**
 * On an open port anybody may ask for anything. A module can ask only for what it was told, or what it makes of that: something of the path
 * in a source string is in it.
 */
function isStrangers(record: UpgradeRecord, { protocol, connection, path }: Request): boolean {
  // Only who knows the source string can log in.
  if (protocol === 'ftp' && record.logins.some((login) => login.accepted && login.connection === connection)) return false;
  const { target = '' } = record;
  const local = target.slice(target.lastIndexOf('/') + 1);
  const wanted = [record.published?.name, nameInTarget(target), local, record.package?.file];
  const told = wanted.flatMap((name) => parts(name ?? ''));
  return !parts(path).some((part) => told.some((own) => part.startsWith(own.slice(0, akin)) || own.startsWith(part)));
}

type Request = UpgradeRecord['requests'][number]['request'];

const parts = (path: string): readonly string[] =>
  decoded(path)
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '');

/** Characters at the beginning of a part of a path that make it one of ours, whatever follows; what is cut off before is ours as well. */
const akin = 8;

/** A user that is refused may be a stranger: only the one of the source string, or what is left of it, is the module for certain. */
const isOwnUser = (wanted: string | undefined, user: string): boolean =>
  wanted === undefined || [wanted, user].includes('***') || decoded(wanted).startsWith(user) || user.startsWith(decoded(wanted));

/** The path may come encoded, with or without its leading slash; after CWD the name alone is enough. */
function isPublishedPath(record: UpgradeRecord, path: string): boolean {
  const name = record.published?.name ?? nameInTarget(record.target ?? '');
  const asked = decoded(path).replace(/^\/+/, '');
  const wanted = decoded(name).replace(/^\/+/, '');
  if (asked === wanted) return true;
  const changed = record.requests.some(({ request }) => request.verb.toUpperCase() === 'CWD');
  return changed && asked === wanted.slice(wanted.lastIndexOf('/') + 1);
}

const nameInTarget = (target: string): string => /^[a-z]+:\/\/[^/]*\/(.*)$/is.exec(target)?.[1] ?? '';

function decoded(path: string): string {
  try {
    return decodeURIComponent(path.replace(/^https?:\/\/[^/]*/i, '').replace(/[?#].*$/, ''));
  } catch {
    return path;
  }
}

/** Where in the file what was handed out begins and ends. */
function spansOf(requests: UpgradeRecord['requests']): { readonly from: number; readonly to: number }[] {
  return requests
    .filter(({ response }) => response !== undefined && good.has(response.code) && response.sent > 0)
    .map(({ request, response }) => ({ from: request.offset ?? 0, to: (request.offset ?? 0) + (response?.sent ?? 0) }));
}

/** Bytes from the first on without a gap. */
function covered(spans: readonly { readonly from: number; readonly to: number }[]): number {
  let end = 0;
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) if (from <= end) end = Math.max(end, to);
  return end;
}

/** Nothing reached us, now or earlier: a server, a cache or a portal that answers in our place cannot be told from a module that makes it up. */
const cameFromElsewhere = (record: UpgradeRecord): boolean => !record.reachedBefore && fetchOf(record).connections === 0;

/** Files on the way that are not the package, by their digests; whatever the module makes of one says nothing of the firmware. */
function otherFiles(record: UpgradeRecord): Held[] {
  const { published, requests } = record;
  const wanted = record.package?.sha256 ?? '';
  if (wanted === '') return [];
  const base = { owner: 'rig' as const, expected: `SHA-256 ${wanted}` };
  if (published !== undefined && published.sha256 !== wanted) {
    const text = 'another file than the package was made ready for the module';
    return [{ ...base, text, seen: `SHA-256 ${published.sha256}`, events: [record.startedAt.event, published.n] }];
  }
  return requests.flatMap(({ request, response }) => {
    if (response?.sha256 === undefined || response.sha256 === wanted || !isPublishedPath(record, request.path)) return [];
    const text = 'our server handed out another file than was published: it was changed on disk, or is an old one';
    return [{ ...base, text, seen: `SHA-256 ${response.sha256}`, events: [request.n, response.n] }];
  });
}

const userIn = (target: string): string | undefined => /^ftp:\/\/([^:@/]*):/i.exec(target)?.[1];

export const fetchRules: readonly Rule[] = [
  {
    id: 'fetch.whole',
    serves: ['DG-10'],
    title: 'A download that is reported as sound was the whole file, under its name, from our server',
    blames: 'firmware',
    applies: (record) =>
      !isLocal(record) &&
      !record.fromLog &&
      hasServerLog(record) &&
      record.intent === 'valid' &&
      record.download?.code === 0 &&
      record.published !== undefined &&
      !cameFromElsewhere(record),
    check(record) {
      const fetch = fetchOf(record);
      const end = record.reports.find(({ kind }) => kind === 'download-end');
      const base = {
        owner: 'firmware' as const,
        expected: `${record.published?.name ?? ''}, ${String(fetch.size ?? '?')} bytes`,
        seen: fetch.text,
        events: [...(end?.events ?? []), ...fetch.events],
      };
      if (fetch.wrong !== undefined) return [{ ...base, text: `another file was fetched: ${fetch.wrong}` }];
      // A transfer that is cut short and yet closed in good order cannot be told from a whole one by a client that does not ask for the size.
      if (fetch.whole || (isSpoilt(record) && fetch.bytes > 0)) return [];
      return [
        {
          ...base,
          text:
            fetch.connections === 0
              ? 'the download was reported as sound, yet our server saw nothing of it'
              : 'the download was reported as sound, yet the server did not hand the whole file out',
        },
      ];
    },
  },
  {
    id: 'fetch.ours',
    serves: ['DG-10'],
    title: 'The way to our server leads to our server',
    blames: 'network',
    applies: (record) =>
      !isLocal(record) &&
      !record.fromLog &&
      hasServerLog(record) &&
      record.intent === 'valid' &&
      record.download?.code === 0 &&
      record.published !== undefined,
    exercises: () => [],
    check(record) {
      if (!cameFromElsewhere(record)) return [];
      const end = record.reports.find(({ kind }) => kind === 'download-end');
      return [
        {
          owner: 'network',
          text: 'the download was reported as sound, yet our server saw nothing of it, nor of any before: another one may answer in its place',
          expected: `${record.published?.name ?? ''} asked of our server`,
          seen: 'no connection',
          events: end?.events ?? [],
        },
      ];
    },
  },
  {
    id: 'fetch.same',
    serves: ['DG-10'],
    title: 'What our server hands out, or the module was given, is the package that was asked for',
    blames: 'rig',
    applies: (record) =>
      !record.fromLog && record.intent === 'valid' && record.fault === undefined && record.package !== undefined,
    exercises: () => [],
    check: (record) => otherFiles(record),
  },
  {
    id: 'fetch.once',
    serves: ['DG-10'],
    title: 'A file that was fetched whole is not fetched again',
    blames: 'firmware',
    applies: (record) =>
      !isLocal(record) && !record.fromLog && record.intent === 'valid' && record.fault === undefined && fetchOf(record).whole,
    exercises: () => [],
    check(record) {
      const { size = 0 } = fetchOf(record);
      // Of an empty file nothing is ever missing.
      if (size === 0) return [];
      const own = record.requests.filter(
        ({ request }) => gets.has(request.verb.toUpperCase()) && isPublishedPath(record, request.path),
      );
      const parts = own.filter(({ response }) => response !== undefined && good.has(response.code) && response.whole);
      const before = (t: number) => parts.filter(({ response }) => (response?.t ?? Infinity) < t);
      // One request for all of it, or a client that fetches part after part: the file is whole once nothing of it is missing.
      const again = own.find(({ request }) => covered(spansOf(before(request.t))) >= size);
      if (again === undefined) return [];
      const { verb, offset = 0 } = again.request;
      return [
        {
          owner: 'firmware',
          text: 'the file had been handed out whole, yet it was asked for again',
          expected: 'one request for the whole file, or for one part after the other',
          seen: `${verb} from byte ${String(offset)} on`,
          events: [
            ...before(again.request.t).flatMap(({ request, response }) => [request.n, response?.n ?? request.n]),
            again.request.n,
          ],
        },
      ];
    },
  },
  {
    id: 'fetch.login',
    serves: ['DG-10'],
    title: 'The module logs in with the user of the source string',
    blames: 'firmware',
    applies: (record) => record.source === 'ftp' && !record.fromLog && record.intent === 'valid' && record.logins.length > 0,
    check(record) {
      const wanted = userIn(record.target ?? '');
      const other = record.logins.filter(
        ({ user, accepted }) =>
          accepted && wanted !== undefined && decoded(wanted) !== user && user !== '***' && wanted !== '***',
      );
      return other.slice(0, 1).map((login) => ({
        owner: 'firmware' as const,
        text: 'the module logged in as somebody else',
        expected: `user ${wanted ?? ''}`,
        seen: `user ${login.user}`,
        events: [login.n],
      }));
    },
  },
  {
    id: 'fetch.nothing',
    serves: ['DG-09', 'DG-06'],
    title: 'A local file is not asked of any server, a refused source neither',
    blames: 'firmware',
    applies: (record) =>
      !record.fromLog &&
      hasServerLog(record) &&
      watchedToTheEnd(record) &&
      (wasRefused(record) || (isLocal(record) && wasAccepted(record))),
    exercises: (record) => (wasRefused(record) ? ['DG-06'] : ['DG-09']),
    check(record) {
      const own = record.requests.filter(({ request }) => !isStrangers(record, request));
      const [first] = own;
      if (first === undefined) return [];
      return [
        {
          owner: 'firmware',
          requirement: wasRefused(record) ? 'DG-06' : 'DG-09',
          text: wasRefused(record)
            ? 'the source was refused, yet the server was asked'
            : 'a file on the module was given, yet a server was asked',
          expected: 'no request',
          seen: `${first.request.verb} ${first.request.path}`,
          events: own.map(({ request }) => request.n),
        },
      ];
    },
  },
];
