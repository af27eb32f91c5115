import { historyOf, type PackageHistory } from '../../campaign/history.js';
import type { TestRow, UpgradeTimeRow } from '../../campaign/ledger-runs.js';
import { barChart, decades, linear, lineChart } from './charts.js';
import { historyPage } from './page.js';

const sha = 'ab'.repeat(32);
const at = (day: number): string => `2026-02-0${String(day)}T22:00:00.000Z`;
const base = { rig: 'ec25-a', package: sha, revision: 'EC25EFAR06A12M4G' };
const testRow = (day: number, test: string, status: TestRow['status'], tries = 0): TestRow => ({
  ...{ ...base, run: `night-${String(day)}`, test, suite: 's', status, why: null, tries, took: 1, at: at(day), module: 'EC25' },
});
const time = (day: number, upgrade: string, flash: number): UpgradeTimeRow => ({
  ...{
    ...base,
    run: `night-${String(day)}`,
    upgrade,
    step: 'upgrade',
    source: 'ftp',
    download: 60_000,
    flash,
    boot: null,
    at: at(day),
  },
});

function history(change: (text: string) => string = (text) => text): readonly PackageHistory[] {
  const days = [1, 2, 3];
  const rows = {
    runs: days.map((day) => ({ run: `night-${String(day)}`, at: at(day), seed: 1, harness: '0.1.0', host: 'h', exit: 0 })),
    tests: [
      testRow(1, 'round trip', 'passed'),
      testRow(2, 'round trip', 'failed'),
      testRow(3, 'round trip', 'passed'),
      testRow(3, 'limits', 'invalid', 2),
    ],
    upgrades: [time(1, 'u1', 500_000), time(3, 'u1', 510_000), time(3, 'u2', 520_000)],
    cuts: [1, 3].map((day) => ({ ...base, run: `night-${String(day)}`, module: 'EC25', valid: 30, failed: 0 })),
  };
  return historyOf(JSON.parse(change(JSON.stringify(rows))) as typeof rows);
}
const page = (packages: readonly PackageHistory[]): string => historyPage(packages, { made: 'today' });
const count = (text: string, what: RegExp): number => [...text.matchAll(what)].length;

test('each package from each revision on each rig has its charts, nights, flaky and spoilt tests', () => {
  const text = page(history());
  expect(count(text, /<h2>/g)).toBe(1);
  expect(text).toContain('66.6 % of 3 tests with a verdict passed. 60 of 60 cuts survived: failure rate &lt; 4.9 % (95 %).');
  expect([...text.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, title]) => title)).toEqual([
    'Tests',
    'Bound of the failure rate of power cuts, all nights so far (95 %)',
    'Download: median and middle half',
    'Flashing: median and middle half',
  ]);
  // A night without times has no dot, and what two nights tell of the bound stands at three.
  expect(count(text, /<title>[^<]*: flash /g)).toBe(2);
  expect(count(text, /<title>[^<]*: bound /g)).toBe(3);
  expect(text).toContain('<title>2026-02-03 22:00: flash 515 s</title>');
  expect(text).toContain('<title>2026-02-02 22:00: 1 failed</title>');
  expect(text).toMatch(/Flaky: [^]*<td>round trip<\/td><td>2<\/td><td>1<\/td><td>2<\/td><td>night-2<\/td>/);
  expect(text).toMatch(/not held against the firmware[^]*<td>limits<\/td><td>1<\/td><td>0<\/td><td>2<\/td>/);
});

test('it needs nothing but itself, and obeys nothing that a rig or a run is called', () => {
  const evil = '<script>x</script>\\u202e';
  const text = page(history((rows) => rows.replaceAll('ec25-a', evil).replaceAll('round trip', evil).replaceAll('night-', evil)));
  expect(text).not.toMatch(/<script|\u202e|https?:|<link|<img/);
  expect(text).toContain('&lt;script&gt;x');
  expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('nothing, and a single night, make a page as well', () => {
  expect(page([])).toContain('No run is in the ledger yet');
  const [one] = history();
  if (one === undefined) throw new Error('no history');
  const text = page([{ ...one, nights: one.nights.slice(0, 1), flaky: [], spoilt: [] }]);
  expect(text).not.toMatch(/NaN|Infinity|undefined|<h3>/);
});

const nights = ['a', 'b', 'c'];

test('what is larger stands higher, and later nights further right', () => {
  const svg = lineChart({
    title: 't',
    nights,
    axis: linear(9, String),
    series: [{ name: 's', points: [{ value: 1 }, undefined, { value: 9 }] }],
  });
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
  expect(dots).toHaveLength(2);
  expect(dots[0]?.[0]).toBeLessThan(dots[1]?.[0] ?? 0);
  expect(dots[0]?.[1]).toBeGreaterThan(dots[1]?.[1] ?? 0);
});

test('bars are stacked without a gap, and as high as what they count', () => {
  const stack = [
    { kind: 'passed', value: 6 },
    { kind: 'failed', value: 3 },
    { kind: 'skipped', value: 0 },
  ];
  const svg = barChart({ title: 't', nights: ['a'], axis: linear(10, String), stacks: [stack] });
  const bars = [...svg.matchAll(/<rect class="(\w+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g)].map(
    ([, kind, y, height]) => ({ kind, y: Number(y), height: Number(height) }),
  );
  expect(bars.map(({ kind }) => kind)).toEqual(['passed', 'failed']);
  const [passed, failed] = bars;
  expect(passed?.height).toBeCloseTo(2 * (failed?.height ?? 0), 0);
  expect((failed?.y ?? 0) + (failed?.height ?? 0)).toBeCloseTo(passed?.y ?? 0, 0);
});

test.each([0, 0.4, 1, 7, 23, 51, 1000])('an axis to %f holds it', (value) => {
  const { place, ticks } = linear(value, String);
  expect(place(value)).toBeLessThanOrEqual(1);
  expect(place(0)).toBe(0);
  expect(place(ticks.at(-1) ?? 0)).toBe(1);
});

test('decades are evenly far apart, and nothing falls below them', () => {
  const { place, ticks } = decades(0.01, 1, String);
  expect(ticks.map((tick) => Number(tick.toPrecision(6)))).toEqual([0.01, 0.1, 1]);
  expect(place(0.1)).toBeCloseTo(0.5);
  expect(place(0)).toBe(0);
  expect(place(1)).toBe(1);
});
