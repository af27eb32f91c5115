import { crc32 as zlibCrc } from 'node:zlib';
import * as fc from 'fast-check';
import { crc32, Dice, FileChecksum } from './bytes.js';

test('CRC-32 of the check string', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  if (typeof zlibCrc === 'function')
    fc.assert(fc.property(fc.uint8Array(), (data) => expect(crc32(data)).toBe(zlibCrc(Buffer.from(data)))));
});

test('the file checksum: big-endian words, an odd byte in the high half, whatever the pieces', () => {
  const of = (...pieces: readonly (readonly number[])[]): string => {
    const checksum = new FileChecksum();
    for (const piece of pieces) checksum.add(Uint8Array.from(piece));
    return checksum.text();
  };
  expect(of([0x12, 0x34])).toBe('1234');
  expect(of([0x12, 0x34, 0x56])).toBe('4434');
  expect(of([0x12], [0x34], [0x56])).toBe('4434');
  expect(of([0x00, 0x0a])).toBe('a');
  expect(of()).toBe('0');
  expect(of([1, 2, 3, 4])).toBe(of([3, 4, 1, 2]));
});

test('dice repeat for the same words and differ for others', () => {
  const throws = (dice: Dice): number[] => Array.from({ length: 8 }, () => dice.bits());
  expect(throws(new Dice('a', 1))).toEqual(throws(new Dice('a', 1)));
  expect(throws(new Dice('a', 1))).not.toEqual(throws(new Dice('a', 2)));
});
