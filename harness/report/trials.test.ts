import { systemClock } from '../base/clock.js';
import { Secrets } from '../base/secrets.js';
import type { EventBody, JournalEvent } from '../journal/events.js';
import { memoryJournal } from '../journal/journal.js';
import { runStart } from '../journal/testing/beginning.js';
import { escapeXml, finishJunit } from './junit.js';
import { doneBefore, resultOf } from './result.js';
import { outlineOf } from './outline.js';
import { summaryText } from './summary.js';
import { campaignFacts, trialsTold } from './trials.js';

const rig = 'ec25-a';
const cut = 'cut:updating@41%/ufs#ff9b';
const name = `power cut at random ${cut}`;
const test1 = `power-cut: ${name}`;

function events(...bodies: readonly EventBody[]): readonly JournalEvent[] {
  const journal = memoryJournal({ clock: systemClock, secrets: new Secrets(), rig });
  for (const body of bodies) journal.write(body);
  return journal.events;
}
const begin = (test = test1): EventBody => ({ type: 'test.start', test, suite: 'power-cut', requirements: ['DG-20'] });
const end = (status: 'passed' | 'failed' | 'skipped', why?: string, test = test1): EventBody => ({
  type: 'test.end',
  test,
  status,
  ...(why === undefined ? {} : { why }),
});
const trial = (
  number: number,
  outcome: 'survived' | 'failed' | 'missed',
  latency: number,
  of: { readonly package?: string; readonly revision?: string } = {},
): EventBody[] => [
  { type: 'trial.start', trial: `${rig}/${String(number)}`, cut, test: test1 },
  { type: 'trial.cut', trial: `${rig}/${String(number)}`, index: 0, asked: 'updating@41%', powerEvent: 1, latency },
  {
    type: 'trial.end',
    trial: `${rig}/${String(number)}`,
    cut,
    package: 'ab',
    revision: 'R12',
    outcome,
    ...(outcome === 'failed' ? { owner: 'firmware' as const, why: 'DG-20 normal.reached: <gone>' } : {}),
    phase: 'updating',
    achieved: 'recovery at 43 %',
    took: 1,
    ...of,
  },
];
const jest1 = (body: string): string =>
  `<testsuites><testsuite name="${rig} power-cut.suite.ts" timestamp="2026-01-01T00:00:00" time="1" tests="1">\n<properties>\n</properties>\n` +
  `<testcase classname="${rig} power-cut.suite.ts" name="${escapeXml(name)}" time="98.765">${body}</testcase></testsuite></testsuites>`;

function junit(all: readonly JournalEvent[], parts: readonly string[]): string {
  return finishJunit(
    parts.map((xml) => ({ rig, xml })),
    resultOf(all, [rig]).tests,
    {},
    { trials: trialsTold(all), properties: (of) => campaignFacts(of, outlineOf(all)) },
  );
}

describe('power cuts in the JUnit file', () => {
  const all = events(begin(), ...trial(1, 'missed', 0.2), ...trial(2, 'failed', 1.234), end('failed', 'no\nmore'));

  test('each trial is told with its cut, outcome, owner and latency: in the suite’s properties, and in its test’s output', () => {
    const xml = junit(all, [jest1('<failure>no</failure>')]);
    for (const [property, value] of [
      ['trial.ec25-a/1.outcome', 'missed'],
      ['trial.ec25-a/1.latency', '0.20 ms'],
      ['trial.ec25-a/2.cut', cut],
      ['trial.ec25-a/2.outcome', 'failed'],
      ['trial.ec25-a/2.owner', 'firmware'],
      ['trial.ec25-a/2.achieved', 'recovery at 43 %'],
      ['trial.ec25-a/2.latency', '1.23 ms'],
      ['cuts.latency', 'from the trigger to the switch: p50 0.20 ms, max 1.23 ms, over 2 cuts'],
      ['cuts.survival', '0 of 1 cuts survived: failure rate &lt; 100 % (95 %)'],
    ])
      expect(xml).toContain(`<property name="${String(property)}" value="${String(value)}"/>`);
    expect(xml).toContain(
      `trial ec25-a/2 failed (firmware): ${cut}; achieved: recovery at 43 %; from the trigger to the switch 1.23 ms; DG-20 normal.reached: &lt;gone&gt;`,
    );
  });

  test('a test whose process was killed before Jest wrote anything is there all the same', () => {
    const xml = junit(all, []);
    expect(xml).toContain('<testsuite name="ec25-a.power-cut" tests="1" failures="1" errors="0" skipped="0" time="0">');
    expect(xml).toContain(`name="${escapeXml(name)}"`);
    expect(xml).toContain('<failure message="no" type="failed">no&#10;more</failure>');
    expect(xml).toContain('name="trial.ec25-a/2.outcome" value="failed"');
  });

  test('what failed before the run was resumed keeps its text and its time, though Jest passed by', () => {
    const resumed = [...all, ...events(begin(), end('skipped', doneBefore))];
    const xml = junit(resumed, [jest1(`<failure>Error: SKIPPED: ${doneBefore}</failure>`)]);
    expect(xml).toContain('<failure message="no" type="failed">no&#10;more</failure>');
    expect(xml).not.toContain('SKIPPED');
    expect(xml).not.toContain('time="98.765"');
  });
});

test('a suite that could not be run is forgotten when the run went on and ran it', () => {
  const lost: EventBody = {
    type: 'test.end',
    test: 'power-cut: the suite could not be run',
    status: 'invalid',
    why: 'rig in use',
  };
  expect(resultOf(events(lost), [rig]).tests).toHaveLength(1);
  expect(resultOf(events(lost, runStart(), begin(), end('passed')), [rig]).tests).toMatchObject([
    { test: test1, status: 'passed' },
  ]);
});

test('the summary says what the cuts came to', () => {
  const note: EventBody = { type: 'note', text: 'narrowed: fails between 40 % and 45 %: 9 of 9 in, 0 of 24 out' };
  const killed = trial(3, 'survived', 1).slice(0, 2);
  const all = events(
    begin(),
    ...trial(1, 'survived', 0.5),
    ...trial(2, 'failed', 0.7),
    note,
    end('failed', 'no'),
    begin(),
    ...killed,
  );
  const text = summaryText(resultOf(all, [rig]), outlineOf(all));
  expect(text).toContain(
    [
      '  power cuts: 3 trials: 1 survived, 1 failed, 1 unfinished',
      '  1 of 2 cuts survived: failure rate < 98 % (95 %)',
      '  from the trigger to the switch: p50 0.70 ms, max 1.00 ms, over 3 cuts',
      '  narrowed: fails between 40 % and 45 %: 9 of 9 in, 0 of 24 out',
    ].join('\n'),
  );
  expect(summaryText(resultOf(events(), [rig]), outlineOf(events()))).not.toContain('power cuts');
});

test('cuts of different packages, or from different revisions, do not vouch for each other', () => {
  const back = { package: 'cd'.repeat(32), revision: 'R13' };
  const all = events(
    begin(),
    ...trial(1, 'survived', 0.5),
    ...trial(2, 'survived', 0.5, back),
    ...trial(3, 'failed', 0.5, back),
    ...trial(4, 'missed', 0.5, { revision: 'R11' }),
    end('failed', 'no'),
  );
  const facts = campaignFacts(rig, outlineOf(all));
  expect(Object.entries(facts).filter(([key]) => key.startsWith('cuts.survival'))).toEqual([
    ['cuts.survival.1', 'package ab from R12: 1 of 1 cuts survived: failure rate < 95 % (95 %)'],
    ['cuts.survival.2', 'package cdcdcdcdcdcd from R13: 1 of 2 cuts survived: failure rate < 98 % (95 %)'],
    ['cuts.survival.3', 'package ab from R11: no valid cut: nothing is known of the failure rate'],
  ]);
  expect(summaryText(resultOf(all, [rig]), outlineOf(all))).not.toContain('2 of 3 cuts survived');
});
