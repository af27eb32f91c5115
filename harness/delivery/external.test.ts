/** Servers that are not ours: real ones of the test's own, reached by the real clients. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { RigFault, UserError } from '../base/errors.js';
import { seeded } from '../base/random.js';
import { Secrets } from '../base/secrets.js';
import { memoryJournal } from '../journal/journal.js';
import { noise } from '../package/testing/make-zip.js';
import { rigDefinition } from '../rig/schema.js';
import { externalServer, type ExternalContext } from './external.js';
import { fetchTarget } from './testing/clients.js';
import { ftpStandIn, httpStandIn, login, type HttpStandIn, type StandIn } from './testing/stand-in.js';
import type { PackageServer } from './types.js';

const sound = noise(300_000);
let base: string;
let ftp: StandIn;
let http: HttpStandIn;
beforeAll(async () => {
  ftp = await ftpStandIn();
});
afterAll(() => ftp.close());
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'dfota-external-'));
  for (const name of readdirSync(ftp.folder)) rmSync(join(ftp.folder, name));
  http = await httpStandIn();
});
afterEach(async () => {
  await http.close();
  rmSync(base, { recursive: true, force: true });
});

function file(contents = sound, name = 'update-v12-to-v13.zip'): string {
  const folder = join(base, 'packages');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
}

const env = { FOTA_USER: login.user, FOTA_PASSWORD: login.password };
const credentials = { userEnv: 'FOTA_USER', passwordEnv: 'FOTA_PASSWORD' };

/** A server by its definition as it stands in a rig. */
function serverOf(protocol: 'ftp' | 'http', external: object, given: Partial<ExternalContext> = {}) {
  const { delivery } = rigDefinition.parse({
    name: 'bench',
    module: 'EC25',
    unit: { imei: '861107030000001' },
    power: { simulated: {} },
    network: { apn: 'internet' },
    delivery: { [protocol]: { external } },
  });
  const secrets = new Secrets();
  const journal = memoryJournal({ clock: systemClock, secrets });
  const context = { journal, clock: systemClock, secrets, random: seeded(1, protocol), folder: base, env, ...given };
  const server: PackageServer =
    protocol === 'ftp'
      ? externalServer('ftp', delivery.ftp?.external ?? raise(), context)
      : externalServer('http', delivery.http?.external ?? raise(), context);
  return { server, journal, secrets };
}

function raise(): never {
  throw new Error('no such server in the definition');
}

const ftpUrl = (): string => `ftp://127.0.0.1:${String(ftp.port)}/fota`;
const httpUrl = (): string => `http://127.0.0.1:${String(http.port)}/fota`;

async function refusal(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.catch((reason: unknown) => reason);
  if (!(error instanceof RigFault || error instanceof UserError)) throw new Error('it was not refused', { cause: error });
  return error.explain();
}

test.each(['ftp', 'http'] as const)('%s: put there, fetched and compared, used, and taken away again', async (protocol) => {
  const definition = protocol === 'ftp' ? { url: ftpUrl(), ...credentials, upload: {} } : { url: httpUrl(), upload: credentials };
  const { server, journal } = serverOf(protocol, definition);
  const publication = await server.publish(file());
  const there = { ftp, http }[protocol];
  const [name = ''] = readdirSync(there.folder);
  expect(name).toMatch(/^[a-z][a-z0-9]{3}-update-v12-to-v13\.zip$/);
  expect(publication.target).toBe(
    protocol === 'ftp'
      ? `ftp://${login.user}:${login.password}@127.0.0.1:${String(ftp.port)}/fota/${name}`
      : `http://127.0.0.1:${String(http.port)}/fota/${name}`,
  );
  expect(publication.maskedTarget).not.toContain(login.password);
  expect((await fetchTarget(publication.target)).bytes.equals(sound)).toBe(true);
  expect(journal.events.filter(({ type }) => type === 'delivery.publish')).toEqual([
    expect.objectContaining({
      source: protocol,
      name: `fota/${name}`,
      target: publication.maskedTarget,
      size: sound.length,
      sha256: createHash('sha256').update(sound).digest('hex'),
    }),
  ]);
  await server.close();
  expect(readdirSync(there.folder)).toEqual([]);
  expect(JSON.stringify(journal.events)).not.toContain(login.password);
});

test('the folder that is written may be another address than the one that is read: what is not there then is found out', async () => {
  const { server } = serverOf('http', { url: httpUrl(), upload: { url: ftpUrl(), ...credentials } });
  expect(await refusal(server.publish(file()))).toMatch(
    /the external HTTP server cannot be used\n.*asked: fetch \S+\.zip from there \(http:.*\)\n.*seen: {2}HTTP 404 .*nothing here/,
  );
  expect(ftp.asked.some((line) => line.startsWith('STOR'))).toBe(true);
  expect(readdirSync(ftp.folder)).toEqual([]);
});

test('present: true fetches and compares, and neither writes nor deletes', async () => {
  writeFileSync(join(http.folder, 'update-v12-to-v13.zip'), sound);
  const { server } = serverOf('http', { url: httpUrl(), present: true });
  const publication = await server.publish(file());
  expect(publication.target).toBe(`${httpUrl()}/update-v12-to-v13.zip`);
  await publication.withdraw();
  await server.close();
  expect(http.asked).toEqual(['GET /fota/update-v12-to-v13.zip']);
  expect(readdirSync(http.folder)).toEqual(['update-v12-to-v13.zip']);
  expect(await refusal(server.publish(file(), { name: 'other.zip' }))).toMatch(/nothing can be put on the external HTTP server/);
});

test.each([
  [
    'one byte differs',
    (bytes: Buffer) => (bytes.writeUInt8(bytes.readUInt8(77) ^ 1, 77), bytes),
    /300000 bytes, SHA-256 [0-9a-f]{64}\n/,
  ],
  ['cut short', (bytes: Buffer) => bytes.subarray(0, 1000), /seen: {2}1000 bytes, SHA-256/],
  ['longer', (bytes: Buffer) => Buffer.concat([bytes, bytes]), /seen: {2}more than 300000 bytes\n/],
])('another file is there (%s): a fault of the rig with both digests, before the module is asked', async (_what, spoil, seen) => {
  writeFileSync(join(ftp.folder, 'update-v12-to-v13.zip'), spoil(Buffer.from(sound)));
  const { server, journal } = serverOf('ftp', { url: ftpUrl(), ...credentials, present: true });
  const error: unknown = await server.publish(file()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RigFault);
  const text = (error as RigFault).explain();
  expect(text).toMatch(/^the file on the external FTP server is not the package\n.*asked: .*300000 bytes, SHA-256/);
  expect(text).toMatch(seen);
  expect(journal.events.map(({ type }) => type)).toEqual(['rig.fault']);
});

test('a wrong password, a folder that is not there, a server that is not there', async () => {
  const wrong = { env: { ...env, FOTA_PASSWORD: 'not-the-one' } };
  const noLogin = await refusal(serverOf('ftp', { url: ftpUrl(), ...credentials, upload: {} }, wrong).server.publish(file()));
  expect(noLogin).toMatch(/cannot be used\n.*asked: put .*\n.*seen: {2}530/);
  expect(noLogin).not.toContain('not-the-one');
  expect(await refusal(serverOf('http', { url: httpUrl(), upload: credentials }, wrong).server.publish(file()))).toMatch(
    /seen: {2}HTTP 401 Unauthorized who are you/,
  );
  const elsewhere = { url: `${ftpUrl()}/none`, ...credentials, upload: {} };
  expect(await refusal(serverOf('ftp', elsewhere).server.publish(file()))).toMatch(/seen: {2}5\d\d/);
  await http.close();
  expect(await refusal(serverOf('http', { url: httpUrl(), present: true }).server.publish(file()))).toMatch(/ECONNREFUSED/);
  http = await httpStandIn();
});

test('a server that redirects, or drips for ever, is left', async () => {
  http.instead = (request, response) => {
    if (request.url !== '/fota/moved.zip') return false;
    response.writeHead(302, { location: '/fota/there.zip' }).end();
    return true;
  };
  const { server } = serverOf('http', { url: httpUrl(), present: true }, { transferWithin: 300 });
  expect(await refusal(server.publish(file(sound, 'moved.zip')))).toMatch(/HTTP 302/);
  const timers: NodeJS.Timeout[] = [];
  http.instead = (_request, response) => {
    response.writeHead(200);
    timers.push(setInterval(() => response.write('x'), 20));
    return true;
  };
  expect(await refusal(server.publish(file(sound, 'drip.zip')))).toMatch(/seen: {2}not done within 300 ms/);
  for (const timer of timers) clearInterval(timer);
});

test('what cannot be taken away again is noted, and breaks nothing', async () => {
  const { server, journal } = serverOf('http', { url: httpUrl(), upload: credentials });
  const publication = await server.publish(file());
  http.instead = (request, response) => {
    if (request.method !== 'DELETE') return false;
    response.writeHead(403).end();
    return true;
  };
  await publication.withdraw();
  expect(journal.events.at(-1)).toMatchObject({
    type: 'note',
    text: expect.stringMatching(/was left on the external HTTP/) as unknown,
  });
});

test('credentials: missing ones are named, and what a source string cannot hold is refused', () => {
  const make = (values: NodeJS.ProcessEnv) => () =>
    serverOf('ftp', { url: ftpUrl(), ...credentials, present: true }, { env: values });
  expect(make({ FOTA_USER: 'a' })).toThrow('FOTA_PASSWORD is not set');
  expect(make({ FOTA_USER: '', FOTA_PASSWORD: 'b' })).toThrow('FOTA_USER is not set');
  expect(make({ FOTA_USER: 'u'.repeat(50), FOTA_PASSWORD: 'p'.repeat(50) })).not.toThrow();
  expect(make({ FOTA_USER: 'u'.repeat(51), FOTA_PASSWORD: 'b' })).toThrow(
    'the user in FOTA_USER cannot stand in a source string',
  );
  for (const bad of ['a:b', 'a@b', 'a/b', 'a"b', 'a b', 'ä', 'a\r'])
    expect(make({ FOTA_USER: 'a', FOTA_PASSWORD: bad })).toThrow('the password in FOTA_PASSWORD cannot');
});

test('a name that was chosen is kept; a long one is cut to the guide’s 50 bytes; faults and other logins are refused', async () => {
  const { server } = serverOf('http', { url: httpUrl(), upload: credentials });
  expect((await server.publish(file(), { name: 'chosen.zip' })).target).toBe(`${httpUrl()}/chosen.zip`);
  const long = await server.publish(file(sound, `${'very-'.repeat(20)}long.zip`));
  expect(new URL(long.target).pathname.length).toBeLessThanOrEqual(50);
  expect(long.target).toMatch(/\.zip$/);
  expect(await refusal(server.publish(file(), { fault: { name: 'stall' } }))).toMatch(/is not ours/);
  expect(await refusal(server.publish(file(), { user: 'somebody' }))).toMatch(/is not ours/);
  const whole = await refusal(server.publish(file(), { name: `${'x'.repeat(250)}.zip` }));
  expect(whole).toMatch(/longer than the guide allows\n.*at most 255 bytes/);
  await server.close();
  expect(readdirSync(http.folder)).toEqual([]);
});
