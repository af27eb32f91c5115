/** What must catch each seeded defect of the firmware in what AT+QFOTADL takes, and in the download. */
import { by, type Expectation } from './expectation.js';

const test = (suite: string, tests: string) => {
  return (defect: string, ...caught: Expectation['by']): Expectation => ({ defect, suite, tests, by: caught });
};
const limit = (tests: string) => test('limits', tests);
const missing = limit('a file that is missing on ufs');
const notFound = test('download-failures', 'over ftp not-found:');

/** A part of an FTP address: 51 bytes must be refused, 50 taken. */
const part = (word: string): readonly Expectation[] => [
  limit(`FTP source a ${word} of 51 bytes gets`)(`ftp-${word}-51-accepted`, by('command.refuse', 'DG-03')),
  limit(`FTP source a ${word} of 50 bytes is accepted`)(`ftp-${word}-50-refused`, by('command.accept', 'DG-03')),
];

const limits: readonly Expectation[] = [
  limit('HTTP source a whole of 256 bytes gets')('url-limit-not-kept', by('command.refuse', 'DG-04')),
  limit('HTTP source a whole of 255 bytes works')('url-255-refused', by('command.accept', 'DG-04')),
  limit('HTTP source a whole of 255 bytes works')('url-limit-too-small', by('command.accept', 'DG-04')),
  ...['user', 'password', 'host', 'path'].flatMap(part),
  limit('a path of 129 bytes on ufs gets')('local-path-129-accepted', by('command.refuse', 'DG-05')),
  limit('a path of 128 bytes on ufs works')('local-path-128-refused', by('command.accept', 'DG-05')),
  limit('HTTP source port 0 gets')('port-zero-accepted', by('command.refuse', 'DG-04')),
  limit('HTTP source port 65536 gets')('port-65536-accepted', by('command.refuse', 'DG-04')),
  limit('HTTP source port 65535 is accepted')('port-65535-refused', by('command.accept', 'DG-04')),
  limit('the default port of http')('default-port-wrong', by('suite.expectation')),
  limit('/etc/passwd gets ERROR')('other-path-accepted', by('command.refuse', 'DG-05')),
  missing('missing-file-accepted', by('command.refuse', 'DG-05')),
  missing('error-but-reboots', by('command.no-effect', 'DG-06')),
  missing('error-but-reports', by('command.no-effect', 'DG-06')),
  test('identity', 'AT\\+QFOTADL=\\? answers OK')('test-form-refused', by('suite.expectation')),
  test('bad-packages', 'after a package that was refused')(
    'refused-after-rollback',
    by('command.accept', 'DG-05'),
    by('sequence.again', 'DH-05'),
  ),
  test('download-failures', 'over ftp a failed download does not spoil the next')(
    'refused-after-failed-download',
    by('command.accept', 'DG-03'),
  ),
];

const download: readonly Expectation[] = [
  notFound('ftpend-0-on-failure', by('download.reported', 'DG-16')),
  notFound('failure-code-range-wrong', by('download.code', 'DG-16')),
  notFound('failed-download-reboots', by('download.failed-cleanly', 'DG-16')),
  notFound('failed-download-silent', by('download.reported', 'DG-16')),
  test('round-trip', 'round trip over http ')(
    'wrong-file-fetched',
    by('download.unprovoked', 'DG-10'),
    by('fetch.whole', 'DG-10'),
  ),
  test('round-trip', 'round trip over http ')('fetched-twice', by('fetch.once', 'DG-10')),
  test('round-trip', 'round trip over http ')(
    'download-too-slow',
    by('time.download', 'DH-08'),
    by('download.unprovoked', 'DG-10'),
  ),
  test('round-trip', 'round trip over ufs ')('local-file-requests', by('fetch.nothing', 'DG-09')),
  test('round-trip', 'round trip over ufs ')('local-file-reports-download', by('order.local', 'DG-09')),
];

export const deliveryExpectations: readonly Expectation[] = [...limits, ...download];
