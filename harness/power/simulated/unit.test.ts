import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { RigFault } from '../../base/errors.js';
import { compiled } from '../../rig/testing/compiled.js';
import { openPower } from '../open.js';
import { FakeUnit } from '../testing/fake-unit.js';
import { journalFor, powerText, rigWith, type MemoryJournal } from '../testing/rigs.js';
import type { RigPower } from '../types.js';
import { startSimulatedUnit, type SimulatedUnit, type SimulatedUnitOptions } from './unit.js';

const rig = rigWith({ simulated: {} });
let dir: string;
let journal: MemoryJournal;
const units: SimulatedUnit[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'dfota-sim-'));
  journal = journalFor();
});
afterEach(async () => {
  for (const unit of units.splice(0)) await unit.close();
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: Partial<SimulatedUnitOptions> = {}): Promise<{ unit: SimulatedUnit; power: RigPower }> {
  const unit = await startSimulatedUnit({ rig, seed: 1, journal, clock: systemClock, dir, ...options });
  units.push(unit);
  return { unit, power: await openPower(rig, { journal, clock: systemClock, simulated: unit }) };
}

function statusEdge(power: RigPower, wanted: boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = power.onStatus((on) => {
      if (on !== wanted) return;
      stop();
      resolve();
    });
  });
}

test('the real simulator: switched on by PWRKEY, left alone when it runs, off by a cut, on again', async () => {
  const { unit, power } = await start();
  expect(await power.status()).toBe(false);
  let up = statusEdge(power, true);
  await power.on('test');
  await up;
  await power.on('again');
  expect(await power.status()).toBe(true);
  expect(lstatSync(unit.linePaths.uart).isSymbolicLink()).toBe(true);

  const down = statusEdge(power, false);
  power.cut('test');
  await down;
  await power.settled();
  expect(existsSync(unit.linePaths.at)).toBe(false);
  up = statusEdge(power, true);
  await power.on('after the cut');
  await up;
  await unit.route('fota.example.net:80', '127.0.0.1:4711');
  await power.close();
  expect(powerText(journal).filter((line) => /^do .*(key|supply)/i.test(line))).toEqual([
    'do 1 supply on',
    'do 3 powerKey press 6',
    'do 4 supply off',
    'do 6 supply on',
    'do 8 powerKey press 6',
  ]);
});

test('PWRKEY switches it off as well', async () => {
  const { power } = await start();
  const up = statusEdge(power, true);
  await power.on('test');
  await up;
  const down = statusEdge(power, false);
  await power.pressPowerKey('off', 'test');
  await down;
});

test('a full flash can be asked for', async () => {
  const { unit } = await start();
  await unit.reflash();
});

test('an option that the simulator does not take is a fault that shows its words', async () => {
  const wrong = rigWith({ simulated: { defects: ['no-such-defect'] } });
  await expect(start({ rig: wrong })).rejects.toMatchObject({
    explanation: { seen: expect.stringContaining('no-such-defect') as string },
  });
});

test('the work on the flash is as long as the rig says', async () => {
  const program = join(dir, 'program.js');
  writeFileSync(program, 'console.error(process.argv.join(" ")); process.exit(4)');
  const short = rigWith({ simulated: { flashMinutes: 0.5 } });
  for (const [of, words] of [
    [short, '--flash-minutes 0.5 '],
    [rig, '--flash-minutes 8 '],
  ] as const) {
    const fault: unknown = await start({ rig: of, program }).catch((error: unknown) => error);
    expect((fault as RigFault).explanation.seen).toContain(words);
  }
});

describe('a program that is no simulator', () => {
  const programs: [string, string, RegExp][] = [
    ['ends at once', 'console.error("boom"); process.exit(4)', /exit 4: boom/],
    ['says something else', 'console.log("hello"); process.stdin.resume()', /said "hello"/],
    ['names no control socket', 'console.log(JSON.stringify({ ready: true, at: "a" })); process.stdin.resume()', /said/],
  ];
  test.each(programs)('%s', async (_name, code, seen) => {
    const program = join(dir, 'program.js');
    writeFileSync(program, code);
    const fault: unknown = await start({ program }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(RigFault);
    expect((fault as RigFault).explanation.seen).toMatch(seen);
  });

  test('has a control socket that nobody listens on', async () => {
    const program = join(dir, 'program.js');
    writeFileSync(
      program,
      `console.log(JSON.stringify({ ready: true, at: "a", uart: "b", control: "${dir}/none" })); process.stdin.resume()`,
    );
    await expect(start({ program })).rejects.toThrow('cannot be reached');
  });
});

test('a unit that the simulator of a killed run still holds is tried again', async () => {
  const fake = new FakeUnit();
  await fake.listen();
  const program = join(dir, 'program.js');
  writeFileSync(
    program,
    `const { existsSync, writeFileSync } = require('node:fs');
    const first = !existsSync(${JSON.stringify(join(dir, 'tried'))});
    writeFileSync(${JSON.stringify(join(dir, 'tried'))}, '');
    if (first) { console.error('process 1 already runs a module in this directory'); process.exit(2); }
    console.log(JSON.stringify({ ready: true, at: 'a', uart: 'b', control: ${JSON.stringify(fake.path)} }));
    process.stdin.resume();`,
  );
  const { unit } = await start({ program });
  expect(unit.linePaths).toEqual({ at: 'a', uart: 'b' });
  await unit.close();
  fake.close();
});

test('a simulator that ends by itself is written down', async () => {
  const { unit } = await start();
  const fault = new Promise<string>((resolve) => {
    journal.subscribe((event) => {
      if (event.type === 'rig.fault') resolve(`${event.what}: ${event.seen ?? ''}`);
    });
  });
  process.kill(unit.pid, 'SIGKILL');
  expect(await fault).toBe('the simulated unit ended by itself: ended by SIGKILL');
});

test('SIGKILL of the run ends its simulator, and the next run has the unit', async () => {
  const code = compiled([
    ...['power/simulated/unit', 'power/simulated/control', 'power/wires', 'rig/state'],
    ...['base/clock', 'base/errors', 'base/secrets', 'journal/journal'],
  ]);
  try {
    const own = (name: string): string => JSON.stringify(join(code, name));
    const simulator = join(__dirname, '..', '..', '..', 'dist', 'harness', 'simulator', 'main.js');
    const script = `
      const { systemClock: clock } = require(${own('base/clock.js')});
      const { startSimulatedUnit } = require(${own('power/simulated/unit.js')});
      const options = ${JSON.stringify({ rig, seed: 1, dir, program: simulator })};
      startSimulatedUnit({ ...options, clock, journal: { write: () => undefined } }).then((unit) => console.log(unit.pid));`;
    const run = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(run.stdout, 'data');
    run.kill('SIGKILL');
    await once(run, 'exit');
    const { power } = await start();
    expect(await power.status()).toBe(false);
  } finally {
    rmSync(code, { recursive: true, force: true });
  }
});
