import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { DeliveryFault } from '../journal/events.js';
import { noise } from '../package/testing/make-zip.js';
import { fetchTarget, partsOf } from './testing/clients.js';
import { serving, type Serving } from './testing/serving.js';

const size = 200_000;
const sound = noise(size);

describe.each(['ftp', 'http'] as const)('faults over %s', (protocol) => {
  let at: Serving;
  beforeEach(async () => {
    at = await serving(protocol);
  });
  afterEach(async () => {
    await at.close();
  });

  const good = { ftp: 226, http: 200 }[protocol];
  const verb = { ftp: 'RETR', http: 'GET' }[protocol];
  const publish = (fault: DeliveryFault) => at.server.publish(at.file(sound), { fault });
  const states = () => at.all('delivery.fault').map(({ state }) => state);
  /** The response to the request for the file itself. */
  const response = async () => {
    const { request } = await at.event('server.request', (event) => event.verb === verb);
    return at.event('server.response', (event) => event.request === request);
  };
  /** After a fault is gone everything must be as if it had never been. */
  const stillServes = async () => {
    const next = await at.server.publish(at.file(sound));
    expect((await fetchTarget(next.target)).bytes.equals(sound)).toBe(true);
    await next.withdraw();
  };

  test('refuse: every connection is closed at once, until it is withdrawn', async () => {
    const fault = { name: 'refuse' } as const;
    const publication = await publish(fault);
    const download = await fetchTarget(publication.target);
    expect(download).toMatchObject({ bytes: Buffer.alloc(0), code: 0 });
    expect(download.error).toBeDefined();
    await at.event('server.connection', ({ state }) => state === 'close');
    expect(at.all('server.request')).toEqual([]);
    expect(states()).toEqual(['armed', 'struck']);
    await publication.withdraw();
    expect(at.all('delivery.fault').map(({ state, fault: of, source }) => [source, of, state])).toEqual([
      [protocol, fault, 'armed'],
      [protocol, fault, 'struck'],
      [protocol, fault, 'cleared'],
    ]);
    await stillServes();
  });

  test('wrong-password: the login of the address is refused, another one is not', async () => {
    const other = await at.server.publish(at.file('other', 'other.zip'));
    const publication = await publish({ name: 'wrong-password' });
    expect(await fetchTarget(publication.target)).toMatchObject({
      bytes: Buffer.alloc(0),
      code: { ftp: 530, http: 401 }[protocol],
    });
    expect(states()).toEqual(['armed', 'struck']);
    if (protocol === 'ftp') {
      expect(at.all('server.login')).toMatchObject([{ accepted: false, user: partsOf(publication.target).user }]);
      expect(JSON.stringify(at.events)).not.toContain(partsOf(publication.target).password);
    } else {
      expect(await response()).toMatchObject({ code: 401, sent: 0, whole: false });
    }
    expect((await fetchTarget(other.target)).bytes.toString()).toBe('other');
    await publication.withdraw();
    await stillServes();
  });

  test('not-found: as if it had never been published', async () => {
    const publication = await publish({ name: 'not-found' });
    expect(await fetchTarget(publication.target)).toMatchObject({
      bytes: Buffer.alloc(0),
      code: { ftp: 550, http: 404 }[protocol],
    });
    expect(await response()).toMatchObject({ code: { ftp: 550, http: 404 }[protocol], sent: 0, whole: false });
    expect(states()).toContain('struck');
    await publication.withdraw();
    await stillServes();
  });

  test('stall: bytes up to the place, then nothing, on an open connection, until it is withdrawn', async () => {
    const publication = await publish({ name: 'stall', percent: 40 });
    let there: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      there = resolve;
    });
    const download = fetchTarget(publication.target, {
      progress: (bytes) => {
        if (bytes === 80_000) there();
      },
    });
    await arrived;
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    const { request } = await at.event('server.request', (event) => event.verb === verb);
    expect(at.all('server.response').some((event) => event.request === request)).toBe(false);
    expect(at.all('server.connection').some(({ state }) => state === 'close')).toBe(false);
    await publication.withdraw();
    const { bytes, error } = await download;
    expect(bytes.equals(sound.subarray(0, 80_000))).toBe(true);
    expect(error).toBeDefined();
    expect(await response()).toMatchObject({ size, sent: 80_000, whole: false });
    expect(states()).toEqual(['armed', 'struck', 'cleared']);
    await stillServes();
  });

  test('link-lost: nothing goes through for a while, then all of it; who comes meanwhile is heard afterwards', async () => {
    const ms = 300;
    const publication = await publish({ name: 'link-lost', percent: 40, ms });
    const arrivals: { bytes: number; t: number }[] = [];
    const download = fetchTarget(publication.target, {
      progress: (bytes) => {
        arrivals.push({ bytes, t: performance.now() });
      },
    });
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    const second = fetchTarget(publication.target);
    expect((await download).bytes.equals(sound)).toBe(true);
    // It is lost once: the other one gets the file as well, though not before the link was back.
    expect((await second).bytes.equals(sound)).toBe(true);
    const before = arrivals.findLast(({ bytes }) => bytes <= 80_000);
    const after = arrivals.find(({ bytes }) => bytes > 80_000);
    expect(before?.bytes).toBe(80_000);
    expect((after?.t ?? 0) - (before?.t ?? 0)).toBeGreaterThan(ms / 2);
    expect(states()).toEqual(['armed', 'struck']);
    const [lost] = at.all('delivery.fault').filter(({ state }) => state === 'struck');
    const answered = at.all('server.request').filter(({ verb: asked }) => asked === verb);
    expect(answered).toHaveLength(2);
    expect((answered[1]?.t ?? 0) - (lost?.t ?? 0)).toBeGreaterThan(ms / 2);
    await publication.withdraw();
    await stillServes();
  });

  test('link-lost: a client that gives up meanwhile ends it, and so does the withdrawal', async () => {
    const publication = await publish({ name: 'link-lost', percent: 10, ms: 3_600_000 });
    const leave = new AbortController();
    const download = fetchTarget(publication.target, { leave: leave.signal });
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    leave.abort();
    await download;
    expect(await response()).toMatchObject({ sent: 20_000, whole: false });
    const waiting = fetchTarget(publication.target);
    await publication.withdraw();
    await waiting;
    await stillServes();
  });

  test('stall: a client that leaves ends it', async () => {
    const publication = await publish({ name: 'stall', percent: 10 });
    const leave = new AbortController();
    const download = fetchTarget(publication.target, { leave: leave.signal });
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    leave.abort();
    await download;
    expect(await response()).toMatchObject({ sent: 20_000, whole: false });
  });

  test('reset: what was sent arrives, then the connection breaks', async () => {
    const publication = await publish({ name: 'reset', percent: 60 });
    const { bytes, error, code } = await fetchTarget(publication.target);
    expect(bytes.equals(sound.subarray(0, 120_000))).toBe(true);
    expect(error).toBeDefined();
    expect(String(error)).toMatch(/ECONNRESET|aborted/);
    expect(code).not.toBe(226);
    expect(await response()).toMatchObject({ sent: 120_000, whole: false });
    expect(at.all('delivery.fault')[1]).toMatchObject({ state: 'struck', detail: expect.stringContaining('120000') as string });
    await publication.withdraw();
    await stillServes();
  });

  test('truncate: closed in good order, but short', async () => {
    const publication = await publish({ name: 'truncate', percent: 70 });
    const { bytes, code, error } = await fetchTarget(publication.target);
    expect(bytes.equals(sound.subarray(0, 140_000))).toBe(true);
    expect(code).toBe(good);
    if (protocol === 'ftp') expect(error).toBeUndefined();
    else expect(error).toMatchObject({ message: 'aborted' });
    expect(await response()).toMatchObject({ code: good, size, sent: 140_000, whole: false });
    await publication.withdraw();
    await stillServes();
  });

  test('corrupt: one byte, the same on every try, and whole otherwise', async () => {
    const publication = await publish({ name: 'corrupt', percent: 50, seed: 99 });
    const first = await fetchTarget(publication.target);
    const second = await fetchTarget(publication.target);
    const changed = [...sound.keys()].filter((index) => sound[index] !== first.bytes[index]);
    expect(changed).toEqual([100_000]);
    expect(second.bytes.equals(first.bytes)).toBe(true);
    expect(first).toMatchObject({ code: good, error: undefined });
    expect(await response()).toMatchObject({ sent: size, whole: true });
    expect(at.all('delivery.fault').map(({ detail }) => detail)).toEqual([
      expect.stringContaining('byte 100000'),
      expect.stringContaining('byte 100000'),
      expect.stringContaining('byte 100000'),
    ]);
    // A part without that byte is sound.
    const rest = await fetchTarget(publication.target, { offset: 100_001 });
    expect(rest.bytes.equals(sound.subarray(100_001))).toBe(true);
  });

  test('slow: all of it, no faster than it should be', async () => {
    const publication = await publish({ name: 'slow', rate: 400 });
    const download = await fetchTarget(publication.target);
    expect(download).toMatchObject({ code: good, error: undefined });
    expect(download.bytes.equals(sound)).toBe(true);
    const { took, whole } = await response();
    expect(whole).toBe(true);
    // 200 kB at 400 kB/s; the last piece is not waited for.
    expect(took).toBeGreaterThan(400);
  });

  test('server-gone: every connection breaks, nobody gets in, and then the same port is open again', async () => {
    const publication = await publish({ name: 'server-gone', percent: 30 });
    const bystander = connect(at.server.listening);
    bystander.on('error', () => undefined);
    await once(bystander, 'connect');
    const gone = new Promise((resolve) => bystander.once('close', resolve));
    const { bytes, error } = await fetchTarget(publication.target);
    expect(bytes.equals(sound.subarray(0, 60_000))).toBe(true);
    expect(error).toBeDefined();
    await gone;
    const late = connect(at.server.listening);
    const [refused] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(refused.code).toBe('ECONNREFUSED');
    expect(await response()).toMatchObject({ sent: 60_000, whole: false });
    await publication.withdraw();
    expect(at.all('server.listen').map(({ listen }) => listen)).toEqual(
      Array(2).fill(`127.0.0.1:${String(at.server.listening.port)}`),
    );
    await stillServes();
  });

  test('a server that is gone can be closed for good', async () => {
    const publication = await publish({ name: 'server-gone', percent: 0 });
    await fetchTarget(publication.target);
    await at.server.close();
    const late = connect(at.server.listening);
    expect(((await once(late, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNREFUSED');
    expect(states()).toEqual(['armed', 'struck', 'cleared']);
  });

  test.each(['reset', 'truncate', 'stall'] as const)('%s at 0 and at 100 %%', async (name) => {
    for (const percent of [0, 100]) {
      const publication = await publish({ name, percent });
      const download = fetchTarget(publication.target);
      await at.event('delivery.fault', ({ state, fault }) => state === 'struck' && fault.percent === percent);
      if (name === 'stall') await publication.withdraw();
      const { bytes } = await download;
      // A stall may be withdrawn before the client has read what was sent to it.
      expect(name === 'stall' ? sound.subarray(0, bytes.length).equals(bytes) : bytes.length === percent * 2000).toBe(true);
      await publication.withdraw();
    }
  });

  test('a part that starts behind the place gets nothing', async () => {
    const publication = await publish({ name: 'reset', percent: 20 });
    const { bytes } = await fetchTarget(publication.target, { offset: 50_000 });
    expect(bytes).toHaveLength(0);
  });

  test('a place that is left open is drawn from the seed', async () => {
    const details: (string | undefined)[] = [];
    for (const seed of [21, 21, 22]) {
      const publication = await publish({ name: 'truncate', seed });
      await publication.withdraw();
      details.push(at.all('delivery.fault').findLast(({ state }) => state === 'armed')?.detail);
    }
    expect(details[0]).toBe(details[1]);
    expect(details[0]).not.toBe(details[2]);
  });

  test('a fault hits its own publication only, while others are fetched', async () => {
    const publication = await publish({ name: 'stall', percent: 50 });
    const stalled = fetchTarget(publication.target);
    await at.event('delivery.fault', ({ state }) => state === 'struck');
    const other = await at.server.publish(at.file(sound, 'other.zip'));
    const { bytes } = await fetchTarget(other.target);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      at.all('delivery.publish').find(({ name }) => name.endsWith('other.zip'))?.sha256,
    );
    await publication.withdraw();
    await stalled;
  });
});
