import type { QualifyingRig } from '../../campaign/qualification.js';
import { trialCost, type Ledger } from '../../campaign/ledger.js';
import { suiteTimes } from '../../campaign/ledger-history.js';
import type { KnownTrial } from '../../campaign/night.js';
import { lacks } from '../../jest/make-world.js';
import type { LoadedRig } from '../../rig/load.js';
import { sourcesOf } from '../../rig/profile.js';
import { failedBefore } from '../run/campaign.js';

/** What planning has to know of a rig. */
export async function qualifyingRig(rig: LoadedRig, ledger: Ledger, known: readonly KnownTrial[]): Promise<QualifyingRig> {
  const { definition } = rig;
  const { name, unit, timing, safety } = definition;
  const sources = sourcesOf(definition);
  return {
    name,
    imei: unit.imei,
    sources,
    own: sources.filter((source) => (source === 'ftp' || source === 'http') && lacks(definition, `own-${source}`) === undefined),
    powerCuts: safety.powerCuts,
    restorableFailures: lacks(definition, 'restorable-failures') === undefined,
    scale: timing.scale,
    meanTrial: await trialCost(ledger, name),
    suiteTimes: await suiteTimes(ledger, name),
    failedBefore: failedBefore(known, rig),
  };
}
