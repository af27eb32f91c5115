import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { parseCutId } from '../campaign/cut.js';
import { UserError } from '../base/errors.js';
import { defaultPlan, planParts, type PlanPartName } from '../campaign/plans.js';
import { parseShard } from '../jest/shard.js';
import { defaultSuites, suiteNames } from '../jest/paths.js';
import { runOnRigs } from './run/conduct.js';
import { checkPattern, durationOf, portOf, whole } from './run/numbers.js';
import { defaultCuts } from './run/options.js';

interface RunArguments {
  rig?: string[];
  packages?: string[];
  suite?: string[];
  testNamePattern?: string;
  seed?: number;
  out?: string;
  resume?: string;
  tries?: number;
  cuts?: number;
  untilBound?: number;
  budget?: string;
  cut?: string;
  narrow?: number;
  trips?: number;
  plan?: PlanPartName[];
  shard?: string;
  baseline?: string;
  serve?: string;
}

export const command: CommandModule<object, RunArguments> = {
  command: 'run',
  describe: 'Run suites on rigs',
  builder: (yargs) =>
    yargs
      .option('rig', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Rig definitions (YAML); rigs run side by side',
      })
      .option('packages', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Package pairs (YAML), one for each kind of module',
      })
      .option('suite', { type: 'string', array: true, choices: suiteNames, describe: 'Suites to run; without it all but soak' })
      .option('test-name-pattern', { alias: 't', type: 'string', describe: 'Only tests whose full name matches this pattern' })
      .option('seed', {
        type: 'number',
        describe: 'Seed of every random choice; printed, recorded, and new each run unless given',
      })
      .option('out', { type: 'string', requiresArg: true, describe: 'Folder of the run; default reports/<time>' })
      .option('tries', { type: 'number', describe: 'How often a test is tried that the rig or the harness spoilt [default: 3]' })
      .option('resume', {
        type: 'string',
        requiresArg: true,
        describe: 'Go on with the run of this folder that was killed; takes no other option but --serve',
      })
      .option('cuts', {
        type: 'number',
        describe: `Random power cuts of the power-cut suite on each rig, beyond its own plan [default: ${String(defaultCuts)}]`,
      })
      .option('until-bound', {
        type: 'number',
        describe: 'As many cuts as bound the failure rate below this (0.02 for 2 %), with those of earlier nights',
      })
      .option('budget', { type: 'string', describe: 'Time for random cuts, or for the soak suite: 30m, 8h' })
      .option('trips', { type: 'number', describe: 'Round trips of the soak suite' })
      .option('baseline', {
        type: 'string',
        requiresArg: true,
        describe: 'Compare with this earlier run (its folder); a run that is worse ends with 1, what changed is in compare.html',
      })
      .option('cut', { type: 'string', describe: 'Repeat exactly this power cut (its id stands in the name of the test)' })
      .option('narrow', {
        type: 'number',
        describe: 'Most trials that narrowing a failing window may take [default: 24; 0 with --cut]',
      })
      .option('plan', {
        type: 'string',
        array: true,
        choices: planParts,
        describe: `Which cuts the power-cut suite makes [default: ${defaultPlan.join(' ')}]`,
      })
      .option('shard', {
        type: 'string',
        describe: 'i/n: make the i-th of n shares of the tests; the others run elsewhere, with the same --seed',
      })
      .option('serve', {
        type: 'string',
        describe: 'Show the report in a browser while the run goes on, on 127.0.0.1 alone; with a port, or on any that is free',
      })
      .example('$0 run --rig rigs/simulated-ec25.yaml --packages rigs/packages/simulated-ec25.yaml', 'all suites on one rig')
      .example('$0 run --rig rigs/a.yaml rigs/b.yaml --packages v12-v13.yaml --suite round-trip -t ufs', 'one test on two rigs')
      .example('$0 run --rig … --packages … --baseline reports/last-night', 'and what is worse than last night')
      .example('$0 run --rig … --packages … --serve 8080', 'and watch it at http://127.0.0.1:8080/')
      .epilogue(
        'Exit codes: 0 all conform, 1 a verdict failed, 2 wrong use or definition, 3 the rig (or what it could witness) is at fault, 130 interrupted.',
      ) as never,
  handler: async (args) => {
    const seed = whole(args.seed, 'seed', Number.MIN_SAFE_INTEGER);
    const budget = args.budget === undefined ? undefined : durationOf(args.budget);
    // Refused here, before any rig is touched.
    if (args.cut !== undefined) {
      parseCutId(args.cut);
      refuseWithCut(args);
    }
    checkPattern(args.testNamePattern);
    const serve = args.serve === undefined ? undefined : portOf(args.serve);
    if (args.resume !== undefined) refuseBeside(args);
    else {
      if (args.shard !== undefined) refuseWithShard(args);
      for (const name of ['rig', 'packages'] as const) {
        if (args[name] === undefined) throw new UserError(`--${name} is missing`, { hint: 'dfota run --help has examples' });
      }
    }
    process.exitCode = await runOnRigs({
      asked: {
        rigs: (args.rig ?? []).map((file) => resolve(file)),
        packages: (args.packages ?? []).map((file) => resolve(file)),
        suites: args.cut === undefined ? (args.suite ?? [...defaultSuites]) : ['power-cut'],
        plan: args.plan ?? [...defaultPlan],
        ...(args.shard === undefined ? {} : { shard: parseShard(args.shard) }),
        tries: whole(args.tries, 'tries', 1) ?? 3,
        cuts: whole(args.cuts, 'cuts', 0) ?? defaultCuts,
        narrow: whole(args.narrow, 'narrow', 0) ?? (args.cut === undefined ? 24 : 0),
        ...(args.testNamePattern === undefined ? {} : { pattern: args.testNamePattern }),
        ...(args.untilBound === undefined ? {} : { untilBound: args.untilBound }),
        ...(budget === undefined ? {} : { budget }),
        ...(args.cut === undefined ? {} : { cut: args.cut }),
        ...(args.trips === undefined ? {} : { trips: whole(args.trips, 'trips', 1) }),
        ...(args.baseline === undefined ? {} : { baseline: resolve(args.baseline) }),
      },
      cutsAsked: args.cuts !== undefined,
      seed,
      out: args.out === undefined ? undefined : resolve(args.out),
      resume: args.resume === undefined ? undefined : resolve(args.resume),
      cpus: availableParallelism(),
      serve,
    });
    if (process.exitCode === 2 && args.testNamePattern !== undefined) {
      process.stderr.write(`no test whose name matches the pattern ran\n  asked: -t ${args.testNamePattern}\n`);
    }
  },
};

/** A run that goes on is the run that it was: what it was asked for stands in its folder. */
function refuseBeside(args: RunArguments): void {
  const names = ['rig', 'packages', 'suite', 'testNamePattern', 'seed', 'out', 'tries', 'cuts', 'untilBound', 'budget'] as const;
  const more = ['cut', 'narrow', 'trips', 'plan', 'shard', 'baseline'] as const;
  const given = [...names, ...more].filter((name) => args[name] !== undefined);
  if (given.length === 0) return;
  throw new UserError('--resume takes nothing else: the run goes on as it was asked for', {
    seen: given.map(asTyped).join(', '),
    hint: 'leave them out, or start a new run',
  });
}

/** Shares fit together only when every one of them is of the same plan. */
function refuseWithShard({ seed, untilBound, budget }: RunArguments): void {
  if (seed === undefined) {
    throw new UserError('--shard needs --seed', {
      asked: 'the same seed for every share: without it their random cuts are not of one plan',
      hint: 'for example --shard 2/3 --seed 7, and --shard 1/3 --seed 7 elsewhere',
    });
  }
  if (untilBound === undefined && budget === undefined) return;
  throw new UserError('--shard does not go with --until-bound or --budget', {
    asked: 'a number of cuts (--cuts N): what a bound or a time takes is worked out from the ledger and the rigs of one machine',
    seen: untilBound === undefined ? '--budget' : '--until-bound',
  });
}

/** One cut is no campaign: what sets the size or the choice of one would be left out without a word. */
function refuseWithCut(args: RunArguments): void {
  const other = (args.suite ?? []).filter((suite) => suite !== 'power-cut');
  const names = ['cuts', 'untilBound', 'budget', 'plan', 'trips'] as const;
  const given = [...(other.length > 0 ? (['suite'] as const) : []), ...names.filter((name) => args[name] !== undefined)];
  if (given.length === 0) return;
  throw new UserError('--cut makes exactly one power cut: nothing that chooses others goes with it', {
    seen: given.map(asTyped).join(', '),
    hint: 'leave them out, or leave --cut out',
  });
}

/** `untilBound` → `--until-bound` */
function asTyped(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
