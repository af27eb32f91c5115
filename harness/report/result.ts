import type { JournalEvent } from '../journal/events.js';

/** Reason of a skip in a run that was resumed: the verdict from before counts. */
export const doneBefore = 'done before the run was resumed';

/** Title of a whole suite that could not be run. */
export const notRunTitle = 'the suite could not be run';

export type TestStatus = 'passed' | 'failed' | 'skipped' | 'invalid' | 'inconclusive';

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
}

export interface RigResult {
  readonly rig: string;
  readonly ready: boolean;
  readonly faults: readonly string[];
  readonly aside: string | undefined;
  readonly powerSafe: boolean | undefined;
}

export interface RunResult {
  readonly tests: readonly TestResult[];
  readonly rigs: readonly RigResult[];
  readonly interrupted: string | undefined;
  readonly exit: 0 | 1 | 2 | 3 | 130;
  /** One sentence: why this exit code. */
  readonly reason: string;
}

/** What came of a run, from its journal alone. `rigs` names the rigs that were to take part, so that a silent one is noticed. */
export function resultOf(events: readonly JournalEvent[], rigs: readonly string[]): RunResult {
  const tests = new Map<string, TestResult>();
  const running = new Map<
    string,
    { started: number; requirements: readonly string[]; suite: string; tries: { number: number; why: string }[] }
  >();
  const state = new Map<
    string,
    { ready: boolean; faults: string[]; aside: string | undefined; powerSafe: boolean | undefined }
  >();
  let interrupted: string | undefined;
  for (const name of rigs) rigState(name);

  for (const event of events) {
    const rig = event.rig ?? '';
    switch (event.type) {
      case 'test.start':
        running.set(`${rig}\n${event.test}`, {
          started: event.t,
          requirements: event.requirements,
          suite: event.suite,
          tries: [],
        });
        break;
      case 'test.try':
        for (const [key, entry] of running) {
          if (key.startsWith(`${rig}\n`)) entry.tries.push({ number: event.number, why: event.why });
        }
        break;
      case 'test.end': {
        const key = `${rig}\n${event.test}`;
        const start = running.get(key);
        running.delete(key);
        // A run that was resumed: what was concluded before counts, what was not is replaced.
        if (event.why === doneBefore && tests.has(key)) break;
        tests.set(key, {
          rig,
          test: event.test,
          suite: start?.suite ?? event.test.split(': ')[0] ?? '',
          status: event.status,
          why: event.why,
          requirements: start?.requirements ?? [],
          tries: start?.tries ?? [],
          took: start === undefined ? undefined : event.t - start.started,
        });
        break;
      }
      case 'run.start':
        interrupted = undefined;
        // What a run that goes on could not run before, it tries again.
        for (const key of tests.keys()) if (key.endsWith(`: ${notRunTitle}`)) tests.delete(key);
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
  for (const [key, { suite, requirements, tries }] of running) {
    const [rig = '', test = ''] = key.split('\n');
    const why = interrupted === undefined ? 'its process ended in the middle of it' : `interrupted (${interrupted})`;
    tests.set(key, {
      rig,
      test,
      suite,
      requirements,
      tries,
      status: interrupted === undefined ? 'invalid' : 'skipped',
      why,
      took: undefined,
    });
  }

  const rigResults = [...state].map(([rig, entry]) => ({ rig, ...entry }));
  const all = [...tests.values()];
  return { tests: all, rigs: rigResults, interrupted, ...exitOf(all, rigResults, interrupted) };

  function rigState(name: string): {
    ready: boolean;
    faults: string[];
    aside: string | undefined;
    powerSafe: boolean | undefined;
  } {
    const known = state.get(name);
    if (known !== undefined) return known;
    const fresh = { ready: false, faults: [], aside: undefined, powerSafe: undefined };
    state.set(name, fresh);
    return fresh;
  }
}

/** The exit codes of `dfota --help`. A firmware failure outweighs a rig fault; nothing passed is not a pass. */
function exitOf(
  tests: readonly TestResult[],
  rigs: readonly RigResult[],
  interrupted: string | undefined,
): { exit: RunResult['exit']; reason: string } {
  const count = (status: TestStatus): number => tests.filter((test) => test.status === status).length;
  if (interrupted !== undefined) return { exit: 130, reason: `interrupted (${interrupted})` };
  if (count('failed') > 0) return { exit: 1, reason: `${plural(count('failed'), 'test')} failed` };
  const silent = rigs.filter((rig) => !rig.ready);
  if (silent.length > 0) return { exit: 3, reason: `${silent.map((rig) => rig.rig).join(', ')} did not get ready` };
  const aside = rigs.filter((rig) => rig.aside !== undefined);
  if (aside.length > 0) return { exit: 3, reason: `${aside.map((rig) => rig.rig).join(', ')} was set aside` };
  const unsafe = rigs.filter((rig) => rig.powerSafe === false);
  if (unsafe.length > 0)
    return { exit: 3, reason: `the power of ${unsafe.map((rig) => rig.rig).join(', ')} may not be in its safe state` };
  const unfinished = rigs.filter((rig) => rig.powerSafe === undefined);
  if (unfinished.length > 0)
    return { exit: 3, reason: `the process of ${unfinished.map((rig) => rig.rig).join(', ')} ended before it gave the rig back` };
  if (count('invalid') > 0)
    return { exit: 3, reason: `${plural(count('invalid'), 'test')} invalid: the rig or the harness, not the firmware` };
  if (count('inconclusive') > 0) {
    return { exit: 3, reason: `${plural(count('inconclusive'), 'test')} undecided: what this rig can witness was not enough` };
  }
  if (count('passed') === 0) return { exit: 2, reason: 'no test ran' };
  return { exit: 0, reason: 'all conform' };
}

function plural(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? '' : 's'}`;
}
