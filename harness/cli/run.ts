import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { parseCutId } from '../campaign/cut.js';
import { UserError } from '../base/errors.js';
import { defaultSuites, suiteNames } from '../jest/paths.js';
import { runOnRigs } from './run/conduct.js';

interface RunArguments {
  rig: string[];
  packages: string[];
  suite?: string[];
  testNamePattern?: string;
  seed?: number;
  out?: string;
  tries: number;
  cuts: number;
  cut?: string;
  narrow: number;
}

export const command: CommandModule<object, RunArguments> = {
  command: 'run',
  describe: 'Run suites on rigs',
  builder: (yargs) =>
    yargs
      .option('rig', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Rig definitions (YAML); rigs run side by side',
      })
      .option('packages', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Package pairs (YAML), one for each kind of module',
      })
      .option('suite', { type: 'string', array: true, choices: suiteNames, describe: 'Suites to run; without it all but soak' })
      .option('test-name-pattern', { alias: 't', type: 'string', describe: 'Only tests whose full name matches this pattern' })
      .option('seed', {
        type: 'number',
        describe: 'Seed of every random choice; printed, recorded, and new each run unless given',
      })
      .option('out', { type: 'string', describe: 'Folder of the run; default reports/<time>' })
      .option('tries', { type: 'number', default: 3, describe: 'How often a test is tried that the rig or the harness spoilt' })
      .option('cuts', {
        type: 'number',
        default: 8,
        describe: 'Random power cuts of the power-cut suite on each rig, beyond its own plan',
      })
      .option('cut', { type: 'string', describe: 'Repeat exactly this power cut (its id stands in the name of the test)' })
      .option('narrow', { type: 'number', default: 24, describe: 'Most trials that narrowing a failing window may take' })
      .example('$0 run --rig rigs/simulated-ec25.yaml --packages rigs/packages/simulated-ec25.yaml', 'all suites on one rig')
      .example('$0 run --rig rigs/a.yaml rigs/b.yaml --packages v12-v13.yaml --suite round-trip -t ufs', 'one test on two rigs')
      .epilogue(
        'Exit codes: 0 all conform, 1 a verdict failed, 2 wrong use or definition, 3 the rig (or what it could witness) is at fault, 130 interrupted.',
      ) as never,
  handler: async (args) => {
    if (args.seed !== undefined && !Number.isSafeInteger(args.seed)) {
      throw new UserError('--seed takes a whole number', { seen: String(args.seed) });
    }
    if (!Number.isInteger(args.tries) || args.tries < 1) {
      throw new UserError('--tries takes a whole number from 1', { seen: String(args.tries) });
    }
    for (const name of ['cuts', 'narrow'] as const) {
      if (!Number.isInteger(args[name]) || args[name] < 0)
        throw new UserError(`--${name} takes a whole number from 0`, { seen: String(args[name]) });
    }
    // Refused here, before any rig is touched.
    if (args.cut !== undefined) parseCutId(args.cut);
    process.exitCode = await runOnRigs({
      rigs: args.rig.map((file) => resolve(file)),
      packages: args.packages.map((file) => resolve(file)),
      suites: args.cut === undefined ? (args.suite ?? [...defaultSuites]) : ['power-cut'],
      pattern: args.testNamePattern,
      seed: args.seed,
      out: args.out === undefined ? undefined : resolve(args.out),
      tries: args.tries,
      randomCuts: args.cuts,
      cut: args.cut,
      narrow: args.narrow,
      cpus: availableParallelism(),
    });
  },
};
