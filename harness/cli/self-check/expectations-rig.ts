/** What must show each seeded fault of the rig: exit code 3, and never a word against the firmware. */
import type { CutPoint } from '../../campaign/cut.js';
import { by, type Expectation } from './expectation.js';

/** A cut, since only a cut asks whether the switch does anything. */
const aCut: CutPoint = { anchor: 'updating', percent: 50, delay: 0 };
const cut = (defect: string, ...caught: Expectation['by']): Expectation => ({
  defect,
  suite: 'power-cut',
  cut: { points: [aCut], source: 'ufs' },
  by: caught,
});
const upgrade = (
  defect: string,
  source: 'ufs' | 'ftp',
  caught: Expectation['by'],
  more: Partial<Expectation> = {},
): Expectation => ({
  defect,
  suite: 'round-trip',
  tests: `round trip over ${source} `,
  by: caught,
  ...more,
});
/** For a wire that no suite depends on. */
const wire = (defect: string, check: string, why: string): Expectation => ({
  defect,
  suite: undefined,
  check,
  by: [by('rigs.check', check)],
  why,
});
const notOpened = [by('rig.fault')];
const unproven = [by('rig.fault'), by('power.proof'), by('trial.unproven')];

export const rigExpectations: readonly Expectation[] = [
  cut('supply-stuck-on', ...unproven),
  upgrade('supply-stuck-off', 'ufs', notOpened),
  cut('supply-inverted', ...notOpened),
  cut('supply-intermittent', ...unproven),
  {
    ...cut('supply-slow', ...unproven),
    rig: { timing: { scale: 0.1 } },
    why: 'no deadline falls under 500 ms, so that eight seconds must be more than that',
  },
  cut('back-feed'),
  cut('back-feed-uart', ...unproven),
  cut('back-feed-uart-later', by('power.proof'), by('trial.unproven')),
  cut('status-stuck', ...unproven),
  cut('status-stuck-off', ...unproven),
  cut('status-inverted', ...unproven),
  upgrade('power-key-dead', 'ufs', notOpened),
  wire(
    'power-key-stuck',
    'PWRKEY off, on',
    'such a unit starts as soon as it has its supply, and no suite ever turns it off by its key',
  ),
  upgrade('at-port-renamed', 'ufs', notOpened),
  upgrade('at-port-dead', 'ufs', notOpened),
  upgrade('uart-dead', 'ufs', notOpened),
  upgrade('uart-renamed', 'ufs', notOpened),
  upgrade(
    'usb-loose',
    'ufs',
    [
      by('rig.usb', 'DH-08'),
      by('rig.fault'),
      by('test.invalid'),
      by('command.no-effect', 'DG-06'),
      by('download.failed-cleanly', 'DG-17'),
    ],
    {
      suite: ['round-trip', 'download-failures', 'limits'],
      tests: 'round trip over ufs |download over http (not-found|reset at)|local path',
      owners: ['rig', 'harness', 'undecided'],
      why: 'a plug without contact cannot be told from a module whose own USB fails, nor, for a moment, from one that reboots',
    },
  ),
  wire('reset-dead', 'RESET_N', 'a reset is no power cut, and no suite makes one'),
  wire('vbus-stuck-on', 'VBUS cuts', 'a module without supply leaves the bus whatever VBUS does'),
  upgrade('uart-noise', 'ufs', [by('rig.noise', 'DH-08'), by('rig.fault')]),
  upgrade('wrong-unit', 'ufs', notOpened),
  upgrade('rigs-swapped', 'ufs', notOpened),
  upgrade('uart-of-another-unit', 'ufs', notOpened),
  upgrade('network-refused', 'ftp', [by('download.unprovoked', 'DG-10')], { owners: ['network', 'rig', 'harness'] }),
  upgrade('network-silent', 'ftp', [by('download.unprovoked', 'DG-10')], { owners: ['network', 'rig', 'harness'] }),
  upgrade('network-dies', 'ftp', [by('download.unprovoked', 'DG-10')], { owners: ['network', 'rig', 'harness', 'undecided'] }),
  { ...upgrade('server-elsewhere', 'ufs', [by('fetch.ours', 'DG-10')], { owners: ['network'] }), tests: 'round trip over http ' },
  upgrade('card-absent', 'ufs', notOpened),
  cut('control-dies', ...unproven, by('rig.power', 'DH-08')),
];
