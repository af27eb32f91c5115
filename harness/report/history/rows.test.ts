import type { RunHistory } from '../../campaign/ledger-runs.js';
import { readHistory } from './rows.js';
import type { EventBody, JournalEvent } from '../../journal/events.js';
import { runStart } from '../../journal/testing/beginning.js';
import { both, fetched, script, sound, type Script, v12 } from '../../verdict/testing/script.js';
import { doneBefore } from '../result.js';

const historyRows = (events: readonly JournalEvent[]): RunHistory => readHistory(events).history;
const end: EventBody = { type: 'run.end', exit: 0, reason: 'all conform' };

/** Events of the run itself around those of a rig. */
function run(name: string, story: Script, ...last: EventBody[]): JournalEvent[] {
  const own = (body: EventBody): JournalEvent => ({ n: 0, t: 0, at: `at the ${body.type} of ${name}`, ...body });
  return [own(runStart({ run: name })), ...story.events, ...last.map(own)];
}

/** A test with one upgrade, which the run took for a good one that ended upgraded. */
function upgraded(story: Script, test: string, way = (same: Script): Script => sound('ufs', {}, same)): Script {
  story.event({ type: 'test.start', test, suite: 'round-trip', requirements: [] });
  way(story).event({ type: 'verdict', upgrade: 'u1', result: 'pass', ending: 'upgraded', findings: [] });
  return story.event({ type: 'test.end', test, status: 'passed' });
}

test('tests stand there with their package, revision and time, and sound upgrades with theirs', () => {
  const { ends, tests, upgrades } = historyRows(run('night', upgraded(script(), 'round-trip: ufs'), end));
  expect(ends).toEqual([{ run: 'night', ended: 'at the run.end of night', exit: 0, reason: 'all conform' }]);
  expect(tests).toEqual([
    {
      run: 'night',
      rig: 'ec25-a',
      test: 'round-trip: ufs',
      suite: 'round-trip',
      status: 'passed',
      why: null,
      tries: 0,
      took: expect.any(Number) as number,
      at: expect.any(String) as string,
      module: 'EC25',
      package: 'ab'.repeat(32),
      revision: v12,
    },
  ]);
  expect(upgrades).toEqual([
    expect.objectContaining({ run: 'night', rig: 'ec25-a', upgrade: 'u1', step: 'upgrade', source: 'ufs', revision: v12 }),
  ]);
  expect(upgrades[0]?.flash).toBeGreaterThan(0);
  expect(upgrades[0]?.boot).toBeGreaterThan(0);
});

test.each<[string, (story: Script) => Script]>([
  ['was cut', (story) => fetched('ufs', {}, story).say(both, 'START', 41).cut().flashes()],
  ['got a spoilt package', (story) => sound('ufs', { contents: 'corrupt' }, story)],
  ['had a fault on its way', (story) => sound('http', { fault: { name: 'slow', rate: 1 } }, story)],
])('an upgrade that %s has no time of its own', (_, change) => {
  expect(historyRows(run('night', upgraded(script(), 't', change), end)).upgrades).toEqual([]);
});

test('an upgrade without a verdict of the run only brought the unit back', () => {
  expect(historyRows(run('night', sound('ufs'), end)).upgrades).toEqual([]);
});

test('what a pattern or another share leaves out is no result; any other skip is', () => {
  const skipped = (test: string, why: string): EventBody => ({ type: 'test.end', test, status: 'skipped', why });
  const story = script()
    .event(skipped('s: pattern', 'left out by the chosen pattern'))
    .event(skipped('s: share', 'left to shard 2 of 3'))
    .event(skipped('s: lack', 'the rig has no SD card'));
  expect(historyRows(run('night', story, end)).tests).toMatchObject([
    { test: 's: lack', suite: 's', status: 'skipped', why: 'the rig has no SD card', took: null },
  ]);
});

test('a rig that was never opened has tests without a package', () => {
  const [first, ...rest] = run('night', upgraded(script(), 't'), end).filter(({ type }) => type !== 'pair');
  expect(historyRows([...(first === undefined ? [] : [first]), ...rest]).tests).toMatchObject([
    { package: null, revision: null },
  ]);
});

test('a run that goes on is one run: its later result counts, and it has no end until it comes to one', () => {
  const story = script();
  const test1 = (status: 'passed' | 'invalid' | 'skipped', why?: string): Script =>
    story
      .event({ type: 'test.start', test: 's: t', suite: 's', requirements: [] })
      .wait(60_000)
      .event({ type: 'test.end', test: 's: t', status, ...(why === undefined ? {} : { why }) });
  test1('invalid', 'USB fell off\nmore of it');
  const killed = run('night', story);
  expect(historyRows(killed)).toMatchObject({ ends: [], tests: [{ status: 'invalid', why: 'USB fell off' }] });
  test1('passed');
  const passed = story.events.at(-1)?.at;
  test1('skipped', doneBefore);
  const [begins, ...goneOn] = run('night', story, end);
  const whole = [...killed, ...(begins === undefined ? [] : [begins]), ...goneOn.slice(killed.length - 1)];
  // When it passed, not when it was passed over.
  expect(historyRows(whole).tests).toMatchObject([{ run: 'night', status: 'passed', at: passed }]);
  expect(historyRows(whole).ends).toHaveLength(1);
  // It ended, was gone on with, and was killed.
  expect(historyRows([...whole, ...(begins === undefined ? [] : [begins])]).ends).toEqual([]);
});

test('several runs in one journal are kept apart', () => {
  const both = [...run('one', upgraded(script(), 't'), end), ...run('two', upgraded(script(), 't'), end)];
  expect(historyRows(both).tests.map(({ run: of }) => of)).toEqual(['one', 'two']);
  expect(historyRows(both).ends.map(({ run: of }) => of)).toEqual(['one', 'two']);
});
