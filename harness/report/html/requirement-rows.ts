import { requirements, testedElsewhere } from '../../verdict/requirements.js';
import { rules } from '../../verdict/rules/index.js';
import { sequenceRules } from '../../verdict/sequence.js';
import type { Judgement } from '../../verdict/types.js';
import type { TestResult } from '../result.js';
import type { RequirementRow } from './data.js';

interface Tally {
  passed: number;
  failed: number;
  undecided: number;
  upgrade: number | undefined;
}

/**
 * Which requirements were put to the test, and what came of it. What counts is what a rule looked at in an upgrade that is worth something; a
 * test's own word counts only for what no upgrade can show. A requirement that nothing exercised is not covered, whatever tests name it.
 */
export class RequirementTally {
  readonly #tallies = new Map<string, Tally>();

  take(judgement: Judgement, upgrade: number): void {
    const { result, findings, exercised } = judgement;
    const against = new Set(
      findings.filter(({ owner }) => owner === 'firmware' || owner === 'package').map(({ requirement }) => requirement),
    );
    for (const { owner, requirement } of findings) if (owner === 'undecided') this.#of(requirement).undecided += 1;
    if (result === 'fail') {
      for (const id of against) {
        const tally = this.#of(id);
        tally.failed += 1;
        tally.upgrade ??= upgrade;
      }
    }
    if (result !== 'fail' && result !== 'pass') return;
    for (const id of exercised) if (!against.has(id)) this.#of(id).passed += 1;
  }

  rows(tests: readonly TestResult[]): readonly RequirementRow[] {
    return requirements.map(({ id, source, text }) => {
      const naming = tests.filter((test) => test.requirements.includes(id));
      const tally = { ...(this.#tallies.get(id) ?? { passed: 0, failed: 0, undecided: 0, upgrade: undefined }) };
      if (testedElsewhere[id] !== undefined) {
        tally.passed += naming.filter(({ status }) => status === 'passed').length;
        tally.failed += naming.filter(({ status }) => status === 'failed').length;
      }
      const state = tally.failed > 0 ? 'failed' : tally.passed > 0 ? 'passed' : tally.undecided > 0 ? 'undecided' : 'not-covered';
      return { id, source, text, state, ...tally, tests: naming.length, rules: rulesOf(id) };
    });
  }

  #of(id: string): Tally {
    const known = this.#tallies.get(id);
    if (known !== undefined) return known;
    const made = { passed: 0, failed: 0, undecided: 0, upgrade: undefined };
    this.#tallies.set(id, made);
    return made;
  }
}

function rulesOf(id: string): readonly string[] {
  const own = rules.filter(({ serves }) => serves.includes(id)).map((rule) => rule.id);
  return [...own, ...sequenceRules.filter(({ requirement }) => requirement === id).map((rule) => rule.id)];
}
