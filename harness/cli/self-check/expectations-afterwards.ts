/** What must catch each seeded defect of the firmware that shows in the long run only: at a restart, in the next upgrade, in what is left behind. */
import { by, type Expectation } from './expectation.js';

type Caught = Expectation['by'];
type More = Partial<Expectation>;

const test =
  (suite: string, tests: string) =>
  (defect: string, caught: Caught, more: More = {}): Expectation => ({ defect, suite, tests, by: caught, ...more });
const roundTrip = test('round-trip', 'round trip over ufs ');
const restart = test('identity', 'outlasts a restart');
const corrupt = test('bad-packages', 'bad packages corrupt:');
const notFound = test('download-failures', 'over http not-found:');
const stated = [by('suite.expectation')];
/** As real modules have it; the shipped rig's limits are longer, since the host is not as fast as its unit. */
const realBoot: More = { rig: { timing: { scale: 0.01 }, limits: { boot: '60s' } }, why: 'as with boot-too-slow' };

export const afterwardsExpectations: readonly Expectation[] = [
  restart('reverts-at-restart', stated),
  restart('flag-left-after-upgrade', stated),
  test('bad-packages', 'a restart leads to the old version')('flag-left-after-rollback', stated),
  restart('crash-loop', [by('test.inconclusive'), by('normal.kept', 'DG-13')], {
    owners: ['undecided'],
    why: 'a supply that gives way looks the same; a round trip of the fast rig may be over before it restarts for the first time',
  }),
  roundTrip('first-attempt-fails', [by('sequence.first-time', 'DG-15')], {
    why: 'one retry that works is as the guide has it; one in each of two sound upgrades is not',
  }),
  roundTrip('recovery-crashes', [by('sequence.first-time', 'DG-15')], {
    owners: ['undecided'],
    why: 'an attempt that breaks off without a word may have lost its power',
  }),
  roundTrip('end-contradicts', [by('order.local', 'DG-09')]),
  test('round-trip', 'round trip over http ')('package-kept-for-good', [by('sequence.room', 'DH-04')]),
  test('download-failures', 'over http a failed download does not spoil')('part-kept-for-good', [by('sequence.room', 'DH-04')]),
  corrupt('rollback-wipes-ufs', [by('files.kept', 'DH-04')]),
  notFound('failed-download-wipes-ufs', [by('files.kept', 'DH-04')]),
  notFound('failed-download-crashes', [by('normal.kept', 'DG-17')], {
    owners: ['undecided'],
    why: 'a supply that gives way looks the same',
  }),
  roundTrip('recovery-start-slow', [by('time.recovery', 'DH-08')], realBoot),
  {
    defect: 'boot-slow-after-cut',
    suite: 'power-cut',
    cut: { points: [{ anchor: 'updating', percent: 50, delay: 0 }], source: 'ufs' },
    by: [by('time.recovery', 'DH-08')],
    ...realBoot,
  },
  roundTrip('usb-gone-after-upgrade', [by('reboot.back', 'DG-11')], {
    owners: ['undecided'],
    why: 'a cable or a hub that fails just then looks the same',
  }),
  roundTrip('at-dead-after-upgrade', [by('normal.reached', 'DG-13')]),
  test('limits', 'a file that is missing on ufs')('refused-file-requested', [by('fetch.nothing', 'DG-06')]),
  test('limits', '/data/ufs/../update.zip gets ERROR')('longer-path-accepted', [by('command.refuse', 'DG-05')]),
  roundTrip('apn-type-lost', [by('identity.apn-context', 'DH-03')]),
  roundTrip('gmr-old', [by('version.whole', 'DG-13')]),
  test('bad-packages', 'no room for a package from http')('room-made', [by('files.kept', 'DH-04')]),
  test('five-retries', 'then let it finish 2 cuts|is tried as often')(
    'count-kept-after-success',
    [by('retries.count', 'DG-15')],
    {
      why: 'only an upgrade that needed several attempts leaves a count that the next one can fall short by',
    },
  ),
  test('bad-packages', 'bad packages empty:')('download-tried-once', [by('retries.count', 'DG-15')]),
];
