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
 * and the clock make of it. With `--budget`, what tells most comes first. All shares have the same plan, whichever is asked for.
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
    if (measured || (cutsAsked && asked.cuts > 0)) {
      const making = group.map((job) => makingOf(job.rig, asked.pattern, (random) => planOf(job, random)));
      const rigs = await Promise.all(
        group.map(async ({ rig: { definition } }, index) => {
          const { name, timing } = definition;
          const planned = making[index]?.planned ?? 0;
          return { name, meanTrial: await trialCost(ledger, name), scale: timing.scale, planned };
        }),
      );
      const size = { ...(cutsAsked ? { cuts: asked.cuts } : {}), untilBound: asked.untilBound, budget: asked.budget };
      const survival = await survivalOf(ledger, of);
      // Rigs whose random cuts are all left out leave their share of a bound to the others.
      const wished = rigs.map((rig, index) => (making[index]?.noneAtRandom === true ? { ...rig, random: 0 } : rig));
      const night = planTogether(size, { survival, rigs: wished });
      const limit = cutsAsked ? asked.cuts : Infinity;
      counts = making.map((rig, index) => rig.drawn(night.counts[index] ?? 0, limit));
      const made = making.map((rig, index) => rig.random(counts[index] ?? 0));
      const settled = rigs.map((rig, index) => ({ ...rig, random: made[index] ?? 0 }));
      const asWished = made.every((count, index) => count === night.counts[index]);
      says.push(...(asWished ? night : planTogether(size, { survival, rigs: settled })).says);
      const without = rigs.filter((_, index) => making[index]?.noneAtRandom === true).map(({ name }) => name);
      if (without.length > 0) {
        const make = without.length === 1 ? 'makes' : 'make';
        says.push(`${without.join(', ')} ${make} no cut at random: --plan or -t leaves them out`);
      }
    }
    for (const [index, job] of group.entries()) {
      const plan = planOf(job, counts[index] ?? 0);
      const inOrder = plan.flatMap(({ title, trials }) => trials.map((cut) => ({ title, cut })));
      cuts.set(
        job.rig.definition.name,
        asked.budget === undefined || asked.shard !== undefined ? inOrder : mostTellingFirst(plan, known),
      );
    }
  }
  return { cuts, says, packages };
}

/** What a plan comes to is said of all shares together: which part of it a run makes is told along with that. */
export function saidOfShare(says: readonly string[], shard: Asked['shard']): readonly string[] {
  if (shard === undefined || says.length === 0) return says;
  const { index, of } = shard;
  return [...says, `Of these, share ${String(index)} of ${String(of)} makes its part; the other shares make the rest`];
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

/** What the parts of the plan and the pattern of names leave of a rig's cuts. */
interface Making {
  /** Cuts beside the random ones. */
  readonly planned: number;
  readonly noneAtRandom: boolean;
  /** How many of so many random cuts are really made. */
  random(count: number): number;
  /** How many random cuts to draw so that as many as are wanted are made; at most `limit`. */
  drawn(wanted: number, limit: number): number;
}

/** Random cuts that are looked at to see whether a pattern leaves any. */
const probed = 1000;
/** A pattern that leaves fewer than one of so many is not drawn for. */
const rarest = 200;

function makingOf(rig: LoadedRig, pattern: string | undefined, planOf: (random: number) => readonly PlanPart[]): Making {
  const planned = madeOn(rig, pattern, planOf(0));
  const random = (count: number): number => madeOn(rig, pattern, planOf(count)) - planned;
  const noneAtRandom = random(probed) === 0;
  return {
    planned,
    noneAtRandom,
    random,
    drawn(wanted, limit) {
      if (noneAtRandom || pattern === undefined) return noneAtRandom ? 0 : wanted;
      const most = Math.min(limit, wanted * rarest);
      let count = Math.min(wanted, most);
      for (let made = random(count); made < wanted && count < most; made = random(count))
        count = Math.min(most, Math.max(count + 1, Math.ceil((count * wanted) / Math.max(made, 1))));
      return count;
    },
  };
}

/** Cuts of a plan that this rig really makes, as far as the pattern of names leaves them. */
function madeOn({ definition }: LoadedRig, pattern: string | undefined, plan: readonly PlanPart[]): number {
  const has = sourcesOf(definition);
  // As Jest takes it: anywhere in the full name, capitals or not.
  const chosen = new RegExp(pattern ?? '', 'i');
  return plan
    .flatMap(({ title, trials }) => trials.map((cut) => ({ cut, name: `${title} ${cutId(cut)}` })))
    .filter(({ cut, name }) => has.includes(cut.source) && chosen.test(name)).length;
}
