import type { JournalEvent } from '../../journal/events.js';
import { readTerminalLog } from '../../verdict/log/read-log.js';
import { ftpGuide } from '../../verdict/log/testing/transcripts.js';
import { fold } from '../../verdict/fold.js';
import { conformingStories } from '../../verdict/testing/conforming-stories.js';
import { fetched, flashed, script, sound, v12 } from '../../verdict/testing/script.js';
import { night } from './testing/night.js';
import { UpgradeStream, type StreamedUpgrade } from './upgrade-stream.js';

function streamed(events: readonly JournalEvent[], options = { timed: true, fromLog: false }): StreamedUpgrade[] {
  const found: StreamedUpgrade[] = [];
  const stream = new UpgradeStream(options, (upgrade) => found.push(upgrade));
  for (const event of events) stream.take(event);
  stream.close();
  return found;
}

const records = (events: readonly JournalEvent[]) => streamed(events).map(({ record }) => record);

test.each(conformingStories)('one by one as all at once: %s', (_name, story) => {
  const { events } = story();
  expect(records(events)).toEqual(fold(events));
});

test('a whole night, one by one as all at once', () => {
  const events = [...night({ trials: 12, bricks: [40, 60], spoilt: 7, sequences: 5 })];
  const all = fold(events);
  expect(all.length).toBeGreaterThan(15);
  expect(records(events)).toEqual(all);
});

test('two rigs whose events are mixed', () => {
  const [one, other] = [[...night({ trials: 3, rig: 'one' })], [...night({ trials: 3, rig: 'two', seed: 2 })]];
  const mixed = [...one, ...other].sort((a, b) => a.t - b.t);
  const key = ({ rig, id }: { rig: string | undefined; id: string }): string => `${rig ?? ''} ${id}`;
  const sorted = <T extends { rig: string | undefined; id: string }>(list: readonly T[]): T[] =>
    [...list].sort((a, b) => key(a).localeCompare(key(b)));
  expect(sorted(records(mixed))).toEqual(sorted(fold(mixed)));
});

test('a journal that breaks off in mid-upgrade', () => {
  const { events } = fetched('ftp', {}, sound('ufs'));
  const cut = events.slice(0, -2);
  expect(records(cut)).toEqual(fold(cut));
});

test('an upgrade that the next one cut short, and what was read in between', () => {
  const { events } = flashed('ufs', { step: 'downgrade' }, fetched('ftp')).normal().end().after({ revision: v12 });
  expect(records(events)).toEqual(fold(events));
});

test('a log of a terminal program', () => {
  const log = readTerminalLog(ftpGuide);
  const options = { timed: log.timed, fromLog: true };
  expect(streamed(log.events, options).map(({ record }) => record)).toEqual(fold(log.events, options));
});

test('what was on and off when an upgrade began is known, from whenever it was told', () => {
  const story = script().event({ type: 'power.do', id: 1, wire: 'supply', action: 'on', why: 'the rig is opened' });
  const [first] = streamed(sound('ufs', {}, story).events);
  expect(first?.levels.get('supply')).toBe(true);
  expect(first?.levels.get('line at')).toBe(true);
  expect(first?.levels.get('VBUS')).toBeUndefined();
});
