import type { Defect } from './catalogue.js';
import type { Blame, Evidence } from './evidence.js';
import { by, type Expectation } from './expectation.js';
import { isPerfect, lineText, markdown, summaryLine, type SelfCheck } from './matrix.js';
import { scoreOf, type Score } from './score.js';

const expectation: Expectation = { defect: 'd', suite: 'identity', by: [by('percent.range', 'DG-12'), by('rig.fault')] };
const blame = (owner: Blame['owner'], rule: string, requirement?: string): Blame => ({
  owner,
  rule,
  requirement,
  text: 'so it is',
});
const untold = { why: undefined, requirements: [], tries: [], took: 1, at: '', outlasted: false } as const;
const a = { rig: 'r', test: 'a', suite: 's', status: 'failed', ...untold } as const;
const evidence = (...blames: readonly Blame[]): Evidence => ({
  tests: [a],
  blames,
  alarms: blames.map(({ rule }) => rule),
  repeats: [],
});

function score(owner: Defect['owner'], exit: number | string, ...blames: readonly Blame[]): Score {
  const defect = { name: 'd', owner, summary: 'does | something else' };
  const expected = owner === 'harmless' ? { ...expectation, by: [] } : expectation;
  return scoreOf(defect, expected, { exit, took: 1234, outOfTime: false }, evidence(...blames), '/runs/d');
}

const inRange = blame('firmware', 'percent.range', 'DG-12');
const fault = blame('rig', 'rig.fault');

test('caught by the rule, with the owner, with the exit code', () => {
  expect(score('firmware', 1, inRange)).toMatchObject({
    caught: true,
    ownerRight: true,
    exitRight: true,
    right: true,
    note: undefined,
  });
  expect(score('rig', 3, fault)).toMatchObject({ caught: true, ownerRight: true, exitRight: true, right: true });
});

test('a defect of the firmware that could be the rig’s is to be doubted, and no more', () => {
  const doubt = blame('undecided', 'percent.range', 'DG-12');
  const scored = (exit: number, found: Blame): Score =>
    scoreOf(
      { name: 'd', owner: 'firmware', summary: 's' },
      { ...expectation, owners: ['undecided'] },
      { exit, took: 1, outOfTime: false },
      evidence(found),
      '/runs/d',
    );
  expect(scored(3, doubt)).toMatchObject({ right: true });
  expect(scored(1, inRange)).toMatchObject({ right: false });
  expect(scored(0, doubt)).toMatchObject({ right: false, note: 'exit 0 instead of 3' });
});

test.each([
  ['nothing is found', score('firmware', 0), 'missed: nothing was found'],
  [
    'another rule holds',
    score('firmware', 1, blame('firmware', 'time.boot', 'DH-08')),
    'not caught by percent.range or rig.fault; found time.boot (firmware)',
  ],
  [
    'the rule names another requirement',
    score('firmware', 1, blame('firmware', 'percent.range', 'DG-01')),
    'not caught by percent.range or rig.fault; found percent.range (firmware)',
  ],
  [
    'the package is blamed',
    score('firmware', 1, inRange, blame('package', 'version.applied')),
    'firmware, package named instead of firmware',
  ],
  ['the rig is blamed for the firmware', score('firmware', 3, fault), 'rig named instead of firmware'],
  [
    'the firmware is blamed for the rig',
    score('rig', 1, inRange),
    'the firmware is blamed for a fault of the rig: percent.range (firmware)',
  ],
  [
    'the firmware is blamed beside the rig',
    score('rig', 3, fault, inRange),
    'the firmware is blamed for a fault of the rig: rig.fault (rig), percent.range (firmware)',
  ],
  ['nobody is named', score('rig', 3, blame('undecided', 'rig.fault')), 'undecided named instead of rig or harness'],
  ['the exit code is another', score('rig', 2, fault), 'exit 2 instead of 3'],
  ['a harmless variation is blamed', score('harmless', 1, inRange), 'a false alarm: percent.range'],
  ['a harmless variation does not end well', score('harmless', 3), 'a false alarm: exit 3'],
])('not right when %s', (_, wrong, note) => {
  expect([wrong.right, wrong.note]).toEqual([false, note]);
});

test('a harmless variation may leave in doubt what it is allowed to, and no more', () => {
  const defect = { name: 'd', owner: 'harmless', summary: 's' } as const;
  const allowed: Expectation = { ...expectation, by: [], owners: ['undecided'] };
  const of = (exit: number, ...blames: readonly Blame[]): Score =>
    scoreOf(defect, allowed, { exit, took: 1, outOfTime: false }, evidence(...blames), '');
  const doubt = blame('undecided', 'order.end-seen', 'DG-09');
  expect([of(0), of(3, doubt), of(1, doubt, inRange), of(3, fault), of(3)].map(({ right }) => right)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  const host = blame('harness', 'percent.rising', 'DG-12');
  expect([of(3, doubt, host), of(3, host), of(3, doubt, fault)].map(({ right }) => right)).toEqual([true, false, false]);
});

test('a run that was not disturbed as it was meant to be is not right, whatever it found', () => {
  const defect = { name: 'd', owner: 'harmless', summary: 's', why: 'it is so' } as const;
  const end = { exit: 0, took: 1, outOfTime: false };
  const of = (notStaged?: string): Score =>
    scoreOf(defect, { ...expectation, by: [] }, end, { tests: [a], blames: [], alarms: [], repeats: [] }, '', notStaged);
  expect([of().right, of('no jump').right, of('no jump').note]).toEqual([
    true,
    false,
    'the run was not disturbed as it should be: no jump',
  ]);
  expect(lineText(of())).toMatch(/^ok .* harmless: it is so$/);
});

test('a run without a test of that name, or stopped by its limit, is not right', () => {
  const defect = { name: 'd', owner: 'firmware', summary: 's' } as const;
  const none = { tests: [], blames: [], alarms: [], repeats: [] };
  expect(scoreOf(defect, expectation, { exit: 2, took: 1, outOfTime: false }, none, '').note).toBe('no test of that name ran');
  expect(scoreOf(defect, expectation, { exit: 3, took: 1, outOfTime: true }, none, '').note).toMatch(/limit of time/);
});

function check(scores: readonly Score[], alarms: readonly string[] = [], exit = 0): SelfCheck {
  return {
    harness: { version: '0.1.0', node: 'v20' },
    started: '2026-01-31T00:00:00.000Z',
    seed: 1,
    scale: 0.004,
    part: '1/2',
    scores,
    sound: [{ name: 'sound-1', seed: 1, exit, took: 1, alarms, repeats: [], run: '' }],
    interrupted: false,
  };
}

test('the summary counts what is right, and false alarms of harmless variations and sound runs', () => {
  const scores = [
    score('firmware', 1, inRange),
    score('firmware', 0),
    score('rig', 3, fault),
    score('harmless', 0),
    score('harmless', 3),
  ];
  expect(summaryLine(check(scores))).toBe(
    'firmware defects caught with the right owner: 1 of 2; rig defects: 1 of 1; harmless variations left alone: 1 of 2; ' +
      'false alarms: 0 in 1 sound runs',
  );
  expect(summaryLine(check([], ['r#1: fail']))).toMatch(/false alarms: 1 in 1 sound runs$/);
});

test('perfect is only what has nothing wrong in it', () => {
  const right = score('firmware', 1, inRange);
  expect(isPerfect(check([right]))).toBe(true);
  expect(isPerfect(check([right, score('firmware', 0)]))).toBe(false);
  expect(isPerfect(check([right], ['r#1: invalid']))).toBe(false);
  expect(isPerfect(check([right], [], 3))).toBe(false);
  expect(isPerfect({ ...check([right]), interrupted: true })).toBe(false);
});

test('the matrix has a line for each defect and tells what is wrong', () => {
  const text = markdown(check([score('firmware', 1, inRange), score('rig', 0)]));
  expect(text).toContain('| d: does \\| something else | firmware | yes | percent.range (DG-12) | firmware | 1 | 1.2 |');
  expect(text).toContain('| **missed** |');
  expect(text).toContain('- d: missed: nothing was found (/runs/d)');
  expect(lineText(score('rig', 0))).toMatch(/^MISS d .* missed: nothing was found$/);
});
