/** The module's own HTTP and FTP clients, against real servers. */
import { FtpSrv } from 'ftp-srv';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Bench, freshDir } from './testing/host.js';
import type { HostPort } from './testing/host.js';
import { freePort, silence } from './testing/servers.js';

jest.setTimeout(120_000);

const FAST = ['--scale', '0.004', '--network-timeout', '100'];
let bench: Bench;
let at: HostPort;
const servers: (() => unknown)[] = [];
beforeEach(async () => {
  bench = await Bench.start(freshDir(), ...FAST);
  ({ at } = await bench.ready());
});
afterEach(async () => {
  for (const close of servers.splice(0)) await close();
  await bench.stop();
});

/** Gives a command that reports later, and waits for the report. */
async function reported(command: string, name: string): Promise<string> {
  at.forget();
  at.write(`${command}\r`);
  return (await at.until(new RegExp(`\\+${name}: ([^\\r]*)\\r\\n`)))[1] ?? '';
}

async function setUrl(url: string): Promise<void> {
  at.forget();
  at.write(`AT+QHTTPURL=${url.length},30\r`);
  await at.until(/\r\nCONNECT\r\n/);
  at.write(url);
  await at.until(/\r\nOK\r\n/);
}

test('HTTP: GET and READ; any status is an answer, and what goes wrong has its number', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/reset') response.socket?.resetAndDestroy();
    else if (request.url === '/here') response.writeHead(200).end(`for ${request.headers.host ?? ''}`);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  servers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await bench.control.do({ do: 'route', from: 'lab.example.net:80', to });
  await setUrl('http://lab.example.net/here');
  expect(await reported('AT+QHTTPGET=30', 'QHTTPGET')).toBe('710');
  expect(await at.command('AT+QIACT=1')).toContain('OK');
  expect(await at.command('AT+QIACT?')).toContain('+QIACT: 1,1,1,');
  expect(await at.command('AT+QHTTPREAD=30')).toContain('ERROR');
  expect(await reported('AT+QHTTPGET=30', 'QHTTPGET')).toBe('0,200,19');
  await reported('AT+QHTTPREAD=30', 'QHTTPREAD');
  expect(at.text).toMatch(/\r\nCONNECT\r\nfor lab\.example\.net\r\nOK\r\n\r\n\+QHTTPREAD: 0\r\n$/);
  for (const [url, report] of [
    ['http://lab.example.net/none', '0,404,0'],
    ['http://lab.example.net/reset', '719'],
    ['http://127.0.0.1:9/', '716'],
    ['gopher://lab.example.net/', '711'],
  ] as const) {
    await setUrl(url);
    expect([url, await reported('AT+QHTTPGET=30', 'QHTTPGET')]).toEqual([url, report]);
  }
  expect(await at.command('AT+QHTTPURL=0')).toContain('ERROR');
});

test('FTP: login, folder, size and a file over the port; wrong passwords and missing files have their numbers', async () => {
  const root = freshDir();
  writeFileSync(join(root, 'small.txt'), 'a small file');
  const port = await freePort();
  const server = new FtpSrv({ url: `ftp://127.0.0.1:${port}`, pasv_url: '192.0.2.7', anonymous: false, log: silence });
  server.on('login', ({ username, password }, accept, refuse) =>
    username === 'u' && password === 'p' ? accept({ root }) : refuse(new Error('wrong password')),
  );
  await server.listen();
  servers.push(() => server.close());
  await bench.control.do({ do: 'route', from: 'ftp.example.net:21', to: `127.0.0.1:${port}` });
  expect(await reported('AT+QFTPOPEN="ftp.example.net",21', 'QFTPOPEN')).toBe('605,0');
  await at.command('AT+QIACT=1');
  await at.command('AT+QFTPCFG="account","u","wrong"');
  expect(await reported('AT+QFTPOPEN="ftp.example.net",21', 'QFTPOPEN')).toBe('625,0');
  await at.command('AT+QFTPCFG="account","u","p"');
  expect(await reported('AT+QFTPOPEN="ftp.example.net",21', 'QFTPOPEN')).toBe('0,0');
  expect(await reported('AT+QFTPCWD="/"', 'QFTPCWD')).toBe('0,0');
  expect(await reported('AT+QFTPSIZE="small.txt"', 'QFTPSIZE')).toBe('0,12');
  expect(await reported('AT+QFTPGET="small.txt","COM:"', 'QFTPGET')).toBe('0,12');
  expect(at.text).toMatch(/\r\nCONNECT\r\na small file\r\nOK\r\n\r\n\+QFTPGET: 0,12\r\n$/);
  // 550 or 551, as the server likes.
  expect(await reported('AT+QFTPGET="none.txt","COM:"', 'QFTPGET')).toMatch(/^62[78],0$/);
  expect(await reported('AT+QFTPCLOSE', 'QFTPCLOSE')).toBe('0,0');
  expect(await reported('AT+QFTPSIZE="small.txt"', 'QFTPSIZE')).toBe('606,0');
  expect(await at.command('AT+QFTPNONSENSE')).toContain('ERROR');
});
