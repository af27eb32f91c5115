/** Variations that sound modules show: nothing may be found, in the test that is most likely to stumble over them. */
import type { Expectation } from './expectation.js';

const quiet = (suite: string, tests: string, defect: string, more: Partial<Expectation> = {}): Expectation => ({
  defect,
  suite,
  tests,
  by: [],
  ...more,
});
const roundTrip = (defect: string, source = 'ufs', more: Partial<Expectation> = {}): Expectation =>
  quiet('round-trip', `round trip over ${source} `, defect, more);

export const harmlessExpectations: readonly Expectation[] = [
  roundTrip('urc-glued', 'ftp'),
  roundTrip('urc-garbled', 'ftp', {
    owners: ['undecided'],
    why: 'END,0 itself may be lost on both lines, and a new version without it is neither good nor bad',
  }),
  roundTrip('urc-doubled', 'ftp'),
  roundTrip('urc-blanks', 'ftp'),
  roundTrip('urc-comma-missing', 'ftp'),
  roundTrip('percent-sign'),
  roundTrip('https-words', 'http'),
  roundTrip('end-doubled'),
  roundTrip('rdy-in-update'),
  roundTrip('start-lost-on-usb'),
  roundTrip('percent-ends-at-96'),
  roundTrip('percent-starts-at-7'),
  roundTrip('percent-in-steps'),
  quiet('bad-packages', 'bad packages corrupt:', 'last-end-only'),
  quiet('five-retries', 'then let it finish 2 cuts', 'cuts-free'),
  roundTrip('reports-on-usb-only'),
  quiet('five-retries', 'then let it finish 2 cuts', 'percent-restarts'),
  roundTrip('echo-off'),
  roundTrip('roaming'),
  roundTrip('package-deleted'),
];
