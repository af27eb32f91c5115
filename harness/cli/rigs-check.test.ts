/** `dfota rigs check` on simulated rigs, each in a process of its own with one thing wrong. Needs the simulator built (`npm test` does that). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { checkRig, type Checked } from './rigs-check.js';
import { command as rigs } from './rigs.js';

jest.setTimeout(120_000);

const shipped = join(__dirname, '..', '..', 'rigs');
const packages = join(shipped, 'packages', 'simulated-ec25.yaml');
const sound = readFileSync(join(shipped, 'simulated-ec25.yaml'), 'utf8').replace('boot: 300s', 'boot: 90s');
const folder = mkdtempSync(join(tmpdir(), 'check-'));
const before = process.env['DFOTA_STATE'];

beforeAll(() => {
  process.env['DFOTA_STATE'] = folder;
});
afterAll(() => {
  if (before === undefined) delete process.env['DFOTA_STATE'];
  else process.env['DFOTA_STATE'] = before;
  rmSync(folder, { recursive: true, force: true });
});

/** A rig like the shipped one, but for what is replaced. */
function rigFile(name: string, changes: Readonly<Record<string, string>>): string {
  const file = join(folder, `${name}.yaml`);
  const whole = Object.entries({ 'simulated-ec25': name, ...changes }).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${from} is not in the definition`);
    return text.replace(from, to);
  }, sound);
  writeFileSync(file, whole.replace(/# yaml-language-server.*\n/, ''));
  return file;
}

const defect = (name: string) => ({ 'simulated: {}': `simulated: { defects: [${name}] }` });
const cases = {
  sound: {},
  stuck: defect('supply-stuck-on'),
  inverted: defect('supply-inverted'),
  status: defect('status-stuck'),
  unreached: defect('network-refused'),
  'no-cuts': { 'powerCuts: true': 'powerCuts: false' },
} satisfies Record<string, Readonly<Record<string, string>>>;
const checked = new Map<string, Checked>();
/** Of each row but those that tell of the servers: result, and the first words of what was seen. */
const rowOf = (name: keyof typeof cases, check: string) => checked.get(name)?.rows.find((row) => row.check === check);
const failures = (name: keyof typeof cases) => checked.get(name)?.rows.filter(({ result }) => result === 'FAILED') ?? [];

beforeAll(async () => {
  // They mostly wait, so side by side.
  await Promise.all(
    Object.entries(cases).map(async ([name, changes]) => {
      checked.set(name, await checkRig(rigFile(name, changes), { packages }));
    }),
  );
});

test('a sound rig is all well, wire by wire', () => {
  expect(checked.get('sound')?.rows.map(({ check, result }) => [check, result])).toEqual(
    [
      ...['ftp server', 'http server', 'unit answers', 'identity', 'line at', 'line uart', 'STATUS', 'supply cuts'],
      ...['PWRKEY off, on', 'RESET_N', 'VBUS cuts', 'UART boot reports', 'SIM', 'registration', 'APN'],
      ...['FTP reach', 'HTTP reach', 'UFS room', 'SD room', 'version'],
    ].map((check) => [check, 'ok']),
  );
  expect(rowOf('sound', 'supply cuts')?.seen).toMatch(
    /STATUS fell after \d+ ms; USB left .*uart silent .*came back after PWRKEY/,
  );
});

test('a supply line that does nothing', () => {
  expect(failures('stuck').map(({ check }) => check)).toEqual(['supply cuts']);
  expect(failures('stuck')[0]?.fault?.explain()).toMatch(
    /the supply line does nothing\n {2}asked: .*\n {2}seen: {2}STATUS stayed high.*uart still answers/,
  );
});

test('an inverted supply line, found although the unit does not come up', () => {
  expect(failures('inverted').map(({ check, seen }) => [check, seen])).toEqual([
    ['unit answers', 'rig inverted: the supply line is inverted'],
  ]);
  expect(failures('inverted')[0]?.fault?.explanation.hint).toMatch(/supplyOn and supplyOff|activeLow/);
});

test('STATUS that never falls: the supply is proven all the same, PWRKEY tried by the other witnesses', () => {
  expect(failures('status').map(({ check, seen }) => [check, seen])).toEqual([['STATUS', 'rig status: STATUS is stuck high']]);
  expect(rowOf('status', 'supply cuts')?.result).toBe('ok');
  expect(rowOf('status', 'PWRKEY off, on')?.result).toBe('ok');
});

test('servers that the module cannot reach, with what our servers saw and what to look at', () => {
  expect(failures('unreached').map(({ check }) => check)).toEqual(['FTP reach', 'HTTP reach']);
  expect(failures('unreached')[1]?.fault?.explain()).toMatch(
    /the module cannot fetch from the HTTP server\n.*asked: http:\/\/fota\.example\.net:80\/.*\n.*\+QHTTPGET: 716; our server saw no connection\n.*does fota\.example\.net:80 lead to/,
  );
  expect(rowOf('sound', 'FTP reach')?.seen).toMatch(/^the module fetched a file of \d+ bytes from fota\.example\.net:21$/);
});

test('without safety.powerCuts the supply is not cut, nothing is reset, and the table says so', () => {
  expect(failures('no-cuts')).toEqual([]);
  expect(rowOf('no-cuts', 'supply cuts')).toMatchObject({
    result: 'not tried',
    seen: expect.stringContaining('safety.powerCuts') as unknown,
  });
  expect(rowOf('no-cuts', 'RESET_N')?.result).toBe('not tried');
  expect(rowOf('no-cuts', 'UART boot reports')?.result).toBe('ok');
});

test('the command prints table and hints, and ends with 3; another unit than the rig’s is left alone', async () => {
  let output = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  // The folder of the unit keeps its IMEI.
  await checkRig(rigFile('swapped', {}), {});
  const file = rigFile('swapped', { '861107030000001': '861107030000002' });
  const journal = join(folder, 'swapped.jsonl');
  await yargs(['rigs', 'check', file, '--journal', journal]).command(rigs).exitProcess(false).parseAsync();
  write.mockRestore();
  expect(process.exitCode).toBe(3);
  process.exitCode = undefined;
  expect(output).toMatch(/^CHECK +RESULT +SEEN\n/);
  expect(output).toMatch(/identity +FAILED +rig swapped: the unit is another one/);
  expect(output).toMatch(/\n {2}asked: IMEI 861107030000002\n {2}seen: {2}IMEI 861107030000001\n {2}try: /);
  const done = readFileSync(journal, 'utf8');
  expect(done).not.toContain('"action":"off"');
  expect(done).not.toContain('switch.proof');
});
