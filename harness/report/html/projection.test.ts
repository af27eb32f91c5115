import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBody, JournalEvent } from '../../journal/events.js';
import { both, fetched, flashed, refused, sound, script, v12, v13, type Script } from '../../verdict/testing/script.js';
import type { ReportData, UpgradeDetail } from './data.js';
import { unpackBundle, type PackedBundle } from './packing.js';
import { Projection } from './projection.js';
import { reportData } from './report-data.js';
import { night, type NightOptions } from './testing/night.js';
import { inflateRawSync } from 'node:zlib';

interface Made {
  readonly data: ReportData;
  readonly details: readonly UpgradeDetail[];
}

function projected(events: Iterable<JournalEvent>, maskIdentities = true): Made {
  const projection = new Projection({ kind: 'journal', file: 'journal.jsonl', timed: true, madeBy: '0', maskIdentities });
  for (const event of events) projection.take(event);
  projection.close();
  const details = projection.bundles.finish().flatMap((bundle) => {
    const text = inflateRawSync(Buffer.from(bundle, 'base64')).toString();
    return unpackBundle(JSON.parse(text) as PackedBundle);
  });
  return { data: reportData(projection, { unreadable: [], cutOff: false }), details };
}

const nightly = (options: Partial<NightOptions> = {}): Made => projected(night({ trials: 60, ...options }));
const bad = nightly({ bricks: [40, 60], spoilt: 20, sequences: 15 });

test('in a merged run, what went on on one rig says nothing of another', () => {
  const at = '2027-01-01T00:00:00.000Z';
  let n = 0;
  const own = (rig: string, body: EventBody): JournalEvent => ({
    n: (n += 1),
    t: n,
    at,
    ...(rig === '' ? {} : { rig }),
    ...body,
  });
  const ready = (rig: string): JournalEvent => own(rig, { type: 'rig.ready', took: 1 });
  const passed = (rig: string): JournalEvent => own(rig, { type: 'test.end', test: 's: x', status: 'passed' });
  const done = (rig: string): JournalEvent => own(rig, { type: 'rig.end', powerSafe: true, why: 'end' });
  const resumed = own('', { type: 'part.resumed', run: 'b', rigs: ['b', 'c'] });
  const events = [ready('a'), ready('b'), passed('a'), done('a'), resumed, ready('b'), passed('b'), done('b')];
  const { rigs } = projected([...events, own('', { type: 'run.end', exit: 0, reason: 'all conform' })]).data;
  expect(rigs.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['a', 'passed'],
    ['b', 'passed'],
  ]);
});

describe('a bad night', () => {
  const { data, details } = bad;

  test('the first line names what fails, where, and that it bricks', () => {
    expect(data.headline.verdict).toBe('failed');
    expect(data.headline.sentence).toMatch(
      /^The package did not pass: power cuts from 4\d % to (?:5\d|60) % of the flashing brick the module \((\d+) of \1\)\.$/,
    );
  });

  test('the window holds every failure and no survivor, and its edges lie where the defect is', () => {
    const [window] = data.windows;
    expect(data.windows).toHaveLength(1);
    expect(window).toMatchObject({ dead: true, endings: ['unresponsive'], outside: { failed: 0 } });
    expect(window?.step).toMatchObject({ module: 'EC25', way: 'upgrade' });
    expect(window?.inside.failed).toBe(window?.inside.of);
    expect(window?.failedAt.every((at) => at >= 40 && at <= 60)).toBe(true);
    expect([window?.lowest, window?.highest]).toEqual([window?.failedAt[0], window?.failedAt.at(-1)]);
    expect(window?.from.from).toBeLessThanOrEqual(40);
    expect(window?.to.to).toBeGreaterThanOrEqual(60);
  });

  test('a cut counts only when it was made and proven', () => {
    const { cuts } = data.headline;
    const outcomes = data.trials.outcome;
    expect(cuts).toMatchObject({ missed: 1, invalid: 2, unfinished: 0, notAttributed: 0 });
    expect(cuts.valid).toBe(57);
    expect(cuts.failed).toBe(outcomes.filter((outcome) => outcome === 'failed').length);
    expect(data.headline.survival).toMatch(
      new RegExp(`^${String(cuts.valid - cuts.failed)} of 57 cuts survived: failure rate < \\d+ % `),
    );
  });

  test('asked and achieved of every cut, and the upgrade it was made in', () => {
    const { trials } = data;
    trials.id.forEach((_, row) => {
      const single = trials.points[row] === 1 && trials.askedZone[row] === 'flash' && trials.outcome[row] !== 'missed';
      if (single) expect(trials.achievedPercent[row]).toBe(trials.askedPercent[row]);
      expect(data.upgrades.trial[trials.upgrade[row] ?? -1]).toBe(row);
    });
    expect(trials.proof.filter((proof) => proof.startsWith('STATUS fell after'))).toHaveLength(57);
    expect(trials.proof).toContain('no witness (not proven)');
  });

  test('whose fault: gathered, what decided first', () => {
    expect(data.groups.map(({ owner, rule, decides }) => [owner, rule, decides])).toEqual([
      ['firmware', 'normal.reached', true],
      ['rig', 'power.proof', true],
    ]);
    const [first] = data.groups;
    expect(first?.upgrades.every((row) => data.upgrades.result[row] === 'fail')).toBe(true);
    expect(first?.count).toBe(first?.upgrades.length);
  });

  test('requirements: failed, held, and what nothing put to the test', () => {
    const state = (id: string): string | undefined => data.requirements.find((row) => row.id === id)?.state;
    expect(state('DG-20')).toBe('failed');
    expect(state('DG-13')).toBe('passed');
    // Named by every test of the night, exercised by none.
    expect(state('DH-01')).toBe('not-covered');
    expect(data.requirements.find(({ id }) => id === 'DH-01')?.tests).toBe(60);
    expect(state('DG-06')).toBe('not-covered');
  });

  test('nothing comes out otherwise than the night says', () => {
    expect(data.remarks).toEqual([]);
  });

  test('three cuts in three attempts make four rungs, the first three cut where they were asked', () => {
    const row = data.trials.points.indexOf(3);
    const ladder = data.ladders.upgrade.indexOf(data.trials.upgrade[row] ?? -1);
    const rungs = data.ladders.rungs[ladder] ?? [];
    const asked = [...(data.trials.asked[row] ?? '').matchAll(/@(\d+)%/g)].map(([, percent]) => Number(percent));
    expect(rungs.map(({ cut }) => cut)).toEqual([...asked, null]);
    expect(rungs.at(-1)).toMatchObject({ to: 100, end: 'END 0' });
  });

  test('times are those of upgrades that nothing disturbed', () => {
    const undisturbed = data.upgrades.id.filter(
      (_, row) => data.upgrades.cuts[row] === 0 && data.upgrades.ending[row] === 'upgraded',
    );
    expect(data.times.find(({ what }) => what === 'flash')).toMatchObject({ n: undisturbed.length, limit: 1_200_000 });
    for (const { min, q1, median, q3, p95, max } of data.times) {
      expect([min, q1, median, q3, p95, max]).toEqual([min, q1, median, q3, p95, max].sort((a, b) => a - b));
    }
  });

  test('a failure is shown by its journal lines, those it names among those around them', () => {
    const row = data.groups[0]?.upgrades[0] ?? -1;
    const [finding] = details[row]?.findings ?? [];
    expect(finding).toMatchObject({ rule: 'normal.reached', owner: 'firmware' });
    expect(finding?.lines.some(({ named, type }) => named && type === 'upgrade.end')).toBe(true);
    expect(finding?.lines.some(({ named }) => !named)).toBe(true);
  });

  test('a timeline has every percentage, each cut, and what was on and off', () => {
    const row = data.groups[0]?.upgrades[0] ?? -1;
    const timeline = details[row]?.timeline;
    const asked = data.trials.askedPercent[data.upgrades.trial[row] ?? -1];
    expect(timeline?.percents.percent.at(-1)).toBe(asked);
    expect(timeline?.cuts).toHaveLength(1);
    const supply = timeline?.levels.find(({ name }) => name === 'supply');
    expect(supply).toMatchObject({ start: true, on: [false, true] });
    expect(timeline?.levels.find(({ name }) => name === 'line at')?.on.at(-1)).toBe(false);
  });

  test('how to repeat it', () => {
    expect(data.repeat.run).toBe('dfota run --rig rigs/ec25-a.yaml --packages rigs/packages/v12-v13.yaml --cuts 2000 --seed 7');
    expect(data.repeat.base).toBe('dfota run --rig rigs/ec25-a.yaml --packages rigs/packages/v12-v13.yaml');
  });

  test('no identity in full, neither in the tables nor in any timeline or line of a journal', () => {
    const everything = JSON.stringify([data, details]);
    expect(everything).not.toMatch(/861107030000001|89882806660300000001/);
    expect(everything).toContain('•••••••••••0001');
    const full = JSON.stringify(projected(night({ trials: 1 }), false).details);
    expect(full).toContain('861107030000001');
  });
});

test('a good night passes, bounds the failure rate, and blames nobody', () => {
  const { data } = nightly();
  expect(data.headline).toMatchObject({ verdict: 'passed', survival: '60 of 60 cuts survived: failure rate < 4.9 % (95 %)' });
  expect(data.groups).toEqual([]);
  expect(data.windows).toEqual([]);
});

test('cuts of several packages bound the failure rate of each by itself, on the first screen and of the rig', () => {
  const other = 'cd'.repeat(32);
  let ends = 0;
  const events = [...night({ trials: 60 })].map((event): JournalEvent => {
    if (event.type !== 'trial.end') return event;
    ends += 1;
    return ends % 3 === 0 ? { ...event, package: other, revision: 'EC25EFAR06A13M4G' } : event;
  });
  const { data } = projected(events);
  const says =
    'package 3640ebe73640 from EC25EFAR06A12M4G: 40 of 40 cuts survived: failure rate < 7.3 % (95 %); ' +
    'package cdcdcdcdcdcd from EC25EFAR06A13M4G: 20 of 20 cuts survived: failure rate < 14 % (95 %)';
  expect(data.headline.survival).toBe(says);
  expect(data.rigs[0]?.survival).toBe(says);
});

test('two windows are told apart, and a module that is merely wrong from one that is dead', () => {
  const events = [...night({ trials: 40, bricks: [20, 30] })];
  const { data } = projected(events);
  const survivors = data.trials.id.filter((_, row) => {
    const at = data.trials.achievedPercent[row] ?? -1;
    return at >= 60 && at <= 70;
  });
  // The same night, but cuts from 60 to 70 % ended on a third version.
  const wrong = events.map((event): JournalEvent => {
    if (event.type === 'trial.end' && survivors.includes(event.trial)) return { ...event, outcome: 'failed', owner: 'firmware' };
    const ofWrong = (upgrade: string | undefined): boolean =>
      survivors.some((id) => data.upgrades.id[data.trials.upgrade[data.trials.id.indexOf(id)] ?? -1] === upgrade);
    if (event.type !== 'module.identity' || event.when !== 'after' || !ofWrong(event.upgrade)) return event;
    return { ...event, identity: { ...event.identity, revision: 'EC25EFAR06A11M4G' } };
  });
  const { windows } = projected(wrong).data;
  expect(windows.map(({ dead, endings }) => [dead, endings])).toEqual([
    [true, ['unresponsive']],
    [false, ['wrong-version']],
  ]);
  expect(windows[1]?.lowest).toBeGreaterThanOrEqual(60);
});

describe('what only several upgrades show together', () => {
  const aTest = { test: 'round-trip: there and back', suite: 'round-trip' };
  const roundTrip = (back: string): JournalEvent[] => {
    const story = sound('ftp', {}, script().event({ type: 'test.start', ...aTest, requirements: ['DG-14'] }));
    const whole = flashed('ufs', { step: 'downgrade' }, story).reboots().normal().end().after({ revision: back });
    const told = { type: 'verdict' as const, result: 'pass' as const, findings: [] };
    whole.event({ ...told, upgrade: 'u1' }).event({ ...told, upgrade: 'u2' });
    whole.event({ ...told, upgrade: 'u2', sequence: ['u1', 'u2'] });
    return [...whole.event({ type: 'test.end', test: aTest.test, status: 'passed' }).events];
  };

  test('is judged where the run judged it, and covers its requirement', () => {
    const { data } = projected(roundTrip(v12));
    expect(data.requirements.find(({ id }) => id === 'DG-14')).toMatchObject({ state: 'passed', passed: 1 });
  });

  test('and fails it', () => {
    const { data } = projected(roundTrip('EC25EFAR06A11M4G'));
    expect(data.requirements.find(({ id }) => id === 'DG-14')).toMatchObject({ state: 'failed', upgrade: 1 });
    expect(data.groups.map(({ rule }) => rule)).toContain('sequence.round-trip');
  });
});

describe('journals that are not those of a whole run', () => {
  test('upgrades alone, without tests and verdicts, are judged whole', () => {
    const { data } = projected(refused(5, 505, { contents: 'corrupt' }, sound('ftp')).events);
    expect(data.headline).toMatchObject({ verdict: 'passed', sentence: '2 upgrades conform as far as can be seen.' });
    expect(data.upgrades.counts).toEqual([true, true]);
    expect(data.run).toBeUndefined();
  });

  test('cuts without trials are trials of their own', () => {
    const story: Script = fetched('ufs').say(both, 'START', 10, 41).cut().say(both, 'START', 41, 100, 'END,0').upgraded();
    const { data } = projected(story.events);
    expect(data.trials).toMatchObject({ outcome: ['survived'], achievedPercent: [41], cut: [''] });
    expect(data.headline.survival).toBe('1 of 1 cuts survived: failure rate < 95 % (95 %)');
  });

  test('a trial that was killed has no outcome and counts for nothing', () => {
    const events = [...night({ trials: 3 })];
    const last = events.findLastIndex(({ type }) => type === 'trial.cut');
    const { data } = projected(events.slice(0, last + 1));
    expect(data.trials.outcome).toEqual(['survived', 'survived', 'unfinished']);
    expect(data.headline.cuts).toMatchObject({ valid: 2, unfinished: 1 });
    expect(data.headline.verdict).toBe('interrupted');
  });

  test('ids of cuts that are none of ours are read as far as they go', () => {
    const cut: EventBody = { type: 'trial.start', trial: 'x/1', cut: 'cut:updating@41%+5ms/ftp#0000' };
    const end: EventBody = {
      type: 'trial.end',
      trial: 'x/1',
      cut: 'cut:updating@41%+5ms/ftp#0000',
      package: 'aa',
      revision: v13,
      outcome: 'failed',
      phase: 'updating',
      achieved: 'at 43 %, as the log of the bench says',
      took: 1,
    };
    const { data } = projected(script().event(cut).event(end).events);
    expect(data.trials).toMatchObject({
      askedPercent: [41],
      achievedPercent: [43],
      source: ['ftp'],
      outcome: ['not-attributed'],
    });
  });

  test('an upgrade that only brought the unit back counts for nothing, and that is said', () => {
    const events = [...night({ trials: 2 })].filter((event) => !(event.type === 'verdict' && event.upgrade === 'ec25-a#2'));
    const { data } = projected(events);
    expect(data.upgrades.counts).toEqual([true, false, true, true]);
    expect(data.remarks.join()).toContain('1 of the upgrades listed have no verdict of the run');
  });

  test('a verdict that comes out otherwise now is told', () => {
    const events = [...night({ trials: 2 })].map((event): JournalEvent =>
      event.type === 'verdict' && event.upgrade === 'ec25-a#1' ? { ...event, result: 'fail' } : event,
    );
    expect(projected(events).data.remarks).toEqual([
      'Judged otherwise than during the run: ec25-a#1: fail during the run, pass now',
    ]);
  });
});

describe('how far a pass reaches', () => {
  test('is said beside it: requirements that nothing put to the test', () => {
    const { data } = projected(night({ trials: 4 }));
    const uncovered = data.requirements.filter(({ state }) => state === 'not-covered').length;
    expect(uncovered).toBeGreaterThan(3);
    expect(data.headline.sentence).toBe(
      `The package passed: 4 tests conform. ${String(uncovered)} of ${String(data.requirements.length)} requirements were not covered.`,
    );
  });

  test('is said of a simulated unit as well, and by name where others are real', () => {
    const simulated = (events: Iterable<JournalEvent>): JournalEvent[] =>
      [...events].map((event) =>
        event.type === 'rig.start' ? { ...event, profile: { ...event.profile, simulated: true } } : event,
      );
    const one = simulated(night({ trials: 1, rig: 'sim-1' }));
    expect(projected(one).data.remarks).toEqual([
      'Every unit is simulated: what it did says nothing of the firmware of a real module.',
    ]);
    expect(projected([...one, ...night({ trials: 1, rig: 'ec25-a' })]).data.remarks[0]).toMatch(
      /^The unit on sim-1 is simulated/,
    );
  });
});

test('a test that fails by an expectation of its own is a finding as well', () => {
  const events = [...night({ trials: 2 })].map((event): JournalEvent =>
    event.type === 'test.end' ? { ...event, status: 'failed', why: 'AT+QFOTADL=? answers ERROR\nmore' } : event,
  );
  const { data } = projected(events);
  expect(data.groups).toMatchObject([
    { owner: 'firmware', rule: 'suite.expectation', text: 'AT+QFOTADL=? answers ERROR', count: 2 },
  ]);
  expect(data.headline.verdict).toBe('failed');
});

test('what a file holds that is no event is kept, and a file that breaks off is read', async () => {
  const { openEvidence } = await import('./source.js');
  const folder = mkdtempSync(join(tmpdir(), 'evidence-test-'));
  try {
    const file = join(folder, 'journal.jsonl');
    const lines = [...night({ trials: 1 })].map((event) => JSON.stringify(event));
    const broken = [...lines.slice(0, 9), 'no event', `{"n":3,"t":1${lines[9] ?? ''}`, ...lines.slice(10, -1), '{"n":99,"ty'];
    writeFileSync(file, broken.join('\n'));
    const source = openEvidence(file);
    expect([...source.events()]).toHaveLength(lines.length - 1);
    expect(source.unreadable.map(({ line }) => line)).toEqual([10, 11, broken.length]);
    expect(source.cutOff).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(broken.join('\n'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
