import { notStarted, RigsInTurn } from './rigs-in-turn.js';

/** Processes that come up and end when the test says so. */
function bench(names: readonly string[], atOnce: number) {
  const started: string[] = [];
  const told: string[] = [];
  const end = new Map<string, (how: number | string) => void>();
  const rigs = new RigsInTurn(
    names.map((name) => ({
      name,
      start: () => {
        started.push(name);
        return {
          ended: new Promise<number | string>((resolve) => end.set(name, resolve)),
          interrupt: () => told.push(`interrupt ${name}`),
          kill: () => told.push(`kill ${name}`),
        };
      },
    })),
    atOnce,
  );
  const ends = async (name: string, how: number | string): Promise<void> => {
    end.get(name)?.(how);
    await new Promise(setImmediate);
  };
  return { rigs, started, told, ends };
}

test('only so many come up at a time; whoever is under way makes room, however long it then works', async () => {
  const { rigs, started, ends } = bench(['a', 'b', 'c', 'd'], 2);
  expect(started).toEqual(['a', 'b']);
  rigs.underWay('b');
  rigs.underWay('b');
  expect(started).toEqual(['a', 'b', 'c']);
  await ends('a', 3);
  expect(started).toEqual(['a', 'b', 'c', 'd']);
  for (const [name, how] of [
    ['d', 1],
    ['c', 0],
    ['b', 'SIGKILL'],
  ] as const)
    await ends(name, how);
  expect(await rigs.ended).toEqual([3, 'SIGKILL', 0, 1]);
});

test('after an interruption none begins, those that run are told, and the run waits for them', async () => {
  const { rigs, started, told, ends } = bench(['a', 'b', 'c'], 1);
  rigs.interrupt();
  expect(told).toEqual(['interrupt a']);
  rigs.underWay('a');
  rigs.kill();
  expect(told).toEqual(['interrupt a', 'kill a']);
  await ends('a', 'SIGKILL');
  expect(started).toEqual(['a']);
  expect(await rigs.ended).toEqual(['SIGKILL', notStarted, notStarted]);
});
