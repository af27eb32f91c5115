import type { Behaviour } from '../behaviour.js';

function rig(name: string, summary: string, hooks: Omit<Behaviour, 'name' | 'summary' | 'owner' | 'harmless'>): Behaviour {
  return { name, summary, owner: 'rig', ...hooks };
}

/** What the bench does, not the module. */
export const RIG: readonly Behaviour[] = [
  rig('supply-stuck-on', 'the supply cannot be switched off', { supply: () => true }),
  rig('supply-stuck-off', 'the supply cannot be switched on', { supply: () => false }),
  rig('supply-inverted', 'the supply is on when it is told off', { supply: (asked) => !asked }),
  rig('supply-intermittent', 'every second time the supply is switched off nothing happens', {
    supply: (asked, offs) => asked || offs % 2 === 0,
  }),
  rig('supply-slow', 'the module lives on for eight seconds after its supply was switched off', { decaySeconds: () => 8 }),
  {
    ...rig('back-feed', 'VBUS keeps the module alive without its supply', { livesOnVbus: () => true }),
    harmless: 'the rig switches VBUS off together with VBAT, which is the remedy: power goes, and the cut counts',
  },
  rig('back-feed-uart', 'the UART keeps the module alive without its supply', { livesOnUart: () => true }),
  rig('back-feed-uart-later', 'the UART keeps the module alive without its supply, from the second cut on', {
    livesOnUart: (_sound, offs) => offs > 1,
  }),
  rig('status-stuck', 'STATUS is always on', { status: () => true }),
  rig('status-stuck-off', 'STATUS is always off', { status: () => false }),
  rig('status-inverted', 'STATUS is on when the module is off', { status: (sound) => !sound }),
  rig('power-key-dead', 'PWRKEY does nothing', { powerKey: () => false }),
  rig('power-key-stuck', 'PWRKEY is always pressed', { powerKey: () => true }),
  rig('at-port-renamed', 'the AT port is found under another name', {
    wiring: (sound, port) => (port === 'at' ? 'renamed' : sound),
  }),
  rig('uart-renamed', 'the UART is found under another name', {
    wiring: (sound, port) => (port === 'uart' ? 'renamed' : sound),
  }),
  rig('usb-loose', 'the USB plug has no contact now and then', { looseUsbSeconds: () => 60 }),
  rig('reset-dead', 'RESET_N does nothing', { reset: () => false }),
  rig('vbus-stuck-on', 'VBUS cannot be switched off', { vbus: () => true }),
  rig('at-port-dead', 'the AT port takes bytes and gives none', { wiring: (sound, port) => (port === 'at' ? 'mute' : sound) }),
  rig('uart-dead', 'the UART takes bytes and gives none', { wiring: (sound, port) => (port === 'uart' ? 'mute' : sound) }),
  rig('uart-noise', 'bursts of noise on the UART', { noiseSeconds: () => 2 }),
  rig('wrong-unit', 'another unit is plugged in', { imei: () => '861107039999997' }),
  rig('rigs-swapped', 'the unit of the other simulated rig is plugged in', {
    imei: (sound) => (sound.endsWith('1') ? '861107030000002' : '861107030000001'),
  }),
  rig('uart-of-another-unit', 'the UART leads to another unit', {
    imei: (sound, port) => (port === 'uart' ? '861107039999997' : sound),
  }),
  rig('network-refused', 'the network refuses every connection', { network: () => 'refused' }),
  rig('network-silent', 'the network takes every connection and carries nothing', { network: () => 'silent' }),
  rig('network-dies', 'the network dies in mid-download', { networkDiesAfter: () => 60_000 }),
  rig('server-elsewhere', 'the address of the server leads to another one, which has an old package under every name', {
    network: () => 'elsewhere',
  }),
  rig('card-absent', 'there is no SIM card', { card: () => false }),
  rig('control-dies', 'the unit cannot be controlled any more after 25 requests', {
    controls: (sound, requests) => sound && requests <= 25,
  }),
];
