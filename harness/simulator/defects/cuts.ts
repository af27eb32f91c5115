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
  {
    name: 'second-cut-bricks',
    summary: 'outlasts one cut of an upgrade, and not a second',
    owner: 'firmware',
    onCut: ({ percent, ending, starts }, nv) => {
      if (percent !== undefined && !ending && starts > 1) nv.bricked = true;
    },
  },
  {
    name: 'restore-cut-bricks',
    summary: 'does not come back after a cut while the old version is put back',
    owner: 'firmware',
    onCut: ({ mode }, nv) => {
      if (mode === 'restore') nv.bricked = true;
    },
  },
  {
    name: 'flag-lost-by-cut',
    summary: 'forgets an upgrade when its power goes between the command and START',
    owner: 'firmware',
    flagAtBoot: (sound, { warm, starts }) => (sound === 'recovery' && starts === 0 && !warm ? 'normal' : sound),
  },
  {
    name: 'gives-up-after-cut',
    summary: 'puts the old version back after the first cut, with attempts left',
    owner: 'firmware',
    flagAtBoot: (sound, { warm, starts }) => (sound === 'recovery' && starts > 0 && !warm ? 'restore' : sound),
  },
  {
    name: 'end-cut-rolls-back',
    summary: 'puts the old version back when its power goes between END 0 and normal mode',
    owner: 'firmware',
    flagAtBoot: (sound, { warm }) => (sound === 'done' && !warm ? 'restore' : sound),
  },
  {
    name: 'cut-uses-two',
    summary: 'a power cut uses up two attempts',
    owner: 'firmware',
    countAtBoot: (sound, warm, starts) => (!warm && starts > 0 ? sound + 1 : sound),
  },
  {
    name: 'package-read-once',
    summary: 'deletes the package as soon as it has read it, so that a recovery that is cut finds none',
    owner: 'firmware',
    dropsPackage: () => true,
  },
  {
    name: 'silent-after-cut',
    summary: 'goes on after a cut, and reports nothing more',
    owner: 'firmware',
    reports: (sound, _percent, starts) => (starts > 1 ? [] : sound),
  },
  {
    name: 'slow-after-cut',
    summary: 'takes twelve times as long for what is left after a cut',
    owner: 'firmware',
    flashSeconds: (sound, starts) => (starts > 0 ? 12 * sound : sound),
  },
  {
    name: 'mixed-after-cut',
    summary: 'a part of the firmware stays old after a cut: AT+QGMR names another version than ATI',
    owner: 'firmware',
    shownQgmr: (sound, starts) => (starts > 1 ? sound.replace(/A13M/, 'A12M') : sound),
  },
  {
    name: 'imei-lost-by-cut',
    summary: 'a cut in mid-update costs the IMEI; the upgrade itself goes well',
    owner: 'firmware',
    onCut: ({ percent, ending }, nv) => {
      if (percent !== undefined && !ending) nv.imei = '000000000000000';
    },
  },
  {
    name: 'card-wiped-by-cut',
    summary: 'a cut in mid-update costs the files on the card; the upgrade itself goes well',
    owner: 'firmware',
    onCut: ({ percent, ending }, _nv, files) => {
      if (percent !== undefined && !ending) files.wipeCard();
    },
  },
  {
    name: 'download-cut-recovers',
    summary: 'goes into recovery after a cut in the download, with no whole package',
    owner: 'firmware',
    resumesDownload: () => true,
  },
  {
    name: 'download-cut-loses-room',
    summary: 'a cut in the download takes the room in UFS for good',
    owner: 'firmware',
    onCut: ({ downloading }, _nv, files) => {
      if (downloading) files.loseRoom();
    },
  },
];
