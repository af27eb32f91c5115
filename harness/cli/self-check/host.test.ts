/** What the host does is really done, and a run that shows nothing of it counts for nothing. Needs the build (`npm test` makes it). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EventBody, JournalEvent } from '../../journal/events.js';
import { hostEnvironment, notStaged, type HostCondition } from './host.js';

const journal = (...bodies: readonly (readonly [t: number, at: string, body: EventBody])[]): readonly JournalEvent[] =>
  bodies.map(([t, at, body], index) => ({ n: index + 1, t, at, ...body }));
const note: EventBody = { type: 'note', text: 'x' };
const at = (hour: number): string => `2026-01-31T${String(hour).padStart(2, '0')}:00:00.000Z`;
const lag = (ms: number, of?: 'unit'): EventBody => ({ type: 'host.lag', ms, ...(of === undefined ? {} : { of }) });
const sent = (sha256: string): EventBody => ({
  ...{ type: 'server.response', protocol: 'http', connection: 1, request: 1, code: 200, sent: 9, whole: true, took: 1, sha256 },
});
const published: EventBody = { type: 'delivery.publish', source: 'http', name: 'a', target: 'a', size: 9, sha256: 'ab' };

test.each<[string, HostCondition, readonly JournalEvent[], boolean]>([
  ['a clock that goes forth and back', 'clock-step', journal([1, at(1), note], [2, at(3), note], [3, at(2), note]), true],
  ['a clock that only goes on', 'clock-step', journal([1, at(1), note], [2, at(3), note]), false],
  ['a clock that runs with the monotonic one', 'clock-step', journal([0, at(1), note], [3_600_000, at(2), note]), false],
  ['a harness that stood still', 'stands-still', journal([1, at(1), lag(1100)]), true],
  ['a harness that hardly did', 'harness-stands-still', journal([1, at(1), lag(300)]), false],
  ['a unit that stood still', 'unit-stands-still', journal([1, at(1), lag(1100, 'unit')]), true],
  ['only the other one stood still', 'unit-stands-still', journal([1, at(1), lag(1100)]), false],
  ['another file handed out', 'stale-file', journal([1, at(1), published], [2, at(1), sent('cd')]), true],
  ['the same file handed out', 'stale-file', journal([1, at(1), published], [2, at(1), sent('ab')]), false],
])('%s, for %s', (_, condition, events, staged) => {
  expect(notStaged(condition, events) === undefined).toBe(staged);
});

async function run(condition: HostCondition, script: string): Promise<unknown> {
  const env = { ...process.env, ...hostEnvironment(condition) };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env });
  return JSON.parse(stdout) as unknown;
}

test('the wall clock jumps in every realm of a process, and a date that is named stays', async () => {
  const seen = await run(
    'clock-step',
    `const { createContext, runInContext } = require('node:vm');
     const inner = runInContext('() => [Date.now(), new Date().getTime()]', createContext({}));
     const real = () => Number(process.hrtime.bigint() / 1000000n);
     const offsets = new Set();
     const timer = setInterval(() => {
       const times = [Date.now(), new Date().getTime(), ...inner()].map((time) => Math.round((time - real()) / 10000));
       offsets.add(times.join());
       if (new Set([...offsets].map((text) => text.split(',')[0])).size < 2) return;
       clearInterval(timer);
       const apart = [...offsets].every((text) => new Set(text.split(',')).size === 1);
       console.log(JSON.stringify([apart, new Date('2026-01-31').toISOString(), new Date() instanceof Date]));
     }, 10);`,
  );
  expect(seen).toEqual([true, '2026-01-31T00:00:00.000Z', true]);
});

test('a process that stands still does so for longer than a second', async () => {
  const longest = await run(
    'stands-still',
    `let last = performance.now();
     const timer = setInterval(() => {
       const now = performance.now();
       if (now - last > 1000) { clearInterval(timer); console.log(Math.round(now - last)); }
       last = now;
     }, 5);`,
  );
  expect(longest).toBeGreaterThan(1000);
});
