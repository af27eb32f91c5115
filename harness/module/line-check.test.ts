import { rmSync, symlinkSync } from 'node:fs';
import { systemClock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import type { LineRole } from '../journal/events.js';
import { checkLines } from './line-check.js';
import { Ports } from './ports.js';
import { play } from './testing/play.js';
import { testBench, type TestBench, type TestBenchOptions } from './testing/test-bench.js';
import { timingOf } from './timing.js';

jest.setTimeout(120_000);

let bench: TestBench;
let ports: Ports;
function make(options: TestBenchOptions = {}): void {
  bench = testBench(options);
  ports = new Ports({ lines: bench.lines, journal: bench.journal, clock: systemClock });
}
afterEach(async () => {
  ports.close();
  await bench.close();
});

const own = '861107030000001';
const other = '861107039999997';
const check = (): Promise<void> => checkLines({ ports, rig: bench.rig, timing: timingOf(bench.profile), clock: systemClock });
const fault = async (): Promise<RigFault> => {
  const error: unknown = await check().then(
    () => 'no fault',
    (reason: unknown) => reason,
  );
  if (!(error instanceof RigFault)) throw new Error(String(error));
  return error;
};
/** What was asked on one line; each time the next of these is the answer to that command, the last one from then on. `silent`: none. */
function answering(role: LineRole, command: string, answers: readonly string[]): string[] {
  const asked: string[] = [];
  bench.module.override = (text, on) => {
    if (on !== role) return 'default';
    asked.push(text);
    if (text !== command) return 'default';
    const answer = answers[Math.min(asked.filter((each) => each === command).length, answers.length) - 1];
    return answer === 'silent' || answer === undefined ? 'silent' : answer.split(' ');
  };
  return asked;
}

test('a sound rig: each line is asked for an answer and for its unit, and for nothing else', async () => {
  make();
  const asked: string[] = [];
  bench.module.override = (command, role) => {
    asked.push(`${role} ${command}`);
    return 'default';
  };
  await check();
  expect(asked).toEqual(['at AT', 'at AT+CGSN', 'uart AT', 'uart AT+CGSN']);
});

test.each(['at', 'uart'] as const)('%s is open and silent: asked four times, and named', async (role) => {
  make();
  const asked = answering(role, 'AT', ['silent']);
  const { message, explanation } = await fault();
  expect(message).toBe(`rig bench: line ${role} does not answer`);
  expect(explanation).toMatchObject({ asked: 'OK to AT', seen: 'open but silent' });
  expect(explanation.hint).toContain('dfota rigs check');
  expect(asked).toEqual(['AT', 'AT', 'AT', 'AT']);
});

test('an answer that noise has eaten three times is heard the fourth time', async () => {
  make();
  const asked = answering('uart', 'AT', ['silent', 'silent', 'ERROR', 'OK']);
  await check();
  expect(asked.filter((text) => text === 'AT')).toHaveLength(4);
});

test.each(['at', 'uart'] as const)('%s leads to another unit, each time it is asked', async (role) => {
  make();
  const asked = answering(role, 'AT+CGSN', [`${other} OK`]);
  const { message, explanation } = await fault();
  expect(message).toBe(`rig bench: line ${role} leads to another unit`);
  expect(explanation).toMatchObject({ asked: `IMEI ${own} on every line`, seen: `IMEI ${other}` });
  expect(asked.filter((text) => text === 'AT+CGSN')).toHaveLength(4);
});

test.each([
  ['one wrong digit, then the right ones', [`861107030000009 OK`, `${own} OK`], 2],
  ['other digits each time', ['861107030000009 OK', '861107030000003 OK', '261107030000001 OK', '861107030000301 OK'], 4],
  ['no readable answer', ['ERROR'], 4],
  ['one answer that can be read, with a wrong digit', ['ERROR', '861107030000009 OK', 'ERROR'], 4],
  ['no readable answer, then the right one', ['ERROR', '86110703 OK', `${own} OK`], 3],
])('%s: noise, which says nothing of the unit', async (_, answers, asks) => {
  make();
  const asked = answering('uart', 'AT+CGSN', answers);
  await check();
  expect(asked.filter((text) => text === 'AT+CGSN')).toHaveLength(asks);
});

test('another unit, although noise spoils two answers in four', async () => {
  make();
  answering('uart', 'AT+CGSN', ['ERROR', `${other} OK`, 'ERROR', `${other} OK`]);
  expect((await fault()).message).toBe('rig bench: line uart leads to another unit');
});

test('a line whose device is absent is waited for as long as a start may take, then named', async () => {
  make({ limits: { boot: 600 } });
  bench.module.lines.at?.unplug();
  const began = systemClock.now();
  const { message, explanation } = await fault();
  expect([message, explanation.seen]).toEqual(['rig bench: line at is not there', 'absent']);
  expect(systemClock.now() - began).toBeGreaterThanOrEqual(600);
});

test('a line whose device comes while it is waited for is checked like the others', async () => {
  make({ limits: { boot: 600_000 } });
  const { at } = bench.module.lines;
  at?.unplug();
  const asked = answering('at', 'AT', ['OK']);
  play([[300, () => at?.replug()]]);
  await check();
  expect(asked).toEqual(['AT', 'AT+CGSN']);
});

test('a device that is there and cannot be opened', async () => {
  make({ limits: { boot: 600 } });
  const { at } = bench.rig.lines ?? {};
  const path = at !== undefined && 'device' in at ? (at.device ?? '') : '';
  bench.module.lines.at?.unplug();
  rmSync(path, { force: true });
  symlinkSync('/dev/null', path);
  const { message, explanation } = await fault();
  expect([message, explanation.seen]).toEqual(['rig bench: line at is not there', 'present, but it could not be opened']);
});
