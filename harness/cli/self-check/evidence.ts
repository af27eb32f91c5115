/** What a run held against whom, from its journal alone. */
import type { EventOf, JournalEvent, Owner } from '../../journal/events.js';
import { resultOf, type TestResult } from '../../report/result.js';

export interface Blame {
  readonly rule: string;
  readonly requirement: string | undefined;
  readonly owner: Owner;
  readonly text: string;
}

export interface Evidence {
  /** Tests that the chosen pattern did not leave out. */
  readonly tests: readonly TestResult[];
  /** Each once, those that decided a test first. */
  readonly blames: readonly Blame[];
  /** Verdicts, trials and faults that a sound rig does not have, in words. */
  readonly alarms: readonly string[];
  /** Verdicts and trials that the harness held against its own host, and tried again: no alarm, if the test passed in the end. */
  readonly repeats: readonly string[];
}

const leftOut = ({ status, why }: TestResult): boolean => status === 'skipped' && why === 'left out by the chosen pattern';

export function evidenceOf(events: readonly JournalEvent[], rig: string): Evidence {
  const result = resultOf(events, [rig]);
  const tests = result.tests.filter((test) => !leftOut(test));
  const verdicts = events.filter((event): event is EventOf<'verdict'> => event.type === 'verdict');
  const trials = events.filter((event): event is EventOf<'trial.end'> => event.type === 'trial.end');
  const faults = events.filter((event): event is EventOf<'rig.fault'> => event.type === 'rig.fault');
  const aside = events.filter((event): event is EventOf<'rig.aside'> => event.type === 'rig.aside');
  const blames = [
    ...tests.flatMap(blamesOfTest),
    ...verdicts.filter((verdict) => verdict.result !== 'pass').flatMap(({ result, findings }) => deciding(findings, result)),
    ...trials
      .filter(({ outcome, why }) => outcome === 'invalid' && why?.startsWith('no proof') === true)
      .map(({ owner, why }) => blame('trial.unproven', owner ?? 'rig', why ?? '')),
    ...faults.map(({ what, seen }) =>
      blame('rig.fault', what.startsWith('the harness: ') ? 'harness' : 'rig', seen === undefined ? what : `${what} (${seen})`),
    ),
    ...aside.map(({ reason }) => blame('rig.aside', 'rig', reason)),
  ];
  const alarms = [
    ...tests.filter(({ status }) => status !== 'passed').map(({ test, status }) => `${status}: ${test}`),
    ...verdicts
      .filter((verdict) => verdict.result !== 'pass' && !isHosts(verdict))
      .map(({ upgrade, result }) => `${upgrade}: ${result}`),
    // A cut that came too late says nothing of the module and is made again.
    ...trials
      .filter(({ outcome, owner }) => outcome === 'failed' || (outcome === 'invalid' && owner !== 'harness'))
      .map(({ cut, outcome, why }) => `${cut} ${outcome}: ${why ?? ''}`),
    ...faults.map(({ what }) => `rig fault: ${what}`),
    ...aside.map(({ reason }) => `set aside: ${reason}`),
  ];
  const repeats = verdicts.filter(isHosts).map(({ upgrade, findings }) => `${upgrade}: ${findings[0]?.text ?? ''}`);
  return { tests, blames: unique(blames), alarms, repeats };
}

/** Nobody but the harness is held guilty of it. */
function isHosts({ result, findings }: EventOf<'verdict'>): boolean {
  return result === 'invalid' && findings.every(({ owner }) => owner === 'harness' || owner === 'undecided');
}

const blame = (rule: string, owner: Owner, text: string): Blame => ({ rule, requirement: undefined, owner, text });

/** Of several findings those that made the result what it is. */
function deciding<T extends { readonly owner: Owner }>(findings: readonly T[], result: string): readonly T[] {
  const owners: readonly Owner[] =
    result === 'fail' || result === 'failed'
      ? ['firmware', 'package']
      : result === 'invalid'
        ? ['rig', 'harness', 'network']
        : ['undecided'];
  return findings.filter(({ owner }) => owners.includes(owner));
}

/** A failed test tells in its text what decided it; a suite's own expectation names no rule. */
function blamesOfTest({ status, why }: TestResult): readonly Blame[] {
  if (status !== 'failed' && status !== 'invalid' && status !== 'inconclusive') return [];
  const told = deciding(findingsInText(why ?? ''), status);
  const [first = ''] = (why ?? '').split('\n');
  if (told.length === 0 && status === 'invalid') return [blame('test.invalid', 'rig', first)];
  if (told.length === 0 && status === 'inconclusive') return [blame('test.inconclusive', 'undecided', first)];
  if (told.length > 0 || status !== 'failed') return told;
  return [blame(first.startsWith('expected the upgrade to end') ? 'suite.ending' : 'suite.expectation', 'firmware', first)];
}

/** The blocks that `verdict/text.ts` writes, read back: the judgement of a sequence stands nowhere else. */
export function findingsInText(text: string): readonly Blame[] {
  const blocks = text.matchAll(
    /^ {2}(firmware|package|network|rig|harness|undecided): (.*)\n {4}rule {8}(\S+)\n {4}requirement (\S+)/gm,
  );
  return [...blocks].map(([, owner, what = '', rule = '', requirement]) => ({
    rule,
    requirement,
    owner: owner as Owner,
    text: what,
  }));
}

function unique(blames: readonly Blame[]): readonly Blame[] {
  const key = ({ rule, requirement, owner }: Blame): string => `${owner} ${rule} ${requirement ?? ''}`;
  return blames.filter((one, index) => blames.findIndex((other) => key(other) === key(one)) === index);
}

/** What `dfota rigs check` printed: a table with a row for each wire, and FAILED in those at fault. */
export function evidenceOfCheck(printed: string): Evidence {
  const rows = [...printed.matchAll(/^(\S.*?) {2,}(ok|FAILED|not tried|-) +(.*)$/gm)].map(
    ([, name = '', result = '', seen = '']) => ({
      name,
      result,
      seen,
    }),
  );
  const failed = rows.filter(({ result }) => result === 'FAILED');
  const tests = rows
    .filter(({ result }) => result === 'ok' || result === 'FAILED')
    .map(({ name, result, seen }) => ({
      rig: '',
      test: name,
      suite: 'rigs check',
      status: result === 'ok' ? ('passed' as const) : ('invalid' as const),
      why: result === 'ok' ? undefined : seen,
      requirements: [],
      tries: [],
      took: undefined,
      at: '',
      outlasted: false,
    }));
  return {
    tests,
    blames: failed.map(({ name, seen }) => ({ rule: 'rigs.check', requirement: name, owner: 'rig' as const, text: seen })),
    alarms: failed.map(({ name, seen }) => `${name}: ${seen}`),
    repeats: [],
  };
}
