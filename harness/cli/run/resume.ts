import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pause, type Clock } from '../../base/clock.js';
import { UserError } from '../../base/errors.js';
import type { EventOf, JournalEvent } from '../../journal/events.js';
import { readJournal } from '../../journal/reader.js';
import { fileDigest } from '../../package/facts.js';
import { isTraffic } from '../../report/outline.js';
import { isVerdict, resultOf, rigTrouble } from '../../report/result.js';
import { acquireLease } from '../../rig/lease.js';
import type { LoadedPair, LoadedRig } from '../../rig/load.js';
import { profileOf } from '../../rig/profile.js';
import type { HarnessVersion } from './folder.js';

/** A rig process that outlived its `dfota run` needs so long at most to leave its power safe, ms. */
const rigLeftWithin = 60_000;

/** What a run that is to go on has left. */
export interface Resumed {
  readonly events: readonly JournalEvent[];
  /** Number of the last event that the run itself wrote, not one of its rigs. */
  readonly lastNumber: number;
  /** It came to its end, and every test to a verdict: only the reports can be lacking. */
  readonly finished: boolean;
  /** The harness that made it last: reports that are made anew are still of that one. */
  readonly harness: HarnessVersion | undefined;
  /** What is known already, in a sentence. */
  readonly says: string;
}

/**
 * Looks whether a run can go on: with the rigs and the packages that it began with, and with nobody on its rigs. Nothing is written before
 * that is known. Throws a UserError that says what is in the way.
 */
export async function readResumed(
  folder: string,
  jobs: readonly { readonly rig: LoadedRig; readonly pair: LoadedPair }[],
  clock: Clock,
  tell: (text: string) => void,
): Promise<Resumed> {
  const journalFile = join(folder, 'journal.jsonl');
  if (!existsSync(journalFile)) {
    throw new UserError('the journal of the run is missing', {
      place: { file: journalFile },
      hint: 'a run goes on from its journal alone; without it, start a new one',
    });
  }
  const began = readJournal(journalFile, ({ type }) => type === 'pair' || type === 'rig.start').events;
  for (const { rig, pair } of jobs) await checkUnchanged(rig, pair, began);
  for (const { rig } of jobs) await rigIsFree(rig.definition.name, clock, tell);
  // Only now has everybody who writes it ended.
  const { events } = readJournal(journalFile, (event) => !isTraffic(event));
  const names = jobs.map(({ rig }) => rig.definition.name);
  const trials = new Set(events.flatMap((event) => (event.type === 'trial.end' ? [event.trial] : [])));
  const concluded = resultOf(events, names).tests.filter(({ status }) => isVerdict(status));
  return {
    events,
    lastNumber: events.reduce((most, event) => (event.rig === undefined ? Math.max(most, event.n) : most), 0),
    finished: isFinished(events, names),
    harness: harnessOf(events),
    says: `Goes on: ${count(concluded.length, 'test')} and ${count(trials.size, 'trial')} of power cuts are done and not repeated`,
  };
}

function harnessOf(events: readonly JournalEvent[]): HarnessVersion | undefined {
  const start = events.findLast((event): event is EventOf<'run.start'> => event.type === 'run.start');
  if (start === undefined) return undefined;
  const { version, commit, node } = start.harness;
  return { version, node, ...(commit === undefined ? {} : { commit }) };
}

const count = (number: number, what: string): string => `${String(number)} ${what}${number === 1 ? '' : 's'}`;

/** The evidence of a run is about one package, on rigs that verdicts took for what they are. */
async function checkUnchanged(rig: LoadedRig, pair: LoadedPair, events: readonly JournalEvent[]): Promise<void> {
  const { name } = rig.definition;
  const own = events.filter((event) => event.rig === name);
  const told = own.find((event): event is EventOf<'pair'> => event.type === 'pair');
  for (const step of ['upgrade', 'downgrade'] as const) {
    const began = told?.[step].sha256;
    if (began === undefined) continue;
    const file = pair.files[step];
    const { sha256 } = await fileDigest(file);
    if (sha256 === began) continue;
    throw new UserError(`the ${step} package is not the one that the run began with`, {
      place: { file },
      asked: `SHA-256 ${began}`,
      seen: `SHA-256 ${sha256}`,
      hint: 'put that package back, or start a new run: one run is evidence of one package',
    });
  }
  const profile = own.find((event): event is EventOf<'rig.start'> => event.type === 'rig.start')?.profile;
  const now = profileOf(rig.definition);
  if (profile === undefined) return;
  const changed = (Object.keys(now) as (keyof typeof now)[]).filter((key) => !isDeepStrictEqual(now[key], profile[key]));
  if (changed.length === 0) return;
  throw new UserError(`rig ${name} is not defined as it was when the run began`, {
    place: { file: rig.file },
    asked: changed.map((key) => `${key}: ${JSON.stringify(profile[key])}`).join('; '),
    seen: changed.map((key) => `${key}: ${JSON.stringify(now[key])}`).join('; '),
    hint: 'put the definition back, or start a new run',
  });
}

/** When only `dfota run` was killed, its rig process is still leaving the rig: that is waited for. */
async function rigIsFree(rig: string, clock: Clock, tell: (text: string) => void): Promise<void> {
  const until = clock.now() + rigLeftWithin;
  for (let told = false; ;) {
    try {
      const lease = await acquireLease(rig, { run: 'about to go on' });
      await lease.release();
      return;
    } catch (error) {
      if (!(error instanceof UserError) || !error.message.endsWith('is in use') || clock.now() >= until) throw error;
      if (!told) tell(`${error.message} (${error.explanation.seen ?? ''}): waiting`);
      told = true;
      await pause(clock, 200);
    }
  }
}

/** After its last start the run ended by itself, every rig gave itself back in good order, and no test is left that would be done again. */
function isFinished(events: readonly JournalEvent[], rigs: readonly string[]): boolean {
  const start = events.findLastIndex(({ type }) => type === 'run.start');
  const end = events.findLastIndex(({ type }) => type === 'run.end');
  if (end < start) return false;
  const { tests, rigs: left, exit } = resultOf(events, rigs);
  if (rigTrouble(left) !== undefined) return false;
  return exit !== 130 && exit !== 3 && tests.every(({ status }) => isVerdict(status) || status === 'skipped');
}
