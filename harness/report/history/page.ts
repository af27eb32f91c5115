/** The history of packages as one self-contained file without scripts. Pure. */
import type { Night, PackageHistory, TimeOfNight } from '../../campaign/history.js';
import { survivalText } from '../../campaign/statistics.js';
import { plainTable, staticPage, text } from '../static-page.js';
import { barChart, decades, linear, lineChart } from './charts.js';

const style = `
:root{color-scheme:light dark;--line:#8884;--good:#1a7f37;--bad:#c0392b;--open:#bf8700;--skip:#8888}
body{font:14px/1.45 system-ui,sans-serif;margin:0 auto;padding:1.5rem 1rem;max-width:75rem}
h1{font-size:1.3rem} h2{font-size:1.1rem;margin:2rem 0 .3rem;overflow-wrap:anywhere} h3{font-size:1rem;margin:1rem 0 .3rem} p{margin:.4rem 0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem} figure{margin:0} figcaption{font-weight:600;font-size:.9em}
svg{width:100%;height:auto} .grid{stroke:var(--line)} .tick,.end{font-size:11px;fill:currentColor;opacity:.75} .tick,.last{text-anchor:end}
.passed{fill:var(--good)} .failed{fill:var(--bad)} .invalid,.undecided{fill:var(--open)} .skipped{fill:var(--skip)}
.series polyline{fill:none;stroke:currentColor;stroke-width:1.5} .series circle{fill:currentColor} .spread{stroke:currentColor;stroke-width:5;opacity:.3}
.s0{color:#0969da} .s1{color:#bf3989} .s2{color:#1a7f37} .s3{color:#bc4c00} .s4{color:#8250df} .s5{color:#6e7781} .legend span{margin-right:1rem} .legend span::before{content:'● '}
.scroll{overflow-x:auto} table{border-collapse:collapse} th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border-bottom:1px solid var(--line)} td{overflow-wrap:anywhere}
@media print{body{padding:0;max-width:none;font-size:9pt} figure,tr{break-inside:avoid}}
`;

/** `made`: when, in words. */
export function historyPage(packages: readonly PackageHistory[], { made }: { readonly made: string }): string {
  const body = [
    '<h1>DFOTA history</h1>',
    `<p>What all runs in the ledger tell, night by night. Made ${text(made)}.</p>`,
    ...(packages.length === 0 ? ['<p>No run is in the ledger yet.</p>'] : []),
    // The latest is what is looked for.
    ...[...packages].reverse().flatMap(group),
  ];
  return staticPage({ title: 'DFOTA history', style, body });
}

function group(history: PackageHistory): string[] {
  const { nights, cuts, tests, passRate, flaky, spoilt } = history;
  const kind = history.module === undefined ? '' : ` (${history.module})`;
  const rate =
    passRate === undefined
      ? 'No test came to a verdict.'
      : `${rateText(passRate)} of ${String(tests.passed + tests.failed)} tests with a verdict passed.`;
  const same = flaky.filter(({ sameHarness }) => sameHarness);
  const other = flaky.filter(({ sameHarness }) => !sameHarness);
  return [
    `<h2>${text(history.package.slice(0, 12))} from ${text(history.revision)} on ${text(history.rig)}${text(kind)}</h2>`,
    `<p>Package ${text(history.package)}. ${rate} ${cuts.valid === 0 ? 'No valid cut.' : `${text(survivalText(cuts))}.`}</p>`,
    `<div class="charts">${charts(nights).join('')}</div>`,
    nightTable(nights),
    ...flakyPart('Flaky: passes and fails without a change of package, revision, rig or harness', same),
    ...flakyPart('Otherwise by another version of the harness', other),
    ...(spoilt.length === 0
      ? []
      : [
          '<h3>Spoilt by the rig or the harness, or undecided: not held against the firmware</h3>',
          plainTable(
            ['Test', 'Invalid', 'Undecided', 'Tries that did not count'],
            spoilt.map(({ test, invalid, inconclusive, tries }) => [
              text(test),
              String(invalid),
              String(inconclusive),
              String(tries),
            ]),
          ),
        ]),
  ];
}

function charts(nights: readonly Night[]): string[] {
  const names = nights.map(({ at }) => at.slice(0, 16).replace('T', ' '));
  const stacks = nights.map(({ tests }) => [
    { kind: 'passed', value: tests.passed },
    { kind: 'failed', value: tests.failed },
    { kind: 'invalid', value: tests.invalid },
    { kind: 'undecided', value: tests.inconclusive },
    { kind: 'skipped', value: tests.skipped },
  ]);
  const most = Math.max(0, ...stacks.map((stack) => stack.reduce((sum, { value }) => sum + value, 0)));
  const all = [barChart({ title: 'Tests', nights: names, axis: linear(most, String), stacks })];
  if (nights.some(({ cuts }) => cuts.valid > 0)) {
    // Before the first cut nothing is known.
    const points = nights.map(({ bound }) => (bound < 1 ? { value: bound } : undefined));
    const lowest = Math.min(...points.map((point) => point?.value ?? 1));
    const axis = decades(10 ** Math.min(-2, Math.floor(Math.log10(lowest))), 1, percent);
    all.push(
      lineChart({
        title: 'Bound of the failure rate of power cuts, all nights so far (95 %)',
        nights: names,
        axis,
        series: [{ name: 'bound', points }],
      }),
    );
  }
  for (const what of ['download', 'flash', 'boot'] as const) {
    const times = nights.map((night) => night.times.filter((time) => time.what === what));
    const kinds = [...new Set(times.flat().map(({ source }) => source))];
    if (kinds.length === 0) continue;
    const series = kinds.map((source) => ({
      name: source ?? what,
      points: times.map((own) => pointOf(own.find((time) => time.source === source))),
    }));
    const longest = Math.max(...times.flat().map(({ q3 }) => q3));
    all.push(
      lineChart({ title: `${titles[what]}: median and middle half`, nights: names, axis: linear(longest, seconds), series }),
    );
  }
  return all;
}

const titles = { download: 'Download', flash: 'Flashing', boot: 'Boot' } as const;

const pointOf = (time: TimeOfNight | undefined) =>
  time === undefined ? undefined : { value: time.median, from: time.q1, to: time.q3 };

function nightTable(nights: readonly Night[]): string {
  const titles = ['Run', 'Harness', 'Passed', 'Failed', 'Invalid', 'Undecided', 'Skipped', 'Cuts', 'Bound', 'Exit'];
  // The last one first.
  const rows = [...nights]
    .reverse()
    .map(({ run, harness, tests, cuts, bound, exit }) => [
      text(run),
      text(harness),
      ...[tests.passed, tests.failed, tests.invalid, tests.inconclusive, tests.skipped].map(String),
      cuts.valid === 0 ? '' : `${String(cuts.valid - cuts.failed)}/${String(cuts.valid)}`,
      bound < 1 ? `&lt; ${percent(bound)}` : '',
      exit === undefined ? 'no end' : String(exit),
    ]);
  return plainTable(titles, rows);
}

function flakyPart(title: string, flaky: PackageHistory['flaky']): string[] {
  if (flaky.length === 0) return [];
  const rows = flaky.map(({ test, passed, failed, changes, failedIn }) => [
    text(test),
    String(passed),
    String(failed),
    String(changes),
    text(failedIn.join(', ')),
  ]);
  return [`<h3>${title}</h3>`, plainTable(['Test', 'Passed', 'Failed', 'Changes', 'Failed in'], rows)];
}

/** Never rounded down: it must not say more than the figures. */
const percent = (rate: number): string => {
  const value = rate * 100;
  const factor = value >= 10 ? 1 : 10 ** Math.min(3, 1 - Math.floor(Math.log10(value)));
  return `${String(Math.ceil(value * factor - 1e-9) / factor)} %`;
};
/** Never rounded up to 100 %. */
const rateText = (rate: number): string => `${String(Math.floor(rate * 1000) / 10)} %`;
const seconds = (ms: number): string => `${String(Number((ms / 1000).toPrecision(3)))} s`;
