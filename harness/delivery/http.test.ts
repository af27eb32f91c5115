import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { noise } from '../package/testing/make-zip.js';
import { ask, collect, fetchTarget, partsOf } from './testing/clients.js';
import { serving, type Serving } from './testing/serving.js';

const sound = noise(150_000);
let at: Serving;
beforeEach(async () => {
  at = await serving('http');
});
afterEach(async () => {
  await at.close();
});

const base = () => `http://127.0.0.1:${String(at.server.listening.port)}`;
/** The answer to exactly these bytes. */
const raw = async (text: string | Buffer): Promise<string> => {
  const socket = connect(at.server.listening);
  socket.on('error', () => undefined);
  socket.write(text);
  return (await collect(socket).catch(() => Buffer.alloc(0))).toString('latin1');
};

describe('a published package', () => {
  test('is fetched whole, and the journal tells all of it', async () => {
    const { target, maskedTarget } = await at.server.publish(at.file(sound));
    expect(target).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[a-z][a-z0-9]{7}\/update-v12-to-v13\.zip$/);
    expect(maskedTarget).toBe(target);
    const { path } = partsOf(target);
    const { response, body } = await ask(target);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({ 'content-length': '150000', 'accept-ranges': 'bytes' });
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
    expect(body.equals(sound)).toBe(true);
    expect(await at.event('server.request')).toMatchObject({ protocol: 'http', connection: 1, request: 1, verb: 'GET', path });
    expect(await at.event('server.response')).toMatchObject({
      connection: 1,
      request: 1,
      code: 200,
      size: 150_000,
      sent: 150_000,
      whole: true,
    });
    expect(at.all('delivery.publish')).toMatchObject([{ source: 'http', name: path.slice(1), size: 150_000 }]);
    await at.event('server.connection', ({ state }) => state === 'close');
  });

  test('answers HEAD without a body', async () => {
    const { target } = await at.server.publish(at.file(sound));
    const { response, body } = await ask(target, { method: 'HEAD' });
    expect([response.statusCode, response.headers['content-length'], body.length]).toEqual([200, '150000', 0]);
    expect(await at.event('server.response')).toMatchObject({ code: 200, sent: 0, whole: false });
  });

  test('answers ranges', async () => {
    const { target } = await at.server.publish(at.file(sound));
    const { response, body } = await ask(target, { headers: { range: 'bytes=1000-1999' } });
    expect([response.statusCode, response.headers['content-range']]).toEqual([206, 'bytes 1000-1999/150000']);
    expect(body.equals(sound.subarray(1000, 2000))).toBe(true);
    expect(await at.event('server.request')).toMatchObject({ offset: 1000 });
    expect(await at.event('server.response')).toMatchObject({ code: 206, size: 150_000, sent: 1000, whole: true });
    expect((await ask(target, { headers: { range: 'bytes=150000-' } })).response.statusCode).toBe(416);
  });

  test('may be empty, and may lie in folders', async () => {
    const empty = await at.server.publish(at.file(''), { name: 'a/b/empty.zip' });
    expect(await fetchTarget(empty.target)).toMatchObject({ bytes: Buffer.alloc(0), code: 200 });
    expect(await at.event('server.response')).toMatchObject({ size: 0, sent: 0, whole: true });
    await empty.withdraw();
    expect(await fetchTarget(empty.target)).toMatchObject({ code: 404 });
  });

  test('a kept connection serves several, each told apart', async () => {
    const [one, two] = [
      await at.server.publish(at.file('1'), { name: 'one.zip' }),
      await at.server.publish(at.file('22'), { name: 'two.zip' }),
    ];
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const { target } of [one, two, one]) await ask(target, { agent });
    for (const number of [1, 2, 3]) await at.event('server.response', ({ request }) => request === number);
    agent.destroy();
    // In the order in which the client has acknowledged them, which is not always the order of the requests.
    const responses = at.all('server.response').sort((a, b) => a.request - b.request);
    expect(responses.map(({ connection, request, sent, whole }) => [connection, request, sent, whole])).toEqual([
      [1, 1, 1, true],
      [1, 2, 2, true],
      [1, 3, 1, true],
    ]);
  });

  test('two at the same time are told apart', async () => {
    const [one, two] = [
      await at.server.publish(at.file(sound), { name: 'one.zip' }),
      await at.server.publish(at.file('2'), { name: 'two.zip' }),
    ];
    await Promise.all([fetchTarget(one.target), fetchTarget(two.target)]);
    for (const [end, size] of [
      ['one.zip', 150_000],
      ['two.zip', 1],
    ] as const) {
      const { request, connection } = await at.event('server.request', ({ path }) => path.endsWith(end));
      expect(await at.event('server.response', (event) => event.request === request)).toMatchObject({
        connection,
        sent: size,
        whole: true,
      });
    }
  });

  test('a client that leaves early has not got the whole', async () => {
    const large = Buffer.alloc(30_000_000, 1);
    const { target } = await at.server.publish(at.file(large));
    const leave = new AbortController();
    await fetchTarget(target, {
      leave: leave.signal,
      progress: () => {
        leave.abort();
      },
    });
    const response = await at.event('server.response');
    expect(response.whole).toBe(false);
    expect(response.sent).toBeLessThan(large.length);
    expect((await fetchTarget(target)).bytes).toHaveLength(large.length);
  });
});

describe('addresses', () => {
  test('keep to the overrides, and by themselves to the guide’s limits', async () => {
    const { target } = await at.server.publish(at.file(sound), { host: 'lab.example.net', omitPort: true, name: 'x.zip' });
    expect(target).toMatch(/^http:\/\/lab\.example\.net\/[a-z0-9]{8}\/x\.zip$/);
    const long = await at.server.publish(at.file(sound, 'Update_EG18EAPAR01A08V05M4G-R01A13M4G_01.200.01.200_V02.zip'));
    expect(partsOf(long.target).path).toHaveLength(50);
    expect((await fetchTarget(long.target)).bytes.equals(sound)).toBe(true);
    const other = await serving('http', { advertise: 'lab.example.net:8088' });
    expect(other.server.target('a.zip').target).toMatch(/^http:\/\/lab\.example\.net:8088\//);
    expect(other.all('server.listen')).toMatchObject([{ advertise: 'lab.example.net:8088' }]);
    await other.close();
  });

  test('of what is not published lead to nothing', async () => {
    expect(await fetchTarget(at.server.target('nothing.zip').target)).toMatchObject({ code: 404 });
    expect(await at.event('server.response')).toMatchObject({ code: 404, sent: 0, whole: false });
  });

  test('a whole of 255 bytes works', async () => {
    const name = `${'n'.repeat(255 - at.server.target('').target.length - 4)}.zip`;
    const { target } = await at.server.publish(at.file(sound), { name });
    expect(target).toHaveLength(255);
    expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
  });
});

describe('nothing else is served', () => {
  test('no folder, no file beside, no other way of writing a path', async () => {
    const { target } = await at.server.publish(at.file(sound));
    const { path } = partsOf(target);
    const folder = path.replace(/[^/]*$/, '');
    const paths = [
      '/',
      folder,
      folder.slice(0, -1),
      `${folder}../../etc/passwd`,
      '/etc/passwd',
      `${path}/`,
      `${path}.gz`,
      `/.${path}`,
    ];
    for (const wrong of [
      ...paths,
      `${folder}%2e%2e/%2e%2e/etc/passwd`,
      `/${path}`,
      '/favicon.ico',
      `${path}%00`,
      '/%',
      '*',
      '',
    ]) {
      const answer = await raw(`GET ${wrong} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect([wrong, answer.split('\r\n')[0]]).toEqual([wrong, expect.stringMatching(/^HTTP\/1\.1 40[04]/)]);
      expect(answer).not.toContain('update');
    }
  });

  test('absolute form, HTTP/1.0 and a missing Host are understood', async () => {
    const { target } = await at.server.publish(at.file('contents'));
    const { path } = partsOf(target);
    for (const head of [
      `GET ${target} HTTP/1.1\r\nConnection: close`,
      `GET ${path} HTTP/1.0`,
      `GET ${path}?x=1 HTTP/1.1\r\nConnection: close`,
    ]) {
      const answer = await raw(`${head}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\ncontents$/s);
    }
  });

  test.each(['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'MKCOL', 'PROPFIND'])('%s is refused', async (method) => {
    const { target } = await at.server.publish(at.file(sound));
    const answer = await raw(
      `${method} ${partsOf(target).path} HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\nContent-Length: 5\r\n\r\nhello`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 405/);
    expect(answer.toLowerCase()).not.toContain('access-control');
    expect(await at.event('server.response')).toMatchObject({ code: 405 });
    expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
  });

  test('what is no HTTP is answered 400, counted, and harms nobody', async () => {
    const { target } = await at.server.publish(at.file(sound));
    expect(await raw('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw(Buffer.from(noise(5000)))).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`)).toMatch(/^(HTTP\/1\.1 400|$)/);
    expect(at.all('server.response').filter(({ code }) => code === 400).length).toBeGreaterThanOrEqual(2);
    expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
  });

  test('nothing is left behind', async () => {
    const { target } = await at.server.publish(at.file(sound), { fault: { name: 'stall' } });
    const busy = fetchTarget(target);
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    const idle = connect(at.server.listening);
    idle.on('error', () => undefined);
    await once(idle, 'connect');
    const gone = new Promise((resolve) => idle.once('close', resolve));
    await at.server.close();
    await Promise.all([busy, gone]);
    expect(readdirSync(at.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
    const late = connect(at.server.listening);
    expect(((await once(late, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNREFUSED');
    expect(base()).toContain('127.0.0.1');
  });
});
