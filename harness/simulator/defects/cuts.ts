import type { Behaviour } from '../behaviour.js';

/** What a loss of power does to the module. */
export const CUTS: readonly Behaviour[] = [
  {
    name: 'brick-window',
    summary: 'does not come back after a cut between 40 and 45 %',
    owner: 'firmware',
    onCut: ({ percent }, nv) => {
      if (percent !== undefined && percent >= 40 && percent < 45) nv.bricked = true;
    },
  },
  {
    name: 'brick-torn-page',
    summary: 'does not come back after a cut that tears a page or an erase',
    owner: 'firmware',
    onCut: ({ torn }, nv) => {
      if (torn) nv.bricked = true;
    },
  },
];

/** What the bench does, not the module. */
export const BENCH: readonly Behaviour[] = [
  { name: 'supply-stuck-on', summary: 'the supply cannot be switched off', owner: 'rig', supply: () => true },
  { name: 'supply-inverted', summary: 'the supply is on when it is told off', owner: 'rig', supply: (asked) => !asked },
  { name: 'back-feed', summary: 'VBUS keeps the module alive without its supply', owner: 'rig', livesOnVbus: () => true },
  { name: 'status-stuck', summary: 'STATUS is always on', owner: 'rig', status: () => true },
];
