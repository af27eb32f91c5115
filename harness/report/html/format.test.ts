import { duration, offset } from './page/format.js';

describe('a duration as a person says it', () => {
  test.each([
    [undefined, ''],
    [null, ''],
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [9994, '9.99 s'],
    [9996, '10.0 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min'],
    [479_600, '8 min'],
    [61_499, '1 min 1 s'],
    [3_599_600, '1 h 0 min'],
    [5_430_000, '1 h 30 min'],
  ])('%s ms: %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

test('a place on a timeline never shows sixty seconds', () => {
  expect(offset(59_999.4, true)).toBe('+59.999 s');
  expect(offset(119_960, true)).toBe('+2:00.0');
  expect(offset(119_940, true)).toBe('+1:59.9');
  expect(offset(7, false)).toBe('line 7');
});
