import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import { acquireLease } from './lease.js';
import { compiled } from './testing/compiled.js';

let dir: string;
let code: string;
const children: ChildProcess[] = [];
beforeAll(() => {
  code = compiled(['rig/lease', 'rig/state', 'base/clock', 'base/errors']);
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'dfota-lease-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});
afterAll(() => {
  rmSync(code, { recursive: true, force: true });
});

/** A second process that has taken the rig and does what `then` says. */
async function holder(then = 'setInterval(() => undefined, 1000)'): Promise<ChildProcess> {
  const script = `require(${JSON.stringify(join(code, 'rig/lease.js'))})
    .acquireLease('ec25-a', { dir: ${JSON.stringify(dir)}, run: 'run-7' })
    .then((lease) => { console.log('taken'); ${then}; });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

async function refusal(): Promise<UserError> {
  const error: unknown = await acquireLease('ec25-a', { dir }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error('the rig was not refused', { cause: error });
  return error;
}

test('a rig that another process has is refused, and the holder is named', async () => {
  const child = await holder();
  const error = await refusal();
  expect(error.exitCode).toBe(2);
  expect(error.explain()).toMatch(
    new RegExp(`^rig ec25-a is in use\\n  seen:  process ${String(child.pid)} has it since 20\\d\\d-.*Z, run run-7\\n`),
  );
});

test('another rig can be taken meanwhile', async () => {
  await holder();
  const lease = await acquireLease('ec25-b', { dir });
  expect(lease.held).toBe(true);
  await lease.release();
});

test('SIGKILL of the holder frees the rig', async () => {
  const child = await holder();
  child.kill('SIGKILL');
  await once(child, 'exit');
  // The holder's `cat` ends on the end of its input, a moment after the kernel has closed the dead process's pipe.
  const lease = await eventually(() => acquireLease('ec25-a', { dir }));
  expect(lease.held).toBe(true);
  await lease.release();
});

test('a holder with nothing left to do may end: the lease does not keep it alive', async () => {
  const child = await holder('');
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
});

test('children that the holder starts afterwards do not inherit the lock', async () => {
  const child = await holder(
    `const sleeper = require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
     require('node:fs').writeFileSync(${JSON.stringify(join(dir, 'sleeper'))}, String(sleeper.pid));
     setTimeout(() => process.exit(0), 50)`,
  );
  if (child.exitCode === null) await once(child, 'exit');
  try {
    const lease = await eventually(() => acquireLease('ec25-a', { dir }));
    await lease.release();
  } finally {
    process.kill(Number(readFileSync(join(dir, 'sleeper'), 'utf8')), 'SIGKILL');
  }
});

test('released, it can be taken again; releasing twice is harmless', async () => {
  const first = await acquireLease('ec25-a', { dir });
  await expect(acquireLease('ec25-a', { dir })).rejects.toThrow('in use');
  await first.release();
  await first.release();
  expect(first.held).toBe(false);
  const second = await acquireLease('ec25-a', { dir });
  await first.release();
  expect(second.held).toBe(true);
  await expect(acquireLease('ec25-a', { dir })).rejects.toThrow('in use');
  await second.release();
});

test('whatever stands in a lock file, a free rig can be taken and a taken one is refused', async () => {
  const file = join(dir, 'ec25-a.lock');
  writeFileSync(file, '{"pid":"x"');
  const lease = await acquireLease('ec25-a', { dir });
  writeFileSync(file, '\0junk');
  expect((await refusal()).explanation.seen).toBe(`somebody holds ${file}`);
  await lease.release();
});

test('without the program flock the package is named', async () => {
  const script = `require(${JSON.stringify(join(code, 'rig/lease.js'))})
    .acquireLease('ec25-a', { dir: ${JSON.stringify(dir)} })
    .catch((error) => { console.log(error.exitCode, error.explain()); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: dir } });
  children.push(child);
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  expect(output.toString()).toMatch(/^2 the program flock is needed.*\n.*try: .*util-linux/);
});

test('a folder that cannot be made is told as such', async () => {
  writeFileSync(join(dir, 'file'), '');
  await expect(acquireLease('ec25-a', { dir: join(dir, 'file', 'leases') })).rejects.toMatchObject({
    explanation: { hint: expect.stringContaining('DFOTA_STATE') as string },
  });
});

/** Tries until it works; each try is a real one, so no time is assumed. */
async function eventually<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
}
