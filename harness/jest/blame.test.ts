import { RigFault } from '../base/errors.js';
import { spoiltBy, traced } from './blame.js';
import { marked, outcomeOf } from './outcome.js';

/** As Jest throws what a matcher says. */
const fromMatcher = (message: string): Error => Object.assign(new Error(message), { matcherResult: { pass: false } });
const textOf = (error: unknown): string => (error as Error).message;

describe('an expectation that says itself what it is', () => {
  test.each(['skipped', 'invalid', 'inconclusive'] as const)(
    'stays %s, and is never made a failure of the firmware',
    (outcome) => {
      const error = fromMatcher(marked(outcome, 'the phase was over before the cut was due'));
      const thrown = traced(error, ['DG-20']);
      expect(outcomeOf([textOf(thrown)])).toEqual({ outcome, why: 'the phase was over before the cut was due' });
      expect(textOf(thrown)).not.toContain('firmware');
    },
  );

  test('only an invalid one is tried again', () => {
    expect(spoiltBy(fromMatcher(marked('invalid', 'no proof')))).toBe('no proof');
    for (const outcome of ['skipped', 'inconclusive'] as const)
      expect(spoiltBy(fromMatcher(marked(outcome, 'so')))).toBeUndefined();
  });
});

test('a plain expectation is given the requirements of its test, one that names its own keeps them', () => {
  expect(textOf(traced(fromMatcher('expected 3, got 4'), ['DG-15', 'DG-18']))).toBe(
    'requirement DG-15, DG-18; owner firmware\nexpected 3, got 4',
  );
  expect(textOf(traced(fromMatcher('requirement DG-20: broken'), ['DG-15']))).toBe('requirement DG-20: broken');
});

test('whatever else a test throws is not the module’s doing', () => {
  expect(spoiltBy(new Error('cannot read properties'))).toBe('cannot read properties');
  expect(spoiltBy(new RigFault('no answer', { seen: 'silence', hint: 'look at the cable' }))).toContain('look at the cable');
  expect(spoiltBy(fromMatcher('expected 3, got 4'))).toBeUndefined();
});
