/** Ways of starting, answering and fetching that makes and versions differ in: nothing may be found. */
import type { Expectation } from './expectation.js';

const quiet = (defect: string, suite: Expectation['suite'], tests: string, more: Partial<Expectation> = {}): Expectation => ({
  defect,
  suite,
  tests,
  by: [],
  ...more,
});
const cutAndTrip = (defect: string, source = 'ufs', more: Partial<Expectation> = {}): Expectation =>
  quiet(defect, ['round-trip', 'power-cut'], `round trip over ${source} |boundary over ${source} cut:(start|end)/`, more);
const download = (defect: string, source: 'ftp' | 'http', failures = 'not-found|reset at'): Expectation =>
  quiet(defect, ['round-trip', 'download-failures'], `round trip over ${source} |download over ${source} (${failures})`);

export const habitExpectations: readonly Expectation[] = [
  cutAndTrip('answers-bare', 'ftp'),
  cutAndTrip('answers-spaced', 'ftp'),
  cutAndTrip('echo-doubled-end'),
  cutAndTrip('urc-in-answers', 'ftp'),
  cutAndTrip('urc-in-two', 'http'),
  cutAndTrip('answers-late', 'ftp'),
  cutAndTrip('deaf-after-ready', 'http'),
  cutAndTrip('boot-silent', 'http'),
  cutAndTrip('boot-urcs-doubled', 'http'),
  cutAndTrip('loader-talks'),
  cutAndTrip('registers-late', 'http'),
  cutAndTrip('sim-late'),
  cutAndTrip('status-late'),
  cutAndTrip('reboots-once-more'),
  cutAndTrip('reboots-later'),
  cutAndTrip('usb-stumbles', 'http'),
  cutAndTrip('usb-stumbles-later', 'http', {
    owners: ['undecided'],
    why: 'a module whose USB leaves in mid-recovery cannot be told from a plug without contact',
  }),
  // Without START there is none to cut at.
  quiet('resumes-with-text', ['round-trip', 'power-cut'], 'round trip over ufs |boundary over ufs cut:(updating@1%|end)/'),
  cutAndTrip('percent-doubled'),
  cutAndTrip('end-without-comma', 'ftp'),
  download('http-head-first', 'http'),
  download('http-in-parts', 'http'),
  download('http-parts-at-once', 'http'),
  download('http-absolute', 'http'),
  download('http-looks-first', 'http'),
  download('ftp-talks-more', 'ftp'),
  download('ftp-extended-passive', 'ftp'),
  download('ftp-changes-folder', 'ftp'),
  download('download-resumes', 'http', 'not-found|reset at|stall|server-gone|truncate'),
];
