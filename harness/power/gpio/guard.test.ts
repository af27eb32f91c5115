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
  // The harness' own code with a run's smallest part: it takes the lines, does what it is told, and stays.
  writeFileSync(
    join(folder, 'run.js'),
    `const { openGpioWires } = require(${JSON.stringify(join(dirname(guardProgram()), 'wires.js'))});
     const { systemClock } = require(${JSON.stringify(join(dirname(guardProgram()), '..', '..', 'base', 'clock.js'))});
     const library = ${JSON.stringify(join(folder, 'library.js'))};
     const line = (offset) => ({ line: offset, activeLow: offset === 2, openDrain: false });
     openGpioWires({
       rig: 'bench', clock: systemClock, off: 100, library, loaded: { binding: require(library) }, devices: ${JSON.stringify(kernel.devices)},
       definition: { chip: 'gpiochip0', supply: line(0), vbus: line(1), powerKey: line(2) },
     }).then(async (wires) => {
       for (const word of process.argv.slice(2)) {
         if (word === 'cut') await Promise.all([wires.set('supply', false), wires.set('vbus', false)]);
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

/** Guardians that hold a line. */
function guards(): number[] {
  const consumers = (kernel.read()['gpiochip0']?.lines ?? []).map(
    ({ holder }) => /^dfota-guard (\d+)/.exec(holder?.consumer ?? '')?.[1],
  );
  return [...new Set(consumers)].flatMap((pid) => (pid === undefined ? [] : [Number(pid)]));
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

jest.setTimeout(60_000);

test('killed in mid-cut and mid-pulse: the key goes up, then the supply comes back, and nothing is held', async () => {
  setUp(usual, 'keeps-level');
  const { child } = await run('cut', 'press');
  expect(levels()).toEqual([0, 0, 0]);
  child.kill('SIGKILL');
  await until(() => kernel.moves.length === 6);
  // The driver keeps the levels of the dead process; what is off was off for its least time.
  expect(kernel.moves).toEqual([
    'gpiochip0/0 0',
    'gpiochip0/1 0',
    'gpiochip0/2 0',
    'gpiochip0/2 1',
    'gpiochip0/0 1',
    'gpiochip0/1 1',
  ]);
  await until(() => log().includes('vbus was off'));
  await until(() => guards().length === 0);
  expect(log()).toMatch(/rig bench, after the end of process \d+: powerKey let go/);
});

test('a run that ended in order leaves no guardian, and nothing is done', async () => {
  setUp(usual, 'keeps-level');
  const { child } = await run('close');
  child.kill('SIGKILL');
  expect(kernel.moves).toEqual([]);
  expect(log()).toBe('');
});

test('lines that would fall back are held by the guardian until the next run takes them over at the same level', async () => {
  // Nothing on these lines gives the supply a level of its own.
  setUp([{ direction: 'output', driven: 1 }, { direction: 'output', driven: 1 }, { pull: 1 }], 'becomes-input');
  const { child } = await run('cut');
  child.kill('SIGKILL');
  await until(() => log().includes('held until the next run'));
  expect(levels()).toEqual([1, 1, 1]);
  const [guard] = guards();
  expect(guard).toBeGreaterThan(1);
  const next = await run();
  expect(next.said).toBe('done\n');
  expect(levels()).toEqual([1, 1, 1]);
  expect(guards()).toEqual([]);
  await until(() => log().includes('let go for the next run'));
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
