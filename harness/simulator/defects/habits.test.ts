import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { downloadByHttp } from '../module/http.js';
import type { DownloadJob } from '../module/air.js';
import { Network } from '../module/network.js';
import { PLAIN_FTP } from '../module/ftp.js';
import { PLAIN_HTTP } from '../module/http.js';
import { Dice } from '../core/bytes.js';
import { named, Unit } from '../testing/unit.js';

/** What a module with this habit answers to a command. */
async function answer(habit: string, command = 'AT+CFUN?'): Promise<string> {
  const unit = await new Unit(habit).ready();
  unit.module.uart.onData?.(Buffer.from('ATE0\r'));
  const from = unit.text.uart.length;
  unit.module.uart.onData?.(Buffer.from(`${command}\r`));
  await unit.until(() => /OK/.test(unit.text.uart.slice(from)));
  const text = unit.text.uart.slice(from);
  unit.close();
  return text;
}

test.each([
  ['none', '\r\n+CFUN: 1\r\n\r\nOK\r\n'],
  ['answers-bare', '+CFUN: 1\nOK\n'],
  ['answers-spaced', '\r\n\r\n +CFUN: 1 \r\n\r\n\r\n\r\n OK \r\n\r\n'],
])('%s: the answer to a command', async (habit, text) => {
  expect(await answer(habit)).toBe(text);
});

test('urc-in-answers: between two lines of an answer', async () => {
  expect(await answer('urc-in-answers', 'ATI')).toMatch(/Quectel\r\n\r\n\+CREG: 1\r\n[^]*EC25\r\nRevision/);
});

test('echo-doubled-end: and the sound echo', () => {
  expect(['none', 'echo-doubled-end'].map((habit) => named(habit).ask('echoes', 'AT\r'))).toEqual(['AT\r', 'AT\r\r\n']);
});

test.each(['usb-stumbles', 'usb-stumbles-later'])('%s: the port leaves once more, and the module runs on', async (habit) => {
  const unit = new Unit(habit);
  const contact = jest.spyOn(unit.module, 'usbContact');
  await unit.powerOn();
  await unit.until(() => contact.mock.calls.length === 2);
  expect([contact.mock.calls, unit.module.mode]).toEqual([[[false], [true]], 'normal']);
  unit.close();
});

test.each([
  ['registers-late', 'registration', 60],
  ['sim-late', 'sim', 30],
  ['deaf-after-ready', 'answers', 20],
  ['status-late', 'status', 8],
  ['answers-late', 'answer-late', 0.6],
  ['urc-in-two', 'gap', 0.5],
] as const)('%s: one time of the module, and no other', (habit, span, seconds) => {
  const other = span === 'sim' ? 'status' : 'sim';
  expect([named(habit).ask('seconds', 1, span), named(habit).ask('seconds', 1, other)]).toEqual([seconds, 1]);
});

test.each([
  ['reboots-once-more', 4],
  ['reboots-later', 30],
] as const)('%s: one start more after an upgrade, and none after that', (habit, seconds) => {
  const restart = (first: boolean): number => named(habit).ask('restartsAfter', Infinity, { first, upgraded: true });
  expect([restart(true), restart(false)]).toEqual([seconds, Infinity]);
});

test('sim-late: the SIM is busy, then ready', async () => {
  const unit = new Unit('sim-late');
  await unit.powerOn();
  await unit.until(() => unit.module.mode === 'normal');
  expect(unit.command('AT+CPIN?')).toContain('+CME ERROR: 14');
  await unit.until(() => unit.module.sim.found);
  expect(unit.command('AT+CPIN?')).toContain('READY');
  unit.close();
});

test('reports in another dress', () => {
  const dice = new Dice('urc');
  const dressed = (habit: string, text: string): readonly string[] =>
    named(habit).ask('urc', [`\r\n+QIND: "FOTA",${text}\r\n`], 'at', dice);
  expect(dressed('urc-in-two', '"END",0').join('')).toBe('\r\n+QIND: "FOTA","END",0\r\n');
  expect(dressed('urc-in-two', '"END",0')).toHaveLength(2);
  expect(dressed('end-without-comma', '"END",0')).toEqual(['\r\n+QIND: "FOTA","END" 0\r\n']);
  expect(dressed('resumes-with-text', '"START"')[0]).toContain('"Last upgrade was not finished,continue upgrade"');
  const percent = (value: number) => named('percent-doubled').ask('reports', [{ kind: 'UPDATING', percent: value }], 0, 1);
  expect([percent(3), percent(4).length]).toEqual([[], 2]);
  expect(named('loader-talks').ask('loaderSays', '')).toContain('boot.rom');
});

test('FTP: what goes before the transfer, and how often one is begun', () => {
  expect(named('ftp-talks-more').ask('ftpManner', PLAIN_FTP).before).toContain('MDTM %');
  expect(named('ftp-extended-passive').ask('ftpManner', PLAIN_FTP).passive).toBe('EPSV');
  expect(named('ftp-changes-folder').ask('ftpManner', PLAIN_FTP).changesFolder).toBe(true);
  expect(['none', 'download-resumes'].map((habit) => named(habit).ask('downloadTries', 1))).toEqual([1, 4]);
});

test('boot-silent and boot-urcs-doubled: what a start reports', () => {
  const urcs = (habit: string): readonly string[] => named(habit).ask('bootUrcs', ['RDY']);
  expect([urcs('none'), urcs('boot-silent'), urcs('boot-urcs-doubled').slice(0, 2)]).toEqual([['RDY'], [], ['RDY', 'RDY']]);
});

test.each([
  ['none', ['GET / -']],
  ['http-head-first', ['HEAD / -', 'GET / -']],
  ['http-looks-first', ['GET / bytes=0-0', 'GET / -']],
  ['http-absolute', ['GET http://lab.example.net / -']],
  ['http-in-parts', ['GET / bytes=0-32767', 'GET / bytes=32768-65535', 'GET / bytes=65536-98303', 'GET / bytes=98304-99999']],
  ['http-parts-at-once', ['GET / bytes=0-65535', 'GET / bytes=65536-99999']],
])('%s: fetches the file whole', async (habit, expected) => {
  const content = new Dice('file').bytes(100_000);
  const asked: string[] = [];
  const server = createServer(({ method, url = '', headers: { range } }, response) => {
    asked.push(`${method ?? ''} ${url.replace('/file', ' /').trim()} ${range ?? '-'}`);
    const [, from = '0', to = '99999'] = /bytes=(\d+)-(\d+)/.exec(range ?? '') ?? [];
    const body = content.subarray(Number(from), Number(to) + 1);
    const part = range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/100000` };
    response.writeHead(range === undefined ? 200 : 206, { 'content-length': body.length, ...part });
    response.end(method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const network = new Network();
  network.route('lab.example.net:80', `127.0.0.1:${(server.address() as AddressInfo).port}`);
  const taken: Uint8Array[] = [];
  const job: DownloadJob = {
    remote: { kind: 'http', user: '', password: '', host: 'lab.example.net', port: 80, path: 'file' },
    network,
    timeoutMs: 5000,
    bytesPerSecond: 1e9,
    room: Infinity,
    diesAfter: Infinity,
    offset: 0,
    file: { write: (data) => void taken.push(Buffer.from(data)) },
    http: named(habit).ask('httpManner', PLAIN_HTTP),
    ftp: PLAIN_FTP,
    onAbort: () => undefined,
  };
  await downloadByHttp(job);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  expect(Buffer.concat(taken).equals(content)).toBe(true);
  expect([...asked].sort()).toEqual([...expected].sort());
});
