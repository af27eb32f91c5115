/** By counting: every trial of a run stands in the journal, the JUnit file and the ledger, with the same outcome. Pure. */
import type { TrialRow } from '../campaign/ledger.js';
import type { JournalEvent } from '../journal/events.js';
import { junitCases } from './junit-cases.js';
import { readSuites, unescapeXml } from './junit.js';
import { resultOf, type TestResult } from './result.js';
import { trialsTold, type TrialTold } from './trials.js';

export interface Counted {
  readonly trials: readonly TrialTold[];
  readonly tests: number;
  /** What one of the three says otherwise than another, in words; empty when they agree. */
  readonly problems: readonly string[];
}

export function countTrials(events: readonly JournalEvent[], junit: string, ledger: readonly TrialRow[]): Counted {
  const rigs = [...new Set(events.flatMap(({ rig }) => (rig === undefined ? [] : [rig])))];
  const { tests } = resultOf(events, rigs);
  const trials = trialsTold(events);
  return {
    trials,
    tests: tests.length,
    problems: [
      ...testProblems(tests, junit),
      ...junitProblems(trials, junit),
      ...ledgerProblems(trials, ledger),
      ...passProblems(tests, trials, events),
    ],
  };
}

/** Each test of the journal is one case, with the same status, and there is no other. */
function testProblems(tests: readonly TestResult[], junit: string): string[] {
  const cases = new Map<string, string[]>();
  for (const { rig, test, status } of junitCases(junit)) {
    const key = `${rig} ${test}`;
    cases.set(key, [...(cases.get(key) ?? []), status]);
  }
  const problems = tests.flatMap(({ rig, test, status }) => {
    const key = `${rig} ${test}`;
    const found = cases.get(key) ?? [];
    cases.delete(key);
    if (found.length !== 1) return [`${key}: ${String(found.length)} cases in the JUnit file`];
    return found[0] === status ? [] : [`${key}: ${status} in the journal, ${String(found[0])} in the JUnit file`];
  });
  return [...problems, ...[...cases.keys()].map((key) => `${key}: in the JUnit file, not in the journal`)];
}

/** Properties of all suites, in order; a name may stand there more than once. */
function junitProperties(xml: string): (readonly [string, string])[] {
  return readSuites(xml).flatMap(({ properties }) =>
    [...properties.matchAll(/<property name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [unescapeXml(name), unescapeXml(value)] as const,
    ),
  );
}

function junitProblems(trials: readonly TrialTold[], junit: string): string[] {
  const properties = junitProperties(junit).filter(([name]) => name.startsWith('trial.'));
  const told = (name: string): string[] => properties.filter(([other]) => other === name).map(([, value]) => value);
  const problems = trials.flatMap(({ trial, outcome, cut }) => [
    ...compare(trial, 'JUnit file', outcome, told(`trial.${trial}.outcome`)),
    ...compare(trial, 'JUnit file', cut, told(`trial.${trial}.cut`)),
  ]);
  const known = new Set(trials.map(({ trial }) => `trial.${trial}.outcome`));
  const more = properties.filter(([name]) => name.endsWith('.outcome') && !known.has(name));
  return [...problems, ...more.map(([name]) => `${name}: in the JUnit file, not in the journal`)];
}

/** One that never ended has no outcome, so it is not in the ledger. */
function ledgerProblems(trials: readonly TrialTold[], rows: readonly TrialRow[]): string[] {
  const problems = trials.flatMap(({ rig, trial, outcome, cut, owner }) => {
    const found = rows.filter((row) => row.rig === rig && row.trial === trial);
    if (outcome === 'unfinished') return found.map(() => `${trial}: unfinished in the journal, yet in the ledger`);
    const told = (of: (row: TrialRow) => string): string[] => found.map(of);
    return [
      ...compare(
        trial,
        'ledger',
        outcome,
        told((row) => row.outcome),
      ),
      ...compare(
        trial,
        'ledger',
        cut,
        told((row) => row.cut),
      ),
      ...compare(
        trial,
        'ledger',
        owner ?? 'nobody',
        told((row) => row.owner ?? 'nobody'),
      ),
    ];
  });
  const more = rows.filter((row) => !trials.some(({ rig, trial }) => rig === row.rig && trial === row.trial));
  return [...problems, ...more.map(({ trial }) => `${trial}: in the ledger, not in the journal`)];
}

function compare(trial: string, where: string, expected: string, found: readonly string[]): string[] {
  if (found.length !== 1) return [`${trial}: ${String(found.length)} times in the ${where}, once expected`];
  return found[0] === expected ? [] : [`${trial}: ${expected} in the journal, ${String(found[0])} in the ${where}`];
}

/** A test passes only with a trial that was survived, and never with one that failed. */
function passProblems(tests: readonly TestResult[], trials: readonly TrialTold[], events: readonly JournalEvent[]): string[] {
  const last = lastTrials(events);
  return tests.flatMap(({ rig, test, status }) => {
    const made = trials.filter(({ trial }) => last.get(`${rig} ${test}`)?.includes(trial) === true);
    if (status !== 'passed' || made.length === 0) return [];
    if (made.some(({ outcome }) => outcome === 'failed')) return [`${rig} ${test}: passed, although a trial of it failed`];
    return made.some(({ outcome }) => outcome === 'survived') ? [] : [`${rig} ${test}: passed without a trial that was survived`];
  });
}

/** Trials of each test since it was last begun; one that a resumed run only passed by makes none. */
function lastTrials(events: readonly JournalEvent[]): ReadonlyMap<string, readonly string[]> {
  const made = new Map<string, string[]>();
  const begun = new Set<string>();
  for (const event of events) {
    if (event.type === 'test.start') begun.add(`${event.rig ?? ''} ${event.test}`);
    if (event.type !== 'trial.start' || event.test === undefined) continue;
    const key = `${event.rig ?? ''} ${event.test}`;
    made.set(key, begun.delete(key) ? [event.trial] : [...(made.get(key) ?? []), event.trial]);
  }
  return made;
}
