import type { EventOf, JournalEvent } from '../journal/events.js';
import { fold } from './fold.js';
import { judge } from './judge.js';
import { refused, type Script } from './testing/script.js';
import { changedVerdicts, sequencesOf } from './told.js';

const twice = (second: number): Script => refused(second, 505, { contents: 'corrupt' }, refused(5, 505, { contents: 'corrupt' }));

function told(story: Script, verdict: Partial<EventOf<'verdict'>>): readonly JournalEvent[] {
  return story.event({ type: 'verdict', upgrade: 'u2', sequence: ['u1', 'u2'], result: 'fail', findings: [], ...verdict }).events;
}
function changed(events: readonly JournalEvent[]): readonly string[] {
  const records = fold(events);
  const judged = records.map((record) => ({ rig: record.rig, id: record.id, result: judge(record).result }));
  return changedVerdicts(events, judged, sequencesOf(events, records));
}

test('a sequence is judged again from its upgrades, once however often it was told', () => {
  const events = [...told(twice(2), {}), ...told(twice(2), {}).slice(-1)];
  expect(sequencesOf(events, fold(events))).toMatchObject([{ ids: ['u1', 'u2'], judgement: { result: 'fail' } }]);
  expect(changed(events)).toEqual([]);
});

test('upgrades that were not judged together are not: what the suite did in between is not known', () => {
  const { events } = twice(2);
  expect(sequencesOf(events, fold(events))).toEqual([]);
});

test('a verdict that comes out otherwise is named, of one upgrade and of several', () => {
  expect(changed(told(twice(5), {}))).toEqual(['u1, u2 taken together: fail during the run, pass now']);
  const single = twice(5).event({ type: 'verdict', upgrade: 'u1', result: 'fail', findings: [] });
  expect(changed(single.events)).toEqual(['u1: fail during the run, pass now']);
});

test('a sequence with an upgrade that the journal has lost cannot be judged again, and that is said', () => {
  const events = told(twice(2), { sequence: ['u0', 'u2'] });
  expect(sequencesOf(events, fold(events))).toEqual([]);
  expect(changed(events)).toEqual(['u0, u2 taken together: fail during the run, not in the journal now']);
});
