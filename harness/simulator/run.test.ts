import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FileChecksum } from './core/bytes.js';
import { makePair } from './pair.js';
import { Bench, freshDir, simulator } from './testing/host.js';

jest.setTimeout(120_000);

const pair = freshDir();
makePair(pair, 'EC25');
const v12to13 = readFileSync(join(pair, 'update-v12-to-v13.zip'));
const checksum = new FileChecksum();
checksum.add(v12to13);
/** An upgrade takes two seconds: time enough between two percentages for a busy host to cut where it means to. */
const FAST = ['--scale', '0.004', '--flash-minutes', '8'];

let bench: Bench;
afterEach(async () => bench.stop());

test('identity, files and a local upgrade, cut in mid-recovery, in the simulator and by killing it', async () => {
  const dir = freshDir();
  bench = await Bench.start(dir, ...FAST);
  let { at, uart } = await bench.ready();
  expect(await at.command('ATI')).toBe('\r\nQuectel\r\nEC25\r\nRevision: EC25EFAR06A12M4G\r\n\r\nOK\r\n');
  expect(await at.command('AT+CGSN')).toContain('861107030000015');
  expect(await at.command('AT+NOPE')).toContain('ERROR');
  expect(await at.command('AT+QFOTADL="/data/ufs/u.zip"')).toContain('ERROR');

  // The longest patience there is: in the module's scaled time, a second of a busy machine is minutes.
  await at.command(`AT+QFUPL="u.zip",${v12to13.length},65535,1`);
  at.forget();
  // As much at a time as the terminal has room for: where serialport waits for room, it stops to wait for data and may never read again.
  for (let end = 1024; end < v12to13.length; end += 1024) {
    at.write(v12to13.subarray(end - 1024, end));
    await at.until(new RegExp(`^A{${end >> 10}}`));
  }
  at.write(v12to13.subarray(v12to13.length & ~1023));
  const answer = await at.until(/(A*)\r\n\+QFUPL: (\d+),(\w+)\r\n\r\nOK/);
  expect(answer.slice(1)).toEqual(['A'.repeat(v12to13.length >> 10), `${v12to13.length}`, checksum.text()]);
  expect(await at.command(`AT+QFUPL="u.zip",10`)).toContain('+CME ERROR: 407');
  expect(await at.command('AT+QFLST="*"')).toContain(`+QFLST: "UFS:u.zip",${v12to13.length}`);

  const before = readlinkSync(join(dir, 'at'));
  uart.forget();
  expect(await at.command('AT+QFOTADL="/data/ufs/u.zip"')).toContain('OK');
  await at.closed;
  await uart.until(/"START"/);
  const recovery = await bench.open('at');
  expect(readlinkSync(join(dir, 'at'))).not.toBe('');
  expect(before).toMatch(/^\/dev\/pts\/\d+$/);
  recovery.write('AT\r');
  await uart.until(/"UPDATING",4\d/);
  expect(recovery.text).not.toContain('OK');
  await bench.cut();
  expect(await bench.control.do({ do: 'state' })).toMatchObject({ mode: 'off', flag: 'recovery', counter: 1, status: false });

  uart.forget();
  await bench.powerOn();
  await uart.until(/"START"[^]*"UPDATING",6\d/);
  await bench.kill();

  bench = await Bench.start(dir, ...FAST);
  expect(await bench.control.do({ do: 'state' })).toMatchObject({ mode: 'off', flag: 'recovery', counter: 2 });
  uart = await bench.open('uart');
  await bench.powerOn();
  await uart.until(/"START"[^]*"END",0[^]*RDY/);
  expect(uart.text).not.toMatch(/"UPDATING",[1-3]?\d\r/);
  at = await bench.open('at');
  expect(await at.command('ATE0')).toContain('OK');
  expect(await at.command('AT+GMR')).toContain('EC25EFAR06A13M4G');
  expect(await at.command('AT+QFLST="*"')).toContain('u.zip');
});

test('what is written while nobody has the port open is lost, and the rest is not', async () => {
  bench = await Bench.start(freshDir(), ...FAST);
  await bench.powerOn();
  const at = await bench.open('at');
  await at.command('ATE0');
  const uart = await bench.open('uart');
  expect(await uart.command('ATE0')).not.toContain('RDY');
  const { uart: written } = await bench.control.do({ do: 'writes' });
  expect(written).toEqual({ reached: 0, lost: 1 });
});

test('what it writes is kept in a file, line by line, and says whether it reached a host', async () => {
  const file = join(freshDir(), 'written.jsonl');
  bench = await Bench.start(freshDir(), ...FAST, '--written', file);
  await bench.powerOn();
  const at = await bench.open('at');
  await at.command('ATE0');
  const lines = (): { t: number; port: string; text: string; reached: boolean }[] =>
    JSON.parse(`[${readFileSync(file, 'utf8').trim().replaceAll('\n', ',')}]`) as never;
  const now = Number(process.hrtime.bigint()) / 1e6;
  const [rdy] = lines();
  expect(rdy).toMatchObject({ port: 'uart', text: 'RDY', reached: false });
  // The clock of every process of the machine.
  expect(now - (rdy?.t ?? 0)).toBeGreaterThan(0);
  expect(now - (rdy?.t ?? 0)).toBeLessThan(60_000);
  // The URCs of the boot are still coming: file and counter are compared when none came in between.
  const counted = async (): Promise<unknown> => (await bench.control.do({ do: 'writes' })).at;
  let before: unknown;
  let after = await counted();
  let kept: ReturnType<typeof lines>;
  do {
    before = after;
    kept = lines().filter(({ port }) => port === 'at');
    after = await counted();
  } while (kept.length === 0 || !isDeepStrictEqual(before, after));
  const reached = kept.filter((line) => line.reached).length;
  expect({ reached, lost: kept.length - reached }).toEqual(after);
});

test('a second module in one directory is refused, and so is nonsense', async () => {
  const dir = freshDir();
  bench = await Bench.start(dir, ...FAST);
  const second = await simulator('run', '--dir', dir);
  expect(second.code).toBe(2);
  expect(second.err).toContain('already runs a module');
  expect((await simulator('run', '--dir', freshDir(), '--defect', 'nope')).err).toContain('known: retries-4');
  expect((await simulator('ctl', '--dir', dir, 'status')).out.trim()).toBe('off');
});
