import type { Clock } from '../base/clock.js';
import { Secrets } from '../base/secrets.js';
import { memoryJournal } from '../journal/journal.js';
import type { JournalEvent } from '../journal/events.js';
import type { Package, Pair, Unit, Upgrade } from '../module/types.js';
import type { SwitchProof } from '../module/switch-proof.js';
import type { RigPower } from '../power/types.js';
import type { RigDefinition } from '../rig/schema.js';
import { parseCutId } from '../campaign/cut.js';
import { fold } from '../verdict/fold.js';
import { judge } from '../verdict/judge.js';
import { conformingStories } from '../verdict/testing/conforming-stories.js';
import { profile, refused, script, sound, type Script } from '../verdict/testing/script.js';
import { sequencesOf } from '../verdict/told.js';
import type { UpgradeRecord } from '../verdict/types.js';
import { before, nothingBefore, type Before } from './before.js';
import { keepContext } from './context.js';
import { marked, outcomeOf } from './outcome.js';
import type { World } from './world.js';
import { makeWorld, type WorldOptions } from './make-world.js';

/** Tells a story to the journal of a session; gives what its upgrade recorded, as `Unit.upgrade` does, and the world that judges it. */
function session(story: Script, options: Partial<WorldOptions> = {}) {
  let now = 0;
  const clock: Clock = { now: () => now, wall: () => new Date(now).toISOString(), after: () => () => undefined };
  const journal = memoryJournal({ clock, secrets: new Secrets(), rig: profile.name });
  const context = keepContext(journal);
  for (const event of story.events) {
    now = event.t;
    journal.write(event);
  }
  const made = makeWorld({
    rig: { name: profile.name, timing: { scale: 1 } } as RigDefinition,
    unit: {} as Unit,
    pair: {} as Pair,
    journal,
    context,
    seed: 1,
    workshop: '/nowhere',
    tries: 1,
    signal: new AbortController().signal,
    power: {} as RigPower,
    proof: {} as SwitchProof,
    clock,
    cuts: { plan: [], only: undefined },
    narrow: 0,
    soak: { trips: 1, budget: undefined },
    currentTest: () => undefined,
    before: nothingBefore,
    ...options,
  });
  const whole: readonly JournalEvent[] = [...journal.events];
  const upgrades = whole
    .filter((event) => event.type === 'upgrade.start')
    .map(({ upgrade: id, n }, index, starts): Upgrade => {
      const first = whole.findIndex((event) => event.type === 'module.identity' && event.upgrade === id);
      const next = starts[index + 1]?.n ?? Infinity;
      const events = whole.slice(first < 0 ? n - 1 : first).filter((event) => event.n < next);
      return { id, events, profile };
    });
  const later = (ms: number): void => {
    now += ms;
  };
  return { made, world: made.world, journal, whole, upgrades, later };
}

const verdictOf = (story: Script) => {
  const { world, upgrades, whole } = session(story);
  const record = fold(whole)[0] as UpgradeRecord;
  return { live: world.judge(upgrades[0] as Upgrade), replayed: judge(record) };
};

test('a verdict during the run knows the profile of the rig: too few retries are the firmware’s', () => {
  const { live } = verdictOf(refused(1, 505, { contents: 'corrupt' }));
  expect(live.result).toBe('fail');
  expect(live.findings).toContainEqual(
    expect.objectContaining({ rule: 'retries.count', requirement: 'DG-15', owner: 'firmware' }),
  );
});

test('a verdict during the run knows the limits of the rig', () => {
  const slow = sound('ufs', {}, script({ limits: { ...profile.limits, boot: 4000 } }));
  expect(verdictOf(slow).live.findings).toContainEqual(expect.objectContaining({ rule: 'time.boot', requirement: 'DH-08' }));
});

test.each([...conformingStories])('a verdict during the run is the one of its journal: %s', (_name, story) => {
  const { live, replayed } = verdictOf(story());
  expect(live).toMatchObject(replayed);
});

describe('what only several upgrades show together', () => {
  const twice = (second: number): Script =>
    refused(second, 505, { contents: 'corrupt' }, refused(5, 505, { contents: 'corrupt' }));
  const sequences = (events: readonly JournalEvent[]) =>
    events.filter((event) => event.type === 'verdict').filter(({ sequence }) => sequence !== undefined);

  test.each([
    ['the firmware’s fault', twice(2), 'fail'],
    ['conform', twice(5), 'pass'],
  ] as const)('is a verdict of the journal, and judged again the same: %s', (_name, story, result) => {
    const { world, journal, upgrades } = session(story);
    const live = world.judgeSequence(upgrades);
    expect(live.result).toBe(result);
    expect(sequences(journal.events)).toMatchObject([{ upgrade: 'u2', sequence: ['u1', 'u2'], result }]);
    const [again, ...more] = sequencesOf(journal.events, fold(journal.events));
    expect(more).toEqual([]);
    expect(live).toMatchObject(again?.judgement ?? {});
    expect(live.text).toContain(`${result.toUpperCase()}: u1, u2 taken together`);
  });

  test('no upgrade at all is no pass', () => {
    const { world, journal } = session(script());
    expect(() => world.judgeSequence([])).toThrow('SKIPPED: no upgrade was made');
    expect(sequences(journal.events)).toEqual([]);
  });
});

test('tests of one title in several blocks keep their own requirements and reasons', () => {
  const { made } = session(sound('ufs'));
  made.world.declare({ title: 'there and back', covers: ['DG-07'], skipped: undefined });
  made.added('over ftp there and back');
  made.world.declare({ title: 'there and back', covers: ['DG-09'], skipped: 'no SD card' });
  made.added('over sd there and back');
  expect(made.coveredBy('over ftp there and back')).toEqual(['DG-07']);
  expect(made.skipReason('over ftp there and back')).toBeUndefined();
  expect(made.skipReason('over sd there and back')).toBe('no SD card');
});

describe('how long a soak goes on', () => {
  const soakOf = (soak: WorldOptions['soak']) => session(sound('ufs'), { soak });

  test('its time begins with the first trip, not with the suites before it', () => {
    const { world, later } = soakOf({ trips: Infinity, budget: 1000 });
    later(5000);
    expect(world.soak.goesOn(0)).toBe(true);
    later(999);
    expect(world.soak.goesOn(1)).toBe(true);
    later(1);
    expect(world.soak.goesOn(2)).toBe(false);
  });

  test('one trip is made however short the time is: none would be a pass without a test', () => {
    const { world } = soakOf({ trips: Infinity, budget: 0 });
    expect(world.soak.goesOn(0)).toBe(true);
    expect(world.soak.goesOn(1)).toBe(false);
  });

  test('its trips are counted', () => {
    const { world } = soakOf({ trips: 2, budget: undefined });
    expect([0, 1, 2].map((trip) => world.soak.goesOn(trip))).toEqual([true, true, false]);
  });

  test.each([
    [{ trips: 4, budget: undefined }, '4 of them'],
    [{ trips: Infinity, budget: 1000 }, 'at most 1 seconds'],
    [{ trips: 7, budget: 600_000 }, '7 of them, at most 10 minutes'],
  ])('its title says %j', (soak, says) => {
    expect(soakOf(soak).world.soak.says).toBe(says);
  });
});

test('whatever goes wrong while the unit is brought back, it is not the firmware that failed', async () => {
  const wrong = new TypeError('fetch failed');
  const unit = { restore: () => Promise.reject(wrong) } as unknown as Unit;
  const { world } = session(sound('ufs'), { unit });
  const error: unknown = await world.baseline('before the test').catch((thrown: unknown) => thrown);
  expect(outcomeOf([(error as Error).message])).toEqual({ outcome: 'invalid', why: 'fetch failed' });
});

describe('a resumed run', () => {
  const id = 'cut:updating@41%/ufs#ff9b';
  const cut = parseCutId(id);
  const currentTest = (): string => 'the test';
  /** A killed run that had made these trials of one test. */
  function killed(...outcomes: ('survived' | 'failed')[]): Before {
    const story = script();
    for (const [index, outcome] of outcomes.entries()) {
      const trial = `ec25-a/${String(index + 1)}`;
      story.event({ type: 'trial.start', trial, cut: id, test: 'the test' });
      story.start('ufs').command().say(['at', 'uart'], 'START', 'UPDATING,41').cut().normal().end().after({});
      const end = { trial, cut: id, upgrade: `u${String(index + 1)}`, package: 'ab', revision: 'r', phase: 'updating' } as const;
      story.event({ type: 'trial.end', ...end, outcome, achieved: '', took: 1 });
    }
    return before(story.events, 'ec25-a');
  }
  const resumed = (of: Before, budget?: number): World =>
    session(script(), {
      before: of,
      currentTest,
      soak: { trips: Infinity, budget },
      proof: { ensure: () => Promise.resolve() } as unknown as SwitchProof,
    }).world;

  test('a failure that narrowing could not repeat is still one', async () => {
    const world = resumed(killed('failed', 'survived'));
    expect((await world.cut(cut, {} as Package)).outcome).toBe('failed');
  });

  test('has what is left of the time, and no cut is made once it is used up', async () => {
    const world = resumed({ ...nothingBefore, spent: { cuts: 5000, soak: 5000 } }, 5000);
    await expect(world.cut(cut, {} as Package)).rejects.toThrow('SKIPPED: the time of --budget was used up before this cut');
    expect([0, 1].map((trip) => world.soak.goesOn(trip))).toEqual([true, false]);
  });

  test('keeps a trial that was made, though the time is used up', async () => {
    const world = resumed({ ...killed('failed'), spent: { cuts: 5000, soak: 0 } }, 5000);
    expect((await world.cut(cut, {} as Package)).outcome).toBe('failed');
  });
});

test.each([
  [marked('invalid', 'the journal cannot be written'), 'invalid'],
  [marked('skipped', 'interrupted (SIGINT)'), 'skipped'],
])('a run that stops: %s', async (reason, outcome) => {
  const abort = new AbortController();
  abort.abort(new Error(reason));
  const { world } = session(sound('ufs'), { signal: abort.signal });
  const error: unknown = await world.baseline('a test').catch((problem: unknown) => problem);
  expect(outcomeOf([String(error)]).outcome).toBe(outcome);
});
