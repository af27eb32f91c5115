import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { messageOf, UserError } from '../base/errors.js';
import { addRun, contents, ledgerFile, meanTrial, openLedger, survivals, trialsOfRun, type Added } from '../campaign/ledger.js';
import { trialsOf } from '../campaign/ledger-trials.js';
import type { Ledger, LedgerFilter, PackageSurvival, Tally } from '../campaign/ledger.js';
import { survivalText, upperBound } from '../campaign/statistics.js';
import { JournalStream, type Unreadable } from '../journal/reader.js';
import { countTrials, type Counted } from '../report/count.js';
import { readHistory } from '../report/history/rows.js';
import { printable } from '../verdict/text.js';
import { digestOf, withLedger, type LedgerArguments } from './ledger-options.js';
import { textTable } from './text-table.js';

interface AddArguments extends LedgerArguments {
  readonly dirs: string[];
}

const add: CommandModule<object, AddArguments> = {
  command: 'add <dirs..>',
  describe: 'Add runs from their folders, also of runs that were killed; a run that is in it already changes nothing',
  builder: (yargs) =>
    withLedger(
      yargs.positional('dirs', { type: 'string', array: true, demandOption: true, describe: 'Folders of runs, or journals' }),
    ).example('dfota ledger add reports/*', 'make the ledger anew from all runs that are left'),
  async handler({ dirs, ledger: given }) {
    const ledger = openLedger(ledgerFile(given));
    // All are read before the first is added: a mistyped folder adds nothing.
    const journals = dirs.map((dir) => ({ dir, ...journalOf(dir) }));
    let conflicts = false;
    for (const { dir, events, history, unreadable } of journals) {
      const added = await addRun(ledger, events, history).catch((error: unknown) => {
        throw error instanceof UserError && error.explanation.place === undefined
          ? new UserError(error.message, { ...error.explanation, place: { file: dir } })
          : error;
      });
      conflicts ||= added.conflicting.length > 0;
      process.stdout.write(addedText(dir, added, unreadable.length));
    }
    process.stdout.write(`Ledger: ${ledger.file}\n`);
    if (conflicts) process.exitCode = 2;
  },
};

const check: CommandModule<object, AddArguments> = {
  command: 'check <dirs..>',
  describe: 'Count: every trial of these runs must stand in journal, JUnit file and ledger with the same outcome',
  builder: (yargs) =>
    withLedger(
      yargs.positional('dirs', { type: 'string', array: true, demandOption: true, describe: 'Folders of runs' }),
    ).epilogue('Exit codes: 0 the three agree, 1 they do not, 2 wrong use.'),
  async handler({ dirs, ledger: given }) {
    const ledger = openLedger(ledgerFile(given));
    for (const dir of dirs) {
      const { events } = journalOf(dir);
      const { runs } = trialsOf(events);
      const rows = (await Promise.all(runs.map(({ run }) => trialsOfRun(ledger, run)))).flat();
      const counted = countTrials(events, junitOf(dir), rows);
      process.stdout.write(countedText(dir, counted));
      if (counted.problems.length > 0) process.exitCode = 1;
    }
  },
};

function junitOf(dir: string): string {
  const file = join(dir, 'junit.xml');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError('the JUnit file of the run cannot be read', {
      place: { file },
      seen: messageOf(error),
      hint: `a run that was killed has none yet: dfota run --resume ${dir}`,
    });
  }
}

function countedText(dir: string, { trials, tests, problems }: Counted): string {
  const outcomes = new Map<string, number>();
  for (const { outcome } of trials) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const told = [...outcomes].map(([outcome, number]) => `${String(number)} ${outcome}`).join(', ');
  const what = `${count(trials.length, 'trial')}${told === '' ? '' : ` (${told})`}, ${count(tests, 'test')}`;
  const verdict =
    problems.length === 0 ? 'the same in journal, JUnit file and ledger' : count(problems.length, 'mismatch', 'mismatches');
  return [`${dir}: ${what}: ${verdict}`, ...problems.map((problem) => `  ${printable(problem)}`), ''].join('\n');
}

function journalOf(dir: string): ReturnType<typeof readHistory> & { readonly unreadable: readonly Unreadable[] } {
  const file = statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true ? join(dir, 'journal.jsonl') : dir;
  try {
    const journal = new JournalStream(file);
    return { ...readHistory(journal), unreadable: journal.unreadable };
  } catch (error) {
    throw new UserError('the journal of the run cannot be read', {
      place: { file },
      seen: messageOf(error),
      hint: 'give the folder of a run, for example reports/2026-01-31T22-00-00-000Z',
    });
  }
}

function addedText(dir: string, { runs, added, known, conflicting, unfinished, tests }: Added, unreadable: number): string {
  const named = (trials: readonly string[]): string =>
    printable(trials.slice(0, 5).join(', ')) + (trials.length > 5 ? ', …' : '');
  const lines = [
    `${dir}: run ${printable(runs.join(', '))}: ${count(added, 'trial')} added, ${String(known)} known already${tests === 0 ? '' : `, ${count(tests, 'test')} added`}`,
  ];
  if (unfinished.length > 0)
    lines.push(`  ${count(unfinished.length, 'trial')} without an end, not counted: ${named(unfinished)}`);
  if (unreadable > 0) lines.push(`  ${count(unreadable, 'line')} of the journal could not be read`);
  if (conflicting.length > 0) {
    lines.push(
      `  ${count(conflicting.length, 'entry', 'entries')} in the ledger with other contents, left as they are: ${named(conflicting)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const count = (number: number, one: string, more = `${one}s`): string => `${String(number)} ${number === 1 ? one : more}`;

interface ShowArguments extends LedgerArguments {
  readonly package: string | undefined;
  readonly revision: string | undefined;
  readonly rig: string | undefined;
  readonly json: boolean;
}

export const command: CommandModule<object, ShowArguments> = {
  command: 'ledger',
  describe: 'What power cuts have proved over all runs',
  builder: (yargs) =>
    withLedger(yargs)
      .usage(
        'dfota ledger\n\nSums up the power cuts of all runs: for each package and the revision it was applied to, how many cuts were survived, ' +
          'in which phase, and what failure rate that leaves possible. Only valid trials count. docs/campaigns.md explains the figures.',
      )
      .option('package', { type: 'string', describe: 'Only this package: its file, or the beginning of its SHA-256' })
      .option('revision', { type: 'string', describe: 'Only upgrades from this revision' })
      .option('rig', { type: 'string', describe: 'Only trials on this rig' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the figures as JSON' })
      .command(add)
      .command(check)
      .example('dfota ledger --package packages/v12-v13.zip', 'what is known of one package')
      .example('dfota ledger add reports/2026-01-31T22-00-00-000Z', 'add a run that was killed'),
  async handler({ ledger: given, package: wanted, revision, rig, json }) {
    const ledger = openLedger(ledgerFile(given));
    const filter = { package: wanted === undefined ? undefined : digestOf(wanted), revision, rig };
    const found = await survivals(ledger, filter);
    if (found.length === 0 && !json) await sayNothingFound(ledger, filter);
    else if (json) process.stdout.write(`${JSON.stringify(await asJson(ledger, found), undefined, 2)}\n`);
    else process.stdout.write(`${found.map(asText).join('\n')}\nLedger: ${ledger.file}\n`);
  },
};

async function sayNothingFound(ledger: Ledger, filter: LedgerFilter): Promise<void> {
  const { packages, revisions, rigs, trials } = await contents(ledger);
  if (trials === 0) {
    process.stdout.write(`No power cut is in the ledger ${ledger.file} yet. Add runs: dfota ledger add reports/*\n`);
    return;
  }
  const asked = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${String(value)}`]));
  throw new UserError('no trial in the ledger fits', {
    place: { file: ledger.file },
    asked: asked.join(' '),
    seen: printable(`packages ${packages.map(short).join(', ')}; revisions ${revisions.join(', ')}; rigs ${rigs.join(', ')}`),
  });
}

const short = (sha: string): string => sha.slice(0, 12);

async function asJson(ledger: Ledger, found: readonly PackageSurvival[]): Promise<unknown> {
  const figures = (tally: Tally): object => ({ ...tally, upperBound: upperBound(tally), text: survivalText(tally) });
  const rigs = [...new Set(found.flatMap((each) => each.rigs))].sort();
  const means = await Promise.all(rigs.map(async (rig) => [rig, await meanTrial(ledger, rig)] as const));
  return {
    ledger: ledger.file,
    packages: found.map(({ total, phases, ...rest }) => ({
      ...rest,
      total: figures(total),
      phases: phases.map(({ phase, tally }) => ({ phase, ...figures(tally) })),
    })),
    /** ms */
    meanTrial: Object.fromEntries(means),
  };
}

function asText({ package: sha, revision, rigs, total, phases }: PackageSurvival): string {
  const rows = [...phases.map(({ phase, tally }) => [phase, ...cells(tally)]), ['all phases', ...cells(total)]].map((row) =>
    row.map(printable),
  );
  const head = ['PHASE', 'MISSED', 'INVALID', 'NOT ATTRIBUTED', 'SURVIVAL'];
  const title = printable(`package ${short(sha)}  from revision ${revision}  on ${rigs.join(', ')}`);
  const lines = textTable([head, ...rows], [1, 2, 3])
    .trimEnd()
    .split('\n');
  return [title, ...lines.map((line) => `  ${line}`), ''].join('\n');
}

function cells(tally: Tally): string[] {
  return [String(tally.missed), String(tally.invalid), String(tally.notAttributed), survivalText(tally)];
}
