import type { Behaviour, Nv } from '../behaviour.js';

/** Something the module forgets at its first start after an upgrade. */
function forgets(name: string, summary: string, changes: Partial<Nv>): Behaviour {
  return { name, summary, owner: 'firmware', afterUpgrade: (nv) => void Object.assign(nv, changes) };
}

function spoils(name: string, summary: string, what: 'wipe' | 'wipeCard' | 'damageOne'): Behaviour {
  return { name, summary, owner: 'firmware', afterUpgrade: (_nv, files) => files[what]() };
}

/** What an upgrade must leave as it was, and does not. */
export const HEALTH: readonly Behaviour[] = [
  forgets('imei-lost', 'the IMEI is all zeros after an upgrade', { imei: '000000000000000' }),
  forgets('iccid-lost', 'the ICCID is all zeros after an upgrade', { iccid: '0000000000000000000' }),
  forgets('apn-lost', 'the APN is empty after an upgrade', { apn: '' }),
  forgets('sim-lost', 'no SIM is seen after an upgrade', { sim: false }),
  forgets('registration-lost', 'finds no network after an upgrade', { registers: false }),
  forgets('cfun-5', 'stays in CFUN 5 after an upgrade', { cfun: 5 }),
  spoils('ufs-wiped', 'an upgrade deletes the files in UFS', 'wipe'),
  spoils('sd-wiped', 'an upgrade deletes the files on the card', 'wipeCard'),
  spoils('ufs-file-damaged', 'an upgrade changes a byte in a file in UFS', 'damageOne'),
  {
    name: 'boot-too-slow',
    summary: 'takes two more minutes to start after an upgrade',
    owner: 'firmware',
    bootSeconds: (sound, upgraded) => (upgraded ? sound + 120 : sound),
  },
];
