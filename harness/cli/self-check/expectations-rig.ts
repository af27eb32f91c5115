/** What must show each seeded fault of the rig: exit code 3, and never a word against the firmware. */
import type { CutPoint } from '../../campaign/cut.js';
import { by, type Expectation } from './expectation.js';

/** A cut, since only a cut asks whether the switch does anything. */
const aCut: CutPoint = { anchor: 'updating', percent: 50, delay: 0 };
const onCut = (defect: string, caught: Expectation['by'], more: Partial<Expectation> = {}): Expectation => ({
  defect,
  suite: 'power-cut',
  cut: { points: [aCut], source: 'ufs' },
  by: caught,
  ...more,
});

export const rigExpectations: readonly Expectation[] = [
  onCut('supply-stuck-on', [by('power.proof'), by('trial.unproven'), by('rig.fault')]),
  onCut('supply-inverted', [by('rig.fault')]),
  onCut('back-feed', [by('power.proof'), by('trial.unproven'), by('rig.fault')]),
  onCut('status-stuck', [by('power.proof'), by('trial.unproven'), by('rig.fault')]),
];
