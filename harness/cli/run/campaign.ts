import { planTogether } from '../../campaign/budget.js';
import { cutId, parseCutId, type CutTrial } from '../../campaign/cut.js';
import { knownTrials, openLedger, survivalOf, trialCost } from '../../campaign/ledger.js';
import { mostTellingFirst, type KnownTrial } from '../../campaign/night.js';
import { powerCutPlan, type PlanPart } from '../../campaign/plans.js';
import { fileDigest } from '../../package/facts.js';
import type { LoadedRig } from '../../rig/load.js';
import { sourcesOf } from '../../rig/profile.js';
import type { Job } from './jobs.js';
import type { Asked } from './options.js';

type CampaignAsked = Pick<Asked, 'suites' | 'cut' | 'plan' | 'untilBound' | 'budget' | 'cuts' | 'pattern' | 'shard'>;

/** The cuts of one rig, in order. */
export type RigCuts = readonly { readonly title: string; readonly cut: CutTrial }[];

export interface Campaign {
  /** By rig; a rig without power cuts in this run has none. */
  readonly cuts: ReadonlyMap<string, RigCuts>;
  /** What it comes to and can prove, in sentences; nothing when no size was asked for. */
  readonly says: readonly string[];
  /** Each package with the rigs that try it. */
  readonly packages: readonly { readonly sha256: string; readonly revision: string; readonly rigs: readonly string[] }[];
}

/** Cuts that failed on earlier nights and are made again, at most. */
const mostAgain = 24;

/**
 * Which power cuts each rig makes. Without `--until-bound` and `--budget` the random ones are the plain number asked for; else what the ledger
 * and the clock make of it. With `--budget`, what tells most comes first.
 */
export async function planCampaign(
  asked: CampaignAsked,
  cutsAsked: boolean,
  seed: number,
  jobs: readonly Job[],
): Promise<Campaign> {
  const cuts = new Map<string, RigCuts>();
  const says: string[] = [];
  const packages: Campaign['packages'][number][] = [];
  if (!asked.suites.includes('power-cut') || asked.cut !== undefined) return { cuts, says, packages };
  const cutting = jobs.filter(({ rig }) => rig.definition.safety.powerCuts);
  const ledger = openLedger();
  for (const group of byPackage(cutting)) {
    const [{ pair }] = group as [Job];
    const { from } = pair.definition.upgrade;
    const { module } = pair.definition;
    const { sha256 } = await fileDigest(pair.files.upgrade);
    const of = { package: sha256, revision: pair.definition.versions[from] ?? from };
    packages.push({ sha256, revision: of.revision, rigs: group.map(({ rig }) => rig.definition.name) });
    // Shares fit together only when each is of the same plan, whatever the ledger of its machine holds.
    const known = asked.shard === undefined ? await knownTrials(ledger, { ...of, module }) : [];
    const parts = asked.plan;
    const planOf = ({ rig }: Job, random: number): readonly PlanPart[] =>
      powerCutPlan(sourcesOf(rig.definition), { parts, random, seed, failed: failedBefore(known, rig) });
    const measured = asked.untilBound !== undefined || asked.budget !== undefined;
    let counts = group.map(() => (parts.includes('random') ? asked.cuts : 0));
    if (measured || cutsAsked) {
      const rigs = await Promise.all(
        group.map(async (job) => {
          const { name, timing } = job.rig.definition;
          const planned = madeOn(job.rig, asked.pattern, planOf(job, 0));
          return { name, meanTrial: await trialCost(ledger, name), scale: timing.scale, planned };
        }),
      );
      const size = { ...(cutsAsked ? { cuts: asked.cuts } : {}), untilBound: asked.untilBound, budget: asked.budget };
      const night = planTogether(size, { survival: await survivalOf(ledger, of), rigs });
      if (parts.includes('random')) counts = [...night.counts];
      says.push(...night.says);
    }
    for (const [index, job] of group.entries()) {
      const plan = planOf(job, counts[index] ?? 0);
      const inOrder = plan.flatMap(({ title, trials }) => trials.map((cut) => ({ title, cut })));
      cuts.set(job.rig.definition.name, asked.budget === undefined ? inOrder : mostTellingFirst(plan, known));
    }
  }
  return { cuts, says, packages };
}

/** Rigs that try the same package add up. */
function byPackage(jobs: readonly Job[]): readonly (readonly Job[])[] {
  const groups = new Map<string, Job[]>();
  for (const job of jobs) groups.set(job.pair.file, [...(groups.get(job.pair.file) ?? []), job]);
  return [...groups.values()];
}

/** The latest cuts that failed, of this package and of others, as far as the rig can make them; a sequence or a spoilt package belongs to other suites. */
export function failedBefore(known: readonly KnownTrial[], { definition }: LoadedRig): readonly CutTrial[] {
  const has = sourcesOf(definition);
  const failed = known.flatMap(({ cut, failed: did }) => (did ? readable(cut) : []));
  const ids = new Set<string>();
  return failed
    .filter((trial) => has.includes(trial.source) && trial.points.length === 1 && trial.contents === undefined)
    .filter((trial) => !ids.has(cutId(trial)) && ids.add(cutId(trial)).size <= mostAgain);
}

/** The ledger may hold what another version wrote. */
function readable(cut: string): readonly CutTrial[] {
  try {
    return [parseCutId(cut)];
  } catch {
    return [];
  }
}

/** Cuts of a plan that this rig really makes, as far as the pattern of names leaves them. */
export function madeOn({ definition }: LoadedRig, pattern: string | undefined, plan: readonly PlanPart[]): number {
  const has = sourcesOf(definition);
  // As Jest takes it: anywhere in the full name, capitals or not.
  const chosen = new RegExp(pattern ?? '', 'i');
  return plan
    .flatMap(({ title, trials }) => trials.map((cut) => ({ cut, name: `${title} ${cutId(cut)}` })))
    .filter(({ cut, name }) => has.includes(cut.source) && chosen.test(name)).length;
}
