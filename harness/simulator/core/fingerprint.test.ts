import fc from 'fast-check';
import { Fingerprint } from './fingerprint.js';
import { Flash, PAGE_SIZE, PAGES_PER_BLOCK } from './flash.js';
import type { FlashOp } from './flash.js';

const BLOCKS = 3;

const op: fc.Arbitrary<FlashOp> = fc.oneof(
  fc.record({ kind: fc.constant('erase' as const), block: fc.nat(BLOCKS - 1) }),
  fc.record({
    kind: fc.constant('program' as const),
    page: fc.nat(BLOCKS * PAGES_PER_BLOCK - 1),
    data: fc.nat(3).map((fill) => new Uint8Array(PAGE_SIZE).fill(fill)),
  }),
);

test('two flashes have the same key exactly when they have the same content', () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 12 }), fc.array(op, { maxLength: 12 }), (left, right) => {
      const [one, two] = [new Flash(BLOCKS), new Flash(BLOCKS)];
      const [a, b] = [new Fingerprint(one), new Fingerprint(two)];
      for (const each of left) one.perform(each);
      for (const each of right) two.perform(each);
      expect(a.key === b.key).toBe(one.dump().equals(two.dump()));
    }),
    { numRuns: 60 },
  );
});

test('the same pages at other places are another content, and a snapshot brings the key back', () => {
  const data = new Uint8Array(PAGE_SIZE).fill(7);
  const flash = new Flash(BLOCKS);
  const print = new Fingerprint(flash);
  const [clean, before, state] = [print.key, flash.snapshot(), print.save()];
  for (const page of [3, 4]) flash.perform({ kind: 'program', page, data });
  const there = print.key;
  flash.restore(before);
  print.restore(state);
  expect(print.key).toBe(clean);
  for (const page of [3, 5]) flash.perform({ kind: 'program', page, data });
  expect(new Set([clean, there, print.key]).size).toBe(3);
});

test('a stamp comes back with a snapshot only, and with the content it stood for', () => {
  const flash = new Flash(BLOCKS);
  const write = (fill: number): void => {
    flash.perform({ kind: 'erase', block: 1 });
    flash.perform({ kind: 'program', page: PAGES_PER_BLOCK, data: new Uint8Array(PAGE_SIZE).fill(fill) });
  };
  write(1);
  const [first, before] = [flash.stamp(PAGES_PER_BLOCK, 1), flash.snapshot()];
  write(2);
  expect(flash.stamp(PAGES_PER_BLOCK, 1)).not.toBe(first);
  expect(flash.stamp(0, PAGES_PER_BLOCK)).toBe('0');
  flash.restore(before);
  expect(flash.stamp(PAGES_PER_BLOCK, 1)).toBe(first);
  write(1);
  expect(flash.stamp(PAGES_PER_BLOCK, 1)).not.toBe(first);
});
