import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '../base/clock.js';
import { ExplainedError, messageOf, RigFault } from '../base/errors.js';
import { Secrets } from '../base/secrets.js';
import { Teardown } from '../base/teardown.js';
import { openJournal, type Journal } from '../journal/journal.js';
import { checkPairFits, loadPair, loadRig } from '../rig/load.js';
import { maskImei, profileOf, secretsOf, sourcesOf } from '../rig/profile.js';
import type { RigDefinition } from '../rig/schema.js';
import { openUnitExplained } from '../module/open-unit.js';
import { SwitchProof } from '../module/switch-proof.js';
import { parseCutId } from '../campaign/cut.js';
import { readPlanText, type PlanGroup } from '../campaign/plan-file.js';
import { defaultPlan, powerCutPlan } from '../campaign/plans.js';
import { readAssignment, type Assignment } from './assignment.js';
import { nothingBefore, readBefore } from './before.js';
import { keepContext } from './context.js';
import { watchLag } from './lag.js';
import { marked, outcomeOf } from './outcome.js';
import { describePair, listenForInterruption, takeRig } from './take-rig.js';
import type { World } from './world.js';
import { makeWorld } from './make-world.js';

/** A rig, held open for all suites of one Jest process. */
export interface Session {
  readonly world: World;
  readonly assignment: Assignment;
  /** The test declared last stands in these describe blocks. */
  testAdded(title: string): void;
  testStarted(suite: string, title: string): void;
  testEnded(suite: string, title: string, errors: readonly string[]): void;
  testSkipped(suite: string, title: string): void;
  /** Gives the rig back in a safe state. Idempotent. */
  close(why: string): Promise<void>;
}

/** Facts that the JUnit file tells of a rig, filled in as they become known. */
export const facts: Record<string, string> = {};

let opening: Promise<Session> | undefined;

/** The session of this process, opened on first use. */
export function session(): Promise<Session> {
  opening ??= openSession(systemClock);
  return opening;
}

/** Closes the session if one was opened. */
export async function closeSession(why: string): Promise<void> {
  const open = await opening?.catch(() => undefined);
  await open?.close(why);
}

async function openSession(clock: Clock): Promise<Session> {
  const teardown = new Teardown(clock);
  const assignment = readAssignment(process.env, clock.wall());
  const rig = loadRig(assignment.rig);
  const pairFile = loadPair(assignment.packages);
  checkPairFits(rig, pairFile);
  mkdirSync(assignment.out, { recursive: true });

  const secrets = new Secrets();
  for (const secret of secretsOf(rig.definition)) secrets.add(secret);
  const journalFile = join(assignment.out, 'journal.jsonl');
  const before = assignment.resumed ? readBefore(journalFile, rig.definition.name) : nothingBefore;
  const abort = new AbortController();
  // Without evidence nothing can be judged: the rig is given back, and no test is begun.
  const onBroken = (error: unknown): void => {
    const what = `the journal cannot be written: ${messageOf(error)}`;
    process.stderr.write(`${rig.definition.name}: ${what}\n`);
    abort.abort(new RigFault(marked('invalid', what)));
    queueMicrotask(() => journal.write({ type: 'rig.fault', what, hint: 'is the disk full, or the file read-only?' }));
  };
  const journal = openJournal(journalFile, { clock, secrets, rig: rig.definition.name, after: before.events, onBroken });
  const context = keepContext(journal);
  let safe = true;
  let closeReason = 'the end of the run';
  teardown.defer('journal', () => {
    journal.write({ type: 'rig.end', powerSafe: safe, why: closeReason });
    journal.close();
  });
  const close = async (why: string): Promise<void> => {
    closeReason = why;
    const problems = await teardown.run();
    safe = problems.length === 0;
    for (const problem of problems) process.stderr.write(`while closing ${rig.definition.name}: ${problem}\n`);
  };
  teardown.defer('interruption', listenForInterruption(journal, abort));

  try {
    const profile = profileOf(rig.definition);
    journal.write({ type: 'rig.start', profile });
    const started = clock.now();
    teardown.defer('lag watch', watchLag(journal, clock, rig.definition.timing.scale));
    const pair = await describePair(pairFile);
    journal.write({
      type: 'pair',
      name: pair.name,
      module: pairFile.definition.module,
      versions: pairFile.definition.versions,
      upgrade: pair.upgrade.facts,
      downgrade: pair.downgrade.facts,
    });

    let currentTest: string | undefined;
    const { workshop, random, parts } = await takeRig({
      rig: rig.definition,
      run: assignment.run,
      seed: assignment.seed,
      journal,
      clock,
      secrets,
      teardown,
    });
    const { lines, power, servers, restoreCommand } = parts;
    const bench = { rig: rig.definition, profile, lines, power, journal, clock, secrets, signal: abort.signal };
    const unit = await openUnitExplained({
      ...bench,
      pair,
      servers,
      random,
      upgradesBefore: before.upgrades,
      currentTest: () => currentTest,
      ...(restoreCommand === undefined ? {} : { restoreCommand }),
    });
    teardown.defer('unit', () => {
      unit.close();
    });
    const identity = await unit.identity('check');
    Object.assign(facts, {
      rig: rig.definition.name,
      module: rig.definition.module,
      imei: maskImei(rig.definition.unit.imei),
      'firmware.found': identity.revision ?? 'unknown',
      'firmware.from': pair.upgrade.fromRevision,
      'firmware.to': pair.upgrade.toRevision,
      'package.upgrade.sha256': pair.upgrade.facts.sha256,
      'package.downgrade.sha256': pair.downgrade.facts.sha256,
      seed: String(assignment.seed),
      run: assignment.run,
    });
    journal.write({ type: 'rig.ready', took: clock.now() - started });

    const made = makeWorld({
      rig: rig.definition,
      unit,
      pair,
      journal,
      seed: assignment.seed,
      workshop,
      tries: assignment.tries,
      signal: abort.signal,
      power,
      proof: new SwitchProof(bench),
      clock,
      cuts: {
        plan: cutsOf(assignment, rig.definition),
        only: assignment.cut === undefined ? undefined : parseCutId(assignment.cut),
      },
      shard: assignment.shard,
      narrow: assignment.narrow,
      soak: { trips: assignment.trips ?? (assignment.budget === undefined ? 4 : Infinity), budget: assignment.budget },
      currentTest: () => currentTest,
      context,
      before,
    });
    return {
      world: made.world,
      assignment,
      testAdded(title) {
        made.added(title);
      },
      testStarted(suite, title) {
        currentTest = `${suite}: ${title}`;
        journal.write({ type: 'test.start', test: currentTest, suite, requirements: [...made.coveredBy(title)] });
      },
      testEnded(suite, title, errors) {
        const { outcome, why } = outcomeOf(errors);
        journal.write({ type: 'test.end', test: `${suite}: ${title}`, status: outcome, ...(why === undefined ? {} : { why }) });
        currentTest = undefined;
      },
      testSkipped(suite, title) {
        const why = made.skipReason(title) ?? 'left out by the chosen pattern';
        journal.write({ type: 'test.end', test: `${suite}: ${title}`, status: 'skipped', why });
      },
      close,
    };
  } catch (error) {
    journal.write(faultEvent(error));
    await close('the rig could not be opened');
    throw error;
  }
}

/** Random cuts when nobody worked out a plan: Jest was started by hand. */
const randomCuts = 8;

function cutsOf(assignment: Assignment, rig: RigDefinition): readonly PlanGroup[] {
  if (assignment.cuts !== undefined) return readPlanText(readFileSync(assignment.cuts, 'utf8'));
  return powerCutPlan(sourcesOf(rig), { parts: defaultPlan, random: randomCuts, seed: assignment.seed });
}

function faultEvent(error: unknown): Extract<Parameters<Journal['write']>[0], { type: 'rig.fault' }> {
  if (!(error instanceof ExplainedError)) return { type: 'rig.fault', what: `the harness: ${messageOf(error)}` };
  const { asked, seen, hint } = error.explanation;
  return {
    type: 'rig.fault',
    what: error.message,
    ...(asked === undefined ? {} : { asked }),
    ...(seen === undefined ? {} : { seen }),
    ...(hint === undefined ? {} : { hint }),
  };
}
