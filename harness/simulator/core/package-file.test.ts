import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { Dice } from './bytes.js';
import { applyDelta, BadDelta, makeDelta } from './delta.js';
import { makeImage } from './image.js';
import { isProblem, makePackage, readPackage } from './package-file.js';
import { BadZip, readZip, writeZip } from './zip.js';

const [v12, v13] = [makeImage('EC25', 'v12', 'small'), makeImage('EC25', 'v13', 'small')];
const sound = makePackage(v12, v13);

test('a delta rebuilds any target from any source', () => {
  const bytes = fc.uint8Array({ maxLength: 400 }).map((data) => Buffer.from(data));
  fc.assert(fc.property(bytes, bytes, (a, b) => applyDelta(a, makeDelta(a, b)).equals(b)));
  const source = new Dice('delta').bytes(20_000);
  fc.assert(
    fc.property(fc.nat(19_000), fc.nat(900), bytes, (at, gone, inserted) => {
      const target = Buffer.concat([source.subarray(0, at), inserted, source.subarray(at + gone)]);
      const delta = makeDelta(source, target);
      return applyDelta(source, delta).equals(target) && deflateRawSync(delta).length < 3000;
    }),
    { numRuns: 30 },
  );
});

test('a damaged delta gives an error or other bytes, never anything else', () => {
  const source = new Dice('delta').bytes(3000);
  const delta = makeDelta(source, Buffer.concat([source.subarray(500), source.subarray(0, 900)]));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(delta.length), (junk, at) => {
      const bad = Buffer.concat([delta.subarray(0, at), junk]);
      try {
        applyDelta(source, bad);
      } catch (error) {
        expect(error).toBeInstanceOf(BadDelta);
      }
    }),
  );
});

test('what is zipped comes back, and a hostile zip only ever fails as one', () => {
  const entries = [{ name: 'a/b', content: Buffer.from('abc'.repeat(99)) }];
  expect(readZip(writeZip(entries))).toEqual(entries);
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bad = Buffer.from(sound);
      bad[at] = (bad[at] ?? 0) ^ flip;
      try {
        readZip(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(BadZip);
      }
    }),
    { numRuns: 300 },
  );
});

test('a package is refused with 505 for any flipped byte, any cut, and for what is no zip', () => {
  const codeOf = (data: Buffer): number | undefined => {
    const result = readPackage(data);
    return isProblem(result) ? result.code : undefined;
  };
  expect(codeOf(Buffer.from(sound))).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bad = Buffer.from(sound);
      bad[at] = (bad[at] ?? 0) ^ flip;
      return codeOf(bad) === 505;
    }),
    { numRuns: 300 },
  );
  fc.assert(fc.property(fc.nat(sound.length - 1), (length) => codeOf(Buffer.from(sound.subarray(0, length))) === 505));
  expect(codeOf(Buffer.from('not a zip'))).toBe(505);
});

test('packages are the same bytes each time, and say what they are for', () => {
  expect(makePackage(makeImage('EC25', 'v12', 'small'), makeImage('EC25', 'v13', 'small')).equals(sound)).toBe(true);
  expect(readPackage(sound)).toMatchObject({ from: 'EC25EFAR06A12M4G', to: 'EC25EFAR06A13M4G' });
});

test('a full-size package is some 200 kB', () => {
  const [a, b] = [makeImage('EC21', 'v12'), makeImage('EC21', 'v13')];
  for (const data of [makePackage(a, b), makePackage(b, a)]) {
    expect(data.length).toBeGreaterThan(140_000);
    expect(data.length).toBeLessThan(260_000);
  }
});
