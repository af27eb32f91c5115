import fc from 'fast-check';
import type { EventBody, JournalEvent } from '../../journal/events.js';
import { resultOf } from '../result.js';
import { ConflictingParts, mergeRuns, type RunPart } from './merge-journals.js';

/** A run that began so many seconds after the first, on a machine whose monotonic clock stood at `boot`. */
function part(from: string, run: string, rig: string, bodies: readonly EventBody[], { seconds = 0, boot = 0 } = {}): RunPart {
  const started = Date.UTC(2026, 10, 22, 22) + seconds * 1000;
  const events = bodies.map((body, index) => ({
    n: index + 1,
    t: boot + index * 10,
    at: new Date(started + index * 10).toISOString(),
    ...(body.type.startsWith('run.') ? {} : { rig }),
    ...body,
  })) as JournalEvent[];
  return { from, run, rigs: [rig], events };
}

const start: EventBody = {
  type: 'run.start',
  format: 1,
  run: 'r',
  seed: 1,
  harness: { version: '1', node: '20' },
  host: { name: 'h', cpus: 2 },
  argv: [],
};
const passed = (test: string): EventBody => ({ type: 'test.end', test, status: 'passed' });
const failed = (test: string): EventBody => ({ type: 'test.end', test, status: 'failed' });
const trial = (id: string): EventBody => ({ type: 'trial.start', trial: id, cut: 'cut:start/ufs#1' });
const ready: EventBody = { type: 'rig.ready', took: 1 };
const done: EventBody = { type: 'rig.end', powerSafe: true, why: 'end' };

test('two agents’ runs become one, in the order of the wall clock, whatever their monotonic clocks say', () => {
  const a = part('A', 'run-a', 'a', [start, ready, passed('s: x'), done], { boot: 5_000_000 });
  const b = part('B', 'run-b', 'b', [start, ready, failed('s: x'), done], { seconds: 0.015, boot: 3 });
  const merged = mergeRuns([b, a]);
  expect([...merged.events].map(({ rig, type }) => `${rig ?? ''} ${type}`)).toEqual([
    'a rig.ready',
    'a test.end',
    'b rig.ready',
    'a rig.end',
    'b test.end',
    'b rig.end',
  ]);
  expect(merged.remarks).toEqual([]);
  expect(resultOf([...merged.events], merged.rigs)).toMatchObject({ exit: 1, reason: '1 test failed' });
});

test('an interruption of one run outlasts the beginning of another', () => {
  const a = part('A', 'run-a', 'a', [start, ready, { type: 'run.interrupted', signal: 'SIGINT' }, done]);
  const b = part('B', 'run-b', 'b', [start, ready, passed('s: x'), done], { seconds: 60 });
  expect(resultOf([...mergeRuns([a, b]).events], ['a', 'b']).exit).toBe(130);
});

test('the same run twice counts once, and a copy made before its end gives way to the whole', () => {
  const whole = part('A', 'run-a', 'a', [start, ready, passed('s: x'), done]);
  const copy = { ...whole, from: 'B' };
  const early = { ...whole, from: 'C', events: [...whole.events].slice(0, 2) };
  const merged = mergeRuns([early, whole, copy]);
  expect([...merged.events]).toHaveLength(3);
  expect(merged.rigs).toEqual(['a']);
  expect(merged.remarks).toEqual([
    'C and A are the same run run-a: the longer one counts',
    'A and B are the same run run-a: it counts once',
  ]);
});

test('two different journals that claim to be one run are refused', () => {
  const one = part('A', 'run-a', 'a', [start, ready, passed('s: x'), done]);
  const other = part('B', 'run-a', 'a', [start, ready, failed('s: x'), done]);
  expect(() => mergeRuns([one, other])).toThrow(ConflictingParts);
});

test('a rig in two runs stands there twice, with ids of its own, and tests that ran twice are named', () => {
  const shard = (from: string, run: string, seconds: number): RunPart =>
    part(
      from,
      run,
      'a',
      [
        start,
        ready,
        trial('a/1'),
        { type: 'verdict', upgrade: 'a#1', sequence: ['a#1'], result: 'pass', findings: [] },
        passed('s: x'),
        done,
      ],
      { seconds },
    );
  const { rigs, remarks, ...merged } = mergeRuns([shard('A', 'run-1', 0), shard('B', 'run-2', 100)]);
  const events = [...merged.events];
  expect(rigs).toEqual(['a', 'a~2']);
  expect(events.flatMap((event) => (event.type === 'trial.start' ? [event.trial] : []))).toEqual(['a/1', 'a~2/1']);
  expect(events.flatMap((event) => (event.type === 'verdict' ? [event.upgrade, ...(event.sequence ?? [])] : []))).toEqual([
    'a#1',
    'a#1',
    'a~2#1',
    'a~2#1',
  ]);
  expect(remarks).toEqual([
    'a took part in several runs: in that of B it is called a~2',
    'a s: x was run more than once: in A, B',
  ]);
});

test('no event but the runs’ own ends is lost, and each run keeps its order', () => {
  const sizes = fc.array(fc.record({ size: fc.nat(20), seconds: fc.nat(3), boot: fc.nat(1e9) }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, (given) => {
      const parts = given.map(({ size, ...when }, index) =>
        part(
          `P${String(index)}`,
          `run-${String(index)}`,
          `rig-${String(index)}`,
          [start, ...Array.from({ length: size }, (_, n) => passed(`s: ${String(n)}`))],
          when,
        ),
      );
      const events = [...mergeRuns(parts).events];
      expect(events).toHaveLength(given.reduce((sum, { size }) => sum + size, 0));
      for (const { rigs } of parts) {
        const own = events.filter(({ rig }) => rig === rigs[0]).map(({ n }) => n);
        expect(own).toEqual([...own].sort((one, other) => one - other));
      }
    }),
  );
});
