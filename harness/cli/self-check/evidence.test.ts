import type { EventBody, JournalEvent } from '../../journal/events.js';
import { fold } from '../../verdict/fold.js';
import { judge } from '../../verdict/judge.js';
import { failureText } from '../../verdict/text.js';
import { both, fetched, script, v12, type Script } from '../../verdict/testing/script.js';
import { evidenceOf, evidenceOfCheck, findingsInText } from './evidence.js';

let time = 0;
const event = (body: EventBody): JournalEvent => {
  time += 1;
  return { n: time, t: time, at: '2026-01-31T00:00:00.000Z', rig: 'r', ...body };
};
const ready = (): JournalEvent => event({ type: 'rig.ready', took: 1 });
const started = (test: string): JournalEvent => event({ type: 'test.start', test, suite: 's', requirements: [] });
const ended = (test: string, status: 'passed' | 'failed' | 'invalid' | 'skipped', why?: string): JournalEvent =>
  event({ type: 'test.end', test, status, ...(why === undefined ? {} : { why }) });
const verdict = (
  result: 'pass' | 'fail' | 'invalid',
  ...findings: readonly (readonly ['firmware' | 'rig' | 'harness' | 'undecided', string])[]
) =>
  event({
    type: 'verdict',
    upgrade: 'r#1',
    result,
    findings: findings.map(([owner, rule]) => ({ owner, rule, requirement: 'DG-13', text: 'so it is', events: [] })),
  });
const told = (events: readonly JournalEvent[]): string[] =>
  evidenceOf(events, 'r').blames.map(({ owner, rule, requirement }) => `${owner} ${rule} ${requirement ?? '-'}`);

function oldVersionAfterEnd(): Script {
  return fetched('ftp', {}, script())
    .say(both, 'START', 'UPDATING,1', 'UPDATING,100', 'END,0')
    .normal()
    .end()
    .after({ revision: v12 });
}

test('the findings of a failed test are read back from its text', () => {
  const story = oldVersionAfterEnd();
  const [record] = fold(story.events);
  if (record === undefined) throw new Error('no record');
  const judgement = judge(record);
  const text = failureText(record, judgement, story.events);
  expect(judgement.findings.length).toBeGreaterThan(0);
  expect(findingsInText(text)).toEqual(
    judgement.findings.map(({ rule, requirement, owner, text: what }) => ({ rule, requirement, owner, text: what })),
  );
});

test('only what decided the result is held against somebody', () => {
  const run = [
    ready(),
    started('a'),
    verdict('fail', ['firmware', 'version.after-end'], ['undecided', 'witness.agree']),
    ended('a', 'passed'),
  ];
  expect(told(run)).toEqual(['firmware version.after-end DG-13']);
});

test('one finding that a verdict and a test tell is one', () => {
  const text = 'FAIL: r#1\n  firmware: so it is\n    rule        version.after-end\n    requirement DG-13 After END,0 …';
  const run = [ready(), started('a'), verdict('fail', ['firmware', 'version.after-end']), ended('a', 'failed', text)];
  expect(told(run)).toEqual(['firmware version.after-end DG-13']);
});

test('an expectation of a suite names no rule, and is the firmware’s all the same', () => {
  const wrong = (why: string): JournalEvent[] => [ready(), started('a'), ended('a', 'failed', why)];
  expect(told(wrong('expected the upgrade to end as upgraded, it ended as rolled-back\nPASS: …'))).toEqual([
    'firmware suite.ending -',
  ]);
  expect(told(wrong('expect(received).toBe(expected)'))).toEqual(['firmware suite.expectation -']);
});

test('a rig that could not be opened, one that was set aside, a cut without proof', () => {
  const run = [
    event({ type: 'rig.fault', what: 'the unit does not come up', seen: 'silence' }),
    event({ type: 'rig.fault', what: 'the harness: cannot read' }),
    event({ type: 'rig.aside', reason: 'does not answer AT' }),
    event({
      type: 'trial.end',
      trial: 'r/1',
      cut: 'cut:start/ufs#0000',
      package: '',
      revision: v12,
      outcome: 'invalid',
      owner: 'rig',
      phase: 'start',
      achieved: 'recovery',
      why: 'no proof that power went at start',
      took: 1,
    }),
  ];
  expect(told(run)).toEqual(['rig trial.unproven -', 'rig rig.fault -', 'harness rig.fault -', 'rig rig.aside -']);
});

test('a sound run has no alarm; a test left out by the pattern is none, a skip for another reason is', () => {
  const sound = [
    ready(),
    started('a'),
    verdict('pass'),
    ended('a', 'passed'),
    ended('b', 'skipped', 'left out by the chosen pattern'),
  ];
  expect(evidenceOf(sound, 'r')).toMatchObject({ tests: [{ test: 'a' }], alarms: [], blames: [] });
  expect(evidenceOf([...sound, ended('c', 'skipped', 'the rig has no SD card')], 'r').alarms).toEqual(['skipped: c']);
});

test('a verdict that a later try put right is an alarm still', () => {
  const run = [ready(), started('a'), verdict('invalid', ['rig', 'power.proof']), verdict('pass'), ended('a', 'passed')];
  expect(evidenceOf(run, 'r').alarms).toEqual(['r#1: invalid']);
});

test('a verdict that the harness holds against its own host, and that a later try put right, is none; a test left so is', () => {
  const hosts = verdict('invalid', ['harness', 'download.unprovoked'], ['undecided', 'order.end-seen']);
  const run = [ready(), started('a'), hosts, verdict('pass'), ended('a', 'passed')];
  expect(evidenceOf(run, 'r')).toMatchObject({ alarms: [], repeats: ['r#1: so it is'] });
  expect(evidenceOf([ready(), started('a'), hosts, ended('a', 'invalid')], 'r').alarms).toEqual(['invalid: a']);
});

test('a test that was spoilt without a finding is the rig’s', () => {
  const run = [ready(), started('a'), ended('a', 'invalid', 'the file did not arrive\n  asked: all of it')];
  expect(evidenceOf(run, 'r').blames).toMatchObject([{ rule: 'test.invalid', owner: 'rig', text: 'the file did not arrive' }]);
});

test('the table of dfota rigs check', () => {
  const printed = [
    'CHECK              RESULT     SEEN',
    'unit answers       ok         AT, in normal mode',
    'PWRKEY off, on     FAILED     rig a: PWRKEY does not switch the unit off',
    'SD room            not tried  no card',
    '',
    'PWRKEY off, on: rig a: PWRKEY does not switch the unit off',
    '  seen:  STATUS stayed high',
  ].join('\n');
  const { tests, blames, alarms } = evidenceOfCheck(printed);
  expect(tests.map(({ test: name, status }) => [name, status])).toEqual([
    ['unit answers', 'passed'],
    ['PWRKEY off, on', 'invalid'],
  ]);
  expect(blames).toEqual([
    { rule: 'rigs.check', requirement: 'PWRKEY off, on', owner: 'rig', text: 'rig a: PWRKEY does not switch the unit off' },
  ]);
  expect(alarms).toHaveLength(1);
});
