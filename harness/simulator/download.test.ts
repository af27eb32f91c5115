import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FtpSrv } from 'ftp-srv';
import { makePair } from './pair.js';
import { Bench, freshDir } from './testing/host.js';
import type { HostPort } from './testing/host.js';
import { freePort, silence } from './testing/servers.js';

jest.setTimeout(120_000);

const pair = freshDir();
makePair(pair, 'EC25');
const v12to13 = readFileSync(join(pair, 'update-v12-to-v13.zip'));
const FAST = ['--scale', '0.004', '--flash-minutes', '3', '--network-timeout', '100'];

let bench: Bench;
const servers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of servers.splice(0)) await close();
  await bench.stop();
});

/** Gives the command and waits for the end of the download; answers with its code. */
async function fetchPackage(at: HostPort, source: string): Promise<number> {
  at.forget();
  at.write(`AT+QFOTADL="${source}"\r`);
  return Number((await at.until(/"(?:FTP|HTTP)END",(\d+)/))[1]);
}

test('HTTP: what goes wrong ends in a code, leaves nothing behind, and reboots nothing', async () => {
  const asked: string[] = [];
  const faults: Record<string, (response: ServerResponse) => void> = {
    '/gone.zip': (response) => response.writeHead(404).end('no'),
    '/moved.zip': (response) => response.writeHead(302, { location: '/sound.zip' }).end(),
    '/stall.zip': (response) => void response.writeHead(200, { 'content-length': 5000 }).write('PK'),
    '/reset.zip': (response) => {
      response.writeHead(200, { 'content-length': 5000 }).write('PK');
      setImmediate(() => response.socket?.resetAndDestroy());
    },
    '/short.zip': (response) => {
      response.writeHead(200, { 'content-length': 5000 }).write('PK');
      setImmediate(() => response.socket?.end());
    },
    '/huge.zip': (response) => response.writeHead(200, { 'content-length': 3 << 20 }).end(Buffer.alloc(3 << 20)),
    '/sound.zip': (response) => response.writeHead(200, { 'content-length': v12to13.length }).end(v12to13),
  };
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(`${request.headers.host ?? ''}${request.url ?? ''}`);
    faults[request.url ?? '']?.(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  servers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  bench = await Bench.start(freshDir(), ...FAST);
  await bench.control.do({
    do: 'route',
    from: 'lab.example.net:8080',
    to: `127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  const { at, uart } = await bench.ready();
  const free = await at.command('AT+QFLDS="UFS"');
  for (const [name, code] of [
    ['gone', 701],
    ['moved', 701],
    ['stall', 702],
    ['reset', 719],
    ['short', 719],
    ['huge', 701],
  ] as const)
    expect([name, await fetchPackage(at, `http://lab.example.net:8080/${name}.zip`)]).toEqual([name, code]);
  expect(await fetchPackage(at, 'http://127.0.0.1:9/x')).toBe(716);
  expect(await at.command('AT+QFLDS="UFS"')).toBe(free);
  uart.forget();
  expect(await fetchPackage(at, 'http://lab.example.net:8080/sound.zip')).toBe(0);
  await uart.until(/"START"[^]*"END",0[^]*RDY/);
  expect(asked.at(-1)).toBe('lab.example.net:8080/sound.zip');
  const again = await bench.open('at');
  expect(await again.command('ATE0')).toContain('OK');
  expect(await again.command('AT+GMR')).toContain('EC25EFAR06A13M4G');
  expect(await again.command('AT+QFLDS="UFS"')).toBe(free);
});

test('FTP: login, missing files, a dead server, and a package through an address that only the network knows', async () => {
  const port = await freePort();
  const server = new FtpSrv({ url: `ftp://127.0.0.1:${port}`, pasv_url: '192.0.2.7', anonymous: false, log: silence });
  server.on('login', ({ username, password }, accept, refuse) =>
    username === 'u' && password === 'p' ? accept({ root: pair }) : refuse(new Error('wrong password')),
  );
  await server.listen();
  servers.push(() => server.close());
  bench = await Bench.start(freshDir(), ...FAST);
  await bench.control.do({ do: 'route', from: 'ftp.example.net:21', to: `127.0.0.1:${port}` });
  const { at, uart } = await bench.ready();
  const free = await at.command('AT+QFLDS="UFS"');
  expect(await fetchPackage(at, 'ftp://u:wrong@ftp.example.net/update-v12-to-v13.zip')).toBe(625);
  expect(await fetchPackage(at, 'ftp://u:p@ftp.example.net/nothing.zip')).toBeGreaterThan(601);
  expect(await fetchPackage(at, 'ftp://u:p@127.0.0.1:9/x')).toBe(605);
  expect(await at.command('AT+QFLDS="UFS"')).toBe(free);
  expect(await fetchPackage(at, 'ftp://u:p@ftp.example.net/update-v12-to-v13.zip')).toBe(0);
  uart.forget();
  await uart.until(/"END",0[^]*RDY/);
});
