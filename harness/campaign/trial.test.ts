import type { Cut, Judgement, UpgradeRecord } from '../verdict/types.js';
import type { CutPoint, CutTrial } from './cut.js';
import { achievedPercent, trialResult } from './trial.js';

const at41: CutPoint = { anchor: 'updating', percent: 41, delay: 0 };
const trial = (...points: CutPoint[]): CutTrial => ({ source: 'ufs', points });
const cut = (phase: Cut['phase'], proven = true): Cut => ({ t: 100, back: 110, event: 9, phase, attempt: 1, proven });

/** The parts of a record that a trial looks at. */
function record(cuts: readonly Cut[], retries = 5): UpgradeRecord {
  const reports = [
    { kind: 'updating', value: 43, t: 98 },
    { kind: 'updating', value: 44, t: 120 },
  ];
  return {
    cuts,
    reports,
    profile: { firmware: { retries, reading: 'in-all', afterRetries: 'rolled-back' } },
  } as unknown as UpgradeRecord;
}
function judgement(result: Judgement['result'], ending: Judgement['ending'], owner?: 'firmware' | 'network'): Judgement {
  const findings =
    owner === undefined
      ? []
      : [
          {
            rule: 'power.recovery',
            requirement: 'DG-20',
            owner,
            text: 'the new version does not run',
            expected: '',
            seen: '',
            events: [],
          },
        ];
  return { result, ending, findings, observations: [], exercised: [] };
}
const passed = judgement('pass', 'upgraded');

test('a cut where it was asked, proven, and a module that did what it must: survived, with what was achieved', () => {
  const result = trialResult(trial(at41), record([cut('recovery')]), passed);
  expect(result).toEqual({
    outcome: 'survived',
    owner: undefined,
    achieved: 'recovery at 43 %, 2.0 ms after the last report',
    why: undefined,
  });
  expect(achievedPercent(record([cut('recovery')]))).toBe(43);
});

test('without proof that power went nothing is said of cuts; what the rules fail all the same is its owner’s', () => {
  const unproven = record([cut('recovery', false)]);
  expect(trialResult(trial(at41), unproven, passed)).toMatchObject({ outcome: 'invalid', owner: 'rig' });
  const invalid = { ...judgement('invalid', 'rolled-back', 'firmware') };
  expect(trialResult(trial(at41), unproven, invalid)).toMatchObject({ outcome: 'invalid', owner: 'rig' });
  const failed = trialResult(trial(at41), unproven, judgement('fail', 'rolled-back', 'firmware'));
  expect(failed).toMatchObject({ outcome: 'invalid', owner: 'firmware' });
  expect(failed.why).toMatch(/^DG-20 power.recovery: the new version does not run; no proof that power went/);
});

test('a cut that came too late, or never, is missed and no pass', () => {
  expect(trialResult(trial(at41), record([]), passed)).toMatchObject({ outcome: 'missed', achieved: 'no cut' });
  expect(trialResult(trial(at41), record([cut('after-end')]), passed)).toMatchObject({ outcome: 'missed' });
  expect(trialResult(trial(at41, at41), record([cut('recovery')]), passed)).toMatchObject({ outcome: 'missed' });
});

test('the firmware’s failure counts as such, also when it ended the plan early', () => {
  const failed = judgement('fail', 'unresponsive', 'firmware');
  expect(trialResult(trial(at41), record([cut('recovery')]), failed)).toMatchObject({ outcome: 'failed', owner: 'firmware' });
  expect(trialResult(trial(at41, at41), record([cut('recovery')]), failed)).toMatchObject({
    outcome: 'failed',
    owner: 'firmware',
  });
});

test('a failure before any cut is no trial of cuts, and is still held against its owner', () => {
  const failed = judgement('fail', 'unresponsive', 'firmware');
  const network = judgement('pass', undefined, 'network').findings;
  expect(trialResult(trial(at41), record([]), { ...failed, findings: [...network, ...failed.findings] })).toMatchObject({
    outcome: 'invalid',
    owner: 'firmware',
  });
});

test('what the network or missing witnesses spoilt is invalid', () => {
  expect(trialResult(trial(at41), record([cut('recovery')]), judgement('invalid', undefined, 'network'))).toMatchObject({
    outcome: 'invalid',
    owner: 'network',
  });
  expect(trialResult(trial(at41), record([cut('recovery')]), judgement('inconclusive', undefined))).toMatchObject({
    outcome: 'invalid',
    owner: 'undecided',
  });
});

test('cuts may use the attempts up: then further points are out of reach, and that is no miss', () => {
  const points = [at41, at41, at41];
  const two = [cut('recovery'), cut('recovery')];
  const back = judgement('pass', 'rolled-back');
  expect(trialResult(trial(...points), record(two, 2), back).outcome).toBe('survived');
  expect(trialResult(trial(...points), record(two, 5), back).outcome).toBe('missed');
  expect(trialResult(trial(...points), record(two, 2), passed).outcome).toBe('missed');
});
