import type { CommandModule } from 'yargs';
import { UserError } from '../base/errors.js';
import { phaseOf, cutId, type CutTrial } from '../campaign/cut.js';
import { trialTime } from '../campaign/budget.js';
import { openLedger, survivals, trialCost, type PackageSurvival } from '../campaign/ledger.js';
import { defaultPlan, planParts, randomTitle, type PlanPartName } from '../campaign/plans.js';
import { boundText, upperBound, type Survival } from '../campaign/statistics.js';
import { sourcesOf } from '../rig/profile.js';
import { printable } from '../verdict/text.js';
import { planCampaign, type Campaign } from './run/campaign.js';
import { checkPattern, durationOf, whole } from './run/numbers.js';
import { defaultCuts } from './run/options.js';
import { jobsOf, type Job } from './run/jobs.js';
import { textTable } from './text-table.js';

interface PlanArguments {
  readonly rig: string[];
  readonly packages: string[];
  readonly cuts: number | undefined;
  readonly untilBound: number | undefined;
  readonly budget: string | undefined;
  readonly plan: PlanPartName[];
  readonly seed: number;
  readonly agents: number;
  readonly testNamePattern: string | undefined;
  readonly list: boolean;
  readonly json: boolean;
}

/** What one rig is to do. */
interface RigPlan {
  readonly rig: string;
  /** ms that a trial takes; `measured`: by the ledger. */
  readonly each: number;
  readonly measured: boolean;
  readonly cuts: readonly { readonly title: string; readonly cut: CutTrial }[];
}

export const command: CommandModule<object, PlanArguments> = {
  command: 'plan',
  describe: 'What a night of power cuts can prove on given rigs',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota plan\n\nWorks out which power cuts `dfota run --suite power-cut` would make with the same options, in which order, how long they ' +
          'take and what they can prove, with what the ledger knows. No rig is touched.',
      )
      .option('rig', { type: 'string', array: true, demandOption: true, requiresArg: true, describe: 'Rig definitions (YAML)' })
      .option('packages', {
        type: 'string',
        array: true,
        demandOption: true,
        requiresArg: true,
        describe: 'Package pairs (YAML), one for each kind of module',
      })
      .option('cuts', {
        type: 'number',
        describe: `Random power cuts on each rig, beyond the rest of the plan [default: ${String(defaultCuts)}]`,
      })
      .option('until-bound', { type: 'number', describe: 'As many cuts as bound the failure rate below this (0.02 for 2 %)' })
      .option('budget', { type: 'string', describe: 'Time for all cuts: 30m, 8h; what tells most comes first' })
      .option('plan', {
        type: 'string',
        array: true,
        choices: planParts,
        default: [...defaultPlan],
        describe: 'Parts of the plan',
      })
      .option('seed', { type: 'number', default: 1, describe: 'Seed of the random cuts' })
      .option('agents', {
        type: 'number',
        default: 1,
        describe: 'So many agents with rigs like these share the cuts (dfota run --shard)',
      })
      .option('test-name-pattern', { alias: 't', type: 'string', describe: 'Only cuts whose test’s name matches this pattern' })
      .option('list', { type: 'boolean', default: false, describe: 'Name every cut, in order, with the time at which it begins' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the plan as JSON' })
      .example('$0 plan --rig rigs/a.yaml rigs/b.yaml --packages v12-v13.yaml --budget 10h', 'what tonight can prove on two rigs')
      .example('$0 plan --rig rigs/a.yaml --packages v12-v13.yaml --until-bound 0.01 --list', 'every cut that 1 % takes')
      .example(
        '$0 plan --rig rigs/a.yaml --packages v12-v13.yaml --budget 10h --agents 3',
        'what three agents share out, and how',
      ) as never,
  async handler(args) {
    const seed = whole(args.seed, 'seed', Number.MIN_SAFE_INTEGER) ?? 1;
    const budget = args.budget === undefined ? undefined : durationOf(args.budget);
    checkPattern(args.testNamePattern);
    const jobs = jobsOf({ rigs: args.rig, packages: args.packages });
    const agents = whole(args.agents, 'agents', 1) ?? 1;
    const time = budget === undefined ? undefined : budget * agents;
    const size = { cuts: whole(args.cuts, 'cuts', 0) ?? defaultCuts, untilBound: args.untilBound, budget: time };
    // All shares have the same plan, be it the first or the last.
    const shard = agents === 1 ? undefined : { index: 1, of: agents };
    const sized = args.cuts !== undefined;
    const campaign = await planCampaign(
      { ...size, suites: ['power-cut'], plan: args.plan, pattern: args.testNamePattern, cut: undefined, shard },
      sized,
      seed,
      jobs,
    );
    const plans = await Promise.all(jobs.flatMap((job) => rigPlan(job, campaign, args.testNamePattern, time)));
    const shares = sharesOf(campaign, plans, agents);
    refuseNothing(campaign, args.testNamePattern);
    const known = await survivals(openLedger());
    if (args.json) process.stdout.write(`${JSON.stringify(asJson(campaign, plans, known, seed, shares), undefined, 2)}\n`);
    else process.stdout.write(asText(campaign, plans, known, args.list) + sharesText(shares, seed));
    const without = jobs.filter(({ rig }) => !rig.definition.safety.powerCuts);
    if (!args.json) {
      for (const { rig } of without)
        process.stdout.write(`${rig.definition.name}: no cuts, its definition does not allow them (safety.powerCuts)\n`);
    }
  },
};

/** A pattern that fits no cut is a mistyped one. */
function refuseNothing({ cuts }: Campaign, pattern: string | undefined): void {
  const all = [...cuts.values()].flat();
  const chosen = new RegExp(pattern ?? '', 'i');
  if (all.length === 0 || all.some(({ title, cut }) => chosen.test(`${title} ${cutId(cut)}`))) return;
  throw new UserError('no cut of the plan has a name that matches the pattern', {
    asked: `-t ${pattern ?? ''}`,
    hint: 'without -t, --list names every cut',
  });
}

/** What the rig really makes: of its sources, as far as the pattern leaves it, and as far as the time goes. */
function rigPlan({ rig }: Job, campaign: Campaign, pattern: string | undefined, budget: number | undefined): Promise<RigPlan>[] {
  const { name, timing } = rig.definition;
  const planned = campaign.cuts.get(name);
  if (planned === undefined) return [];
  const has = sourcesOf(rig.definition);
  const chosen = new RegExp(pattern ?? '', 'i');
  const cuts = planned.filter(({ title, cut }) => has.includes(cut.source) && chosen.test(`${title} ${cutId(cut)}`));
  return [
    trialCost(openLedger(), name).then((meanTrial) => {
      const each = trialTime({ meanTrial, scale: timing.scale });
      const room = budget === undefined ? cuts.length : Math.floor(budget / each);
      return { rig: name, each, measured: meanTrial !== undefined, cuts: cuts.slice(0, room) };
    }),
  ];
}

/** How several agents come to this plan together. */
interface Shares {
  readonly agents: number;
  /** For `--cuts`: random cuts of each rig, of all shares together. */
  readonly cuts: number;
  /** ms that each agent takes. */
  readonly each: number;
}

/** Undefined where one agent makes all. Every share must be given the same number of cuts: as many as each rig has time for. */
function sharesOf(campaign: Campaign, plans: readonly RigPlan[], agents: number): Shares | undefined {
  if (agents === 1 || plans.length === 0) return undefined;
  const drawn = [...campaign.cuts.values()].map((cuts) => cuts.filter(({ title }) => title === randomTitle).length);
  const longest = Math.max(...plans.map(({ cuts, each }) => cuts.length * each));
  return { agents, cuts: Math.min(...drawn), each: longest / agents };
}

function sharesText(shares: Shares | undefined, seed: number): string {
  if (shares === undefined) return '';
  const { agents, cuts, each } = shares;
  return (
    `\n${String(agents)} agents with rigs like these take about ${clock(each)} each, every one of them with its share:\n` +
    `  dfota run --shard 1/${String(agents)} --seed ${String(seed)} --cuts ${String(cuts)} … up to ${String(agents)}/${String(agents)}\n`
  );
}

interface PhaseForecast {
  readonly phase: string;
  readonly before: Survival;
  readonly planned: number;
}

function forecast(
  of: Campaign['packages'][number],
  plans: readonly RigPlan[],
  known: readonly PackageSurvival[],
): PhaseForecast[] {
  const so = known.find((each) => each.package === of.sha256 && each.revision === of.revision);
  const counts = new Map<string, number>((so?.phases ?? []).map(({ phase }) => [phase, 0]));
  for (const { cuts } of plans.filter(({ rig }) => of.rigs.includes(rig))) {
    for (const { cut } of cuts) {
      const phase = cut.points[0] === undefined ? 'updating' : phaseOf(cut.points[0]);
      counts.set(phase, (counts.get(phase) ?? 0) + 1);
    }
  }
  return [...counts].map(([phase, planned]) => ({
    phase,
    planned,
    before: so?.phases.find((each) => each.phase === phase)?.tally ?? { valid: 0, failed: 0 },
  }));
}

const after = ({ before, planned }: PhaseForecast): Survival => ({ valid: before.valid + planned, failed: before.failed });

function asText(campaign: Campaign, plans: readonly RigPlan[], known: readonly PackageSurvival[], list: boolean): string {
  const parts = campaign.says.map((says) => `${says}\n`);
  for (const of of campaign.packages) {
    parts.push(printable(`\npackage ${of.sha256.slice(0, 12)}  from revision ${of.revision}  on ${of.rigs.join(', ')}`), '\n');
    const rows = forecast(of, plans, known).map((each) => [
      each.phase,
      String(each.before.valid),
      String(each.before.failed),
      String(each.planned),
      boundText(after(each)),
    ]);
    parts.push(textTable([['PHASE', 'VALID SO FAR', 'FAILED', 'PLANNED', 'IF ALL SURVIVE'], ...rows], [1, 2, 3]));
  }
  for (const { rig, each, measured, cuts } of plans) {
    const how = measured ? 'as measured' : 'estimated';
    parts.push(`\n${rig}: ${String(cuts.length)} cuts, ${clock(cuts.length * each)} (${clock(each)} each, ${how})\n`);
    if (list)
      parts.push(...cuts.map(({ title, cut }, index) => `  ${clock(index * each).padStart(8)}  ${cutId(cut)}  ${title}\n`));
  }
  return parts.join('');
}

function asJson(
  campaign: Campaign,
  plans: readonly RigPlan[],
  known: readonly PackageSurvival[],
  seed: number,
  shares: Shares | undefined,
): unknown {
  return {
    seed,
    ...(shares === undefined ? {} : { shares }),
    says: campaign.says,
    packages: campaign.packages.map((of) => ({
      package: of.sha256,
      revision: of.revision,
      rigs: of.rigs,
      phases: forecast(of, plans, known).map((each) => ({ ...each, upperBound: upperBound(after(each)) })),
    })),
    rigs: plans.map(({ rig, each, measured, cuts }) => ({
      rig,
      /** ms */
      trial: each,
      measured,
      total: each * cuts.length,
      cuts: cuts.map(({ title, cut }) => ({ title, cut: cutId(cut) })),
    })),
  };
}

/** `7:42:05`, hours first. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
