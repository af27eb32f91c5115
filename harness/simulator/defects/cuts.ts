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
  {
    name: 'brick-at-end',
    summary: 'does not come back after a cut between END 0 and normal mode',
    owner: 'firmware',
    onCut: ({ ending }, nv) => {
      if (ending) nv.bricked = true;
    },
  },
  {
    name: 'emergency-after-cut',
    summary: 'is left in emergency download by a cut in mid-update',
    owner: 'firmware',
    onCut: ({ percent, ending }, nv) => {
      if (percent !== undefined && !ending) nv.bricked = true;
    },
  },
  {
    name: 'dump-after-cut',
    summary: 'starts into a memory dump once after a cut in mid-update',
    owner: 'firmware',
    onCut: ({ percent, ending }, nv) => {
      if (percent !== undefined && !ending) nv.dumps = 1;
    },
  },
];
