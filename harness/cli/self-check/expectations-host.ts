/** What must come of a run whose host misbehaves: the verdicts of the same run on a good host, or a harness that blames itself. */
import { by, type Expectation } from './expectation.js';

/** A round trip, a download that fails and a power cut, as the sound runs have them. */
const sound = {
  suite: ['round-trip', 'download-failures', 'power-cut'],
  tests: 'round trip over (ftp|http|ufs) |download over http (not-found|reset at)|boundary over (ufs|http) cut:(start|end)/',
  unit: 'none',
  by: [],
} as const;
const clockStep = { host: 'clock-step' } as const;
const bricked = {
  suite: 'power-cut',
  cut: { points: [{ anchor: 'updating', percent: 42, delay: 0 }], source: 'ufs' },
  by: [by('normal.reached', 'DG-20')],
} as const;

export const hostExpectations: readonly Expectation[] = [
  { defect: 'clock-step', ...sound, ...clockStep },
  {
    defect: 'clock-step-slow-boot',
    ...clockStep,
    unit: 'boot-too-slow',
    suite: 'round-trip',
    tests: 'round trip over ufs ',
    by: [by('time.boot', 'DH-08')],
    rig: { timing: { scale: 0.02 }, limits: { boot: '60s' } },
    why: 'as without the jumps',
  },
  { defect: 'clock-step-brick-window', ...clockStep, unit: 'brick-window', ...bricked },
  {
    defect: 'clock-step-stuck-supply',
    ...clockStep,
    unit: 'supply-stuck-on',
    suite: 'power-cut',
    cut: bricked.cut,
    by: [by('rig.fault'), by('power.proof'), by('trial.unproven')],
  },
  { defect: 'host-stands-still', ...sound, host: 'stands-still', owners: ['harness', 'undecided'] },
  { defect: 'harness-stands-still', ...sound, host: 'harness-stands-still', owners: ['harness', 'undecided'] },
  { defect: 'unit-stands-still', ...sound, host: 'unit-stands-still', owners: ['harness', 'undecided'] },
  {
    defect: 'stale-file',
    unit: 'none',
    host: 'stale-file',
    suite: 'round-trip',
    tests: 'round trip over http ',
    by: [by('fetch.same', 'DG-10')],
  },
];
