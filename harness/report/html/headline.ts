import type { RunResult, TestStatus } from '../result.js';
import type { Counts, UpgradeColumns, Verdict, WindowFacts } from './data.js';

/** What the first line of the page is made of. */
export interface HeadlineFacts {
  readonly result: RunResult;
  /** The journal has tests; without them the upgrades alone tell. */
  readonly tested: boolean;
  readonly upgrades: readonly { readonly result: UpgradeColumns['result'][number]; readonly counts: boolean }[];
  readonly cuts: Counts;
  readonly windows: readonly WindowFacts[];
  readonly unfinished: boolean;
  /** It goes on as we look at it. */
  readonly live: boolean;
  /** Requirements, and those that nothing put to the test. */
  readonly requirements?: { readonly all: number; readonly uncovered: number };
}

export function countTests(tests: readonly { readonly status: TestStatus }[]): Record<TestStatus, number> {
  const counts = { passed: 0, failed: 0, invalid: 0, inconclusive: 0, skipped: 0 };
  for (const { status } of tests) counts[status] += 1;
  return counts;
}

/** A failure of the firmware outweighs all else; nothing that was not shown is called a pass. */
export function verdictOf(facts: HeadlineFacts): { readonly verdict: Verdict; readonly sentence: string } {
  const { result, tested, cuts } = facts;
  const upgrades = (wanted: string): number => facts.upgrades.filter((each) => each.counts && each.result === wanted).length;
  const tests = countTests(result.tests);
  if (tests.failed > 0 || upgrades('fail') > 0 || cuts.failed > 0)
    return { verdict: 'failed', sentence: failure(facts, tests.failed, upgrades('fail')) };
  if (result.interrupted !== undefined)
    return {
      verdict: 'interrupted',
      sentence: `The run was interrupted (${result.interrupted}); nothing had failed until then.`,
    };
  if (facts.unfinished && facts.live)
    return { verdict: 'running', sentence: `The run goes on: ${soFar(tests)}; nothing has failed so far.` };
  if (tested && facts.unfinished)
    return {
      verdict: 'interrupted',
      sentence: 'The run has no end: it was killed, or still goes on. Nothing had failed until then.',
    };
  if (!tested) return untested(upgrades);
  if (result.exit === 3) {
    const undecided = tests.inconclusive > 0 && tests.invalid === 0 && result.reason.includes('undecided');
    return undecided
      ? { verdict: 'inconclusive', sentence: sentenceOf(result.reason) }
      : { verdict: 'invalid', sentence: `Nothing is decided about the package: ${result.reason}.` };
  }
  if (result.exit === 0)
    return {
      verdict: 'passed',
      sentence: `The package passed: ${count(tests.passed, 'test')} conform${tests.skipped > 0 ? `, ${String(tests.skipped)} skipped` : ''}.${uncovered(facts)}`,
    };
  return { verdict: 'nothing', sentence: sentenceOf(result.reason) };
}

function soFar(tests: Readonly<Record<TestStatus, number>>): string {
  const told = (['passed', 'invalid', 'inconclusive', 'skipped'] as const).filter((status) => tests[status] > 0);
  return told.length === 0 ? 'no test has ended yet' : told.map((status) => `${String(tests[status])} ${status}`).join(', ');
}

/** A pass reaches as far as what was put to the test, and says so. */
function uncovered({ requirements }: HeadlineFacts): string {
  if (requirements === undefined || requirements.uncovered === 0) return '';
  return ` ${String(requirements.uncovered)} of ${count(requirements.all, 'requirement')} were not covered.`;
}

function sentenceOf(reason: string): string {
  return `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}.`;
}

function untested(upgrades: (wanted: string) => number): { verdict: Verdict; sentence: string } {
  const [passed, invalid, undecided] = [upgrades('pass'), upgrades('invalid'), upgrades('inconclusive')];
  if (invalid > 0)
    return {
      verdict: 'invalid',
      sentence: `The rig, the harness or the network spoilt ${count(invalid, 'upgrade')}.`,
    };
  if (undecided > 0)
    return { verdict: 'inconclusive', sentence: `What was seen of ${count(undecided, 'upgrade')} does not tell.` };
  if (passed > 0)
    return {
      verdict: 'passed',
      sentence: `${count(passed, 'upgrade')} ${passed === 1 ? 'conforms' : 'conform'} as far as can be seen.`,
    };
  return { verdict: 'nothing', sentence: 'There is no upgrade that could be judged.' };
}

function failure({ cuts, windows, tested }: HeadlineFacts, tests: number, upgrades: number): string {
  const deadly = windows.filter(({ dead }) => dead);
  const dead = deadly.find(({ known }) => known) ?? deadly[0];
  if (dead !== undefined) {
    const { lowest, highest, inside, known, failedAt } = dead;
    const places = [...new Set(failedAt)].slice(0, 5).map((percent) => `${String(percent)} %`);
    const where = known ? `from ${String(lowest)} % to ${String(highest)} %` : `at ${places.join(', ')}`;
    const often = known ? ` (${String(inside.failed)} of ${String(inside.of)})` : '';
    return `The package did not pass: power cuts ${where} of the flashing brick the module${often}.`;
  }
  if (cuts.failed > 0)
    return `The package did not pass: ${String(cuts.failed)} of ${count(cuts.valid, 'valid power cut')} failed.`;
  return `The package did not pass: ${tested && tests > 0 ? count(tests, 'test') : count(upgrades, 'upgrade')} failed.`;
}

export function count(number: number, word: string): string {
  return `${String(number)} ${word}${number === 1 ? '' : 's'}`;
}
