import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { noise } from '../package/testing/make-zip.js';
import { fetchTarget, partsOf, RawFtp } from './testing/clients.js';
import { serving, type Serving } from './testing/serving.js';

const sound = noise(40_000);
let at: Serving;
const trouble: unknown[] = [];
const note = (problem: unknown): void => {
  trouble.push(problem);
};
afterEach(async () => {
  await at.close();
  expect(trouble.splice(0)).toEqual([]);
});
beforeAll(() => {
  process.on('unhandledRejection', note);
});
afterAll(() => {
  process.off('unhandledRejection', note);
});

/** Sends bytes in pieces, says goodbye or just goes, and waits until the server is through with it. */
async function visit(address: { host: string; port: number }, pieces: readonly Uint8Array[], rude: boolean): Promise<void> {
  const socket: Socket = connect({ ...address, noDelay: true });
  socket.on('error', () => undefined);
  socket.on('data', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  for (const piece of pieces) {
    if (socket.writable)
      await new Promise<void>((resolve) =>
        socket.write(piece, () => {
          resolve();
        }),
      );
  }
  if (rude) socket.resetAndDestroy();
  else socket.end();
  await closed;
}

const words = fc.constantFrom(
  ...[
    'USER',
    'PASS',
    'PASV',
    'EPSV',
    'PORT',
    'EPRT',
    'RETR',
    'LIST',
    'STAT',
    'REST',
    'SIZE',
    'MDTM',
    'CWD',
    'CDUP',
    'OPTS',
    'TYPE',
    'FEAT',
  ],
  ...[
    'ABOR',
    'QUIT',
    'HELP',
    'SITE',
    'STOR',
    'ALLO',
    'MODE',
    'STRU',
    'NLST',
    'NOOP',
    'constructor',
    '__proto__',
    'toString',
    'GET',
    'HEAD',
    'PRI',
  ],
);
const arguments_ = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '',
    ' ',
    '*',
    '/',
    '..',
    '-a',
    '|1|127.0.0.1|1|',
    '127,0,0,1,4,0',
    '99999999999',
    '-1',
    'UTF8 ON',
    'update-v12-to-v13.zip',
    '\0',
    '%',
  ),
  fc.constantFrom(
    '/ HTTP/1.1\r\nHost: x\r\nRange: bytes=5-\r\n\r\n',
    '* HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'x HTTP/9.9\r\n\r\n',
  ),
);
const commands = fc.array(
  fc
    .tuple(words, arguments_, fc.constantFrom('\r\n', '\n', '\r', ''))
    .map(([word, argument, end]) => Buffer.from(`${word} ${argument}${end}`)),
  { maxLength: 8 },
);
const pieces = fc.oneof(commands, fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }));

test.each(['ftp', 'http'] as const)(
  '%s: whatever is sent, the next client is served, and the journal stays whole',
  async (protocol) => {
    at = await serving(protocol);
    const { target } = await at.server.publish(at.file(sound));
    const { user, password } = partsOf(target);
    const login = Buffer.from(`USER ${user}\r\nPASS ${password}\r\n`);
    let visits = 0;
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), fc.boolean(), async (sent, rude, known) => {
        visits += 1;
        await visit(at.server.listening, known && protocol === 'ftp' ? [login, ...sent] : sent, rude);
      }),
      { numRuns: 150 },
    );
    expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
    await at.event('server.connection', ({ state, connection }) => state === 'close' && connection === visits + 1);
    const connections = at.all('server.connection');
    expect(connections.filter(({ state }) => state === 'open')).toHaveLength(visits + 1);
    expect(JSON.stringify(at.events)).not.toContain(password === '' ? '\0' : password);
  },
);

test('ftp: a line without end is cut off', async () => {
  at = await serving('ftp');
  const client = new RawFtp(at.server.listening);
  await client.reply();
  expect(await client.say(Buffer.alloc(5000, 'A'))).toMatch(/^500/);
  expect(await client.reply()).toBe('closed');
});

test('ftp: commands without end are cut off', async () => {
  at = await serving('ftp');
  const client = new RawFtp(at.server.listening);
  client.socket.write('NOOP\r\n'.repeat(1000));
  const replies = [];
  for (let reply = await client.reply(); reply !== 'closed'; reply = await client.reply()) replies.push(reply);
  expect(replies.length).toBeLessThan(60);
});

test('ftp: junk among commands is refused and the connection goes on', async () => {
  at = await serving('ftp');
  const { target } = await at.server.publish(at.file(sound));
  const client = new RawFtp(at.server.listening);
  await client.login(target);
  for (const junk of ['\u0001\u0002', '\u001b[2J', 'RETR a\0b', 'x', 'LONGWORD', '__proto__', 'constructor', '   ']) {
    expect(await client.say(junk)).toMatch(/^50[01]/);
  }
  expect(await client.say('SIZE update-v12-to-v13.zip')).toBe('213 40000');
  client.close();
});

test.each(['ftp', 'http'] as const)('%s: half-open connections do not keep others out for ever', async (protocol) => {
  at = await serving(protocol);
  const { target } = await at.server.publish(at.file(sound));
  const open = await Promise.all(
    Array.from({ length: 63 }, async () => {
      const socket = connect(at.server.listening);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    }),
  );
  expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
  await at.event('server.connection', ({ state }) => state === 'close');
  const [last, beyond] = [connect(at.server.listening), connect(at.server.listening)];
  for (const socket of [last, beyond]) socket.on('error', () => undefined);
  await new Promise((resolve) => beyond.once('close', resolve));
  expect(at.all('note').map(({ text }) => text)).toEqual([expect.stringContaining('64 are open')]);
  for (const socket of [...open, last]) socket.destroy();
});
