import { Latest } from './latest.js';

test('what was set last is kept, what was set before that is forgotten', () => {
  const latest = new Latest<number>(2);
  latest.set('a', 1);
  latest.set('b', 2);
  latest.set('a', 3);
  latest.set('c', 4);
  expect([latest.get('a'), latest.get('b'), latest.get('c')]).toEqual([3, undefined, 4]);
});
