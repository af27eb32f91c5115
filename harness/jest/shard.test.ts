import fc from 'fast-check';
import { UserError } from '../base/errors.js';
import { leftToOthers, parseShard } from './shard.js';

test('each test is in exactly one share, the same wherever it is asked, and no share is empty of many', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 7 }), (titles, of) => {
      const shares = Array.from({ length: of }, (_, index) => ({ index: index + 1, of }));
      for (const title of titles) {
        const own = shares.filter((share) => leftToOthers(share, title, ['ufs']) === undefined);
        expect(own).toHaveLength(1);
        const [mine] = own;
        for (const share of shares) {
          if (share !== mine)
            expect(leftToOthers(share, title, ['ufs'])).toBe(`left to shard ${String(mine?.index)} of ${String(of)}`);
        }
      }
    }),
  );
  const many = Array.from({ length: 400 }, (_, index) => `cut ${String(index)}`);
  const counts = [1, 2, 3, 4].map(
    (index) => many.filter((title) => leftToOthers({ index, of: 4 }, title, []) === undefined).length,
  );
  for (const count of counts) expect(count).toBeGreaterThan(60);
});

test('tests of one title over different sources may be shared out', () => {
  const shares = ['ftp', 'http', 'ufs', 'sd', 'own-ftp', 'own-http'].map((need) =>
    leftToOthers({ index: 1, of: 2 }, 'v12 → v13 → v12', [need]),
  );
  expect(new Set(shares).size).toBe(2);
});

test('without shares nothing is left to others', () => {
  expect(leftToOthers(undefined, 'any', [])).toBeUndefined();
});

test.each(['0/2', '3/2', '1', '1/0', 'a/b', '1/2/3', ' 1/2'])('%j is refused', (text) => {
  expect(() => parseShard(text)).toThrow(UserError);
});
test('2/3 is the second of three', () => {
  expect(parseShard('2/3')).toEqual({ index: 2, of: 3 });
});
