import type { Behaviour, Nv } from '../behaviour.js';

/** Something the module forgets at its first start after an upgrade. */
function forgets(name: string, summary: string, changes: Partial<Nv>): Behaviour {
  return { name, summary, owner: 'firmware', afterUpgrade: (nv) => void Object.assign(nv, changes) };
}

/** What an upgrade must leave as it was, and does not. */
export const HEALTH: readonly Behaviour[] = [
  forgets('imei-lost', 'the IMEI is all zeros after an upgrade', { imei: '000000000000000' }),
  forgets('apn-lost', 'the APN is empty after an upgrade', { apn: '' }),
  forgets('sim-lost', 'no SIM is seen after an upgrade', { sim: false }),
  forgets('registration-lost', 'finds no network after an upgrade', { registers: false }),
  forgets('cfun-5', 'stays in CFUN 5 after an upgrade', { cfun: 5 }),
  {
    name: 'ufs-wiped',
    summary: 'an upgrade deletes the files in UFS',
    owner: 'firmware',
    afterUpgrade: (_nv, files) => files.wipe(),
  },
  {
    name: 'boot-too-slow',
    summary: 'takes two more minutes to start',
    owner: 'firmware',
    bootSeconds: (sound) => sound + 120,
  },
];
