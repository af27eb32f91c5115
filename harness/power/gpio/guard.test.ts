/** Real processes: a harness that is killed with SIGKILL, and the guardian that it leaves behind. `npm run build` comes first. */
import { transformSync } from '@swc/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { guardProgram } from './guardian.js';
import { FakeKernel, type FakeLine } from './testing/fake-libgpiod.js';

let folder: string;
let kernel: FakeKernel;
let watcher: FSWatcher;
const changed = new Set<() => void>();
const children: ChildProcess[] = [];

const usual: Partial<FakeLine>[] = [{ pull: 1 }, { pull: 1 }, { pull: 1 }];
function setUp(lines: Partial<FakeLine>[], onRelease: 'keeps-level' | 'becomes-input'): void {
  folder = mkdtempSync(join(tmpdir(), 'dfota-guard-'));
  kernel = FakeKernel.create(folder, { gpiochip0: { onRelease, lines } });
  const source = readFileSync(join(__dirname, 'testing', 'fake-libgpiod.ts'), 'utf8');
  const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } } as const;
  writeFileSync(join(folder, 'fake-libgpiod.js'), transformSync(source, options).code);
  writeFileSync(
    join(folder, 'library.js'),
    `module.exports = new (require('./fake-libgpiod.js').FakeKernel)(${JSON.stringify(folder)}).binding();`,
  );
  // A run's smallest part, in the harness' own code: it takes the lines, does what it is told, and stays.
  writeFileSync(
    join(folder, 'run.js'),
    `const { openGpioWires } = require(${JSON.stringify(join(dirname(guardProgram()), 'wires.js'))});
     const { systemClock } = require(${JSON.stringify(join(dirname(guardProgram()), '..', '..', 'base', 'clock.js'))});
     const { FakeKernel } = require('./fake-libgpiod.js');
     const kernel = new FakeKernel(${JSON.stringify(folder)});
     const line = (offset) => ({ line: offset, activeLow: offset === 2 || (offset === 0 && process.argv.includes('low')), openDrain: false });
     openGpioWires({
       rig: 'bench', clock: systemClock, off: 100, library: ${JSON.stringify(join(folder, 'library.js'))},
       loaded: { binding: kernel.binding() }, devices: kernel.devices, descriptors: kernel.descriptors,
       definition: { chip: 'gpiochip0', supply: line(0), vbus: line(1), powerKey: line(2) },
     }).then(async (wires) => {
       for (const word of process.argv.slice(2)) {
         if (word === 'on') await Promise.all([wires.set('supply', true), wires.set('vbus', true)]);
         if (word === 'cut') await Promise.all([wires.set('supply', false), wires.set('vbus', false)]);
         if (word === 'inverted') await wires.set('supply', false), wires.rest('supply', false);
         if (word === 'press') wires.press('powerKey', 60000);
         if (word === 'close') await wires.close();
       }
       console.log('done');
       setTimeout(() => {}, 60000);
     }, (error) => { console.log(error.explain()); process.exit(3); });`,
  );
  watcher = watch(folder, () => {
    for (const wake of [...changed]) wake();
  });
}
afterEach(async () => {
  watcher.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  // Those that still have something to do end when they have done it.
  for (const pid of started.splice(0)) {
    while (isAlive(pid)) {
      process.kill(pid, 'SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Guardians of all runs so far. */
const started: number[] = [];
function childrenOf({ pid }: ChildProcess): number[] {
  const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'latin1');
  return text.split(' ').filter(Boolean).map(Number);
}
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const holders = (): (string | undefined)[] => [0, 1, 2].map((offset) => kernel.line('gpiochip0', offset).holder?.consumer);

const allFree = (): Promise<void> => until(() => holders().every((holder) => holder === undefined));

/** The end of a process that is not our child wakes nobody. */
async function death(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function until(so: () => boolean): Promise<void> {
  while (!so()) {
    await new Promise<void>((resolve) => {
      changed.add(resolve);
    });
    changed.clear();
  }
}

/** Starts a run and resolves once it has done what it was told. */
async function run(...words: string[]): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [join(folder, 'run.js'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DFOTA_STATE: folder },
  });
  children.push(child);
  const said = await new Promise<string>((resolve) => {
    child.stdout?.once('data', (data: Buffer) => {
      resolve(String(data));
    });
  });
  started.push(...childrenOf(child));
  return { child, said };
}
const levels = (): number[] => [0, 1, 2].map((offset) => kernel.level('gpiochip0', offset));
const log = (): string => {
  try {
    return readFileSync(join(folder, 'gpio-guard.log'), 'utf8');
  } catch {
    return '';
  }
};

jest.setTimeout(120_000);

const free = [undefined, undefined, undefined];

describe.each(['keeps-level', 'becomes-input'] as const)('a driver that %s', (onRelease) => {
  test('killed in mid-cut and mid-pulse: the key goes up, then the supply comes back, and nothing is held', async () => {
    setUp(usual, onRelease);
    const { child } = await run('cut', 'press');
    expect(levels()).toEqual([0, 0, 0]);
    child.kill('SIGKILL');
    await until(() => log().includes('vbus was off'));
    // Nothing came on before it had been off for long enough, though the process that held it off is dead.
    expect(kernel.moves).toEqual([
      'gpiochip0/0 0',
      'gpiochip0/1 0',
      'gpiochip0/2 0',
      'gpiochip0/2 1',
      'gpiochip0/0 1',
      'gpiochip0/1 1',
    ]);
    await allFree();
    const lines = log().trim().split('\n');
    const [keyUp, supplyOn] = lines.map((line) => Date.parse(line.slice(0, 24)));
    expect((supplyOn ?? 0) - (keyUp ?? 0)).toBeGreaterThanOrEqual(99);
    expect(log()).toMatch(/rig bench, after the end of process \d+: powerKey let go/);
  });

  test('killed with the supply on: it stays on, without a gap', async () => {
    setUp(usual, onRelease);
    const { child } = await run('on');
    child.kill('SIGKILL');
    await allFree();
    expect(kernel.moves).toEqual([]);
  });
});

test('a run that ended in order leaves no guardian when the lines stay by themselves', async () => {
  setUp(usual, 'becomes-input');
  await run('on', 'close');
  expect(holders()).toEqual(free);
  await death(started[0] ?? 0);
  expect(kernel.moves).toEqual([]);
  expect(log()).toBe('');
});

test.each(['in order', 'by SIGKILL'])(
  'lines that would fall back, after a run that ended %s: held without a gap until the next run, which takes them as they stand',
  async (how) => {
    // Nothing on these lines gives the supply a level of its own.
    setUp([{}, {}, { pull: 1 }], 'becomes-input');
    const { child } = await run('on', ...(how === 'in order' ? ['close'] : []));
    child.kill('SIGKILL');
    if (how !== 'in order') await until(() => log().includes('held until the next run'));
    expect(kernel.moves).toEqual(['gpiochip0/0 1', 'gpiochip0/1 1']);
    const [guard = 0] = started;
    expect(readFileSync(`/proc/${String(guard)}/cmdline`, 'latin1')).toContain(
      `dfota-guard after ${String(child.pid)} supply=gpiochip0/0:1 vbus=gpiochip0/1:1\0`,
    );
    expect(holders()).toEqual([`dfota:${String(child.pid)} supply bench`, `dfota:${String(child.pid)} vbus bench`, undefined]);
    const next = await run();
    expect(next.said).toBe('done\n');
    expect(levels()).toEqual([1, 1, 1]);
    expect(holders()[0]).toBe(`dfota:${String(next.child.pid)} supply bench`);
    await death(guard);
  },
);

test('a held line keeps its electrical level when its definition says the other one from the next run on', async () => {
  setUp(usual, 'becomes-input');
  const { child } = await run('inverted');
  child.kill('SIGKILL');
  await until(() => log().includes('supply held until the next run'));
  expect(levels()[0]).toBe(0);
  // The definition is corrected: low is what feeds the unit.
  const next = await run('low');
  expect(next.said).toBe('done\n');
  expect(levels()[0]).toBe(0);
  await death(started[0] ?? 0);
});

test('a run that is started while the guardian still keeps the supply off waits for it', async () => {
  setUp(usual, 'keeps-level');
  const { child } = await run('cut');
  child.kill('SIGKILL');
  const next = await run();
  expect(next.said).toBe('done\n');
  expect(levels()).toEqual([1, 1, 1]);
});

test('lines of a run that lives are in use', async () => {
  setUp(usual, 'keeps-level');
  const { child } = await run('cut');
  const next = await run();
  expect(next.said).toContain(`held by "dfota:${String(child.pid)} supply bench"`);
  expect(levels()).toEqual([0, 0, 1]);
});

test('a Ctrl-C, a hang-up and a SIGTERM meant for the run do not end the guardian', async () => {
  setUp(usual, 'keeps-level');
  const { child } = await run('cut');
  const [guard, ...others] = childrenOf(child);
  expect(others).toEqual([]);
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.kill(guard as number, signal);
  child.kill('SIGKILL');
  await until(() => kernel.moves.length === 4);
  expect(kernel.moves.slice(2)).toEqual(['gpiochip0/0 1', 'gpiochip0/1 1']);
});
