import * as fc from 'fast-check';
import { checksum, sameChecksum } from './checksum.js';

test.each([
  ['', '0'],
  ['12', (0x3132).toString(16)],
  ['123', (0x3132 ^ 0x3300).toString(16)],
  ['\x00\x0a', 'a'],
  ['abab', '0'],
])('of %j is %s', (text, sum) => {
  expect(checksum(Buffer.from(text, 'latin1'))).toBe(sum);
});

test('each changed byte changes it, swapped words do not', () => {
  const data = fc.uint8Array({ minLength: 4, maxLength: 5000 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(data, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, where, flip) => {
      const changed = Buffer.from(bytes);
      const at = where % bytes.length;
      changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
      expect(checksum(changed)).not.toBe(checksum(bytes));
      const swapped = Buffer.concat([bytes.subarray(2, 4), bytes.subarray(0, 2), bytes.subarray(4)]);
      expect(checksum(swapped)).toBe(checksum(bytes));
    }),
  );
});

test('is compared as a number, and only if it is one', () => {
  expect(sameChecksum('00AB', 'ab')).toBe(true);
  expect(sameChecksum('ab', 'abc')).toBe(false);
  expect(sameChecksum('', '0')).toBe(false);
  expect(sameChecksum('x', '0')).toBe(false);
});
