/** What must catch each seeded defect of the firmware. Order and themes are those of the simulator's catalogue. */
import type { CutPoint } from '../../campaign/cut.js';
import { by, type Expectation } from './expectation.js';

const roundTrip = (defect: string, caught: Expectation['by'], more: Partial<Expectation> = {}): Expectation => ({
  defect,
  suite: 'round-trip',
  tests: 'round trip over ufs ',
  by: caught,
  ...more,
});
const limit = (defect: string, tests: string, caught: Expectation['by']): Expectation => ({
  defect,
  suite: 'limits',
  tests,
  by: caught,
});
const bad = (defect: string, tests: string, caught: Expectation['by']): Expectation => ({
  defect,
  suite: 'bad-packages',
  tests,
  by: caught,
});
const cutAt = (defect: string, point: CutPoint, caught: Expectation['by'], more: Partial<Expectation> = {}): Expectation => ({
  defect,
  suite: 'power-cut',
  cut: { points: [point], source: 'ufs' },
  by: caught,
  ...more,
});

const triedAsOften = (defect: string, more: Partial<Expectation> = {}): Expectation => ({
  defect,
  suite: 'five-retries',
  tests: 'is tried as often as the firmware profile says',
  by: [by('retries.count', 'DG-15')],
  ...more,
});

const attempts: readonly Expectation[] = [
  triedAsOften('retries-4'),
  triedAsOften('retries-6'),
  triedAsOften('retries-endless', {
    rig: { limits: { upgrade: '15m' } },
    why: 'each rung of the restore waits as long as several upgrades may take before it interrupts one that goes on',
  }),
  {
    defect: 'counter-kept',
    suite: 'five-retries',
    tests: 'twice in a row',
    by: [by('sequence.fresh-count', 'DH-06'), by('retries.count', 'DG-15')],
    why: 'the second upgrade has fewer attempts than it must have, which is told first',
  },
  roundTrip('end0-old-version', [by('version.after-end', 'DG-13')]),
];

const packages: readonly Expectation[] = [
  bad('wrong-base-accepted', 'made for another version', [by('refused.base', 'DG-21')]),
  bad('corrupt-accepted', 'bad packages corrupt:', [by('refused.version', 'DG-18')]),
  bad('truncated-accepted', 'bad packages truncated:', [by('refused.version', 'DG-18')]),
];

const reports: readonly Expectation[] = [
  roundTrip('new-version-no-end', [by('order.local', 'DG-09')]),
  roundTrip('percent-falls', [by('percent.rising', 'DG-12')]),
  roundTrip('percent-over-100', [by('percent.range', 'DG-12')]),
  roundTrip('end0-early', [by('percent.complete', 'DG-12'), by('order.local', 'DG-09')]),
  roundTrip('urc-glued', [by('order.local', 'DG-09')]),
  roundTrip('urc-garbled', [by('order.local', 'DG-09'), by('percent.rising', 'DG-12')]),
  roundTrip('urc-doubled', [by('order.local', 'DG-09')]),
];

const health: readonly Expectation[] = [
  roundTrip('imei-lost', [by('identity.imei', 'DH-03')]),
  roundTrip('apn-lost', [by('identity.apn', 'DH-03')]),
  roundTrip('sim-lost', [by('identity.sim', 'DH-03')]),
  roundTrip('registration-lost', [by('identity.registration', 'DH-03')]),
  roundTrip('cfun-5', [by('device.cfun5', 'DH-07'), by('identity.cfun', 'DH-03')]),
  {
    defect: 'ufs-wiped',
    suite: 'identity',
    tests: 'outlast an upgrade and a downgrade',
    by: [by('files.kept', 'DH-04')],
  },
  roundTrip('boot-too-slow', [by('time.boot', 'DH-08')], {
    rig: { timing: { scale: 0.02 }, limits: { boot: '60s' } },
    why: "the shipped rig allows 300 s, since the host is not as fast as its unit; a real one's 60 s are tried here, slower",
  }),
];

const limits: readonly Expectation[] = [
  limit('url-limit-not-kept', 'HTTP source a whole of 256 bytes gets', [by('command.refuse', 'DG-04')]),
  limit('url-limit-too-small', 'HTTP source a whole of 255 bytes is accepted', [by('command.accept', 'DG-04')]),
  limit('port-zero-accepted', 'HTTP source port 0 gets', [by('command.refuse', 'DG-04')]),
  limit('error-but-reboots', 'a file that is missing on ufs', [by('command.no-effect', 'DG-06')]),
  limit('missing-file-accepted', 'a file that is missing on ufs', [by('command.refuse', 'DG-05')]),
];

const download: readonly Expectation[] = [
  {
    defect: 'ftpend-0-on-failure',
    suite: 'download-failures',
    tests: 'over ftp not-found:',
    by: [by('download.reported', 'DG-16')],
  },
  {
    defect: 'wrong-file-fetched',
    suite: 'round-trip',
    tests: 'round trip over http ',
    by: [by('download.unprovoked', 'DG-10'), by('fetch.whole', 'DG-10')],
  },
];

const cuts: readonly Expectation[] = [
  cutAt('brick-window', { anchor: 'updating', percent: 42, delay: 0 }, [by('normal.reached', 'DG-20')]),
  cutAt('brick-torn-page', { anchor: 'updating', percent: 50, delay: 0 }, [by('normal.reached', 'DG-20')]),
];

export const firmwareExpectations: readonly Expectation[] = [
  ...attempts,
  ...packages,
  ...reports,
  ...health,
  ...limits,
  ...download,
  ...cuts,
];
