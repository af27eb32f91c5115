import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { openPower } from './open.js';
import { journalFor, powerText, rigWith, type MemoryJournal } from './testing/rigs.js';
import type { RigPower } from './types.js';

let folder: string;
let relay: string;
let journal: MemoryJournal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfota-command-'));
  relay = join(folder, 'relay');
  // Writes down what it is asked; tells the STATUS that stands in a file; a PWRKEY pulse toggles it.
  writeFileSync(
    relay,
    `#!/bin/sh
cd '${folder}'
[ "$1" = status ] && { cat status; exit; }
echo "$@" >> log
[ "$1" = key ] && { if [ "$(cat status)" = on ]; then echo off > status; else echo on > status; fi; }
[ "$1 $2" = 'supply off' ] && echo off > status
exit 0
`,
  );
  chmodSync(relay, 0o755);
  writeFileSync(join(folder, 'status'), 'off\n');
  writeFileSync(join(folder, 'log'), '');
  journal = journalFor();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const log = (): string[] => readFileSync(join(folder, 'log'), 'utf8').split('\n').filter(Boolean);
const open = (command: object): Promise<RigPower> => openPower(rigWith({ command }), { journal, clock: systemClock });
const whole = (): object => ({
  supplyOn: [relay, 'supply', 'on'],
  supplyOff: [relay, 'supply', 'off'],
  powerKey: [relay, 'key', '{ms}', '--width={ms}ms'],
  reset: [relay, 'reset', '{ms}'],
  status: [relay, 'status'],
});
async function faultOf(action: Promise<unknown>): Promise<RigFault> {
  const error: unknown = await action.catch((reason: unknown) => reason);
  if (!(error instanceof RigFault)) throw new Error('not a rig fault', { cause: error });
  return error;
}

test('programs switch the wires; {ms} becomes the width wherever it stands', async () => {
  const power = await open(whole());
  expect(power.wires).toEqual({ supply: true, vbus: false, powerKey: true, reset: true, status: true });
  await power.on('test');
  await power.pressReset('test');
  await power.cycle('test');
  await power.close();
  expect(log()).toEqual(['supply on', 'key 6 --width=6ms', 'reset 3', 'supply off', 'supply on', 'key 6 --width=6ms']);
});

test('a unit that runs is not pressed', async () => {
  writeFileSync(join(folder, 'status'), 'ON');
  const power = await open(whole());
  await power.on('test');
  expect(log()).toEqual(['supply on']);
});

describe('without STATUS', () => {
  const blind = (): object => ({ ...whole(), status: undefined });

  test('it says so, and goes by what the caller knows', async () => {
    const power = await open(blind());
    expect(await power.status()).toBeUndefined();
    await power.on('test', { running: true });
    expect(log()).toEqual(['supply on']);
    await power.on('test', { running: false });
    expect(log()).toEqual(['supply on', 'key 6 --width=6ms']);
  });

  test('or else by what was done last: no second pulse after one that switched on, one after one that switched off', async () => {
    const power = await open(blind());
    await power.on('test');
    await power.on('test');
    expect(log()).toEqual(['supply on', 'key 6 --width=6ms']);
    await power.pressPowerKey('off', 'test');
    await power.on('test');
    expect(log().slice(2)).toEqual(['key 8 --width=8ms', 'key 6 --width=6ms']);
    power.cut('test');
    await power.on('test');
    expect(log().slice(4)).toEqual(['supply off', 'supply on', 'key 6 --width=6ms']);
  });
});

test('what a program printed, and how it ended, is in the journal', async () => {
  const power = await open({ ...whole(), reset: ['sh', '-c', 'echo out; echo err >&2; exit 0', '{ms}'] });
  await power.pressReset('why');
  expect(journal.events.map(({ type, ...rest }) => ({ type, ...rest }))).toEqual([
    expect.objectContaining({ type: 'power.do', id: 1, wire: 'reset', action: 'press', ms: 3, why: 'why' }),
    expect.objectContaining({ type: 'power.done', id: 1, exit: 0, stdout: 'out\n', stderr: 'err\n' }),
  ]);
});

describe('a program that does not do it is a fault of the rig', () => {
  const pressing = async (...argv: string[]): Promise<RigFault> => {
    const power = await open({ powerKey: [...argv, '{ms}'], timeout: '300ms' });
    return faultOf(power.pressPowerKey('on', 'test'));
  };

  test('another exit code than 0', async () => {
    const fault = await pressing('sh', '-c', 'echo "no such relay" >&2; exit 3', "it's");
    expect(fault.exitCode).toBe(3);
    expect(fault.explain().split('\n')).toEqual([
      'power.command.powerKey failed: exit 3',
      `  asked: sh -c 'echo "no such relay" >&2; exit 3' 'it'\\''s' 6`,
      '  seen:  exit 3, output "no such relay"',
      '  try:   run it by hand; it must end with 0 when it has done what it was asked',
    ]);
    expect(journal.events.at(-1)).toMatchObject({ type: 'power.done', exit: 3, error: 'power.command.powerKey failed: exit 3' });
  });

  test('a program that is not there, or not executable', async () => {
    expect((await pressing('no-such-relay')).message).toBe('power.command.powerKey failed: there is no program no-such-relay');
    expect((await pressing(join(folder, 'log'))).explanation.hint).toContain('executable');
    expect((await pressing('x'.repeat(300_000))).message).toContain('failed');
  });

  test('one that takes too long is ended with all it has started, even if it will not', async () => {
    const children = join(folder, 'children');
    const fault = await pressing('sh', '-c', `trap '' TERM; sleep 60 & echo $! $$ > ${children}; wait; sleep 60`);
    expect(fault.explanation).toMatchObject({
      seen: 'did not end within 306 ms, no output',
      hint: expect.stringContaining('timeout') as string,
    });
    for (const pid of readFileSync(children, 'utf8').trim().split(' ')) await death(Number(pid));
  });

  test('one that ends when told, but leaves behind what will not', async () => {
    const children = join(folder, 'children');
    await pressing('sh', '-c', `(trap '' TERM; sleep 60; :) & echo $! > ${children}; trap 'exit 0' TERM; wait`);
    await death(Number(readFileSync(children, 'utf8')));
  });

  test('one that was killed', async () => {
    expect((await pressing('sh', '-c', 'kill -9 $$')).message).toContain('ended by SIGKILL');
  });

  test('passwords among its arguments are not shown', async () => {
    expect((await pressing('false', '--password', 'hunter2')).explain()).not.toContain('hunter2');
  });

  test.each(['', 'maybe', 'on off', 'on\nwarning: relay hot'])('a STATUS of %j', async (text) => {
    writeFileSync(join(folder, 'status'), text);
    const power = await open(whole());
    expect((await faultOf(power.status())).message).toBe('power.command.status does not tell on or off');
  });
});

test('a daemon left behind by a program does not hold it up', async () => {
  const pids = join(folder, 'pid');
  const power = await open({ powerKey: ['sh', '-c', `sleep 60 & echo $! > ${pids}`, '{ms}'] });
  try {
    await power.pressPowerKey('on', 'test');
    expect(powerText(journal)).toEqual(['do 1 powerKey press 6', 'done 1']);
  } finally {
    process.kill(Number(readFileSync(pids, 'utf8')), 'SIGKILL');
  }
});

test('endless output is cut short, and does no harm', async () => {
  const power = await open({ powerKey: ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x', '{ms}'] });
  await power.pressPowerKey('on', 'test');
  const done = journal.events.at(-1);
  if (done?.type !== 'power.done') throw new Error('no end of the action');
  expect(done.stdout).toHaveLength(4096 + '… (2995904 bytes more)'.length);
});

test('a cut has started its program when it returns, and what fails later shows in settled and in the journal', async () => {
  const power = await open({ ...whole(), supplyOff: ['sh', '-c', 'exit 9'] });
  power.cut('test');
  expect(powerText(journal)).toEqual(['do 1 supply off']);
  await expect(power.settled()).rejects.toThrow('exit 9');
  expect(powerText(journal).slice(1)).toEqual([
    'done 1: power.command.supplyOff failed: exit 9',
    'fault: power cut failed: power.command.supplyOff failed: exit 9',
  ]);
});

test('VBUS goes off with the supply, and comes on after it', async () => {
  const power = await open({ ...whole(), vbusOn: [relay, 'vbus', 'on'], vbusOff: [relay, 'vbus', 'off'] });
  await power.supply(false, 'test');
  await power.supply(true, 'test');
  expect(log().slice(0, 2).sort()).toEqual(['supply off', 'vbus off']);
  expect(log().slice(2)).toEqual(['supply on', 'vbus on']);
});

test('closing waits for the program under way and switches on what was left off', async () => {
  const power = await open({ ...whole(), reset: ['sh', '-c', `echo reset >> ${join(folder, 'log')}`, '{ms}'] });
  await power.supply(false, 'test');
  const started = new Promise<void>((resolve) => {
    journal.subscribe((event) => {
      if (event.type === 'power.do' && event.wire === 'reset') resolve();
    });
  });
  const reset = power.pressReset('test');
  await started;
  await Promise.all([reset, power.close()]);
  expect(log()).toEqual(['supply off', 'reset', 'supply on']);
});

test('in the last moments of a process the supply is switched on before the call returns', async () => {
  const power = await open(whole());
  await power.supply(false, 'test');
  power.closeNow();
  expect(log()).toEqual(['supply off', 'supply on']);
});

test('a program that still switches off in the last moments is ended first, with all it has started; a pulse is not', async () => {
  const slow = (what: string): string[] => [
    'sh',
    '-c',
    `cd '${folder}'; echo ${what} >> log; (sleep 0.3; echo ${what} done >> log); :`,
  ];
  const power = await open({ ...whole(), supplyOff: slow('off'), reset: [...slow('pulse'), '{ms}'] });
  const pulse = power.pressReset('test');
  while (!log().includes('pulse')) await new Promise(setImmediate);
  power.cut('test');
  while (!log().includes('off')) await new Promise(setImmediate);
  power.closeNow();
  expect(log()).toEqual(['pulse', 'off', 'supply on']);
  const cut = await power.settled().catch((error: unknown) => error);
  await pulse;
  await power.close();
  expect(log().filter((line) => line.startsWith('off') || line.startsWith('pulse'))).toEqual(['pulse', 'off', 'pulse done']);
  expect(cut).toMatchObject({ message: 'power.command.supplyOff failed: ended by SIGKILL' });
});

test('a rig without the wire says so', async () => {
  const power = await open({ powerKey: [relay, '{ms}'] });
  const fault = await faultOf(power.pressReset('test'));
  expect(fault.message).toBe('rig bench has no reset wire');
  await expect(power.cycle('test')).rejects.toThrow('no supply wire');
});

test('GPIO wires on a host without the library or the chip are a fault of the rig', async () => {
  const rig = rigWith({ gpio: { chip: '/dev/gpiochip-that-is-not-there', supply: 5 } });
  const fault = await faultOf(openPower(rig, { journal, clock: systemClock }));
  expect(fault.message).toMatch(/node-libgpiod is|GPIO chip .* is not there/);
});

/** Resolves when the process is gone; a signal takes its moment. */
async function death(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(setImmediate);
}

function isAlive(pid: number): boolean {
  try {
    // A zombie that nobody has reaped yet is as dead as one can be.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}
