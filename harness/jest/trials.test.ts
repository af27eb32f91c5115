import { Secrets } from '../base/secrets.js';
import { systemClock } from '../base/clock.js';
import { cutId, type CutTrial } from '../campaign/cut.js';
import type { Trial } from '../campaign/conduct.js';
import { memoryJournal } from '../journal/journal.js';
import type { Package, Upgrade } from '../module/types.js';
import type { UpgradeRecord } from '../verdict/types.js';
import { marked } from './outcome.js';
import { Trials, type TrialsOptions } from './trials.js';

const step = {} as Package;
const cutAt = (percent: number): CutTrial => ({ source: 'ufs', points: [{ anchor: 'updating', percent, delay: 0 }] });

/** A unit that does not outlast a cut at some percentages; each cut lands where it was asked. */
function bench(fails: (percent: number) => boolean, options: Partial<TrialsOptions> = {}) {
  const journal = memoryJournal({ clock: systemClock, secrets: new Secrets(), rig: 'ec25-a' });
  const made: number[] = [];
  const trials = new Trials({
    conductor: {
      run: (trial) => {
        const percent = trial.points[0]?.percent ?? 0;
        made.push(percent);
        const record = { cuts: [{ t: 2 }], reports: [{ kind: 'updating', value: percent, t: 1 }] } as unknown as UpgradeRecord;
        const outcome = fails(percent) ? 'failed' : 'survived';
        return Promise.resolve({ id: cutId(trial), trial, record, outcome, upgrade: {} as Upgrade } as Trial);
      },
    },
    journal,
    narrow: 40,
    textOf: () => 'the text of the rule',
    baseline: () => Promise.resolve(),
    earlier: () => undefined,
    probesBefore: [],
    timeUp: () => undefined,
    ...options,
  });
  const notes = (): string[] => journal.events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  return { trials, made, notes };
}
const window = (percent: number): boolean => percent >= 40 && percent <= 44;

test('a failing cut is narrowed: window, counts and uncertainty stand in its text and in the journal', async () => {
  const { trials, notes } = bench(window);
  const { text } = await trials.run(cutAt(42), step);
  expect(text).toMatch(/^fails between 40 % .*and 44 % ?.*: \d+ of \d+ in, 0 of \d+ out\nthe text of the rule$/);
  expect(notes()).toEqual([`narrowed: ${text.split('\n')[0] ?? ''}`]);
});

test('another cut in the same window is explained by it; one elsewhere is narrowed by itself, and no more than three', async () => {
  const { trials, made, notes } = bench((percent) => window(percent) || [12, 86, 97].includes(percent));
  await trials.run(cutAt(42), step);
  const first = made.length;
  expect((await trials.run(cutAt(43), step)).text).toMatch(/^fails between 40 %/);
  expect(made.length).toBe(first + 1);
  expect((await trials.run(cutAt(86), step)).text).toMatch(/^fails between 86 % .*and 86 %/);
  expect((await trials.run(cutAt(12), step)).text).toMatch(/^fails between 12 % .*and 12 %/);
  expect(notes()).toHaveLength(3);
  const all = made.length;
  expect((await trials.run(cutAt(97), step)).text).toMatch(/^not narrowed: cuts fail in more than 3 places/);
  expect(made.length).toBe(all + 1);
});

test('a rig that breaks while narrowing does not take the failure back', async () => {
  let left = 2;
  const baseline = (): Promise<void> =>
    left-- > 0 ? Promise.resolve() : Promise.reject(new Error(marked('invalid', 'the rig is set aside: no way back\n  seen: x')));
  const { trials, notes } = bench(window, { baseline });
  const done = await trials.run(cutAt(42), step);
  expect(done.outcome).toBe('failed');
  expect(done.text).toMatch(/\nnarrowing ended early: the rig is set aside: no way back\nthe text of the rule$/);
  expect(notes()).toEqual([expect.stringMatching(/^narrowed: .*; narrowing ended early: the rig is set aside: no way back$/)]);
});

test('narrowing keeps to its number of trials and to the time that is left, and says so', async () => {
  const few = bench(window, { narrow: 3 });
  expect((await few.trials.run(cutAt(42), step)).text).toMatch(/narrowing ended after 3 trials, as --narrow says/);
  expect(few.made).toHaveLength(4);
  const late = bench(window, { timeUp: () => 'no time is left' });
  expect((await late.trials.run(cutAt(42), step)).text).toMatch(/narrowing ended early: no time is left/);
  expect(late.made).toHaveLength(1);
  const off = bench(window, { narrow: 0 });
  expect((await off.trials.run(cutAt(42), step)).text).toBe('the text of the rule');
});

test('a trial that was made before the run was killed is not made again; what is lacking is its narrowing', async () => {
  const { trials: before, made: once } = bench(window, { narrow: 0 });
  const done = await before.run(cutAt(42), step);
  const probesBefore = once.map((at) => ({ at, failed: window(at) }));
  const { trials, made } = bench(window, {
    probesBefore,
    earlier: (trial) => (trial.points[0]?.percent === 42 ? done : undefined),
  });
  const again = await trials.run(cutAt(42), step);
  expect(again).toMatchObject({ id: done.id, outcome: 'failed' });
  expect(again.text).toMatch(/^fails between 40 %/);
  expect(made).not.toContain(undefined);
  expect(made.length).toBeGreaterThan(0);
});

test('what cuts came to before the run was resumed is not tried again', async () => {
  const before = bench(window);
  await before.trials.run(cutAt(42), step);
  const probesBefore = before.made.map((at) => ({ at, failed: window(at) }));
  const after = bench(window, { probesBefore });
  expect((await after.trials.run(cutAt(43), step)).text).toMatch(/^fails between 40 %/);
  expect(after.made).toEqual([43]);
});
