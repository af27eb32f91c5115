/**
 * What a suite may use. A suite reads like a test plan: it never sleeps, never reads a port and never knows on which rig it runs.
 */
export { cutId } from '../campaign/cut.js';
export { sequence } from '../campaign/plans.js';
import type { CutTrial } from '../campaign/cut.js';
import type { Trial } from '../campaign/conduct.js';
import type { Source } from '../journal/events.js';
import type { Package, Upgrade } from '../module/types.js';
import { spoiltBy, traced } from './blame.js';
import { Doubts } from './doubts.js';
import { afterSpoilt, doneBefore, marked } from './outcome.js';
import { reachedAt } from '../rig/delivery-schema.js';
import type { Need, Server, World } from './world.js';

function world(): World {
  if (globalThis.dfota === undefined) {
    throw new Error('A suite needs a rig: run it by `dfota run`, or by `npx jest suites/<name>.suite.ts`.');
  }
  return globalThis.dfota;
}

/** All ways by which a package can reach a module; a suite asks for each, the rig says which it has. */
export const sources: readonly Source[] = ['ftp', 'http', 'ufs', 'sd'];
export const servers: readonly ('ftp' | 'http')[] = ['ftp', 'http'];

export const { unit, pair, rig } = world();

const isServer = (source: Source): source is Server => source === 'ftp' || source === 'http';
const lacksNone = (needs: readonly Need[]): boolean => needs.every((need) => world().lacks(need) === undefined);

/** What a rig must have so that a package made by a test can be delivered over this source. */
export const anyPackage = (source: Source): readonly Need[] => (isServer(source) ? [`upload-${source}`] : []);
/** What a rig must have so that faults can be made on the way, and what the module fetches is seen. */
export const ownServer = (source: Source): readonly Need[] => (isServer(source) ? [`own-${source}`] : []);
/** What the module fetches over this source is in a log of ours. */
export const hasServerLog = (source: Source): boolean => isServer(source) && lacksNone([`own-${source}`]);

/** The first of these that the rig has, if possible one that takes any package. */
function firstOf<S extends Source>(from: readonly S[]): S | undefined {
  const own = from.filter((source) => lacksNone([source]));
  return own.find((source) => lacksNone(anyPackage(source))) ?? own[0];
}

/** For what does not depend on the way: the cheapest one that the rig has. */
export const anySource: Source = firstOf(['ufs', 'ftp', 'http', 'sd']) ?? 'ufs';
/** A server that the rig has, for packages that cannot be uploaded. */
export const anyServer: Source = firstOf(servers) ?? 'ftp';
/** The storages of the module that the rig uses. */
export const storages = (['ufs', 'sd'] as const).filter((source) => world().lacks(source) === undefined);

/** kB/s at which a package takes two fifths of the time that the rig allows a download. */
export function slowRate({ facts }: Package): number {
  return Math.max(1, facts.size / 1000 / ((unit.profile.limits.download / 1000) * 0.4));
}

/** ms of the host for so many seconds of a module. */
export const seconds = (count: number): number => count * 1000 * unit.profile.scale;

/** ms of the host that no module waits for a server: half of the time that the rig allows a download. */
export const beyondPatience = (): number => unit.profile.limits.download / 2;

/** The step that leads on from the version that runs now. */
export async function nextStep(): Promise<Package> {
  const { revision } = await unit.identity('check');
  return revision === pair.upgrade.toRevision ? pair.downgrade : pair.upgrade;
}

/** Fills a storage until only `leaving` bytes are free; resolves with the way to undo it. */
export const fillStorage = (storage: 'ufs' | 'sd', { leaving }: { leaving: number }): Promise<() => Promise<void>> =>
  world().fill(storage, leaving);

/** A package made from a sound one that a module must refuse; the kinds are those of DG-18. */
export const spoil: World['spoil'] = (from, contents) => world().spoil(from, contents);

/** The package of the other direction: sound, but made for a version that is not the one running (DG-21). */
export function wrongBase(other: Package): Package {
  return {
    ...other,
    // The module must stay where it is: on the version that the other package would lead to.
    fromRevision: other.toRevision,
    facts: { ...other.facts, contents: 'wrong-base' },
  };
}

export const random: World['random'] = (label) => world().random(label);

/** A file on each storage that an upgrade must leave alone (DH-04): without one there is nothing that could be lost. The baseline takes it away again. */
export async function keepFiles(bytes: number): Promise<void> {
  for (const storage of storages) await unit.upload(storage, 'keep-me.bin', random(`kept on ${storage}`).bytes(bytes));
}

export type { CutTrial, Upgrade };
export const cuts = world().cuts;
export const seed = world().seed;
export const soak = {
  ...world().soak,
  /** The trips whose verdict is open: the soak goes on after them, and ends undecided. */
  doubts: new Doubts((why) => world().baseline(why)),
  /** One source after the other, of those that the rig has. */
  sourceOf(trip: number, from: readonly Source[]): Source {
    const own = from.filter((source) => world().lacks(source) === undefined);
    return own[trip % own.length] ?? anySource;
  },
};
export const { drift } = world();

/** Runs one trial of power cuts; a package that the trial wants spoilt is made from `step`. */
export const cutTrial = (trial: CutTrial, step: Package): Promise<Trial> => world().cut(trial, step);

/** Leaves the test that runs without a verdict, for a reason that only showed in it. */
export function leaveOut(reason: string): never {
  throw new Error(marked('skipped', reason));
}

/** How the module reaches the rig's server. */
export const serverAddress = (source: Server): { readonly host: string; readonly port: number } | undefined =>
  reachedAt(source, rig.delivery);

/**
 * Restarts the unit and waits for normal mode; the upgrade reports that came meanwhile: a sound module has none to give. A unit that does not come
 * up, or does not come to rest, is in doubt: its PWRKEY or its supply may be what fails.
 */
export async function restart(why: string): Promise<readonly string[]> {
  const { ready, stayed, reports } = await unit.restart(why);
  if (reports.length > 0 || (ready && stayed)) return reports;
  const what = ready ? 'it came up, and restarted by itself within limits.boot' : 'it did not come up within limits.boot';
  throw new Error(marked('inconclusive', `the unit was restarted (${why}): ${what}; its supply or its firmware`));
}

/** The command got ERROR. */
export const wasRefused = (upgrade: Upgrade): boolean =>
  upgrade.events.some((event) => event.type === 'upgrade.end' && event.why === 'refused');
/** The upgrade is over: the module is back in normal mode, or never left it. */
export const gaveUp = (upgrade: Upgrade): boolean =>
  upgrade.events.some((event) => event.type === 'upgrade.end' && event.why !== 'limit');
/** Somebody connected to our server during the upgrade. */
export const reachedServer = (upgrade: Upgrade): boolean => upgrade.events.some(({ type }) => type === 'server.connection');

export interface CheckOptions {
  /** Requirement ids (docs/requirements.md) that this test puts to the proof. */
  readonly covers: readonly string[];
  /** What the rig must have; what it lacks makes the test a skip with that reason. */
  readonly needs?: readonly Need[];
  /** A reason of the suite's own to leave the test out. */
  readonly skip?: string | undefined;
  /** How far a test of many rounds has come; the tries of one that came further since the last are counted anew. */
  readonly progress?: () => number;
}

/**
 * A test on the rig. It is skipped with its reason when the rig lacks something, and tried again, a bounded number of times, when the rig
 * or the harness spoilt it; the module's failures are never tried away.
 */
export function check(title: string, options: CheckOptions, body: () => Promise<void>): void {
  const { needs = [] } = options;
  const lack = needs.map((need) => world().lacks(need)).find((found) => found !== undefined);
  const reason = options.skip ?? lack ?? world().leaves(title, needs);
  const declared = { title, covers: options.covers, skipped: reason };
  world().declare(declared);
  if (reason !== undefined) {
    test.skip(title, () => undefined);
    return;
  }
  test(title, async () => {
    if (world().alreadyDone()) throw new Error(marked('skipped', doneBefore));
    const { progress = () => 0 } = options;
    let reached = progress();
    let before: string | undefined;
    for (let number = 1; ; number += 1) {
      try {
        await body();
        return;
      } catch (error) {
        const spoilt = spoiltBy(error);
        if (spoilt === undefined) throw afterSpoilt(before, traced(error, options.covers));
        before = spoilt;
        if (progress() > reached) number = 1;
        reached = progress();
        if (number >= world().tries) throw new Error(marked('invalid', spoilt), { cause: error });
        world().retried(title, number, spoilt);
        await world().baseline('a try that did not count');
      }
    }
  });
}
