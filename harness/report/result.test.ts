/** A run that was killed and went on: what its journal comes to, and that every other reader of the journal comes to the same. */
import { systemClock } from '../base/clock.js';
import { Secrets } from '../base/secrets.js';
import { before } from '../jest/before.js';
import type { EventBody, JournalEvent } from '../journal/events.js';
import { memoryJournal } from '../journal/journal.js';
import { rigProfile, runStart } from '../journal/testing/beginning.js';
import { countTrials } from './count.js';
import { readHistory } from './history/rows.js';
import { Projection } from './html/projection.js';
import { reportData } from './html/report-data.js';
import { finishJunit } from './junit.js';
import { junitCases } from './junit-cases.js';
import { outlineOf } from './outline.js';
import { countsText, Progress } from './progress.js';
import { doneBefore, resultOf, type TestStatus } from './result.js';
import { summaryText } from './summary.js';

const rig = 'ec25-a';
const title = 'upgrade over ufs';
const test1 = `round-trip: ${title}`;
const ownEvents: readonly EventBody['type'][] = ['run.start', 'run.end', 'run.interrupted'];

/** Of a rig, and of the run itself between them. */
function events(...bodies: readonly EventBody[]): readonly JournalEvent[] {
  const journal = memoryJournal({ clock: systemClock, secrets: new Secrets() });
  for (const body of bodies) journal.write(body);
  return journal.events.map((event, index) => ({
    ...event,
    ...(ownEvents.includes(event.type) ? {} : { rig }),
    t: index,
    at: new Date(Date.UTC(2027, 0, 1) + index * 1000).toISOString(),
  }));
}

const run = runStart();
const opened: readonly EventBody[] = [
  {
    type: 'rig.start',
    profile: rigProfile({ name: rig }),
  },
  { type: 'rig.ready', took: 10 },
];
const left: EventBody = { type: 'rig.end', powerSafe: true, why: 'end' };
const start = (test = test1): EventBody => ({ type: 'test.start', test, suite: 'round-trip', requirements: ['DG-13'] });
const end = (status: TestStatus, why?: string, test = test1): EventBody => ({
  type: 'test.end',
  test,
  status,
  ...(why === undefined ? {} : { why }),
});

/** What Jest left of the process that came last. */
const jest1 = (body: string): string =>
  `<testsuites><testsuite name="${rig} round-trip.suite.ts" timestamp="2027-01-01T00:00:00" time="1" tests="1">\n<properties>\n</properties>\n` +
  `<testcase classname="${rig} round-trip.suite.ts" name="${title}" time="98.765">${body}</testcase></testsuite></testsuites>`;

const later: readonly (readonly [string, readonly EventBody[], string | undefined])[] = [
  ['passed over', [start(), end('skipped', doneBefore)], `<failure>Error: SKIPPED: ${doneBefore}</failure>`],
  [
    'skipped, because the rig was set aside',
    [{ type: 'rig.aside', reason: 'no way back' }, end('skipped', 'set aside')],
    '<skipped/>',
  ],
  ['spoilt by a hook', [start(), end('invalid', 'no baseline')], '<failure>Error: INVALID: no baseline</failure>'],
  ['killed once more in the middle of it', [start()], undefined],
  ['interrupted in the middle of it', [start(), { type: 'run.interrupted', signal: 'SIGINT' }], undefined],
];

describe.each(['failed', 'passed', 'inconclusive'] as const)('a test that %s before its run was killed', (verdict) => {
  describe.each(later)('and then was %s', (_, again, body) => {
    const all = events(run, ...opened, start(), end(verdict, 'as it was'), run, ...opened, ...again, left);
    const { tests } = resultOf(all, [rig]);

    test('keeps its verdict, with its reason and its time', () => {
      expect(tests).toMatchObject([{ test: test1, status: verdict, why: 'as it was', took: 1, at: all[4]?.at }]);
    });

    test('is what the run that goes on takes for done', () => {
      expect([...before(all, rig).done]).toEqual(tests.map(({ test }) => test));
    });

    test('is so in the JUnit file, in its own words', () => {
      const xml = finishJunit(body === undefined ? [] : [{ rig, xml: jest1(body) }], tests, {});
      expect(junitCases(xml)).toEqual([{ rig, test: test1, status: verdict }]);
      expect(xml).not.toMatch(/SKIPPED|INVALID|98\.765/);
      expect(countTrials(all, xml, [])).toMatchObject({ problems: [] });
    });

    test('is so on the page, in the history and in what is shown while the run goes on', () => {
      const projection = new Projection({ kind: 'journal', file: 'j', timed: true, madeBy: '1', maskIdentities: true });
      for (const event of all) projection.take(event);
      projection.close();
      const data = reportData(projection, { unreadable: [], cutOff: false });
      expect(data.tests.status).toEqual([verdict]);
      expect(readHistory(all).history.tests).toMatchObject([{ status: verdict, why: 'as it was', at: all[4]?.at }]);
      const progress = new Progress([rig], () => undefined);
      for (const event of all) progress.take(event);
      expect(progress.rigs.get(rig)?.counts).toEqual({
        passed: 0,
        failed: 0,
        skipped: 0,
        invalid: 0,
        inconclusive: 0,
        [verdict]: 1,
      });
    });
  });
});

test('a firmware failure is never outweighed by what came after it', () => {
  const all = events(run, ...opened, start(), end('failed', 'DG-13'), run, ...opened, start(), end('passed'), left);
  expect(resultOf(all, [rig])).toMatchObject({ exit: 1, tests: [{ status: 'failed', why: 'DG-13' }] });
});

test('what came to no verdict is replaced by what came of it later, and is counted once', () => {
  const all = events(run, ...opened, start(), end('invalid', 'noise'), run, ...opened, start(), end('passed'), left);
  expect(resultOf(all, [rig])).toMatchObject({ exit: 0, tests: [{ status: 'passed' }] });
  const progress = new Progress([rig], () => undefined);
  for (const event of all) progress.take(event);
  expect(countsText(progress.rigs.get(rig)?.counts ?? { passed: 9, failed: 0, skipped: 0, invalid: 0, inconclusive: 0 })).toBe(
    '1 passed',
  );
});

test('a test that was under way at the kill has no time and no tries of the run that only left it out', () => {
  const aside: EventBody = { type: 'rig.aside', reason: 'no way back' };
  const all = events(run, ...opened, start(), run, ...opened, aside, end('skipped', 'set aside'), left);
  expect(resultOf(all, [rig]).tests).toMatchObject([
    { status: 'invalid', why: 'its process ended in the middle of it', took: undefined },
  ]);
  const tried: EventBody = { type: 'test.try', test: 'round-trip: other', number: 1, why: 'noise' };
  const other = start('round-trip: other');
  const more = events(run, ...opened, start(), run, ...opened, other, tried, end('passed', undefined, 'round-trip: other'), left);
  expect(resultOf(more, [rig]).tests.map(({ tries }) => tries.length)).toEqual([0, 1]);
});

describe('what was judged in a test that had no end yet when its process was killed', () => {
  const finding = { rule: 'identity.imei', requirement: 'DH-03', text: 'IMEI is not what it was', events: [] };
  const judged = (result: 'pass' | 'fail' | 'invalid' | 'inconclusive'): EventBody => ({
    type: 'verdict',
    upgrade: 'u1',
    result,
    findings: result === 'pass' ? [] : [{ ...finding, owner: result === 'fail' ? 'firmware' : 'undecided' }],
  });
  const killed = (...bodies: readonly EventBody[]) => [run, ...opened, start(), ...bodies];
  const resumed = [run, ...opened];

  describe.each([
    ['failed', 'fail'],
    ['inconclusive', 'inconclusive'],
  ] as const)('%s', (status, result) => {
    test('is the test’s verdict, with its reason, and nothing that comes later tries it away', () => {
      const why = 'u1: DH-03 identity.imei: IMEI is not what it was\nits process ended in the middle of it';
      expect(resultOf(events(...killed(judged(result))), [rig]).tests).toMatchObject([{ status, why }]);
      for (const again of [[end('skipped', doneBefore)], [start(), end('invalid', 'set aside')], [start()]]) {
        expect(resultOf(events(...killed(judged(result)), ...resumed, ...again, left), [rig]).tests).toMatchObject([
          { status, why },
        ]);
      }
    });

    test('is not made again by the run that goes on', () => {
      expect([...before(events(...killed(judged(result))), rig).done]).toEqual([test1]);
    });

    test('is no worse for what was judged afterwards', () => {
      const all = events(...killed(judged(result), judged('pass'), judged('inconclusive')));
      expect(resultOf(all, [rig]).tests).toMatchObject([{ status }]);
    });

    test('counts for nothing where the test came to an end', () => {
      expect(resultOf(events(...killed(judged(result), end('passed')), left), [rig]).tests).toMatchObject([{ status: 'passed' }]);
    });

    test('is none of a test on another rig', () => {
      const all = events(...killed(judged(result))).map((event) =>
        event.type === 'verdict' ? { ...event, rig: 'ec25-b' } : event,
      );
      expect(resultOf(all, [rig]).tests).toMatchObject([{ status: 'invalid' }]);
    });
  });

  test('leaves a test to be done again where it held, or was spoilt', () => {
    for (const result of ['pass', 'invalid'] as const) {
      const all = events(...killed(judged(result)));
      expect(resultOf(all, [rig]).tests).toMatchObject([{ status: 'invalid' }]);
      expect([...before(all, rig).done]).toEqual([]);
    }
  });

  test('outlasts an interruption', () => {
    const all = events(...killed(judged('fail')), { type: 'run.interrupted', signal: 'SIGINT' });
    expect(resultOf(all, [rig]).tests).toMatchObject([{ status: 'failed' }]);
  });
});

test('a trial that failed is a verdict of its test as well, also without the cut it was made for', () => {
  const trial = {
    trial: `${rig}/1`,
    cut: 'cut:end/ufs#1',
    package: 'ab',
    revision: 'r',
    phase: 'end',
    achieved: '',
    took: 1,
  } as const;
  const ended = (outcome: 'invalid' | 'failed', owner: 'firmware' | 'rig'): readonly JournalEvent[] =>
    events(run, ...opened, start(), { type: 'trial.end', ...trial, outcome, owner, why: 'DH-03 identity.imei' });
  for (const outcome of ['invalid', 'failed'] as const)
    expect(resultOf(ended(outcome, 'firmware'), [rig]).tests).toMatchObject([
      { status: 'failed', why: `${rig}/1: DH-03 identity.imei\nits process ended in the middle of it` },
    ]);
  expect(resultOf(ended('invalid', 'rig'), [rig]).tests).toMatchObject([{ status: 'invalid' }]);
});

test('a doubt is not tried away by a pass, nor a pass kept before a failure', () => {
  const statusOf = (...ends: readonly TestStatus[]): TestStatus | undefined => {
    const all = events(run, ...ends.flatMap((status) => [...opened, start(), end(status)]), left);
    return resultOf(all, [rig]).tests[0]?.status;
  };
  expect(statusOf('inconclusive', 'passed')).toBe('inconclusive');
  expect(statusOf('inconclusive', 'failed')).toBe('failed');
  expect(statusOf('passed', 'failed')).toBe('failed');
});

test('what was spoilt is not made good by leaving it out afterwards', () => {
  const late = 'the time of --budget was used up before this cut';
  const all = events(run, ...opened, start(), end('invalid', 'noise'), run, ...opened, start(), end('skipped', late), left);
  expect(resultOf(all, [rig])).toMatchObject({ exit: 3, tests: [{ status: 'invalid', why: 'noise' }] });
});

describe('a rig whose process dies unnoticed when its run goes on', () => {
  const first: readonly EventBody[] = [run, ...opened, start(), end('passed'), left];

  test('is not taken for the one that was ready and gave itself back before', () => {
    expect(resultOf(events(...first), [rig]).exit).toBe(0);
    const all = events(...first, run);
    expect(resultOf(all, [rig])).toMatchObject({
      exit: 3,
      reason: `${rig} did not get ready`,
      rigs: [{ ready: false, powerSafe: undefined }],
    });
    expect(summaryText(resultOf(all, [rig]), outlineOf(all))).toContain(
      `${rig}: 1 passed; 0 upgrades judged, 0 ended upgraded\n  nothing is known of its power`,
    );
  });

  test('nor is it when it had got ready', () => {
    const all = events(...first, run, ...opened);
    expect(resultOf(all, [rig])).toMatchObject({ exit: 3, rigs: [{ ready: true, powerSafe: undefined }] });
    expect(summaryText(resultOf(all, [rig]), outlineOf(all))).toContain('nothing is known of its power');
  });

  test('is named in the summary even where a failure decides the exit code', () => {
    const all = events(run, ...opened, start(), end('failed', 'DG-13'));
    expect(summaryText(resultOf(all, [rig]), outlineOf(all))).toMatch(/nothing is known of its power[^]*exit 1/);
  });

  test('has on the page the verdict of a rig that is at fault', () => {
    const projection = new Projection({ kind: 'journal', file: 'j', timed: true, madeBy: '1', maskIdentities: true });
    for (const event of events(...first, run)) projection.take(event);
    projection.close();
    const data = reportData(projection, { unreadable: [], cutOff: false });
    expect(data.rigs).toMatchObject([{ name: rig, ready: false, powerSafe: undefined, verdict: 'invalid' }]);
  });

  test('another run in the same journal says nothing of it', () => {
    const other: EventBody = { ...run, run: 'next night' };
    expect(resultOf(events(...first, other), [rig]).rigs).toMatchObject([{ ready: true, powerSafe: true }]);
  });
});
