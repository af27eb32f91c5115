import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noise } from '../package/testing/make-zip.js';
import { ask, fetchTarget } from './testing/clients.js';
import { serving, type Serving } from './testing/serving.js';

/** What was handed out is told by its digest: the file may not be any more what was published. */
const sound = noise(100_000);
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.each(['ftp', 'http'] as const)('over %s', (protocol) => {
  let at: Serving;
  beforeEach(async () => {
    at = await serving(protocol);
  });
  afterEach(async () => {
    await at.close();
  });
  const sent = () => at.event('server.response', ({ sent: bytes }) => bytes > 0);
  /** The file on disk, behind the server's back. */
  const overwrite = (bytes: Buffer): void => {
    const [file] = readdirSync(at.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    writeFileSync(join(file?.parentPath ?? '', file?.name ?? ''), bytes);
  };

  test('a file handed out whole: the digest that was published', async () => {
    const { target } = await at.server.publish(at.file(sound));
    await fetchTarget(target);
    expect((await sent()).sha256).toBe(digest(sound));
    expect(at.all('delivery.publish')[0]?.sha256).toBe(digest(sound));
  });

  test.each([100_000, 60_000])('a file that was changed on disk, %i bytes now: the digest of what went out', async (size) => {
    const { target } = await at.server.publish(at.file(sound));
    const stale = noise(size, 99);
    overwrite(stale);
    await fetchTarget(target).catch(() => undefined);
    expect((await sent()).sha256).toBe(digest(stale));
  });

  test('a transfer that a fault broke off has none', async () => {
    const { target } = await at.server.publish(at.file(sound), { fault: { name: 'truncate', percent: 50 } });
    await fetchTarget(target).catch(() => undefined);
    expect(await sent()).not.toHaveProperty('sha256');
  });
});

test('a part of a file has none', async () => {
  const at = await serving('http');
  const { target } = await at.server.publish(at.file(sound));
  await ask(target, { headers: { range: 'bytes=0-999' } });
  expect(await at.event('server.response')).toMatchObject({ code: 206, sent: 1000 });
  expect(at.all('server.response')[0]).not.toHaveProperty('sha256');
  await at.close();
});
