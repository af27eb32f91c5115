import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { Client } from 'basic-ftp';
import { noise } from '../package/testing/make-zip.js';
import { collect, fetchTarget, partsOf, RawFtp } from './testing/clients.js';
import { serving, type Serving } from './testing/serving.js';

const sound = noise(150_000);
let at: Serving;
const raw: RawFtp[] = [];
beforeEach(async () => {
  at = await serving('ftp');
});
afterEach(async () => {
  for (const client of raw.splice(0)) client.close();
  await at.close();
});

const dial = (): RawFtp => {
  const client = new RawFtp(at.server.listening);
  raw.push(client);
  return client;
};
const loggedIn = async (target: string): Promise<RawFtp> => dial().login(target);
const retr = () => at.event('server.request', ({ verb }) => verb === 'RETR');

describe('a published package', () => {
  test('is fetched whole, and the journal tells all of it', async () => {
    const { target, maskedTarget } = await at.server.publish(at.file(sound));
    const { user, password, port } = partsOf(target);
    expect(target).toBe(`ftp://${user}:${password}@127.0.0.1:${String(port)}/update-v12-to-v13.zip`);
    expect(maskedTarget).toBe(target.replace(password, '***'));

    expect(await fetchTarget(target)).toMatchObject({ bytes: sound, code: 226 });
    const request = await retr();
    expect(request).toMatchObject({ protocol: 'ftp', connection: 1, path: '/update-v12-to-v13.zip' });
    const response = await at.event('server.response', (event) => event.request === request.request);
    expect(response).toMatchObject({ connection: 1, code: 226, size: 150_000, sent: 150_000, whole: true });
    await at.event('server.connection', ({ state }) => state === 'close');

    const listen = `127.0.0.1:${String(port)}`;
    expect(at.events[0]).toMatchObject({ type: 'server.listen', protocol: 'ftp', listen, advertise: listen });
    expect(at.all('delivery.publish')).toMatchObject([
      { source: 'ftp', name: 'update-v12-to-v13.zip', target: maskedTarget, size: 150_000 },
    ]);
    expect(at.all('server.login')).toMatchObject([{ connection: 1, user, accepted: true }]);
    expect(at.all('server.connection').map(({ state, connection }) => [state, connection])).toEqual([
      ['open', 1],
      ['close', 1],
    ]);
    // Every request has one response, told apart by its number.
    const requests = at.all('server.request').map((event) => event.request);
    expect(new Set(requests).size).toBe(requests.length);
    expect(
      at
        .all('server.response')
        .map((event) => event.request)
        .sort(),
    ).toEqual([...requests].sort());
    expect(JSON.stringify(at.events)).not.toContain(password);
  });

  test('is a copy: what becomes of the file afterwards does not matter, and nothing is left of it', async () => {
    const file = at.file('first');
    const publication = await at.server.publish(file);
    at.file('second');
    expect((await fetchTarget(publication.target)).bytes.toString()).toBe('first');
    await publication.withdraw();
    await publication.withdraw();
    expect(readdirSync(at.folder)).toEqual([]);
    expect(await fetchTarget(publication.target)).toMatchObject({ code: 550 });
  });

  test('can be empty', async () => {
    const { target } = await at.server.publish(at.file(''));
    expect(await fetchTarget(target)).toMatchObject({ bytes: Buffer.alloc(0), code: 226 });
    const { request } = await retr();
    expect(await at.event('server.response', (event) => event.request === request)).toMatchObject({
      size: 0,
      sent: 0,
      whole: true,
    });
    const client = await loggedIn(target);
    expect(await client.say('SIZE update-v12-to-v13.zip')).toBe('213 0');
  });

  test('can lie in folders, and be reached through them', async () => {
    const { target } = await at.server.publish(at.file(sound), { name: 'a/b/c.zip' });
    expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
    const { host, port, user, password } = partsOf(target);
    const client = new Client();
    await client.access({ host, port, user, password });
    await client.cd('/a');
    await client.cd('b');
    expect(await client.pwd()).toBe('/a/b');
    expect((await client.list()).map(({ name, size }) => [name, size])).toEqual([['c.zip', 150_000]]);
    expect(await client.size('c.zip')).toBe(150_000);
    await client.cdup();
    expect((await client.list('/')).map(({ name, isDirectory }) => [name, isDirectory])).toEqual([['a', true]]);
    await expect(client.cd('/elsewhere')).rejects.toMatchObject({ code: 550 });
    client.close();
    expect(at.all('server.request').some(({ verb, path }) => verb === 'SIZE' && path === '/a/b/c.zip')).toBe(true);
    const list = at.all('server.request').find(({ verb }) => verb === 'LIST')?.request;
    expect(at.all('server.response').find(({ request }) => request === list)).toMatchObject({ code: 226, whole: true });
  });

  test('can be fetched from an offset, which the next fetch does not inherit', async () => {
    const { target } = await at.server.publish(at.file(sound));
    expect((await fetchTarget(target, { offset: 100_000 })).bytes.equals(sound.subarray(100_000))).toBe(true);
    const request = await retr();
    expect(request.offset).toBe(100_000);
    const response = await at.event('server.response', (event) => event.request === request.request);
    expect(response).toMatchObject({ size: 150_000, sent: 50_000, whole: true });

    const client = await loggedIn(target);
    await client.say('REST 7');
    connect(await client.passive()).on('error', () => undefined);
    expect(await client.say('RETR nothing.zip')).toMatch(/^550/);
    const data = connect(await client.passive());
    client.socket.write('RETR update-v12-to-v13.zip\r\n');
    expect(await collect(data)).toHaveLength(150_000);
    expect(await client.reply()).toMatch(/^150/);
    expect(await client.reply()).toMatch(/^226/);
    expect(await client.say('REST 150001')).toMatch(/^350/);
    connect(await client.passive()).on('error', () => undefined);
    expect(await client.say('RETR update-v12-to-v13.zip')).toMatch(/^550/);
    expect(await client.say('REST -1')).toMatch(/^501/);
  });

  test('two at the same time are told apart', async () => {
    const [one, two] = await Promise.all([
      at.server.publish(at.file(sound), { name: 'one.zip' }),
      at.server.publish(at.file('2'), { name: 'two.zip' }),
    ]);
    const both = await Promise.all([fetchTarget(one.target), fetchTarget(two.target)]);
    expect(both.map(({ bytes }) => bytes.length)).toEqual([150_000, 1]);
    for (const [path, size] of [
      ['/one.zip', 150_000],
      ['/two.zip', 1],
    ] as const) {
      const { request, connection } = await at.event('server.request', (event) => event.path === path && event.verb === 'RETR');
      const response = await at.event('server.response', (event) => event.request === request);
      expect(response).toMatchObject({ connection, sent: size, whole: true });
    }
    await expect(at.server.publish(at.file('3'), { name: 'two.zip' })).rejects.toMatchObject({ name: 'UserError' });
  });
});

describe('addresses', () => {
  test('keep to the overrides', async () => {
    const address = {
      host: 'h'.repeat(50),
      user: 'u'.repeat(50),
      password: 'p'.repeat(50),
      omitPort: true,
      name: `${'n'.repeat(46)}.zip`,
    };
    const { target, maskedTarget } = await at.server.publish(at.file(sound), address);
    expect(target).toBe(`ftp://${address.user}:${address.password}@${address.host}/${address.name}`);
    expect(maskedTarget).toBe(`ftp://${address.user}:***@${address.host}/${address.name}`);
    const login = partsOf(target);
    const reachable = target.replace(`@${address.host}`, `@127.0.0.1:${String(at.server.listening.port)}`);
    expect((await fetchTarget(reachable)).bytes.equals(sound)).toBe(true);
    // The run's own login does not see it, and its login sees nothing else.
    const own = await at.server.publish(at.file('own'), { name: 'own.zip' });
    const ownLogin = partsOf(own.target);
    expect(
      await fetchTarget(reachable.replace(`${login.user}:${login.password}`, `${ownLogin.user}:${ownLogin.password}`)),
    ).toMatchObject({ code: 550 });
    expect(
      await fetchTarget(own.target.replace(`${ownLogin.user}:${ownLogin.password}`, `${login.user}:${login.password}`)),
    ).toMatchObject({ code: 550 });
  });

  test('an own login ends with its publication', async () => {
    const publication = await at.server.publish(at.file(sound), { user: 'somebody' });
    await publication.withdraw();
    expect(await fetchTarget(publication.target)).toMatchObject({ code: 530 });
  });

  test('of what is not published lead to nothing', async () => {
    expect(await fetchTarget(at.server.target('nothing.zip').target)).toMatchObject({ code: 550 });
    const { request } = await retr();
    expect(await at.event('server.response', (event) => event.request === request)).toMatchObject({ code: 550, whole: false });
    expect(at.server.target('').target).toMatch(/:\d+\/$/);
    expect(at.server.target('a.zip', { password: 'somethingelse' }).maskedTarget).toMatch(/:\*\*\*@/);
  });

  test('a name that would need quoting is refused, a file of such a name gets another', async () => {
    for (const name of ['../a.zip', '/a.zip', 'a//b.zip', 'a b.zip', 'a"b.zip', '.hidden', 'a\\b', 'ä.zip', 'a\0']) {
      await expect(at.server.publish(at.file(sound), { name })).rejects.toMatchObject({ name: 'UserError' });
    }
    const { target } = await at.server.publish(at.file(sound, `Über ${'x'.repeat(60)} (1).zip`));
    expect(partsOf(target).path).toMatch(/^\/-ber-x{40}\.zip$/);
    await expect(at.server.publish('/nothing/there.zip')).rejects.toMatchObject({ name: 'UserError' });
  });

  test('the same seed draws the same login, another seed another', async () => {
    const logins: string[] = [];
    for (const seed of [51, 51, 52]) {
      const other = await serving('ftp', {}, seed);
      const { user, password } = partsOf(other.server.target('a.zip').target);
      logins.push(`${user}:${password}`);
      await other.close();
    }
    expect(logins[0]).toBe(logins[1]);
    expect(logins[0]).not.toBe(logins[2]);
  });
});

describe('control connections', () => {
  test('a command may come in pieces, and several in one', async () => {
    const { target } = await at.server.publish(at.file(sound));
    const { user, password } = partsOf(target);
    const client = dial();
    await client.reply();
    for (const piece of ['US', `ER ${user}`, '\r', '\n']) {
      client.socket.write(piece);
      await new Promise(setImmediate);
    }
    expect(await client.reply()).toMatch(/^331/);
    client.socket.write(`PASS ${password}\r\nTYPE I\r\nSIZE update-v12-to-v13.zip\nPWD\r\n`);
    expect(await client.reply()).toMatch(/^230/);
    expect(await client.reply()).toMatch(/^200/);
    expect(await client.reply()).toBe('213 150000');
    expect(await client.reply()).toMatch(/^257 "\/"/);
  });

  test('nothing is done without a login, and a wrong one can be followed by a right one', async () => {
    const { target } = await at.server.publish(at.file(sound));
    const { user, password } = partsOf(target);
    const client = dial();
    await client.reply();
    for (const command of [
      'PASV',
      'EPSV',
      'PORT 127,0,0,1,20,0',
      'RETR update-v12-to-v13.zip',
      'SIZE update-v12-to-v13.zip',
      'LIST',
      'PWD',
      'ABOR',
      'REST 1',
    ]) {
      expect(await client.say(command)).toMatch(/^5(30|03)/);
    }
    await client.say(`USER ${user}`);
    expect(await client.say('PASS wrongwrong')).toMatch(/^530/);
    await client.say(`USER ${user}`);
    expect(await client.say(`PASS ${password}`)).toMatch(/^230/);
    expect(at.all('server.login').map(({ accepted }) => accepted)).toEqual([false, true]);
    expect(JSON.stringify(at.events)).not.toContain('wrongwrong');
  });

  test('three wrong logins end the connection', async () => {
    const client = dial();
    await client.reply();
    for (let round = 0; round < 3; round++) {
      await client.say('USER root');
      await client.say('PASS root');
    }
    expect(await client.reply()).toMatch(/^421/);
    expect(await client.reply()).toBe('closed');
  });

  test.each([
    ...[
      'STOR a',
      'STOU',
      'APPE a',
      'DELE update-v12-to-v13.zip',
      'RNFR update-v12-to-v13.zip',
      'RNTO b',
      'MKD d',
      'XMKD d',
      'RMD d',
    ],
    ...['SITE CHMOD 777 update-v12-to-v13.zip', 'SITE EXEC id', 'AUTH TLS', 'PROT P', 'MLSD', 'SMNT /', 'ACCT a'],
  ])('%s is refused', async (command) => {
    const { target } = await at.server.publish(at.file(sound));
    const client = await loggedIn(target);
    await client.passive();
    expect(await client.say(command)).toMatch(/^50[02]/);
    const { request } = await at.event('server.request', ({ verb }) => verb === command.split(' ')[0]);
    expect((await at.event('server.response', (event) => event.request === request)).code).toBeGreaterThanOrEqual(500);
    expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
  });

  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    '..\\..\\etc\\passwd',
    '/proc/self/environ',
    '.',
    '/',
    '~root',
    'package-1',
    '%2e%2e/x',
  ])('RETR %s finds nothing', async (path) => {
    const { target } = await at.server.publish(at.file(sound));
    const client = await loggedIn(target);
    const data = connect(await client.passive());
    expect(await client.say(`RETR ${path}`)).toMatch(/^5\d\d/);
    expect(await collect(data)).toHaveLength(0);
    expect(await client.say(`SIZE ${path}`)).toMatch(/^(550|213 0)/);
  });

  test('the server leaves the signals of the process alone', async () => {
    const before = ['SIGINT', 'SIGTERM', 'SIGQUIT'].map((signal) => process.listenerCount(signal));
    const other = await serving('ftp');
    expect(['SIGINT', 'SIGTERM', 'SIGQUIT'].map((signal) => process.listenerCount(signal))).toEqual(before);
    await other.close();
  });

  test('closing the server closes everything', async () => {
    const { target } = await at.server.publish(at.file(sound), { fault: { name: 'stall' } });
    const idle = dial();
    await idle.reply();
    const waiting = await loggedIn(target);
    const { port } = await waiting.passive();
    const busy = await loggedIn(target);
    const data = connect(await busy.passive());
    data.on('error', () => undefined);
    data.resume();
    const dataGone = new Promise((resolve) => data.once('close', resolve));
    busy.socket.write('RETR update-v12-to-v13.zip\r\n');
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    await at.server.close();
    await dataGone;
    expect(await idle.reply()).toBe('closed');
    expect(await waiting.reply()).toBe('closed');
    for (const address of [at.server.listening, { host: '127.0.0.1', port }]) {
      const late = connect(address);
      expect(((await once(late, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNREFUSED');
    }
    const open = at.all('server.connection');
    expect(open.filter(({ state }) => state === 'open')).toHaveLength(open.filter(({ state }) => state === 'close').length);
  });

  test('a port that is taken is the fault of the rig', async () => {
    const listen = `127.0.0.1:${String(at.server.listening.port)}`;
    await expect(serving('ftp', { listen })).rejects.toMatchObject({ name: 'RigFault', exitCode: 3 });
    await expect(serving('http', { listen })).rejects.toMatchObject({ name: 'RigFault', exitCode: 3 });
  });
});
