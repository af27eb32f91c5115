/** The module's own clients, played by a scripted module; `dfota rigs check` tries them on a simulated one against real servers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { seeded } from '../base/random.js';
import type { PackageServer } from '../delivery/types.js';
import type { CheckRow } from './check-row.js';
import { ftpAddress } from './module-fetch.js';
import { checkReach, type ReachOptions } from './reach-check.js';
import { testBench, type TestBench } from './testing/test-bench.js';

let bench: TestBench;
let workshop: string;
/** What was put on the servers last. */
let contents: string;
beforeEach(async () => {
  workshop = mkdtempSync(join(tmpdir(), 'reach-'));
  bench = testBench();
  bench.module.boot();
  await bench.open();
  bench.module.commands.length = 0;
});
afterEach(async () => {
  await bench.close();
  rmSync(workshop, { recursive: true, force: true });
});

function server(protocol: 'ftp' | 'http', external = false): PackageServer {
  const target = { ftp: 'ftp://u:p@lab:2121/folder/f.zip', http: 'http://lab:8080/f.zip' }[protocol];
  return {
    protocol,
    advertise: { host: 'lab', port: protocol === 'ftp' ? 2121 : 8080 },
    listening: external ? undefined : { host: '0.0.0.0', port: 1 },
    external,
    publish(file) {
      contents = readFileSync(file, 'latin1');
      return Promise.resolve({
        source: protocol,
        target,
        maskedTarget: target.replace(':p@', ':***@'),
        withdraw: () => Promise.resolve(),
      });
    },
    target: () => ({ target, maskedTarget: target }),
    close: () => Promise.resolve(),
  };
}

function reach(servers: ReachOptions['servers'], more: Partial<ReachOptions> = {}): Promise<CheckRow[]> {
  const { rig, journal, lines, profile } = bench;
  const options = {
    rig,
    profile,
    lines,
    journal,
    clock: systemClock,
    workshop,
    random: seeded(1),
    pair: undefined,
    servers,
    ...more,
  };
  return checkReach(options);
}

/** Answers commands by their name; what stands behind `later` comes after the answer. */
function plays(script: Record<string, readonly string[]>): void {
  bench.module.override = (command) => {
    const found = Object.entries(script).find(([name]) => command.startsWith(`AT+${name}`));
    return found === undefined ? 'default' : found[1].map((line) => line.replace('<file>', contents));
  };
}

const sent = (): string[] =>
  bench.module.commands.filter((command) => /^AT\+Q(I|HTTP|FTP)/.test(command) && !command.startsWith('AT+QICSGP'));
const context = { 'QIACT?': ['+QIACT: 1,1,1,"10.0.0.2"', 'OK'] };
const http = {
  ...context,
  QHTTPCFG: ['OK'],
  // Without CONNECT no bytes are sent, and the scripted module need not count them.
  QHTTPURL: ['OK'],
  QHTTPGET: ['OK', '+QHTTPGET: 0,200,33'],
  QHTTPREAD: ['CONNECT', '<file>', 'OK', '+QHTTPREAD: 0'],
};
const ftp = {
  ...context,
  QFTPCFG: ['OK'],
  QFTPOPEN: ['OK', '+QFTPOPEN: 0,0'],
  QFTPCWD: ['OK', '+QFTPCWD: 0,0'],
  QFTPSIZE: ['OK', '+QFTPSIZE: 0,33'],
  QFTPGET: ['CONNECT', '<file>', 'OK', '+QFTPGET: 0,33'],
  QFTPCLOSE: ['OK', '+QFTPCLOSE: 0,0'],
};

test('both servers are reached; what was opened is closed again', async () => {
  plays({ ...http, ...ftp, 'QIACT?': ['OK'], 'QIACT=1': ['OK'], 'QIDEACT=1': ['OK'] });
  const rows = await reach({ ftp: server('ftp'), http: server('http') });
  expect(rows.map(({ check, result, seen }) => [check, result, seen])).toEqual([
    ['FTP reach', 'ok', 'the module fetched a file of 33 bytes from lab:2121'],
    ['HTTP reach', 'ok', 'the module fetched a file of 33 bytes from lab:8080'],
  ]);
  expect(sent()).toEqual([
    ...['AT+QIACT?', 'AT+QIACT=1', 'AT+QFTPCFG="contextid",1', 'AT+QFTPCFG="account","u","p"', 'AT+QFTPCFG="filetype",0'],
    ...['AT+QFTPCFG="transmode",1', 'AT+QFTPCFG="rsptimeout",80', 'AT+QFTPOPEN="lab",2121', 'AT+QFTPCWD="/folder"'],
    ...['AT+QFTPSIZE="f.zip"', 'AT+QFTPGET="f.zip","COM:"', 'AT+QFTPCLOSE', 'AT+QIDEACT=1'],
    ...[
      'AT+QIACT?',
      'AT+QIACT=1',
      'AT+QHTTPCFG="contextid",1',
      'AT+QHTTPURL=21,30',
      'AT+QHTTPGET=80',
      'AT+QHTTPREAD=80',
      'AT+QIDEACT=1',
    ],
  ]);
});

test('a data connection that was up is left up', async () => {
  plays(http);
  await reach({ http: server('http') });
  expect(sent()).not.toContain('AT+QIACT=1');
  expect(sent()).not.toContain('AT+QIDEACT=1');
});

test.each(['ERROR', '+CME ERROR: 100'])(
  'a module that answers %s to these commands is not blamed, and neither is the rig',
  async (no) => {
    plays({ QIACT: [no] });
    const rows = await reach({ ftp: server('ftp'), http: server('http') });
    expect(rows.map(({ result, seen }) => [result, seen])).toEqual(
      Array(2).fill(['not tried', `the module does not know them, or not now (AT+QIACT?: ${no})`]),
    );
    plays({ ...context, QHTTPCFG: [no] });
    expect((await reach({ http: server('http') }))[0]).toMatchObject({ result: 'not tried' });
  },
);

test.each([
  ['HTTP', { QHTTPGET: ['OK', '+QHTTPGET: 716'] }, '+QHTTPGET: 716; our server saw no connection'],
  ['HTTP', { QHTTPGET: ['+QHTTPGET: 714', 'OK'] }, '+QHTTPGET: 714; our server saw no connection'],
  ['HTTP', { QHTTPGET: ['OK', '+QHTTPGET: 0,502,0'] }, 'HTTP 502; our server saw no connection'],
  ['FTP', { QFTPOPEN: ['OK', '+QFTPOPEN: 605,0'] }, '+QFTPOPEN: 605,0; our server saw no connection'],
  ['FTP', { QFTPGET: ['OK', '+QFTPGET: 615,0'] }, '+QFTPGET: 615,0; our server saw no connection'],
])('%s: %j is told with what our server saw and what to look at', async (protocol, change, seen) => {
  plays({ ...http, ...ftp, ...change });
  const [row] = await reach(protocol === 'FTP' ? { ftp: server('ftp') } : { http: server('http') });
  expect(row?.result).toBe('FAILED');
  expect(row?.fault?.explanation.seen).toBe(seen);
  expect(row?.fault?.explain()).toMatch(
    /try: {3}does lab:\d+ lead to 0\.0\.0\.0:1 of this host \(port forward, firewall, DNS\)\? Has the APN/,
  );
  expect(row?.fault?.explain()).not.toContain('u:p@');
  if ('QFTPGET' in change) expect(sent()).toContain('AT+QFTPCLOSE');
});

test('when our server saw it come, the hint is another one', async () => {
  plays({ ...http, ...ftp, QFTPGET: ['OK', '+QFTPGET: 615,0'] });
  const stop = bench.journal.subscribe((event) => {
    if (event.type !== 'at.command' || !event.text.startsWith('AT+QFTPOPEN')) return;
    bench.journal.write({ type: 'server.connection', protocol: 'ftp', connection: 1, peer: 'x', state: 'open' });
  });
  const [row] = await reach({ ftp: server('ftp') });
  stop();
  expect(row?.fault?.explain()).toMatch(/our server saw 1 connection\n.*are the passive ports forwarded as well/);
});

test('a page of somebody else is not our file', async () => {
  plays({
    ...http,
    QHTTPGET: ['OK', '+QHTTPGET: 0,200,27'],
    QHTTPREAD: ['CONNECT', '<html>buy more data</html>', 'OK', '+QHTTPREAD: 0'],
  });
  const [row] = await reach({ http: server('http') });
  expect(row).toMatchObject({ result: 'FAILED', seen: 'the module fetched something else' });
  expect(row?.fault?.explanation.seen).toMatch(/^27 bytes: .*buy more data/);
});

test('without a network nothing is asked; nor on a rig that has none', async () => {
  bench.module.creg = '2';
  expect(await reach({ http: server('http') })).toEqual([
    { check: 'HTTP reach', result: 'not tried', seen: 'the unit is not registered' },
  ]);
  const rig = { ...bench.rig, network: { ...bench.rig.network, registration: false } };
  expect((await reach({ http: server('http') }, { rig }))[0]?.seen).toBe('network.registration is false');
  expect(sent()).toEqual([]);
  expect(await reach({})).toEqual([]);
});

test('where only packages are, the size of one is asked for and its bytes are not', async () => {
  const { delivery } = bench.rig;
  const rig = { ...bench.rig, delivery: { ...delivery, http: { external: { url: 'http://lab:8080', present: true as const } } } };
  expect((await reach({ http: server('http', true) }, { rig }))[0]?.seen).toMatch(/give --packages/);
  plays({ ...http, QHTTPGET: ['OK', '+QHTTPGET: 0,200,5001'] });
  const [row] = await reach({ http: server('http', true) }, { rig, pair: bench.pair });
  expect(row).toMatchObject({ result: 'ok', seen: 'the module found the package of 5001 bytes from lab:8080' });
  expect(sent()).not.toContain('AT+QHTTPREAD=80');
});

test('an FTP source string, taken apart', () => {
  expect(ftpAddress('ftp://u:p@h:2121/a/b/c.zip')).toEqual({
    user: 'u',
    password: 'p',
    host: 'h',
    port: 2121,
    folder: 'a/b',
    name: 'c.zip',
  });
  expect(ftpAddress('ftp://u:p@h/c.zip')).toMatchObject({ port: 21, folder: '' });
  expect(ftpAddress('http://h/c.zip')).toBeUndefined();
});
