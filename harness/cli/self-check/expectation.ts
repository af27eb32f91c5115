import type { CutTrial } from '../../campaign/cut.js';
import type { Owner } from '../../journal/events.js';
import type { Defect } from './catalogue.js';
import type { HostCondition } from './host.js';

/**
 * What is found where no rule of `verdict/` has the say: a fault of the rig that an event tells of, a rig that was set aside, an
 * expectation that a suite states by itself, a trial of power cuts that came to nothing, a row of `dfota rigs check`, a test that could not
 * do its part.
 */
export const ruleOutsideVerdicts = [
  'rig.fault',
  'rig.aside',
  'rigs.check',
  'suite.expectation',
  'suite.ending',
  'trial.unproven',
  'test.invalid',
  'test.inconclusive',
] as const;

/** A way of being caught that counts: a rule, and the requirement that it may name (all that it serves when none are given). */
export interface Catch {
  readonly rule: string;
  readonly requirements: readonly string[];
}

/** Where a defect must be caught, and by what: the cheapest test that shows it. */
export interface Expectation {
  readonly defect: string;
  readonly suite: string | readonly string[] | undefined;
  /** Of the test's full name, as `-t` takes it. */
  readonly tests?: string;
  /** Instead of tests: a power cut, or several, each in a run of its own until one is caught. */
  readonly cut?: CutTrial | readonly CutTrial[];
  /** Instead of a suite: the row of `dfota rigs check` that must fail, for a wire that no suite depends on. */
  readonly check?: string;
  /** Any one of them will do; empty for a harmless variation. */
  readonly by: readonly Catch[];
  /**
   * Who may be named; default: `firmware` for a defect of the firmware, `rig` or `harness` for one of the rig, nobody for a harmless variation.
   * A harmless one that may take witnesses away can allow `undecided`: what is not seen is not made up.
   */
  readonly owners?: readonly Owner[];
  /** What the unit is started with; default: the defect. `none`: a sound one. */
  readonly unit?: string;
  /** What the host does meanwhile. */
  readonly host?: HostCondition;
  /** What the rig's definition says otherwise than the shipped simulated one. */
  readonly rig?: RigChange;
  /** Why here, or why by this rule, where that is not plain. */
  readonly why?: string;
}

/** Each key replaces the shipped rig's one; maps are merged one level deep. */
export interface RigChange {
  readonly timing?: { readonly scale: number };
  readonly limits?: Readonly<Record<string, string>>;
  readonly firmware?: Readonly<Record<string, string | number>>;
  readonly simulated?: Readonly<Record<string, string | number | boolean>>;
}

/** `by('percent.range', 'DG-12')`. */
export const by = (rule: string, ...requirements: readonly string[]): Catch => ({ rule, requirements });

/** The power cuts of an expectation. */
export function cutsOf({ cut }: Expectation): readonly CutTrial[] {
  return cut === undefined ? [] : 'points' in cut ? [cut] : cut;
}

/** Owners that are right for a defect. */
export function rightOwners(defect: Defect, expectation: Expectation): readonly Owner[] {
  if (expectation.owners !== undefined) return expectation.owners;
  const { owner } = defect;
  return owner === 'firmware' ? ['firmware'] : owner === 'rig' ? ['rig', 'harness'] : [];
}

/** What keeps catalogue and expectations apart, in words; empty when each defect has one expectation and each expectation a defect. */
export function mismatches(defects: readonly Defect[], expectations: readonly Expectation[]): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const expectation of expectations) {
    if (seen.has(expectation.defect)) problems.push(`${expectation.defect} has two expectations`);
    seen.add(expectation.defect);
    const defect = defects.find(({ name }) => name === expectation.defect);
    if (defect === undefined) problems.push(`${expectation.defect} is expected, but the simulator has no such defect`);
    else if ((defect.owner === 'harmless') !== (expectation.by.length === 0)) {
      const what = defect.owner === 'harmless' ? 'is harmless, yet a rule is to catch it' : 'has no rule that is to catch it';
      problems.push(`${expectation.defect} ${what}`);
    }
  }
  for (const { name } of defects)
    if (!seen.has(name)) problems.push(`${name} is a defect of the simulator without an expectation`);
  return problems;
}
