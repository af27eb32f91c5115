import { trialsOf, type TrialRow } from '../campaign/ledger-trials.js';
import { runJournal, type TrialFacts } from '../campaign/testing/journal.js';
import type { EventBody, JournalEvent } from '../journal/events.js';
import { countTrials } from './count.js';
import { finishJunit } from './junit.js';
import { resultOf, type TestStatus } from './result.js';
import { trialsTold } from './trials.js';

const test1 = 'power-cut: power cut at random cut:updating@41%/ufs#ff9b';
const statusOf: Record<string, TestStatus> = { survived: 'passed', failed: 'failed', missed: 'invalid', invalid: 'invalid' };

/** A run with a test for each trial, as `dfota run` leaves it: journal, JUnit file and what it added to the ledger. */
function run(trials: readonly TrialFacts[]) {
  const named = trials.map((facts, index) => ({ ...facts, test: `${test1} ${String(index + 1)}` }));
  const events: JournalEvent[] = [];
  const write = (rig: string | undefined, body: EventBody): void => {
    events.push({ n: events.length + 1, t: events.length, at: '', ...(rig === undefined ? {} : { rig }), ...body });
  };
  for (const { rig, ...body } of runJournal('r', named)) {
    if (body.type === 'trial.start')
      write(rig, { type: 'test.start', test: body.test ?? '', suite: 'power-cut', requirements: [] });
    write(rig, body);
    if (body.type !== 'trial.end') continue;
    const { test = '' } = named[Number(body.trial.replace(/.*\//, '')) - 1] ?? {};
    write(rig, { type: 'test.end', test, status: statusOf[body.outcome] ?? 'invalid', why: body.why ?? '' });
  }
  return { events, junit: junitOf(events), rows: trialsOf(events).trials };
}
const junitOf = (events: readonly JournalEvent[]): string =>
  finishJunit([], resultOf(events, ['ec25-a']).tests, {}, { trials: trialsTold(events), properties: () => ({}) });

const night = [
  {},
  { outcome: 'failed', owner: 'firmware', why: 'DG-20 <"no">' },
  { outcome: 'missed' },
  { outcome: 'invalid', owner: 'rig' },
] as const satisfies readonly TrialFacts[];

test('a run whose three witnesses agree', () => {
  const { events, junit, rows } = run(night);
  expect(countTrials(events, junit, rows)).toMatchObject({ tests: 4, problems: [] });
});

test('a trial in which the run was killed has no outcome, and is in the ledger only by mistake', () => {
  const { events } = run(night);
  const killed = events.filter((event) => !(event.type === 'trial.end' && event.trial === 'ec25-a/1'));
  const { trials: rows } = trialsOf(killed);
  const whole = run(night).rows;
  expect(countTrials(killed, junitOf(killed), rows).problems).toEqual([expect.stringContaining('passed without a trial')]);
  expect(countTrials(killed, junitOf(killed), whole).problems).toContain(
    'ec25-a/1: unfinished in the journal, yet in the ledger',
  );
});

describe('a mismatch is found', () => {
  const { events, junit, rows } = run(night);
  const changed = (change: Partial<TrialRow>): TrialRow[] =>
    rows.map((row, index) => (index === 1 ? { ...row, ...change } : row));
  const without = events.filter((event) => !('trial' in event && event.trial === 'ec25-a/2'));
  test.each<[string, readonly JournalEvent[], string, readonly TrialRow[], string]>([
    [
      'another outcome in the ledger',
      events,
      junit,
      changed({ outcome: 'survived' }),
      'ec25-a/2: failed in the journal, survived in the ledger',
    ],
    [
      'another owner in the ledger',
      events,
      junit,
      changed({ owner: 'package' }),
      'ec25-a/2: firmware in the journal, package in the ledger',
    ],
    [
      'another cut in the ledger',
      events,
      junit,
      changed({ cut: 'cut:end/ufs#0000' }),
      'in the journal, cut:end/ufs#0000 in the ledger',
    ],
    ['one missing in the ledger', events, junit, rows.slice(1), 'ec25-a/1: 0 times in the ledger, once expected'],
    ['one twice in the ledger', events, junit, [...rows, rows[0] as TrialRow], 'ec25-a/1: 2 times in the ledger, once expected'],
    ['one too many in the ledger', without, junitOf(without), rows, 'ec25-a/2: in the ledger, not in the journal'],
    [
      'another outcome in the JUnit file',
      events,
      junit.replace('ec25-a/2.outcome" value="failed', 'ec25-a/2.outcome" value="survived'),
      rows,
      'ec25-a/2: failed in the journal, survived in the JUnit file',
    ],
    [
      'one missing in the JUnit file',
      events,
      junit.replace(/<property name="trial.ec25-a\/3.outcome"[^>]*>/, ''),
      rows,
      'ec25-a/3: 0 times in the JUnit file, once expected',
    ],
    [
      'another status of its test',
      events,
      junit.replace(/<failure.*<\/failure>/, ''),
      rows,
      '2: failed in the journal, passed in the JUnit file',
    ],
    [
      'a test that is not in the JUnit file',
      events,
      junit.replace(/ *<testcase .*ff9b 4".*\n/, ''),
      rows,
      '4: 0 cases in the JUnit file',
    ],
    [
      'a test that only the JUnit file knows',
      events.filter((event) => !('test' in event && event.test?.endsWith(' 4') === true)),
      junit,
      rows,
      '4: in the JUnit file, not in the journal',
    ],
  ])('%s', (_name, seeded, xml, ledger, expected) => {
    expect(countTrials(seeded, xml, ledger).problems.join('\n')).toContain(expected);
  });

  test('a test that passed although its trial failed', () => {
    const odd = events.map((event) =>
      event.type === 'test.end' && event.status === 'failed' ? { ...event, status: 'passed' as const } : event,
    );
    expect(countTrials(odd, junitOf(odd), rows).problems).toEqual([
      expect.stringContaining('passed, although a trial of it failed'),
    ]);
  });
});
