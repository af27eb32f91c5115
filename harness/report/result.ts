import type { EventOf, EventType, JournalEvent } from '../journal/events.js';

/** Reason of a skip in a run that was resumed: the verdict from before counts. */
export const doneBefore = 'done before the run was resumed';

/** Title of a whole suite that could not be run. */
export const notRunTitle = 'the suite could not be run';

export type TestStatus = 'passed' | 'failed' | 'skipped' | 'invalid' | 'inconclusive';

/** A run that goes on leaves such a test out: nothing but a worse verdict replaces it. */
export const isVerdict = (status: TestStatus): boolean => status === 'passed' || status === 'failed' || status === 'inconclusive';

/**
 * Whether an end of a test counts in place of the one that was known. Whoever adds up the ends of tests asks this: a verdict outlasts every end
 * that is none (a skip of the run that was gone on with, a fault of the rig, a kill), nothing tries a failure away, and what was spoilt is not
 * made good by leaving it out.
 */
export function replaces(known: TestStatus | undefined, status: TestStatus): boolean {
  if (known === undefined || known === 'skipped') return true;
  if (!isVerdict(known)) return status !== 'skipped';
  return isVerdict(status) && weight.indexOf(status) >= weight.indexOf(known);
}

/** Verdicts, the worst last. */
const weight: readonly TestStatus[] = ['passed', 'inconclusive', 'failed'];

export interface TestResult {
  readonly rig: string;
  readonly test: string;
  readonly suite: string;
  readonly status: TestStatus;
  readonly why: string | undefined;
  readonly requirements: readonly string[];
  /** Tries that did not count, before the one that did. */
  readonly tries: readonly { readonly number: number; readonly why: string }[];
  /** ms; undefined for a skip. */
  readonly took: number | undefined;
  /** Wall time of its end, or of its beginning when it has none. */
  readonly at: string;
  /** A later end did not count: what Jest wrote last is not of this one. */
  readonly outlasted: boolean;
}

export interface RigResult {
  readonly rig: string;
  readonly ready: boolean;
  readonly faults: readonly string[];
  readonly aside: string | undefined;
  /** Undefined: nobody knows, since its process ended before it gave the rig back. */
  readonly powerSafe: boolean | undefined;
}

interface RigState {
  /** Under which it was opened. */
  readonly run: string | undefined;
  ready: boolean;
  readonly faults: string[];
  aside: string | undefined;
  powerSafe: boolean | undefined;
}

interface Running {
  readonly rig: string;
  readonly test: string;
  readonly suite: string;
  readonly requirements: readonly string[];
  readonly started: number;
  readonly at: string;
  readonly tries: { readonly number: number; readonly why: string }[];
  /** The worst that was judged in it: what stands should its process end before the test does. */
  judged: Pick<TestResult, 'status' | 'why'> | undefined;
}

export interface RunResult {
  readonly tests: readonly TestResult[];
  readonly rigs: readonly RigResult[];
  readonly interrupted: string | undefined;
  /** What was to be in a merged run and is not, in words. */
  readonly missing: readonly string[];
  readonly exit: 0 | 1 | 2 | 3 | 130;
  /** One sentence: why this exit code. */
  readonly reason: string;
}

/** Types of events that `resultOf` looks at. */
export const ofResult: ReadonlySet<EventType> = new Set<EventType>([
  'test.start',
  'test.try',
  'test.end',
  'verdict',
  'trial.end',
  'run.start',
  'run.interrupted',
  'rig.start',
  'rig.ready',
  'rig.fault',
  'rig.aside',
  'rig.end',
  'part.resumed',
  'part.missing',
]);

/** What came of a run, from its journal alone. `rigs` names the rigs that were to take part, so that a silent one is noticed. */
export function resultOf(events: Iterable<JournalEvent>, rigs: readonly string[]): RunResult {
  const tests = new Map<string, TestResult>();
  const running = new Map<string, Running>();
  const state = new Map<string, RigState>();
  let run: string | undefined;
  let interrupted: string | undefined;
  const missing: string[] = [];
  for (const name of rigs) rigState(name);

  for (const event of events) {
    const rig = event.rig ?? '';
    switch (event.type) {
      case 'test.start': {
        const { test, suite, requirements, t, at } = event;
        running.set(`${rig}\n${test}`, { rig, test, suite, requirements, started: t, at, tries: [], judged: undefined });
        break;
      }
      case 'test.try':
        for (const entry of running.values()) {
          if (entry.rig === rig) entry.tries.push({ number: event.number, why: event.why });
        }
        break;
      case 'verdict':
        for (const entry of running.values()) {
          if (entry.rig === rig) entry.judged = worse(entry.judged, event);
        }
        break;
      case 'trial.end':
        for (const entry of running.values()) {
          if (entry.rig === rig && (event.owner === 'firmware' || event.owner === 'package') && entry.judged?.status !== 'failed')
            entry.judged = { status: 'failed', why: `${event.trial}: ${event.why ?? event.outcome}` };
        }
        break;
      case 'test.end': {
        const { test, status, why, t, at } = event;
        const key = `${rig}\n${test}`;
        const start = running.get(key);
        running.delete(key);
        const suite = start?.suite ?? test.split(': ')[0] ?? '';
        const { requirements = [], tries = [] } = start ?? {};
        const took = start === undefined ? undefined : t - start.started;
        put({ rig, test, suite, status, why, requirements, tries, took, at, outlasted: false });
        break;
      }
      case 'run.start':
        brokenOff();
        run = event.run;
        goesOn([...state].filter(([, entry]) => entry.run === undefined || entry.run === run).map(([name]) => name));
        interrupted = undefined;
        break;
      case 'part.resumed':
        brokenOff(event.rigs);
        goesOn(event.rigs);
        break;
      case 'part.missing':
        missing.push(event.what);
        break;
      case 'rig.start':
        state.delete(rig);
        rigState(rig);
        break;
      case 'rig.ready':
        rigState(rig).ready = true;
        break;
      case 'rig.fault':
        rigState(rig).faults.push(event.seen === undefined ? event.what : `${event.what} (${event.seen})`);
        break;
      case 'rig.aside':
        rigState(rig).aside = event.reason;
        break;
      case 'rig.end':
        rigState(rig).powerSafe = event.powerSafe;
        break;
      case 'run.interrupted':
        interrupted ??= event.signal;
        break;
      default:
        break;
    }
  }
  brokenOff();

  const rigResults = [...state].map(([rig, { ready, faults, aside, powerSafe }]) => ({ rig, ready, faults, aside, powerSafe }));
  const all = [...tests.values()];
  return { tests: all, rigs: rigResults, interrupted, missing, ...exitOf(all, rigResults, { interrupted, missing }) };

  function rigState(name: string): RigState {
    const known = state.get(name);
    if (known !== undefined) return known;
    const fresh = { run, ready: false, faults: [], aside: undefined, powerSafe: undefined };
    state.set(name, fresh);
    return fresh;
  }

  function put(result: TestResult): void {
    const key = `${result.rig}\n${result.test}`;
    const known = tests.get(key);
    const counts = known === undefined || replaces(known.status, result.status);
    tests.set(key, counts ? result : { ...known, outlasted: true });
  }

  /** Tests in which their process ended, on these rigs or on all. */
  function brokenOff(names?: readonly string[]): void {
    for (const [key, { rig, test, suite, requirements, tries, at, judged }] of running) {
      if (names?.includes(rig) === false) continue;
      running.delete(key);
      const how = interrupted === undefined ? 'its process ended in the middle of it' : `interrupted (${interrupted})`;
      const status = judged?.status ?? (interrupted === undefined ? 'invalid' : 'skipped');
      const why = judged === undefined ? how : `${judged.why ?? ''}\n${how}`;
      put({ rig, test, suite, status, why, requirements, tries, took: undefined, at, outlasted: false });
    }
  }

  /** Their run goes on: what it could not run before it tries again, and nothing is known of the rigs until they say it again. */
  function goesOn(names: readonly string[]): void {
    for (const name of names) state.delete(name);
    for (const name of names) rigState(name);
    for (const [key, { rig, test }] of tests) if (names.includes(rig) && test.endsWith(`: ${notRunTitle}`)) tests.delete(key);
  }
}

/**
 * What a verdict says of the test in which it was given, while that test has no end: the end comes after the unit is back at its baseline, which may
 * take hours, and a verdict must outlast a process that does not. Of a test that goes on after a doubt, as a soak does, the doubt stays.
 */
function worse(known: Running['judged'], { result, upgrade, findings }: EventOf<'verdict'>): Running['judged'] {
  const status = result === 'fail' ? 'failed' : result === 'inconclusive' ? 'inconclusive' : undefined;
  if (status === undefined || known?.status === 'failed' || known?.status === status) return known;
  const [first] = findings;
  return { status, why: first === undefined ? upgrade : `${upgrade}: ${first.requirement} ${first.rule}: ${first.text}` };
}

/** A rig that did not get ready, was set aside, or of which nobody knows that its power is safe: why that is not the firmware's doing. */
export function rigTrouble(rigs: readonly RigResult[]): string | undefined {
  const named = (wrong: (rig: RigResult) => boolean): string =>
    rigs
      .filter(wrong)
      .map(({ rig }) => rig)
      .join(', ');
  const silent = named(({ ready }) => !ready);
  if (silent !== '') return `${silent} did not get ready`;
  const aside = named((rig) => rig.aside !== undefined);
  if (aside !== '') return `${aside} was set aside`;
  const unsafe = named(({ powerSafe }) => powerSafe === false);
  if (unsafe !== '') return `the power of ${unsafe} may not be in its safe state`;
  const unfinished = named(({ powerSafe }) => powerSafe === undefined);
  if (unfinished !== '') return `the process of ${unfinished} ended before it gave the rig back`;
  return undefined;
}

/** The exit codes of `dfota --help`. A firmware failure outweighs a rig fault; nothing passed is not a pass. */
function exitOf(
  tests: readonly TestResult[],
  rigs: readonly RigResult[],
  { interrupted, missing }: Pick<RunResult, 'interrupted' | 'missing'>,
): { exit: RunResult['exit']; reason: string } {
  const count = (status: TestStatus): number => tests.filter((test) => test.status === status).length;
  if (interrupted !== undefined) return { exit: 130, reason: `interrupted (${interrupted})` };
  if (count('failed') > 0) return { exit: 1, reason: `${plural(count('failed'), 'test')} failed` };
  const trouble = rigTrouble(rigs);
  if (trouble !== undefined) return { exit: 3, reason: trouble };
  if (count('invalid') > 0)
    return { exit: 3, reason: `${plural(count('invalid'), 'test')} invalid: the rig or the harness, not the firmware` };
  if (count('inconclusive') > 0) {
    return { exit: 3, reason: `${plural(count('inconclusive'), 'test')} undecided: what this rig can witness was not enough` };
  }
  const [first] = missing;
  if (first !== undefined) {
    const more = missing.length === 1 ? '' : `, and ${String(missing.length - 1)} more`;
    return { exit: 3, reason: `the merged run is not whole: ${first}${more}` };
  }
  if (count('passed') === 0) return { exit: 2, reason: 'no test ran' };
  return { exit: 0, reason: 'all conform' };
}

function plural(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? '' : 's'}`;
}
