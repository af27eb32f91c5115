import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { UserError } from '../base/errors.js';
import { cutsByPhase } from '../campaign/ledger-history.js';
import { knownTrials, openLedger } from '../campaign/ledger.js';
import { defaultPlan } from '../campaign/plans.js';
import { planQualification } from '../campaign/qualification.js';
import { suiteNames } from '../jest/paths.js';
import { loadCriteria } from '../rig/criteria.js';
import { loadRigs, type LoadedRig } from '../rig/load.js';
import { printable } from '../verdict/text.js';
import { lookInto, lookIntoPair, packagesOf, refuseUnfit } from './qualify/look.js';
import { noWayBack, pairOfFiles, type WayBack } from './qualify/pair-of-files.js';
import { NotBegun } from './qualify/refusal.js';
import { qualifyingRig } from './qualify/rig-facts.js';
import { runOnRigs } from './run/conduct.js';
import { jobsOf, type Job } from './run/jobs.js';
import { portOf, whole } from './run/numbers.js';

interface QualifyArguments {
  readonly rig: string[];
  readonly packages: string[] | undefined;
  readonly upgrade: string | undefined;
  readonly downgrade: string | undefined;
  readonly criteria: string;
  readonly out: string | undefined;
  readonly seed: number | undefined;
  readonly tries: number | undefined;
  readonly narrow: number | undefined;
  readonly part: string | undefined;
  readonly serve: string | undefined;
  readonly dryRun: boolean;
}

export const command: CommandModule<object, QualifyArguments> = {
  command: 'qualify',
  describe: 'Qualify a new pair of packages: plan, run and certificate',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota qualify\n\nLooks into both packages, plans what the criteria need, runs it, and says in a certificate whether the pair is qualified, not qualified, ' +
          'or whether there is not enough evidence. docs/qualification.md explains criteria and certificate.',
      )
      .option('rig', {
        type: 'string',
        array: true,
        demandOption: true,
        requiresArg: true,
        describe: 'Rig definitions (YAML), all with one kind of module',
      })
      .option('upgrade', { type: 'string', requiresArg: true, describe: 'The package under test (zip)' })
      .option('downgrade', { type: 'string', requiresArg: true, describe: 'The package that leads back (zip)' })
      .option('packages', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Package pairs (YAML) instead of the two files; the one for the rigs’ module is taken',
      })
      .option('criteria', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'What must be seen (YAML), for example rigs/criteria/release.yaml',
      })
      .option('out', { type: 'string', requiresArg: true, describe: 'Folder of the run; default reports/<time>' })
      .option('seed', {
        type: 'number',
        describe: 'Seed of every random choice; printed, recorded, and new each time unless given',
      })
      .option('tries', { type: 'number', describe: 'How often a test is tried that the rig or the harness spoilt [default: 3]' })
      .option('narrow', { type: 'number', describe: 'Most trials that narrowing a failing window may take [default: 24]' })
      .option('part', {
        type: 'string',
        requiresArg: true,
        describe: 'i/n: the i-th of n parts, each on rigs of its own; dfota report merge makes one certificate of all',
      })
      .option('serve', {
        type: 'string',
        describe: 'Show the report in a browser while the run goes on, as dfota run --serve does',
      })
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'Only say what would be done and how long it takes; no rig is touched',
      })
      .example(
        '$0 qualify --rig rigs/a.yaml rigs/b.yaml --upgrade v12-v13.zip --downgrade v13-v12.zip --criteria rigs/criteria/release.yaml',
        'a release on two units',
      )
      .example(
        '$0 qualify --rig … --packages v12-v13.yaml --criteria rigs/criteria/smoke.yaml --dry-run',
        'how long a first look takes',
      )
      .epilogue(
        'A run that was killed goes on by dfota run --resume DIR. Exit codes: 0 qualified, 1 not qualified, 2 wrong use, or criteria that these rigs cannot fulfil, ' +
          '3 not enough evidence, 130 interrupted.',
      ) as never,
  async handler(args) {
    const seed = whole(args.seed, 'seed', Number.MIN_SAFE_INTEGER) ?? Number(process.hrtime.bigint() % 1_000_000_007n);
    const tries = whole(args.tries, 'tries', 1) ?? 3;
    const narrow = whole(args.narrow, 'narrow', 0) ?? 24;
    const part = args.part === undefined ? undefined : partOf(args.part);
    const serve = args.serve === undefined ? undefined : portOf(args.serve);
    const criteria = loadCriteria(args.criteria);
    const rigFiles = args.rig.map((file) => resolve(file));
    const pairFile = await pairFor(args, loadRigs(rigFiles));
    const jobs = jobsOf({ rigs: rigFiles, packages: pairFile });
    const [{ pair }] = jobs as [Job];
    const looked = await lookIntoPair(pair);
    refuseUnfit(looked);

    const ledger = openLedger();
    const { module, versions, upgrade } = pair.definition;
    const of = { package: looked.upgrade.sha256, revision: versions[upgrade.from] ?? upgrade.from };
    const earlier = await cutsByPhase(ledger, of);
    const known = await knownTrials(ledger, { ...of, module });
    const rigs = await Promise.all(jobs.map(({ rig }) => qualifyingRig(rig, ledger, known)));
    const plan = planQualification({ criteria: criteria.definition, rigs, earlier, suites: suiteNames, seed, part });
    if (plan.problems.length > 0) throw new NotBegun(plan.problems, 'other rigs, or other criteria (docs/qualification.md)');
    const { name } = pair.definition;
    const versionsText = `${of.revision} → ${versions[upgrade.to] ?? upgrade.to}`;
    const says = [
      `Qualifies ${name} (${module}, ${versionsText}) by the criteria “${criteria.definition.name}”`,
      ...[looked.upgrade, looked.downgrade].flatMap(({ file, warnings }) =>
        warnings.map(({ text }) => `warning: ${file}: ${text}`),
      ),
      ...plan.says,
    ];
    process.stdout.write(`${printable(says.join('\n'))}\n`);
    if (args.dryRun) {
      process.stdout.write('Nothing was done to any rig (--dry-run)\n');
      return;
    }
    process.exitCode = await runOnRigs({
      asked: {
        rigs: rigFiles,
        packages: pairFile,
        suites: [...plan.suites],
        plan: [...defaultPlan],
        tries,
        cuts: 0,
        narrow,
      },
      cutsAsked: false,
      seed,
      out: args.out === undefined ? undefined : resolve(args.out),
      resume: undefined,
      cpus: availableParallelism(),
      serve,
      qualification: {
        criteria: { file: criteria.file, text: criteria.text },
        packages: packagesOf(looked),
        earlier: [...earlier],
        ...(part === undefined ? {} : { part }),
        cuts: new Map(plan.shares.map(({ rig, cuts }) => [rig, cuts])),
      },
    });
  },
};

/** A single part is the whole. */
function partOf(text: string): { readonly index: number; readonly of: number } | undefined {
  const [, index = 0, of = 0] = (/^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > of) throw new UserError('--part takes i/n', { asked: 'for example 1/2 and 2/2', seen: text });
  return of === 1 ? undefined : { index, of };
}

/** Pair files as given, or one made of the two packages. Throws a UserError for what no pair can be made of. */
async function pairFor({ packages, upgrade, downgrade }: QualifyArguments, rigs: readonly LoadedRig[]): Promise<string[]> {
  const modules = [...new Set(rigs.map(({ definition }) => definition.module))];
  const [module = ''] = modules;
  if (modules.length > 1)
    throw new UserError('a pair of packages is for one kind of module', {
      asked: 'rigs with the same module',
      seen: modules.join(' and '),
    });
  if (packages !== undefined) {
    if (upgrade === undefined && downgrade === undefined) return packages.map((file) => resolve(file));
    throw new UserError('--packages stands in place of --upgrade and --downgrade', { hint: 'leave one of them out' });
  }
  if (upgrade === undefined)
    throw new UserError('the package under test is missing', {
      asked: '--upgrade FILE and --downgrade FILE, or --packages PAIR.yaml',
    });
  const ways = rigs.map(({ definition: { name, restore } }): WayBack => ({ rig: name, restoreCommand: restore !== undefined }));
  if (downgrade === undefined) throw noWayBack('--downgrade is missing', ways);
  const looked = await lookInto(upgrade, downgrade);
  refuseUnfit(looked);
  return [pairOfFiles(looked, module, ways)];
}
