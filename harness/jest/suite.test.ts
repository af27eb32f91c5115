import { marked } from './outcome.js';
import type { World } from './world.js';

const numbers: number[] = [];
const world = {
  rig: { delivery: {} },
  unit: {},
  pair: {},
  cuts: { plan: [], only: undefined },
  soak: {},
  drift: {},
  tries: 2,
  lacks: () => undefined,
  leaves: () => undefined,
  declare: () => undefined,
  alreadyDone: () => false,
  retried: (_title: string, number: number) => numbers.push(number),
  baseline: () => Promise.resolve(),
} as unknown as World;

/** The body that `check` gives to Jest. */
async function bodyOf(run: () => Promise<void>, progress?: () => number): Promise<() => Promise<void>> {
  globalThis.dfota = world;
  const { check } = await import('./suite.js');
  const { test: real } = globalThis;
  let body: (() => Promise<void>) | undefined;
  globalThis.test = ((_title: string, given: () => Promise<void>) => (body = given)) as unknown as typeof real;
  try {
    check('a title', { covers: [], ...(progress === undefined ? {} : { progress }) }, run);
  } finally {
    globalThis.test = real;
  }
  return body ?? (() => Promise.reject(new Error('no test was made')));
}
const spoilt = (): Promise<void> => Promise.reject(new Error(marked('invalid', 'noise')));
beforeEach(() => numbers.splice(0));

test('what the rig spoilt is tried again as often as the run says, then it is invalid', async () => {
  await expect((await bodyOf(spoilt))()).rejects.toThrow('INVALID: noise');
  expect(numbers).toEqual([1]);
});

test('a test of many rounds that came further has its tries anew; one that stands still has not', async () => {
  let round = 0;
  const body = await bodyOf(
    () => {
      round = Math.min(round + 1, 3);
      return spoilt();
    },
    () => round,
  );
  await expect(body()).rejects.toThrow('INVALID: noise');
  expect(numbers).toEqual([1, 1, 1]);
});
