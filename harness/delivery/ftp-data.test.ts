import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { noise } from '../package/testing/make-zip.js';
import { collect, fetchTarget, RawFtp } from './testing/clients.js';
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

describe('data connections', () => {
  test('are told the advertised address', async () => {
    const other = await serving('ftp', { advertise: '192.0.2.7:2121' });
    const client = new RawFtp(other.server.listening);
    await client.login(other.server.target('a.zip').target);
    expect((await client.passive()).host).toBe('192.0.2.7');
    expect(await client.say('EPSV')).toMatch(/^229 .*\(\|\|\|\d+\|\)/);
    client.close();
    expect(other.server.advertise).toEqual({ host: '192.0.2.7', port: 2121 });
    await other.close();
  });

  test('fall back to the address the client came by when the advertised name is unknown', async () => {
    const other = await serving('ftp', { advertise: 'nowhere.invalid:2121' });
    const client = new RawFtp(other.server.listening);
    await client.login(other.server.target('a.zip').target);
    expect((await client.passive()).host).toBe('127.0.0.1');
    client.close();
    await other.close();
  });

  test('use the ports they are given, and say so when none is free', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const other = await serving('ftp', { passivePorts: `${String(port)}-${String(port)}` });
    const { target } = await other.server.publish(other.file(sound));
    const client = new RawFtp(other.server.listening);
    await client.login(target);
    expect(await client.say('PASV')).toMatch(/^425/);
    taken.close();
    await once(taken, 'close');
    expect(await client.passive()).toEqual({ host: '127.0.0.1', port });
    // Asked again and again without a connection, the one port does for all.
    expect(await client.passive()).toEqual({ host: '127.0.0.1', port });
    client.close();
    await other.event('server.connection', ({ state }) => state === 'close');
    for (let round = 0; round < 3; round++) expect((await fetchTarget(target)).bytes.equals(sound)).toBe(true);
    await other.close();
  });

  test('active ones go to the client alone, and to no privileged port', async () => {
    const { target } = await at.server.publish(at.file(sound));
    const receiver = createServer().listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address() as AddressInfo;
    const client = await loggedIn(target);
    const ports = `${String(port >> 8)},${String(port & 255)}`;
    for (const command of [`PORT 127,0,0,1,${ports}`, `EPRT |1|127.0.0.1|${String(port)}|`]) {
      const arrived = once(receiver, 'connection');
      expect(await client.say(command)).toMatch(/^200/);
      client.socket.write('RETR update-v12-to-v13.zip\r\n');
      const [socket] = (await arrived) as [Parameters<typeof collect>[0]];
      expect((await collect(socket)).equals(sound)).toBe(true);
      expect(await client.reply()).toMatch(/^150/);
      expect(await client.reply()).toMatch(/^226/);
    }
    receiver.close();
    const refused = [
      `PORT 192,0,2,1,${ports}`,
      'PORT 127,0,0,1,0,25',
      'PORT 127,0,0,2,200,0',
      'EPRT |1|192.0.2.1|5000|',
      'EPRT |1|localhost|5000|',
    ];
    for (const command of refused) expect(await client.say(command)).toMatch(/^5\d\d/);
    for (const command of ['PORT', 'PORT 1,2,3', 'PORT a,b,c,d,e,f', 'EPRT', 'EPRT |2|::1|5000|', 'EPRT |1|127.0.0.1|99999|']) {
      expect(await client.say(command)).toMatch(/^5\d\d/);
    }
    expect(await client.say('RETR update-v12-to-v13.zip')).toMatch(/^425/);
  });

  test('a client that leaves in mid-transfer is seen to, and the next one is served', async () => {
    const large = Buffer.alloc(30_000_000, 1);
    const { target } = await at.server.publish(at.file(large));
    const leave = new AbortController();
    const download = fetchTarget(target, {
      leave: leave.signal,
      progress: () => {
        leave.abort();
      },
    });
    await download;
    const { request } = await retr();
    const response = await at.event('server.response', (event) => event.request === request);
    expect(response).toMatchObject({ code: 426, whole: false });
    expect(response.sent).toBeLessThan(large.length);
    expect((await fetchTarget(target)).bytes).toHaveLength(large.length);
  });

  test.each([10_000, 150_000])(
    'what lies in the buffers when a client breaks off does not count as fetched (%i bytes)',
    async (size) => {
      const { target } = await at.server.publish(at.file(sound.subarray(0, size)));
      const client = await loggedIn(target);
      const data = connect(await client.passive());
      data.pause();
      client.socket.write('RETR update-v12-to-v13.zip\r\n');
      expect(await client.reply()).toMatch(/^150/);
      expect(await client.reply()).toMatch(/^226/);
      data.resetAndDestroy();
      const { request } = await retr();
      const response = await at.event('server.response', (event) => event.request === request);
      expect(response).toMatchObject({ code: 226, sent: size, whole: false });
    },
  );

  test('a client that drops only the data connection is told, and can go on', async () => {
    const { target } = await at.server.publish(at.file(Buffer.alloc(30_000_000)));
    const client = await loggedIn(target);
    const data = connect(await client.passive());
    data.on('error', () => undefined);
    client.socket.write('RETR update-v12-to-v13.zip\r\n');
    await once(data, 'data');
    data.destroy();
    expect(await client.reply()).toMatch(/^150/);
    expect(await client.reply()).toMatch(/^426/);
    expect(await client.say('NOOP')).toMatch(/^200/);
  });

  test('ABOR ends a transfer', async () => {
    const { target } = await at.server.publish(at.file(sound), { fault: { name: 'stall', percent: 50 } });
    const client = await loggedIn(target);
    const data = connect(await client.passive());
    data.on('error', () => undefined);
    client.socket.write('RETR update-v12-to-v13.zip\r\n');
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    client.socket.write(Buffer.concat([Buffer.of(0xff, 0xf4, 0xff, 0xf2), Buffer.from('ABOR\r\n')]));
    expect(await client.reply()).toMatch(/^150/);
    expect(await client.reply()).toMatch(/^426/);
    expect(await client.reply()).toMatch(/^226/);
  });
});
