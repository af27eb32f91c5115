import { closeSync, cpSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { z } from 'zod';
import { systemClock } from '../../base/clock.js';
import { messageOf, UserError } from '../../base/errors.js';
import { Secrets } from '../../base/secrets.js';
import { addRun, openLedger } from '../../campaign/ledger.js';
import type { EventBody, JournalEvent } from '../../journal/events.js';
import { openJournal } from '../../journal/journal.js';
import { shard } from '../../jest/shard.js';
import { JournalStream } from '../../journal/reader.js';
import { keepBaseline, keptBaseline, type Baseline } from '../../report/compare/baseline.js';
import { mergedBaseline } from '../../report/merge/baselines.js';
import { ConflictingParts, firstOf, mergeRuns, startOf, type Merged, type RunPart } from '../../report/merge/merge-journals.js';
import type { Share } from '../../report/merge/shares.js';
import { readHistory } from '../../report/history/rows.js';
import { isTraffic } from '../../report/outline.js';
import { resultOf } from '../../report/result.js';
import { signerOfEnvironment } from '../../report/signature.js';
import { verifyFolder } from '../../report/verify.js';
import { printable } from '../../verdict/text.js';
import { writeEvidence } from '../run/evidence.js';
import { harnessVersion, makeRunFolder } from '../run/folder.js';

interface MergeArguments {
  readonly dirs: string[];
  readonly out: string;
}

export const command: CommandModule<object, MergeArguments> = {
  command: 'merge <dirs..>',
  describe: 'Runs from several agents or shards as one report and one JUnit file',
  builder: (yargs) =>
    yargs
      .positional('dirs', { type: 'string', array: true, demandOption: true, describe: 'Folders of runs' })
      .option('out', { type: 'string', demandOption: true, describe: 'Folder of the merged run; new or empty' })
      .example('dfota report merge reports/rigs/* --out reports/nightly', 'last night of all rigs')
      .epilogue(
        'A run that is given twice counts once; a rig in several runs stands there once for each. Each run is added to the ledger of this ' +
          'machine, where it counts once. Exit codes: those of dfota run for the whole; 3 also when it is not whole: the shares of a run ' +
          '(--shard) or the parts of a qualification are not all there, shares are not of one plan or leave a test unmade, or a line of a ' +
          'qualification’s journal cannot be read; 2 also for a folder that is no run’s, is not as its run left it, or is a merged one itself.',
      ),
  async handler({ dirs, out }) {
    const given: RunPart[] = [];
    for (const dir of dirs) given.push(await readPart(dir));
    const { baseline, ...merged } = withBaseline(mergeOrExplain(given));
    const signer = signerOfEnvironment();
    const wall = systemClock.wall();
    const folder = makeRunFolder(resolve(out), wall);
    const harness = harnessVersion();
    const run = `merged-${wall.replace(/[:.]/g, '-')}`;
    const journalFile = join(folder, 'journal.jsonl');
    writeMerged(journalFile, run, merged);
    for (const { part, names } of merged.parts) copyRigs(part, names, folder);
    if (baseline !== undefined) keepBaseline(folder, baseline);
    const runs = merged.parts.map(({ part, names }) => ({ run: part.run, from: part.from, rigs: Object.fromEntries(names) }));
    const facts = {
      run,
      harness,
      started: wall,
      names: merged.rigs,
      merged: runs,
      remarks: merged.remarks,
      missing: merged.missing,
    };
    writeFileSync(join(folder, 'run.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
    const { outcome, summary } = await writeEvidence({ folder, journalFile, rigs: merged.rigs, harness, signer });
    for (const remark of merged.remarks) process.stdout.write(`${printable(remark)}\n`);
    process.stdout.write(`\n${summary}\n`);
    await addParts(merged);
    process.stdout.write(`Report: ${folder}\n`);
    process.exitCode = outcome.exit;
  },
};

/** What the whole is measured by, when its runs were measured by something. */
function withBaseline(merged: Merged): Merged & { readonly baseline: Baseline | undefined } {
  const own = merged.parts.flatMap(({ part: { from }, names, modules }) => {
    const baseline = keptBaseline(from);
    if (baseline === undefined) return [];
    return [{ from, baseline, rigs: [...modules].map(([name, module]) => ({ name, module, inWhole: names.get(name) ?? name })) }];
  });
  const { baseline, remarks = [] } = mergedBaseline(own, merged.rigs) ?? {};
  return { ...merged, remarks: [...merged.remarks, ...remarks], baseline };
}

/** Into the ledger of this machine goes each run under its own name: one that is there already changes nothing. */
async function addParts({ parts }: Merged): Promise<void> {
  try {
    const ledger = openLedger();
    let [trials, tests] = [0, 0];
    for (const { part } of parts) {
      const { events, history } = readHistory(part.events);
      const added = await addRun(ledger, events, history);
      for (const name of added.conflicting)
        process.stderr.write(`${printable(`${part.from}: ${name} stands in the ledger with other contents`)}\n`);
      trials += added.added;
      tests += added.tests;
    }
    process.stdout.write(`Ledger: ${String(trials)} trials and ${String(tests)} tests added; dfota history shows all nights\n`);
  } catch (error) {
    process.stderr.write(
      `the ledger could not be kept: ${messageOf(error)}\n  try:   dfota ledger add, with the folders of the runs\n`,
    );
  }
}

/** Reads the folder of a run, which must be as the run left it: what is merged is no longer covered by its own manifest. */
async function readPart(dir: string): Promise<RunPart> {
  const { problems } = await verifyFolder(dir);
  const [first] = problems;
  if (first !== undefined) {
    throw new UserError('the folder is not as its run left it; it is not merged', {
      place: { file: dir },
      seen: `${first.what} ${first.file}: ${first.detail}`,
      hint: 'dfota report verify tells all; a run that was killed gets its manifest by dfota run --resume',
    });
  }
  const facts = readFacts(join(dir, 'run.json'));
  if (facts.merged !== undefined) {
    throw new UserError('this is a report of several runs; they are merged by themselves', {
      place: { file: dir },
      seen: facts.merged.map(({ run, from }) => `run ${run}, of ${from}`).join('; '),
      hint: `name the folders of its runs: ${facts.merged.map(({ from }) => from).join(' ')}`,
    });
  }
  const events = new JournalStream(join(dir, 'journal.jsonl'));
  return { from: dir, run: facts.run, rigs: facts.names, events, share: shareOf(facts) };
}

/** What `run.json` says of a run, or of one that was merged. */
const runFacts = z.object({
  run: z.string(),
  names: z.array(z.string()),
  seed: z.int().optional(),
  asked: z
    .object({
      suites: z.array(z.string()),
      plan: z.array(z.string()),
      cuts: z.int(),
      pattern: z.string(),
      cut: z.string(),
      trips: z.int(),
      shard,
    })
    .partial()
    .optional(),
  merged: z.array(z.object({ run: z.string(), from: z.string() })).optional(),
});

function readFacts(file: string): z.output<typeof runFacts> {
  try {
    return runFacts.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new UserError('this is not what a run leaves', {
      place: { file },
      seen: messageOf(error),
      hint: 'name the folder of a run, for example reports/2026-01-31T22-00-00-000Z',
    });
  }
}

/** Shares of one run have all of this alike. */
function shareOf({ seed, asked = {} }: z.output<typeof runFacts>): Share | undefined {
  if (asked.shard === undefined) return undefined;
  const { suites = [], plan = [], cuts, pattern, cut, trips } = asked;
  const text = (value: string | number | undefined): string => (value === undefined ? 'none' : String(value));
  const all = (names: readonly string[]): string => [...names].sort().join(' ');
  return {
    ...asked.shard,
    plan: {
      seed: text(seed),
      suites: all(suites),
      plan: all(plan),
      cuts: text(cuts),
      pattern: text(pattern),
      cut: text(cut),
      trips: text(trips),
    },
  };
}

function mergeOrExplain(given: readonly RunPart[]): Merged {
  try {
    return mergeRuns(given);
  } catch (error) {
    if (!(error instanceof ConflictingParts)) throw error;
    throw new UserError('two folders claim to be the same run and differ', {
      seen: error.message,
      hint: 'one of them was changed, or a run was gone on with in a copy: leave one of them out',
    });
  }
}

/** One beginning and one end around all events, which keep their numbers and get one scale of time. */
function writeMerged(file: string, run: string, { events, parts, rigs, remarks, missing }: Merged): void {
  const starts = parts.flatMap(({ part }) => startOf(part) ?? []);
  const [first] = starts;
  const began = parts[0] === undefined ? undefined : firstOf(parts[0].part);
  const { t, at } = began ?? { t: 0, at: systemClock.wall() };
  const lines = new LineWriter(file);
  if (first !== undefined) {
    const { seed, harness, host } = first;
    const beginning: EventBody = { type: 'run.start', format: 1, run, seed, harness, host, argv: ['report', 'merge'] };
    lines.write({ n: 0, t: first.t, at, ...beginning });
  }
  const notes = [
    ...parts.map(({ part }) => `merged from ${part.from}: run ${part.run}, seed ${String(startOf(part)?.seed ?? 'unknown')}`),
    ...remarks,
  ];
  for (const text of notes) lines.write({ n: 0, t, at, type: 'note', text });
  let last: JournalEvent | undefined;
  const outline: JournalEvent[] = missing.map((what) => ({ n: 0, t, at, type: 'part.missing', what }));
  for (const event of outline) lines.write(event);
  for (const event of events) {
    lines.write(event);
    if (!isTraffic(event)) outline.push(event);
    last = event;
  }
  lines.close();
  const journal = openJournal(file, { clock: atTheEnd(last), secrets: new Secrets() });
  const { exit, reason } = resultOf(outline, rigs);
  journal.write({ type: 'run.end', exit, reason });
  journal.close();
}

/** Writes JSON a line, some megabytes at a time. */
class LineWriter {
  readonly #descriptor: number;
  #waiting: string[] = [];
  #size = 0;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  write(line: unknown): void {
    const text = `${JSON.stringify(line)}\n`;
    this.#waiting.push(text);
    this.#size += text.length;
    if (this.#size > 1 << 22) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    writeFileSync(this.#descriptor, this.#waiting.join(''));
    this.#waiting = [];
    this.#size = 0;
  }
}

/** The merged run ends when its last part did. */
function atTheEnd(last: { readonly t: number; readonly at: string } | undefined): typeof systemClock {
  return last === undefined ? systemClock : { ...systemClock, now: () => last.t, wall: () => last.at };
}

function copyRigs({ from }: RunPart, names: ReadonlyMap<string, string>, folder: string): void {
  for (const [rig, name] of names) {
    const source = join(from, 'rigs', rig);
    if (existsSync(source)) cpSync(source, join(folder, 'rigs', name), { recursive: true });
  }
}
