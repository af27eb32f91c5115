import { afterSpoilt, marked, outcomeOf, outOfTime } from './outcome.js';

const late = new Error(marked('skipped', outOfTime));
const outcome = (error: unknown): ReturnType<typeof outcomeOf> => outcomeOf([(error as Error).message]);

test('a try that did not count and was not repeated for lack of time leaves the test invalid, with the first reason', () => {
  expect(outcome(afterSpoilt('nobody saw how it ended', late))).toEqual({
    outcome: 'invalid',
    why: `nobody saw how it ended\nnot tried again: ${outOfTime}`,
  });
});

test('for lack of time alone it is left out', () => {
  expect(afterSpoilt(undefined, late)).toBe(late);
});

test('what a later try found stands', () => {
  for (const error of [
    new Error('expected 1, got 2'),
    new Error(marked('inconclusive', 'x')),
    new Error(marked('skipped', 'missed: x')),
    'a text',
  ]) {
    expect(afterSpoilt('noise', error)).toBe(error);
  }
});
