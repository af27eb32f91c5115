import { planCuts } from '../../campaign/budget.js';
import { cutId } from '../../campaign/cut.js';
import { openLedger, survivalOf, trialCost } from '../../campaign/ledger.js';
import { powerCutPlan } from '../../campaign/plans.js';
import { fileDigest } from '../../package/facts.js';
import type { LoadedPair, LoadedRig } from '../../rig/load.js';
import { sourcesOf } from '../../rig/profile.js';
import type { Asked } from './options.js';

/**
 * How many random cuts each rig makes. Without `--until-bound` and `--budget` it is the plain number asked for; else what the ledger and the
 * clock make of it, said before the first cut is made.
 */
export async function randomCuts(
  asked: Asked,
  cutsAsked: boolean,
  jobs: readonly { readonly rig: LoadedRig; readonly pair: LoadedPair }[],
): Promise<{ readonly counts: Record<string, number>; readonly says: readonly string[] }> {
  const counts: Record<string, number> = {};
  const says: string[] = [];
  const measured = asked.untilBound !== undefined || asked.budget !== undefined;
  for (const { rig, pair } of jobs) {
    const { name, timing, safety } = rig.definition;
    counts[name] = asked.cuts;
    if (!asked.suites.includes('power-cut') || asked.cut !== undefined || !safety.powerCuts) continue;
    if (!measured && !cutsAsked) continue;
    const { from } = pair.definition.upgrade;
    const ledger = openLedger();
    const { sha256 } = await fileDigest(pair.files.upgrade);
    const survival = await survivalOf(ledger, { package: sha256, revision: pair.definition.versions[from] ?? from });
    const plan = planCuts(
      { ...(cutsAsked ? { cuts: asked.cuts } : {}), untilBound: asked.untilBound, budget: asked.budget },
      { survival, meanTrial: await trialCost(ledger, name), scale: timing.scale, planned: plannedCuts(rig, asked.pattern) },
    );
    counts[name] = plan.count;
    says.push(`${name}: ${plan.says}`);
  }
  return { counts, says };
}

/** Cuts that the suite makes on this rig anyway, as far as the pattern of names leaves them. */
export function plannedCuts({ definition }: LoadedRig, pattern: string | undefined): number {
  const has = sourcesOf(definition);
  // As Jest takes it: anywhere in the full name, capitals or not.
  const chosen = new RegExp(pattern ?? '', 'i');
  return powerCutPlan(has, 0, 0)
    .flatMap(({ title, trials }) => trials.map((cut) => ({ cut, name: `${title} ${cutId(cut)}` })))
    .filter(({ cut, name }) => has.includes(cut.source) && chosen.test(name)).length;
}
