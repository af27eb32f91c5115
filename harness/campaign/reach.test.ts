import type { UpgradeRecord } from '../verdict/types.js';
import type { CutPoint } from './cut.js';
import { outOfReach } from './reach.js';

/** Reports as `kind` or `kind value` at a time, on a module a hundred times faster than life. */
function record(...reports: (readonly [what: string, order: number])[]): UpgradeRecord {
  return {
    profile: { scale: 0.01 },
    reports: reports.map(([what, order]) => {
      const [kind = '', value] = what.split(' ');
      return { kind, value: value === undefined ? undefined : Number(value), order, t: order };
    }),
  } as unknown as UpgradeRecord;
}
const point = (anchor: CutPoint['anchor'], delay: number, percent?: number): CutPoint => ({
  anchor,
  delay,
  ...(percent === undefined ? {} : { percent }),
});
const upgrade = record(
  ['download-start', 0],
  ['download-end 0', 15],
  ['start', 300],
  ['updating 1', 310],
  ['updating 50', 400],
  ['updating 97', 500],
  ['end 0', 510],
);

test.each([
  // Due at 520, 10 ms after END.
  [point('updating', 2000, 97), 'the phase was over 1.0 s after updating@97%, before updating@97%+2000ms was due'],
  [point('start', 256_000), 'the phase was over 21.0 s after start, before start+256000ms was due'],
  [point('download-start', 2000), 'the phase was over 1.5 s after download-start, before download-start+2000ms was due'],
  [point('updating', 0, 99), 'what updating@99% waits for was not reported'],
  [point('failed-end', 500), 'what failed-end+500ms waits for was not reported'],
])('%j: no cut could have been made there', (asked, why) => {
  expect(outOfReach(asked, upgrade)).toBe(why);
});

test.each([
  // Due at 509: a prompt cut would have been in time, so it was the host that was late.
  [point('updating', 900, 97)],
  [point('updating', 0, 97)],
  [point('download-start', 1000)],
  // After END 0 there is no end of the phase.
  [point('end', 5_000_000)],
  [point('usb-leaves', 0)],
  [point('silence', 8000)],
])('%j: a prompt cut would have been in time', (asked) => {
  expect(outOfReach(asked, upgrade)).toBeUndefined();
});

test('a point of a later attempt is looked for after the cut before it', () => {
  const resumed = record(['start', 0], ['updating 80', 50], ['start', 300], ['end 0', 400]);
  expect(outOfReach(point('updating', 0, 80), resumed, 200)).toBe('what updating@80% waits for was not reported');
  expect(outOfReach(point('updating', 0, 80), resumed)).toBeUndefined();
});
