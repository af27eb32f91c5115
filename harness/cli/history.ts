import type { CommandModule } from 'yargs';
import { systemClock } from '../base/clock.js';
import { UserError } from '../base/errors.js';
import { historyOf, type Night, type PackageHistory, type TimeOfNight } from '../campaign/history.js';
import { historyIn } from '../campaign/ledger-history.js';
import { ledgerFile, openLedger } from '../campaign/ledger.js';
import { survivalText } from '../campaign/statistics.js';
import { historyPage } from '../report/history/page.js';
import { printable } from '../verdict/text.js';
import { digestOf, withLedger, type LedgerArguments } from './ledger-options.js';
import { writePage } from './named-page.js';
import { textTable } from './text-table.js';

interface HistoryArguments extends LedgerArguments {
  readonly package: string | undefined;
  readonly revision: string | undefined;
  readonly rig: string | undefined;
  readonly json: boolean;
  readonly html: string | undefined;
}

export const command: CommandModule<object, HistoryArguments> = {
  command: 'history',
  describe: 'How packages did night by night: pass rate, bound, times, flaky tests',
  builder: (yargs) =>
    withLedger(yargs)
      .usage(
        'dfota history\n\nWhat all runs tell of each package, night by night, for each revision and rig: tests passed and failed, what the power cuts ' +
          'bound, how long boot, download and flash took, and tests that pass and fail without a change. docs/history.md explains the figures.',
      )
      .option('package', { type: 'string', describe: 'Only this package: its file, or the beginning of its SHA-256' })
      .option('revision', { type: 'string', describe: 'Only upgrades from this revision' })
      .option('rig', { type: 'string', describe: 'Only this rig' })
      .option('json', { type: 'boolean', default: false, describe: 'For a program' })
      .option('html', { type: 'string', requiresArg: true, describe: 'Write a page with charts as well' })
      .example('dfota history --package packages/v12-v13.zip', 'one package on every rig')
      .example('dfota history --rig ec25-a --json', 'everything that was tried on one rig')
      .example('dfota history --html history.html', 'a page with charts'),
  async handler({ ledger: given, package: wanted, revision, rig, json, html }) {
    const ledger = openLedger(ledgerFile(given));
    const filter = { package: wanted === undefined ? undefined : digestOf(wanted), revision, rig };
    const history = historyOf(await historyIn(ledger, filter));
    if (html !== undefined && (history.length > 0 || Object.values(filter).every((value) => value === undefined)))
      writePage(html, historyPage(history, { made: systemClock.wall() }));
    if (json) process.stdout.write(`${JSON.stringify({ ledger: ledger.file, packages: history }, undefined, 2)}\n`);
    else if (history.length === 0) sayNothing(ledger.file, filter);
    else process.stdout.write(`${history.map(asText).join('\n')}\nLedger: ${ledger.file}\n`);
  },
};

function sayNothing(file: string, filter: Readonly<Record<string, string | undefined>>): void {
  const asked = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  if (asked.length === 0) {
    process.stdout.write(`No run is in the ledger ${file} yet. Add runs: dfota ledger add reports/*\n`);
    return;
  }
  throw new UserError('no run in the ledger fits', {
    place: { file },
    asked: asked.join(' '),
    hint: 'dfota history without options shows all; dfota ledger add reports/* adds runs from before',
  });
}

function asText({ nights, flaky, spoilt, ...group }: PackageHistory): string {
  const kind = group.module === undefined ? '' : ` (${group.module})`;
  const title = `package ${group.package.slice(0, 12)}  from revision ${group.revision}  on ${group.rig}${kind}`;
  const head = ['RUN', 'PASSED', 'FAILED', 'INVALID', 'UNDECIDED', 'SKIPPED', 'CUTS', 'DOWNLOAD', 'FLASH', 'BOOT'];
  const table = textTable([head, ...nights.map(cells)], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const { passed, failed } = group.tests;
  const rate =
    group.passRate === undefined
      ? 'no test came to a verdict'
      : `${rateText(group.passRate)} of ${String(passed + failed)} tests with a verdict passed`;
  const same = flaky.filter(({ sameHarness }) => sameHarness);
  const other = flaky.filter(({ sameHarness }) => !sameHarness);
  const results = (test: PackageHistory['flaky'][number]): string =>
    `  ${test.test}: passed ${times(test.passed)}, failed ${times(test.failed)} (${test.failedIn.join(', ')})`;
  return printable(
    [
      title,
      ...table
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
      `  ${rate}; ${group.cuts.valid === 0 ? 'no valid cut' : survivalText(group.cuts)}`,
      ...(same.length === 0 ? [] : ['  flaky, without a change of package, revision, rig or harness:', ...same.map(results)]),
      ...(other.length === 0 ? [] : ['  otherwise by another version of the harness:', ...other.map(results)]),
      ...(spoilt.length === 0 ? [] : ['  spoilt by the rig or the harness, or undecided (not held against the firmware):']),
      ...spoilt.map(
        ({ test, invalid, inconclusive, tries }) =>
          `    ${test}: ${String(invalid)} invalid, ${String(inconclusive)} undecided, ${String(tries)} more tries that did not count`,
      ),
      '',
    ].join('\n'),
  );
}

const times = (count: number): string => (count === 1 ? 'once' : `${String(count)} times`);

/** Never rounded up to 100 %. */
const rateText = (rate: number): string => `${String(Math.floor(rate * 1000) / 10)} %`;

function cells({ run, tests, cuts, times: took }: Night): string[] {
  return [
    run,
    ...[tests.passed, tests.failed, tests.invalid, tests.inconclusive, tests.skipped].map(String),
    cuts.valid === 0 ? '' : `${String(cuts.valid - cuts.failed)}/${String(cuts.valid)}`,
    ...(['download', 'flash', 'boot'] as const).map((what) => medians(took.filter((time) => time.what === what))),
  ];
}

/** Medians; of a download by source, since the way decides it. */
function medians(found: readonly TimeOfNight[]): string {
  return found
    .filter(({ source }) => source === undefined || source === 'ftp' || source === 'http')
    .map(({ source, median }) => `${source === undefined ? '' : `${source} `}${seconds(median)}`)
    .join(', ');
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
