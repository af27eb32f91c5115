import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { messageOf, UserError } from '../../base/errors.js';
import { Secrets } from '../../base/secrets.js';
import { planText } from '../../campaign/plan-file.js';
import type { EventBody } from '../../journal/events.js';
import { followJournal } from '../../journal/follow.js';
import { openJournal } from '../../journal/journal.js';
import { keepBaseline, keptBaseline, type Baseline } from '../../report/compare/baseline.js';
import { startLiveView } from '../../report/live/start.js';
import { signerOfEnvironment } from '../../report/signature.js';
import { readBaseline } from './baseline.js';
import { planCampaign, saidOfShare, type Campaign } from './campaign.js';
import { openDisplay } from './display.js';
import { harnessVersion, makeRunFolder } from './folder.js';
import { finishRun } from './finish.js';
import { jobsOf, type Job } from './jobs.js';
import { readRunFile, type Asked } from './options.js';
import { Progress } from '../../report/progress.js';
import { readResumed } from './resume.js';
import { startRig, type RigProcess } from './rig-process.js';
import { RigsInTurn } from './rigs-in-turn.js';

export interface RunOptions {
  readonly asked: Asked;
  /** `--cuts` was given, not its default. */
  readonly cutsAsked: boolean;
  readonly seed: number | undefined;
  readonly out: string | undefined;
  /** Folder of a run that is to go on. */
  readonly resume: string | undefined;
  readonly cpus: number;
  /** Port of the live view; undefined without one. */
  readonly serve: number | undefined;
  /** The run is to qualify its packages: what its certificate rests on, and the cuts of each rig in place of the asked ones. */
  readonly qualification?: Qualification;
}

type Qualification = Omit<EventBodyOf<'qualification'>, 'type' | 'run'> & { readonly cuts: Campaign['cuts'] };
type EventBodyOf<T extends EventBody['type']> = Extract<EventBody, { type: T }>;

/** A rig that was asked to stop gets this long to leave its power safe and to report, ms. */
const grace = 60_000;

/** Runs the suites on all rigs side by side and leaves the run's folder; resolves with the exit code. */
export async function runOnRigs(options: RunOptions): Promise<number> {
  const clock = systemClock;
  const before = options.resume === undefined ? undefined : readRunFile(options.resume);
  const asked = before?.asked ?? options.asked;
  const jobs = jobsOf(asked);
  const resumed =
    options.resume === undefined
      ? undefined
      : await readResumed(options.resume, jobs, clock, (text) => process.stdout.write(`${text}\n`));
  const baseline = await baselineFor(options.resume, asked, jobs);
  const wall = clock.wall();
  const seed = before?.seed ?? options.seed ?? Number(process.hrtime.bigint() % 1_000_000_007n);
  // A run that goes on makes the cuts that it began with.
  const campaign = before === undefined ? await campaignOf(options, asked, seed, jobs) : undefined;
  const folder = options.resume ?? makeRunFolder(options.out, wall);
  const run = before?.run ?? wall.replace(/[:.]/g, '-');
  const harness = harnessVersion();
  // A key that cannot sign is told before a rig is touched, not after a night.
  const signer = signerOfEnvironment();
  const names = jobs.map(({ rig }) => rig.definition.name);

  const journalFile = join(folder, 'journal.jsonl');
  const finish = { folder, journalFile, rigs: names, harness, signer };
  if (resumed?.finished === true) {
    process.stdout.write(`Run ${run} is finished: no rig is touched, its reports are made anew\n`);
    return finishRun({ ...finish, harness: resumed.harness ?? harness, journal: undefined, ends: [] });
  }
  // A port that cannot be had is told before a rig is touched.
  const live = options.serve === undefined ? undefined : await startLiveView(options.serve, clock, lostView);
  const known = statSync(journalFile, { throwIfNoEntry: false })?.size ?? 0;
  const journal = openJournal(journalFile, { clock, secrets: new Secrets(), after: resumed?.lastNumber ?? 0 });
  const host = { name: hostname(), cpus: options.cpus };
  journal.write({ type: 'run.start', format: 1, run, seed, harness, host, argv: process.argv.slice(2) });
  if (options.qualification !== undefined) {
    const { criteria, packages, earlier, part } = options.qualification;
    journal.write({ type: 'qualification', run, criteria, packages, earlier, ...(part === undefined ? {} : { part }) });
  }
  const runFacts = { run, seed, harness, started: wall, names, asked };
  const cutsFile = (rig: string): string => join(folder, 'rigs', rig, 'cuts.json');
  for (const [rig, cuts] of campaign?.cuts ?? []) {
    mkdirSync(join(folder, 'rigs', rig), { recursive: true });
    writeWhole(cutsFile(rig), planText(cuts));
  }
  if (before === undefined && baseline !== undefined) keepBaseline(folder, baseline);
  if (before === undefined) writeWhole(join(folder, 'run.json'), `${JSON.stringify(runFacts, undefined, 2)}\n`);
  process.stdout.write(`Run ${run}, seed ${String(seed)}: ${asked.suites.join(', ')} on ${names.join(', ')}\n`);
  if (live !== undefined) {
    live.follow(journalFile, names);
    process.stdout.write(`Live view: ${live.address} (this machine alone, until the run ends)\n`);
  }
  if (resumed !== undefined) process.stdout.write(`${resumed.says}\n`);
  for (const says of campaign?.says ?? []) process.stdout.write(`${says}\n`);

  const display = await openDisplay(names, process.stdout.isTTY && process.env['CI'] === undefined);
  const progress = new Progress(names, (rig, line) => {
    display.change(rig, line);
  });
  const start = ({ rig, pair }: Job): RigProcess => {
    const rigFolder = join(folder, 'rigs', rig.definition.name);
    mkdirSync(rigFolder, { recursive: true });
    // What Jest wrote before the run was resumed says less than the journal.
    rmSync(join(rigFolder, 'junit.xml'), { force: true });
    const { name } = rig.definition;
    const { pattern, suites, tries, narrow, trips, budget, cut, shard } = asked;
    const assignment = {
      rig: rig.file,
      packages: pair.file,
      seed,
      run,
      out: folder,
      tries,
      narrow,
      ...(existsSync(cutsFile(name)) ? { cuts: cutsFile(name) } : {}),
      ...(shard === undefined ? {} : { shard }),
      ...(trips === undefined ? {} : { trips }),
      ...(budget === undefined ? {} : { budget }),
      ...(cut === undefined ? {} : { cut }),
      resumed: before !== undefined,
      supervised: true,
    };
    return startRig({ name, assignment, suites, pattern, folder: rigFolder });
  };
  const turns = jobs.map((job) => ({ name: job.rig.definition.name, start: () => start(job) }));
  const running = new RigsInTurn(turns, options.cpus);
  const follower = followJournal(
    journalFile,
    (event) => {
      progress.take(event);
      if (event.type === 'rig.start') running.underWay(event.rig ?? '');
    },
    known,
  );

  let interrupted: string | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (interrupted === undefined) {
      process.stderr.write('\nInterrupted: leaving the power safe and writing the report. Once more to give up at once.\n');
      running.interrupt();
      try {
        journal.write({ type: 'run.interrupted', signal });
      } catch (error) {
        // The rigs are given back all the same; that the folder takes nothing more is told at the end.
        process.stderr.write(`the journal cannot be written: ${messageOf(error)}\n`);
      }
      clock.after(grace, () => {
        running.kill();
      });
    } else {
      running.kill();
    }
    interrupted = signal;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);

  const ends = await running.ended;
  follower.finish();
  await display.finish();

  const exit = await finishRun({ ...finish, journal, ends });
  await live?.finish();
  for (const signal of signals) process.off(signal, interrupt);
  return exit;
}

/** A qualification brings its own cuts. */
async function campaignOf(
  { cutsAsked, qualification }: RunOptions,
  asked: Asked,
  seed: number,
  jobs: readonly Job[],
): Promise<Pick<Campaign, 'cuts' | 'says'>> {
  if (qualification !== undefined) return { cuts: qualification.cuts, says: [] };
  const { cuts, says } = await planCampaign(asked, cutsAsked, seed, jobs);
  return { cuts, says: saidOfShare(says, asked.shard) };
}

/** Read anew for a new run; one that goes on has it in its folder, where it is needed whole. */
async function baselineFor(
  resume: string | undefined,
  { baseline: file }: Asked,
  jobs: readonly Job[],
): Promise<Baseline | undefined> {
  if (file === undefined) return undefined;
  if (resume === undefined)
    return readBaseline(
      file,
      jobs.map(({ rig }) => rig.definition.module),
    );
  const kept = keptBaseline(resume);
  if (kept !== undefined) return kept;
  throw new UserError('the baseline that the run began with is missing', {
    place: { file: resume },
    asked: `what was kept of ${file}`,
    hint: 'start a new run with --baseline',
  });
}

function lostView(why: string): void {
  process.stderr.write(`The live view has ended: ${why}. The run goes on.\n`);
}

/** Whoever is killed in between leaves no half of it. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
