import type { Restart } from '../module/types.js';
import { marked } from './outcome.js';
import type { World } from './world.js';

const numbers: number[] = [];
let restarted: Restart = { ready: true, stayed: true, reports: [] };
const world = {
  rig: { delivery: {} },
  unit: { restart: () => Promise.resolve(restarted) },
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

test.each<[Partial<Restart>, string | undefined]>([
  [{}, undefined],
  [{ reports: ['START'] }, undefined],
  [{ reports: ['START'], ready: false, stayed: false }, undefined],
  [{ ready: false, stayed: false }, 'INCONCLUSIVE: the unit was restarted (to see): it did not come up'],
  [{ stayed: false }, 'INCONCLUSIVE: the unit was restarted (to see): it came up, and restarted by itself'],
])('a restart gives its reports; without any, a unit that is not at rest is in doubt: %j', async (change, doubt) => {
  globalThis.dfota = world;
  const { restart } = await import('./suite.js');
  restarted = { ready: true, stayed: true, reports: [], ...change };
  if (doubt === undefined) await expect(restart('to see')).resolves.toEqual(restarted.reports);
  else await expect(restart('to see')).rejects.toThrow(doubt);
});
