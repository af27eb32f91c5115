import { outcomeOf } from './outcome.js';
import { trialMessage } from './trial-message.js';

const outcome = (trial: Parameters<typeof trialMessage>[0], named = false): string =>
  outcomeOf([trialMessage(trial, 'what was seen', named)]).outcome;
const why = undefined;

test('a failure of the firmware or the package is one, also when it came before the cut', () => {
  for (const owner of ['firmware', 'package'] as const) {
    expect(outcome({ outcome: 'failed', owner, why })).toBe('failed');
    expect(outcome({ outcome: 'invalid', owner, why })).toBe('failed');
  }
});

test('what nobody can hold against the module does not count', () => {
  for (const owner of ['rig', 'harness', 'network', 'undecided'] as const)
    expect(outcome({ outcome: 'invalid', owner, why })).toBe('invalid');
  expect(outcome({ outcome: 'missed', owner: undefined, why })).toBe('invalid');
});

test('a point that this module has not is left out, unless it was asked for by name', () => {
  const trial = { outcome: 'missed', owner: undefined, outOfReach: true, why: 'it never reported 41 %' } as const;
  expect(trialMessage(trial, 'x', false)).toBe('SKIPPED: missed: it never reported 41 %');
  expect(outcome(trial, true)).toBe('invalid');
});
