import { cannotOpen, openFailure } from './port-fault.js';

test.each([
  ['Error: Permission denied, cannot open /dev/ttyUSB2', 'permission'],
  ['Error: Operation not permitted, cannot open /dev/ttyUSB2', 'permission'],
  ['Error Resource temporarily unavailable Cannot lock port', 'busy'],
  ['Error: Device or resource busy, cannot open /dev/ttyUSB2', 'busy'],
  ['Error: No such file or directory, cannot open /dev/ttyUSB2', 'gone'],
  ['Error: No such device, cannot open /dev/ttyUSB2', 'gone'],
  ['Error: Input/output error, cannot open /dev/pts/3', 'gone'],
  ['Invalid data bits setting 9', 'other'],
])('%s', (text, kind) => {
  expect(openFailure(new Error(text))).toBe(kind);
});

test('without permission the hint names the group', () => {
  const fault = cannotOpen('at', '/dev/link', '/dev/ttyUSB2', new Error('Error: Permission denied, cannot open /dev/ttyUSB2'));
  expect(fault.explain()).toContain('dialout');
  expect(fault.explain()).toContain('asked: open /dev/link (now /dev/ttyUSB2)');
  expect(fault.exitCode).toBe(3);
});
