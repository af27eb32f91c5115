/** What must catch each seeded defect of the firmware; limits and downloads stand in files of their own. */
import type { CutPoint, CutTrial } from '../../campaign/cut.js';
import { by, type Expectation } from './expectation.js';

type Caught = Expectation['by'];
type More = Partial<Expectation>;

const test = (suite: string, tests: string) => {
  return (defect: string, caught: Caught, more: More = {}): Expectation => ({ defect, suite, tests, by: caught, ...more });
};
const roundTrip = test('round-trip', 'round trip over ufs ');
const kept = test('identity', 'outlast an upgrade and a downgrade');
const corrupt = test('bad-packages', 'bad packages corrupt:');
const triedAsOften = test('five-retries', 'is tried as often as the firmware profile says');
const severalCuts = (defect: string, tests: string, caught: Caught): Expectation => test('five-retries', tests)(defect, caught);
const cutAt = (defect: string, point: CutPoint, caught: Caught, more: More = {}): Expectation => ({
  defect,
  suite: 'power-cut',
  cut: { points: [point], source: 'ufs' },
  by: caught,
  ...more,
});
/** Trials of four cuts, one an attempt, each some way further between two percentages than the one before: eight parts of five seconds. */
const tearing: readonly CutTrial[] = [0, 1, 2, 3].map((shift) => ({
  source: 'ufs',
  points: [1, 3, 5, 7].map((part, index) => ({
    anchor: 'updating',
    percent: 20 * (index + 1),
    delay: 600 * part + 150 * shift,
  })),
}));
const midway: CutPoint = { anchor: 'updating', percent: 50, delay: 0 };

const attempts: readonly Expectation[] = [
  triedAsOften('retries-4', [by('retries.count', 'DG-15')]),
  triedAsOften('retries-6', [by('retries.count', 'DG-15')]),
  triedAsOften('retries-endless', [by('retries.count', 'DG-15')], {
    rig: { limits: { upgrade: '15m' } },
    why: 'each rung of the restore waits as long as several upgrades may take before it interrupts one that goes on',
  }),
  triedAsOften('no-retry', [by('retries.count', 'DG-15')]),
  {
    defect: 'counter-kept',
    suite: 'five-retries',
    tests: 'twice in a row',
    by: [by('sequence.fresh-count', 'DH-06'), by('retries.count', 'DG-15')],
    why: 'the second upgrade has fewer attempts than it must have, which is told first',
  },
  {
    defect: 'counter-reset-by-cut',
    suite: 'five-retries',
    tests: 'a cut between two attempts',
    by: [by('retries.count', 'DG-15')],
  },
  roundTrip('end0-old-version', [by('version.after-end', 'DG-13')]),
  roundTrip('end0-third-version', [by('version.known', 'DG-13')]),
  roundTrip('hangs-at-60', [by('normal.reached', 'DG-19')]),
  roundTrip('flash-too-slow', [by('time.flash', 'DH-08'), by('normal.reached', 'DG-19')], {
    rig: { limits: { upgrade: '20m' } },
    why: "the shipped rig allows an hour, since the host is not as fast as its unit; a real one's 20 minutes are tried here",
  }),
  corrupt('silent-after-rollback', [by('normal.reached', 'DG-19'), by('retries.over', 'DH-05')]),
];

const packages: readonly Expectation[] = [
  test('bad-packages', 'made for another version')('wrong-base-accepted', [by('refused.base', 'DG-21')]),
  corrupt('corrupt-accepted', [by('refused.version', 'DG-18')]),
  test('bad-packages', 'bad packages truncated:')('truncated-accepted', [by('refused.version', 'DG-18')]),
  test('bad-packages', 'bad packages not-a-zip:')('no-zip-accepted', [by('refused.version', 'DG-18')]),
  test('bad-packages', 'bad packages empty:')('empty-accepted', [by('refused.version', 'DG-18')]),
];

const reports: readonly Expectation[] = [
  roundTrip('new-version-no-end', [by('order.local', 'DG-09')]),
  roundTrip('old-version-no-end', [by('version.applied', 'DG-13')]),
  roundTrip('percent-falls', [by('percent.rising', 'DG-12')]),
  roundTrip('percent-over-100', [by('percent.range', 'DG-12')]),
  roundTrip('percent-stops-at-50', [by('percent.complete', 'DG-12')]),
  roundTrip('end0-early', [by('percent.complete', 'DG-12'), by('order.local', 'DG-09')]),
  roundTrip('no-start-on-uart', [by('order.local', 'DG-09')]),
  test('round-trip', 'round trip over ftp ')('reports-on-uart-only', [by('order.ftp', 'DG-07')], {
    why: 'the download is reported where AT+QURCCFG says, which is USB; the recovery may choose its line',
  }),
];

const health: readonly Expectation[] = [
  roundTrip('imei-lost', [by('identity.imei', 'DH-03')]),
  roundTrip('iccid-lost', [by('identity.iccid', 'DH-03')]),
  roundTrip('apn-lost', [by('identity.apn', 'DH-03')]),
  roundTrip('sim-lost', [by('identity.sim', 'DH-03')]),
  roundTrip('registration-lost', [by('identity.registration', 'DH-03')]),
  roundTrip('cfun-5', [by('device.cfun5', 'DH-07'), by('identity.cfun', 'DH-03')]),
  kept('ufs-wiped', [by('files.kept', 'DH-04')]),
  kept('sd-wiped', [by('files.kept', 'DH-04')]),
  kept('ufs-file-damaged', [by('files.kept', 'DH-04')]),
  roundTrip('boot-too-slow', [by('time.boot', 'DH-08')], {
    rig: { timing: { scale: 0.02 }, limits: { boot: '60s' } },
    why: "the shipped rig allows 300 s, since the host is not as fast as its unit; a real one's 60 s are tried here, slower",
  }),
];

const cuts: readonly Expectation[] = [
  cutAt('brick-window', { ...midway, percent: 42 }, [by('normal.reached', 'DG-20')]),
  {
    defect: 'brick-torn-page',
    suite: 'power-cut',
    cut: tearing,
    by: [by('normal.reached', 'DG-20')],
    rig: { timing: { scale: 0.02 }, limits: { upgrade: '20m' } },
    why: 'one percentage lasts five seconds and some pages: cuts spread evenly over it meet the middle of a page, whatever its length',
  },
  cutAt('brick-at-end', { anchor: 'end', delay: 500 }, [by('normal.reached', 'DG-20'), by('power.between', 'DH-02')]),
  cutAt('emergency-after-cut', midway, [by('device.mode', 'DH-07'), by('normal.reached', 'DG-20')]),
  cutAt('dump-after-cut', midway, [by('device.mode', 'DH-07'), by('normal.reached', 'DG-20')]),
  severalCuts('second-cut-bricks', 'then let it finish 2 cuts', [by('normal.reached', 'DG-20')]),
  severalCuts('cut-uses-two', 'then let it finish 4 cuts', [by('power.recovery', 'DG-20')]),
  severalCuts('restore-cut-bricks', 'while the old version is put back', [by('normal.reached', 'DG-20')]),
  cutAt('flag-lost-by-cut', { anchor: 'usb-leaves', delay: 0 }, [by('power.between', 'DH-02')]),
  cutAt('gives-up-after-cut', midway, [by('power.recovery', 'DG-20')]),
  cutAt('end-cut-rolls-back', { anchor: 'end', delay: 500 }, [by('power.between', 'DH-02'), by('version.after-end', 'DG-13')]),
  cutAt('package-read-once', midway, [by('power.recovery', 'DG-20')]),
  cutAt('silent-after-cut', midway, [by('order.local', 'DG-09')]),
  cutAt('slow-after-cut', midway, [by('time.flash', 'DH-08'), by('normal.reached', 'DG-20')], {
    rig: { limits: { upgrade: '20m' } },
    why: 'as with flash-too-slow',
  }),
  cutAt('mixed-after-cut', midway, [by('version.whole', 'DG-13')]),
  cutAt('imei-lost-by-cut', midway, [by('identity.imei', 'DH-03')]),
  cutAt('card-wiped-by-cut', midway, [by('files.kept', 'DH-04')]),
  cutAt('download-cut-recovers', { anchor: 'download', percent: 50, delay: 0 }, [by('power.download', 'DH-01')], {
    cut: { points: [{ anchor: 'download', percent: 50, delay: 0 }], source: 'http' },
  }),
  cutAt('download-cut-loses-room', midway, [by('files.room', 'DH-04'), by('power.download', 'DH-01')], {
    cut: { points: [{ anchor: 'download', percent: 50, delay: 0 }], source: 'http' },
  }),
];

export const firmwareExpectations: readonly Expectation[] = [...attempts, ...packages, ...reports, ...health, ...cuts];
