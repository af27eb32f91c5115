import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../base/clock.js';
import { UserError } from '../base/errors.js';
import { projectRoot } from '../jest/paths.js';
import { loadPair } from '../rig/load.js';
import { harnessVersion, makeRunFolder } from './run/folder.js';
import { readCatalogue } from './self-check/catalogue.js';
import { Bench, each, shippedPair } from './self-check/conduct.js';
import { mismatches } from './self-check/expectation.js';
import { expectations } from './self-check/expectations.js';
import { hostCatalogue } from './self-check/host.js';
import { isPerfect, lineText, markdown, soundText, summaryLine, type SelfCheck, type SoundScore } from './self-check/matrix.js';
import { chosen, parsePart, partOf, soundRuns } from './self-check/plan.js';
import type { Score } from './self-check/score.js';

interface SelfCheckArguments {
  defect?: string[];
  part?: string;
  sound: number;
  jobs: number;
  out?: string;
  seed: number;
  scale: number;
  json: boolean;
}

export const command: CommandModule<object, SelfCheckArguments> = {
  command: 'self-check',
  describe: 'Run the suites against every seeded defect',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota self-check\n\nThe score of the harness itself: the suites are run on a simulated unit with one seeded defect each, and the matrix ' +
          'says what was caught, by which rule, and whether the right one was blamed. docs/self-check.md explains it.',
      )
      .option('defect', { type: 'string', array: true, describe: 'Only these; `dfota sim defects` lists them' })
      .option('part', { type: 'string', describe: 'Only the i-th of n parts, as 2/5: for a CI that takes them in turn' })
      .option('sound', {
        type: 'number',
        default: 0,
        describe: 'Runs of a sound unit as well, each with another seed: no verdict may fail',
      })
      .option('jobs', { type: 'number', default: Math.max(1, Math.min(availableParallelism(), 4)), describe: 'Runs at a time' })
      .option('out', { type: 'string', describe: 'Folder for the matrix and all runs; default reports/self-check-<time>' })
      .option('seed', { type: 'number', default: 1, describe: 'Of the first run; sound runs count up from it' })
      .option('scale', {
        type: 'number',
        default: 0.004,
        describe: 'Seconds for one second of a module with a defect; sound ones run at the scale of the shipped rig',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the matrix as JSON when all is done' })
      .example('dfota self-check --sound 20', 'everything')
      .example('dfota self-check --part 1/6', 'every sixth defect')
      .example('dfota self-check --defect brick-window status-stuck', 'two of them')
      .epilogue(
        'Exit codes: 0 every defect was caught with the right owner and exit code, and no sound run had an alarm; 1 not so; ' +
          '2 wrong use; 130 interrupted.',
      ) as never,
  handler: async (args) => {
    process.exitCode = await selfCheck(args);
  },
};

async function selfCheck(args: SelfCheckArguments): Promise<number> {
  whole('--jobs', args.jobs, 1);
  whole('--sound', args.sound, 0);
  whole('--seed', args.seed, 0);
  if (!(args.scale > 0 && args.scale <= 1))
    throw new UserError('--scale takes a number from 0 to 1', { seen: String(args.scale) });
  const part = args.part === undefined ? undefined : parsePart(args.part);
  const catalogue = [...readCatalogue(), ...hostCatalogue];
  const problems = mismatches(catalogue, expectations);
  if (problems.length > 0) throw new Error(`catalogue and expectations do not fit:\n  ${problems.join('\n  ')}`);
  const defects = partOf(chosen(catalogue, args.defect ?? []), part);
  const sound = partOf(soundRuns(args.sound, args.seed), part);
  // Without packages every run would end in the same error, and each would be told as a defect that was missed.
  loadPair(shippedPair());

  const clock = systemClock;
  const started = clock.wall();
  const wanted = args.out ?? join(projectRoot(), 'reports', `self-check-${started.replace(/[:.]/g, '-')}`);
  const out = makeRunFolder(resolve(wanted), started);
  const say = (text: string): void => void (args.json ? process.stderr : process.stdout).write(`${text}\n`);
  const stop = new AbortController();
  const interrupt = (): void => {
    if (!stop.signal.aborted) say('\nInterrupted: the runs under way end by themselves.');
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  say(
    `${String(defects.length)} defects and ${String(sound.length)} sound runs, ${String(args.jobs)} at a time; seed ${String(args.seed)}`,
  );

  const scores: Score[] = [];
  const soundScores: SoundScore[] = [];
  const bench = new Bench({ out, scale: args.scale, seed: args.seed, jobs: args.jobs, clock, signal: stop.signal });
  const jobs: (() => Promise<void>)[] = [
    ...defects.map((defect) => async () => {
      const expectation = expectations.find((each) => each.defect === defect.name);
      if (expectation === undefined) throw new Error(`no expectation for ${defect.name}`);
      const score = await bench.defect(defect, expectation);
      if (stop.signal.aborted) return;
      scores.push(score);
      say(lineText(score));
    }),
    ...sound.map((run) => async () => {
      const score = await bench.sound(run);
      if (stop.signal.aborted) return;
      soundScores.push(score);
      say(soundText(score));
    }),
  ];
  try {
    await each(jobs, args.jobs, stop.signal, (job) => job());
  } finally {
    bench.close();
    for (const signal of signals) process.off(signal, interrupt);
  }

  const order = (name: string): number => catalogue.findIndex((defect) => defect.name === name);
  const check: SelfCheck = {
    harness: harnessVersion(),
    started,
    seed: args.seed,
    scale: args.scale,
    part: args.part,
    scores: scores.sort((a, b) => order(a.defect) - order(b.defect)),
    sound: soundScores.sort((a, b) => a.seed - b.seed),
    interrupted: stop.signal.aborted,
  };
  const json = `${JSON.stringify({ summary: summaryLine(check), perfect: isPerfect(check), ...check }, undefined, 2)}\n`;
  writeFileSync(join(out, 'self-check.json'), json);
  writeFileSync(join(out, 'self-check.md'), markdown(check));
  if (args.json) process.stdout.write(json);
  say(`\n${summaryLine(check)}\nReport: ${join(out, 'self-check.md')}`);
  if (check.interrupted) return 130;
  return isPerfect(check) ? 0 : 1;
}

function whole(option: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new UserError(`${option} takes a whole number from ${String(least)}`, { seen: String(value) });
  }
}
