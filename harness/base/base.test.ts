import fc from 'fast-check';
import { scaledDeadline, systemClock, type Clock } from './clock.js';
import { placeText, RigFault, UserError } from './errors.js';
import { seeded } from './random.js';
import { Secrets } from './secrets.js';
import { Teardown } from './teardown.js';

test('no deadline falls under half a second, and a scale of 1 changes nothing', () => {
  expect(scaledDeadline(60_000, 0.001)).toBe(500);
  expect(scaledDeadline(60_000, 1)).toBe(60_000);
});

test('a seed and a label give the same draws again, another label gives others', () => {
  const draw = (seed: number, label: string): string => seeded(seed, label).word(20);
  expect(draw(7, 'a')).toBe(draw(7, 'a'));
  expect(draw(7, 'a')).not.toBe(draw(7, 'b'));
  expect(draw(7, 'a')).not.toBe(draw(8, 'a'));
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: -50, max: 50 }), fc.nat(100), (seed, low, span) => {
      const value = seeded(seed, 'range').int(low, low + span);
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(low + span);
    }),
  );
});

test('seeded draws cover their range evenly', () => {
  const random = seeded(1, 'even');
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < 4000; index += 1) counts[random.int(0, 3)]! += 1;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('each known secret is masked, the longer of two first, pattern characters included', () => {
  const secrets = new Secrets();
  secrets.add('');
  secrets.add('pass');
  secrets.add('pass.word$');
  expect(secrets.mask('a pass.word$ and a pass')).toBe('a *** and a ***');
  expect(new Secrets().mask('nothing known')).toBe('nothing known');
});

test('an error says what was asked, what was seen, where, and what to try', () => {
  const error = new UserError('unknown key', {
    asked: 'a rig',
    seen: 'suply',
    place: { file: 'a.yaml', line: 3, column: 5, key: 'power.suply' },
    hint: 'supply?',
  });
  expect(error.explain()).toBe('a.yaml:3:5: power.suply: unknown key\n  asked: a rig\n  seen:  suply\n  try:   supply?');
  expect([error.exitCode, new RigFault('x').exitCode]).toEqual([2, 3]);
  expect(placeText({ file: 'a.yaml' })).toBe('a.yaml');
});

test('teardown runs in reverse, once, past failures and past steps that hang', async () => {
  const done: string[] = [];
  const quick: Clock = { ...systemClock, after: (_, callback) => systemClock.after(1, callback) };
  const teardown = new Teardown(quick);
  teardown.defer('first', () => void done.push('first'));
  teardown.defer('fails', () => {
    throw new Error('broken');
  });
  teardown.defer('hangs', () => new Promise(() => undefined));
  teardown.defer('last', () => void done.push('last'));
  const problems = await teardown.run();
  expect(await teardown.run()).toBe(problems);
  expect(done).toEqual(['last', 'first']);
  expect(problems).toEqual([expect.stringMatching(/^hangs: not done/), 'fails: broken']);
});
