import { cutUse, cutUsesAttempt } from './cut-use.js';
import { fold } from './fold.js';
import { judge } from './judge.js';
import { both, fetched, profile, refused, script, v12, v13, type Script, type StartOptions } from './testing/script.js';
import type { UpgradeRecord } from './types.js';

type Reading = 'in-all' | 'plus-first' | 'either';
const rig = (reading: Reading, afterRetries: 'rolled-back' | 'retries-for-ever' = 'rolled-back'): Script =>
  script({ firmware: { ...profile.firmware, reading, afterRetries } });

/** An upgrade with so many attempts cut, then so many that fail; then it is applied, or given up. */
function cutStory(cuts: number, failures: number, applied: boolean, story: Script, options: StartOptions = {}): Script {
  fetched('ufs', options, story);
  for (let cut = 0; cut < cuts; cut += 1) story.say(both, 'START', 10 + cut).cut();
  for (let failure = 0; failure < failures; failure += 1) story.say(both, 'START', 3, 'END,505').wait(500).reboots();
  if (applied) story.say(both, 'START', 12, 96, 'END,0').wait(1000).reboots();
  return story
    .normal()
    .end()
    .after({ revision: applied ? v13 : v12 });
}
const recordsOf = (story: Script): UpgradeRecord[] => fold(story.events);
const tells = (story: Script): boolean | undefined => cutUsesAttempt(recordsOf(story).at(-1) as UpgradeRecord);
const corrupt = { contents: 'corrupt' } as const;

test.each<[string, boolean | undefined, Script]>([
  ['given up after five cuts: yes', true, cutStory(5, 0, false, rig('in-all'))],
  ['applied after five cuts, where five are allowed in all: no', false, cutStory(5, 0, true, rig('in-all'))],
  ['applied after five cuts, where six may be: not told', undefined, cutStory(5, 0, true, rig('either'))],
  ['applied after six cuts: no, whatever the reading', false, cutStory(6, 0, true, rig('either'))],
  ['applied after one cut: not told', undefined, cutStory(1, 0, true, rig('in-all'))],
  ['one cut and four failures, then given up: yes', true, cutStory(1, 4, false, rig('in-all'), corrupt)],
  ['one cut and five failures: no', false, cutStory(1, 5, false, rig('in-all'), corrupt)],
  [
    'one cut and five failures, where five or six are allowed: not told',
    undefined,
    cutStory(1, 5, false, rig('either'), corrupt),
  ],
  ['given up after two cuts: too early, which no reading explains', undefined, cutStory(2, 0, false, rig('in-all'))],
  ['a firmware that retries for ever', undefined, cutStory(6, 0, true, rig('in-all', 'retries-for-ever'))],
  ['no cut', undefined, refused(5, 505, corrupt, rig('in-all'))],
])('%s', (_name, expected, story) => {
  expect(tells(story)).toBe(expected);
  const told = judge(recordsOf(story).at(-1) as UpgradeRecord).observations.filter(({ id }) => id === 'cut-uses-attempt');
  expect(told).toHaveLength(expected === undefined ? 0 : 1);
});

test('a cut between two attempts, or one without proof, does not tell', () => {
  const between = fetched('ufs', corrupt, rig('in-all')).say(both, 'START', 3, 'END,505').cut();
  for (let failure = 0; failure < 4; failure += 1) between.say(both, 'START', 3, 'END,505').wait(500).reboots();
  expect(tells(between.normal().end().after({}))).toBeUndefined();
  const unproven = cutStory(5, 0, false, rig('in-all'));
  const events = unproven.events.filter(({ type }) => type !== 'power.status' && type !== 'line.gone' && type !== 'line.lost');
  expect(cutUsesAttempt(fold(events)[0] as UpgradeRecord)).toBeUndefined();
});

test('how often this firmware tries undisturbed settles what the guide leaves open', () => {
  const told = (undisturbed: number, cut: Script): string | undefined =>
    cutUse(recordsOf(refused(undisturbed, 505, corrupt, cut)))?.text;
  expect(told(5, cutStory(1, 5, false, rig('either'), corrupt))).toBe(
    'a cut used up an attempt: no (1 of 1 trials that could tell)',
  );
  expect(told(6, cutStory(1, 5, false, rig('either'), corrupt))).toBe(
    'a cut used up an attempt: yes (1 of 1 trials that could tell)',
  );
  expect(told(5, cutStory(5, 0, true, rig('either')))).toBe('a cut used up an attempt: no (1 of 1 trials that could tell)');
});

test('over a run: yes, no, not always, or why it could not be told', () => {
  const text = (...stories: Script[]): string | undefined => cutUse(stories.flatMap(recordsOf))?.text;
  const [yes, no, open] = [
    cutStory(5, 0, false, rig('in-all')),
    cutStory(5, 0, true, rig('in-all')),
    cutStory(1, 0, true, rig('in-all')),
  ];
  expect(text(yes, yes, open)).toBe('a cut used up an attempt: yes (2 of 2 trials that could tell)');
  expect(text(no)).toBe('a cut used up an attempt: no (1 of 1 trials that could tell)');
  expect(text(yes, no)).toBe('a cut used up an attempt: not always (yes in 1 of 2 trials that could tell)');
  expect(text(open, open)).toBe(
    'a cut used up an attempt: could not be told (2 trials: none had as many cuts and failures as there are attempts)',
  );
  expect(text(cutStory(6, 0, true, rig('in-all', 'retries-for-ever')))).toMatch(
    /could not be told \(1 trial: the firmware retries for ever/,
  );
  expect(text(refused(5, 505, corrupt))).toBeUndefined();
});
