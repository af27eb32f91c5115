import { driftText } from './drift.js';

const times = (boot: number) => ({ download: undefined, flash: 8000, boot, total: undefined });

test('the medians of the first and the last third, for each time that was measured at all', () => {
  const upgrades = [10_000, 10_000, 90_000, 11_000, 11_000, 11_000, 12_000, 12_500, 12_000].map(times);
  expect(driftText(upgrades)).toEqual([
    'flash: 8.00 s at first, 8.00 s at last (+0.0 %), over 9 upgrades',
    'boot: 10.00 s at first, 12.00 s at last (+20.0 %), over 9 upgrades',
  ]);
});

test('one upgrade alone drifts nowhere', () => {
  expect(driftText([times(10_000)])).toEqual([]);
});
