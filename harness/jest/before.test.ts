import { runJournal } from '../campaign/testing/journal.js';
import type { EventBody, JournalEvent } from '../journal/events.js';
import { runStart } from '../journal/testing/beginning.js';
import { script } from '../verdict/testing/script.js';
import { resultOf } from '../report/result.js';
import { before } from './before.js';

const events = (...bodies: EventBody[]): JournalEvent[] =>
  bodies.map((body, index) => ({ n: index + 1, t: index, at: '', rig: 'ec25-a', ...body }));

test('done is what came to a verdict; what was invalid, skipped or broken off is done again', () => {
  const ends = (['passed', 'failed', 'inconclusive', 'invalid', 'skipped'] as const).map((status): EventBody => ({
    type: 'test.end',
    test: status,
    status,
  }));
  const { done } = before(events(...ends, { type: 'test.start', test: 'broken off', suite: 's', requirements: [] }), 'ec25-a');
  expect([...done]).toEqual(['passed', 'failed', 'inconclusive']);
});

test('no number is given twice, also where lines of the journal were lost, and other rigs have their own', () => {
  const whole = [...runJournal('r', [{}, {}, {}]), ...runJournal('r', [{}, {}, {}, {}, {}], 'ec25-b')];
  expect(before(whole, 'ec25-a')).toMatchObject({ trials: 3, events: 8 });
  const first = whole.filter((event) => !(event.type === 'trial.start' && event.trial !== 'ec25-a/3'));
  expect(before(first, 'ec25-a').trials).toBe(3);
  const upgrades = events({ type: 'upgrade.end', upgrade: 'ec25-a#7', why: 'limit' }, { type: 'note', text: 'x' });
  expect(before(upgrades, 'ec25-a')).toMatchObject({ upgrades: 7, trials: 0 });
  expect(before([], 'ec25-a')).toEqual({
    done: new Set(),
    trials: 0,
    upgrades: 0,
    events: 0,
    finished: [],
    probes: [],
    spent: { cuts: 0, soak: 0 },
  });
});

test('a valid trial whose test came to no verdict is kept with its upgrade; one whose test did is not, nor one that was missed', () => {
  const story = (outcome: 'survived' | 'missed', ended: boolean): JournalEvent[] => {
    const whole = script().event({ type: 'trial.start', trial: 'ec25-a/1', cut: 'cut:end/ufs#1', test: 'the test' });
    whole.start('ufs').command().say(['at', 'uart'], 'START', 'UPDATING,41').cut().normal().end().after({});
    const end = { trial: 'ec25-a/1', cut: 'cut:end/ufs#1', upgrade: 'u1', package: 'ab', revision: 'r', phase: 'end' } as const;
    whole.event({ type: 'trial.end', ...end, outcome, achieved: '', took: 1 });
    if (ended) whole.event({ type: 'test.end', test: 'the test', status: 'passed' });
    return [...whole.events];
  };
  const [kept, ...more] = before(story('survived', false), 'ec25-a').finished;
  expect(more).toEqual([]);
  expect(kept).toMatchObject({ test: 'the test', end: { trial: 'ec25-a/1' }, record: { id: 'u1' } });
  expect(kept?.events.some(({ type }) => type === 'upgrade.start')).toBe(true);
  expect(before(story('survived', true), 'ec25-a').finished).toEqual([]);
  expect(before(story('missed', false), 'ec25-a').finished).toEqual([]);
});

test('a test whose cut failed before the kill is gone into once more, to be narrowed, though its verdict stands', () => {
  const story = script().event({ type: 'test.start', test: 'the test', suite: 'power-cut', requirements: [] });
  story.event({ type: 'trial.start', trial: 'ec25-a/1', cut: 'cut:end/ufs#1', test: 'the test' });
  story.start('ufs').command().say(['at', 'uart'], 'START', 'UPDATING,41').cut().normal().end().after({});
  story.event({ type: 'verdict', upgrade: 'u1', result: 'fail', findings: [] });
  const failed = { trial: 'ec25-a/1', cut: 'cut:end/ufs#1', upgrade: 'u1', package: 'ab', revision: 'r', phase: 'end' } as const;
  story.event({ type: 'trial.end', ...failed, outcome: 'failed', owner: 'firmware', achieved: '', took: 1 });
  expect(resultOf(story.events, ['ec25-a']).tests).toMatchObject([{ status: 'failed' }]);
  const { done, finished } = before(story.events, 'ec25-a');
  expect([...done]).toEqual([]);
  expect(finished).toMatchObject([{ test: 'the test', end: { outcome: 'failed' } }]);
});

test('valid cuts at a percentage are read back for narrowing; what is no id of a cut is passed over', () => {
  const told = (cut: string, outcome: 'survived' | 'failed' | 'missed'): JournalEvent[] => {
    const story = script().start('ufs').command().say(['at', 'uart'], 'START', 'UPDATING,7', 'UPDATING,41').cut().end('limit');
    const stamp = { t: 1e6, at: '', rig: 'ec25-a', n: 1e6 } as const;
    return [
      ...story.events,
      {
        ...stamp,
        type: 'trial.end',
        trial: 'ec25-a/1',
        cut,
        upgrade: 'u1',
        package: 'ab',
        revision: 'r',
        outcome,
        phase: 'updating',
        achieved: '',
        took: 1,
      },
    ];
  };
  const id = 'cut:updating@41%/ufs#ff9b';
  expect(before(told(id, 'failed'), 'ec25-a').probes).toEqual([{ at: 41, failed: true }]);
  expect(before(told(id, 'survived'), 'ec25-a').probes).toEqual([{ at: 41, failed: false }]);
  expect(before(told(id, 'missed'), 'ec25-a').probes).toEqual([]);
  expect(before(told('41 %', 'failed'), 'ec25-a').probes).toEqual([]);
});

test('the time of a budget that was used up is from the first cut on, in each part of the run, and none between them', () => {
  const at = (t: number, body: EventBody): JournalEvent => ({ n: 1, t, at: '', rig: 'ec25-a', ...body });
  const cut: EventBody = { type: 'trial.start', trial: 'ec25-a/1', cut: 'x' };
  const soak: EventBody = { type: 'test.start', test: 'soak: x', suite: 'soak', requirements: [] };
  const note: EventBody = { type: 'note', text: 'x' };
  const first = [at(0, runStart()), at(100, cut), at(150, cut), at(400, note), { ...at(9000, note), rig: 'ec25-b' }];
  const second = [at(7, runStart()), at(1000, soak), at(1020, note), at(1050, cut), at(1060, note)];
  expect(before([...first, ...second], 'ec25-a').spent).toEqual({ cuts: 310, soak: 60 });
});
