import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { UserError } from '../../base/errors.js';
import { Secrets } from '../../base/secrets.js';
import { followJournal } from '../../journal/follow.js';
import { openJournal } from '../../journal/journal.js';
import { readJournal } from '../../journal/reader.js';
import { finishJunit, suitesNotRun } from '../../report/junit.js';
import { writeLineLogs } from '../../report/line-logs.js';
import { writeManifest } from '../../report/manifest.js';
import { resultOf } from '../../report/result.js';
import { summaryText } from '../../report/summary.js';
import { loadRigs, loadPair, checkPairFits, type LoadedPair, type LoadedRig } from '../../rig/load.js';
import { openDisplay } from './display.js';
import { harnessVersion, makeRunFolder } from './folder.js';
import { Progress } from './progress.js';
import { startRig, type RigProcess } from './rig-process.js';

export interface RunOptions {
  readonly rigs: readonly string[];
  readonly packages: readonly string[];
  readonly suites: readonly string[];
  readonly pattern: string | undefined;
  readonly seed: number | undefined;
  readonly out: string | undefined;
  readonly tries: number;
  readonly randomCuts: number;
  /** Id of the one cut that is to be repeated. */
  readonly cut: string | undefined;
  readonly narrow: number;
  readonly cpus: number;
}

/** A rig that was asked to stop gets this long to leave its power safe and to report, ms. */
const grace = 60_000;

/** Runs the suites on all rigs side by side and leaves the run's folder; resolves with the exit code. */
export async function runOnRigs(options: RunOptions): Promise<number> {
  const clock = systemClock;
  const rigs = loadRigs([...options.rigs]);
  const pairs = options.packages.map((file) => loadPair(file));
  const jobs = rigs.map((rig) => ({ rig, pair: pairFor(rig, pairs) }));
  const wall = clock.wall();
  const folder = makeRunFolder(options.out, wall);
  const seed = options.seed ?? Number(process.hrtime.bigint() % 1_000_000_007n);
  const run = wall.replace(/[:.]/g, '-');
  const harness = harnessVersion();
  const names = rigs.map((rig) => rig.definition.name);

  const journalFile = join(folder, 'journal.jsonl');
  const journal = openJournal(journalFile, { clock, secrets: new Secrets() });
  journal.write({
    type: 'run.start',
    format: 1,
    run,
    seed,
    harness,
    host: { name: hostname(), cpus: options.cpus },
    argv: process.argv.slice(2),
  });
  const runFacts = {
    run,
    seed,
    harness,
    started: wall,
    rigs: names,
    suites: options.suites,
    packages: pairs.map((pair) => pair.definition.name),
  };
  writeFileSync(join(folder, 'run.json'), `${JSON.stringify(runFacts, undefined, 2)}\n`);
  process.stdout.write(`Run ${run}, seed ${String(seed)}: ${options.suites.join(', ')} on ${names.join(', ')}\n`);

  const display = await openDisplay(names, process.stdout.isTTY && process.env['CI'] === undefined);
  const progress = new Progress(names, (rig, line) => {
    display.change(rig, line);
  });
  const follower = followJournal(journalFile, (event) => {
    progress.take(event);
  });

  const processes: RigProcess[] = [];
  let interrupted: string | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (interrupted === undefined) {
      process.stderr.write('\nInterrupted: leaving the power safe and writing the report. Once more to give up at once.\n');
      journal.write({ type: 'run.interrupted', signal });
      for (const each of processes) each.interrupt();
      clock.after(grace, () => {
        for (const each of processes) each.kill();
      });
    } else {
      for (const each of processes) each.kill();
    }
    interrupted = signal;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);

  for (const { rig, pair } of jobs) {
    const rigFolder = join(folder, 'rigs', rig.definition.name);
    mkdirSync(rigFolder, { recursive: true });
    const assignment = {
      rig: rig.file,
      packages: pair.file,
      seed,
      run,
      out: folder,
      tries: options.tries,
      randomCuts: options.randomCuts,
      narrow: options.narrow,
      ...(options.cut === undefined ? {} : { cut: options.cut }),
      supervised: true,
    };
    processes.push(
      startRig({ name: rig.definition.name, assignment, suites: options.suites, pattern: options.pattern, folder: rigFolder }),
    );
  }
  const ends = await Promise.all(processes.map((each) => each.ended));
  follower.finish();
  await display.finish();

  const parts = names.flatMap((rig) => readIfThere(join(folder, 'rigs', rig, 'junit.xml')).map((xml) => ({ rig, xml })));
  for (const { rig, xml } of parts) {
    const own = openJournal(journalFile, { clock, secrets: new Secrets(), rig });
    for (const { test, why } of suitesNotRun(xml)) own.write({ type: 'test.end', test, status: 'invalid', why });
    own.close();
  }
  const outcome = resultOf(readJournal(journalFile).events, names);
  const crashed = names.filter((_, index) => ends[index] !== 0 && ends[index] !== 1);
  for (const name of crashed) {
    const end = ends[names.indexOf(name)];
    journal.write({ type: 'note', text: `the process of ${name} ended with ${String(end)}; see rigs/${name}/jest.log` });
  }
  journal.write({ type: 'run.end', exit: outcome.exit, reason: outcome.reason });
  journal.close();
  for (const signal of signals) process.off(signal, interrupt);

  const { events } = readJournal(journalFile);
  writeFileSync(
    join(folder, 'junit.xml'),
    finishJunit(parts, outcome.tests, { 'harness.version': harness.version, 'harness.commit': harness.commit ?? 'unknown' }),
  );
  writeLineLogs(events, join(folder, 'lines'));
  const summary = summaryText(outcome, events);
  writeFileSync(join(folder, 'summary.txt'), summary);
  await writeManifest(folder);
  process.stdout.write(`\n${summary}\nReport: ${folder}\n`);
  return outcome.exit;
}

function pairFor(rig: LoadedRig, pairs: readonly LoadedPair[]): LoadedPair {
  const fitting = pairs.filter((pair) => pair.definition.module === rig.definition.module);
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) {
    throw new UserError(
      `${fitting.length === 0 ? 'no' : 'more than one'} package pair for ${rig.definition.name} (${rig.definition.module})`,
      {
        asked: 'one pair of packages for each kind of module among the rigs',
        seen: pairs.map((pair) => `${pair.definition.name} (${pair.definition.module})`).join(', '),
        hint: 'name the pairs by --packages',
      },
    );
  }
  checkPairFits(rig, only);
  return only;
}

function readIfThere(file: string): string[] {
  try {
    return [readFileSync(file, 'utf8')];
  } catch {
    return [];
  }
}
