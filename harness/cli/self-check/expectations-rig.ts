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
  {
    defect: 'back-feed',
    suite: 'power-cut',
    cut: { points: [aCut], source: 'ufs' },
    by: [],
    harmlessHere: 'the rig switches VBUS off together with VBAT, which is the remedy: power goes, and the cut counts',
  },
  cut('back-feed-uart', ...unproven),
  cut('status-stuck', ...unproven),
  cut('status-stuck-off', ...unproven),
  cut('status-inverted', ...unproven),
  upgrade('power-key-dead', 'ufs', notOpened),
  {
    defect: 'power-key-stuck',
    suite: undefined,
    check: 'PWRKEY off, on',
    by: [by('rigs.check', 'PWRKEY off, on')],
    why: 'such a unit starts as soon as it has its supply, and no suite ever turns it off by its key',
  },
  upgrade('at-port-renamed', 'ufs', notOpened),
  upgrade('at-port-dead', 'ufs', notOpened),
  upgrade('uart-dead', 'ufs', notOpened),
  upgrade('uart-noise', 'ufs', [by('rig.noise', 'DH-08'), by('rig.fault')]),
  upgrade('wrong-unit', 'ufs', notOpened),
  upgrade('rigs-swapped', 'ufs', notOpened),
  upgrade('uart-of-another-unit', 'ufs', notOpened),
  upgrade('network-refused', 'ftp', [by('download.unprovoked', 'DG-10')], { owners: ['network', 'rig', 'harness'] }),
  upgrade('network-silent', 'ftp', [by('download.unprovoked', 'DG-10')], { owners: ['network', 'rig', 'harness'] }),
  upgrade('card-absent', 'ufs', notOpened),
  cut('control-dies', ...unproven, by('rig.power', 'DH-08')),
];
