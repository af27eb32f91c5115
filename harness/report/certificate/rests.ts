import type { Judged } from './evidence.js';
import type { Rests } from './types.js';

/** So many are named; all of them stand in the journal. */
const most = 10;

export interface RestsOn {
  readonly tests?: Iterable<string>;
  readonly trials?: Iterable<string>;
  readonly upgrades?: Iterable<Judged>;
}

/** Names the tests of upgrades by themselves. */
export function restsOn({ tests = [], trials = [], upgrades = [] }: RestsOn): Rests {
  const judged = [...upgrades];
  const named = [...new Set([...tests, ...judged.flatMap(({ test }) => test ?? [])])];
  const cuts = [...trials];
  return {
    tests: named.slice(0, most),
    trials: cuts.slice(0, most),
    upgrades: judged.slice(0, most).map(({ rig, upgrade, n }) => `${upgrade} (${rig}:${String(n)})`),
    of: { tests: named.length, trials: cuts.length, upgrades: judged.length },
  };
}
