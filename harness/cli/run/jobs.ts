import { UserError } from '../../base/errors.js';
import { checkPairFits, loadPair, loadRigs, type LoadedPair, type LoadedRig } from '../../rig/load.js';

/** A rig, and the packages that are tried on it. */
export interface Job {
  readonly rig: LoadedRig;
  readonly pair: LoadedPair;
}

/** Loads and checks rigs and packages together; throws a UserError for whatever is wrong with them. */
export function jobsOf(asked: { readonly rigs: readonly string[]; readonly packages: readonly string[] }): readonly Job[] {
  const rigs = loadRigs(asked.rigs);
  const pairs = asked.packages.map((file) => loadPair(file));
  return rigs.map((rig) => ({ rig, pair: pairFor(rig, pairs) }));
}

function pairFor(rig: LoadedRig, pairs: readonly LoadedPair[]): LoadedPair {
  const fitting = pairs.filter((pair) => pair.definition.module === rig.definition.module);
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) {
    throw new UserError(
      `${fitting.length === 0 ? 'no' : 'more than one'} package pair for ${rig.definition.name} (${rig.definition.module})`,
      {
        asked: 'one pair of packages for each kind of module among the rigs',
        seen: pairs.map((pair) => `${pair.definition.name} (${pair.definition.module})`).join(', '),
        hint: 'name the pairs by --packages',
      },
    );
  }
  checkPairFits(rig, only);
  return only;
}
