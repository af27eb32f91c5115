import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeImage } from '../core/image.js';
import { makePackage } from '../core/package-file.js';
import { named, Unit } from '../testing/unit.js';

/** Deviations that show in a whole module only: each is seen to differ from the sound one, and the sound one to be sound. */
jest.setTimeout(120_000);

const [v12, v13] = [makeImage('EC25', 'v12'), makeImage('EC25', 'v13')];
const PACKAGE = makePackage(v12, v13);
const BAD = Buffer.from('PK, and nothing more');

const units: Unit[] = [];
afterEach(() => {
  for (const unit of units.splice(0)) unit.close();
});

function fresh(defect: string, flashMinutes = 2): Unit {
  const unit = new Unit(defect, { flashMinutes });
  units.push(unit);
  return unit;
}

async function upgraded(defect: string): Promise<Unit> {
  const unit = await fresh(defect).ready();
  unit.put('u.zip', PACKAGE);
  unit.put('a.txt', Buffer.from('kept'));
  unit.put('b.txt', Buffer.from('kept'), 'SD');
  await unit.upgrade('/data/ufs/u.zip');
  return unit;
}

const state = ({ module }: Unit): string =>
  [
    module.mode,
    module.revision,
    module.files
      .list('UFS')
      .map(({ name }) => name)
      .join('+'),
    module.files.list('SD').length,
    module.files.size({ storage: 'UFS', name: 'a.txt' }) === undefined
      ? 'gone'
      : module.files.read({ storage: 'UFS', name: 'a.txt' }).toString(),
  ].join(' ');

test.each([
  ['none', 'normal EC25EFAR06A13M4G a.txt+u.zip 1 kept'],
  ['end0-third-version', 'normal EC25EFAR06A14M4G a.txt+u.zip 1 kept'],
  ['ufs-wiped', 'normal EC25EFAR06A13M4G  1 gone'],
  ['sd-wiped', 'normal EC25EFAR06A13M4G a.txt+u.zip 0 kept'],
  ['ufs-file-damaged', 'normal EC25EFAR06A13M4G a.txt+u.zip 1 kePt'],
  ['package-deleted', 'normal EC25EFAR06A13M4G a.txt 1 kept'],
])('after an upgrade, %s: %s', async (defect, expected) => {
  expect(state(await upgraded(defect))).toBe(expected);
});

test.each([
  ['none', /^(?!.*RDY.*UPDATING)(?=.*"START".*"END",0)/s, /"START"?.*"END",0/s],
  ['no-start-on-uart', /^(?!.*"START").*"END",0/s, /"END",0/],
  ['reports-on-uart-only', /"END",0/, /^(?!.*"FOTA")/s],
  ['reports-on-usb-only', /^(?!.*"FOTA")/s, /"END",0/],
  ['start-lost-on-usb', /"START"/, /^(?!.*"START").*"END",0/s],
  ['rdy-in-update', /"UPDATING",50\r\n\r\nRDY\r\n.*"UPDATING",51/s, /"END",0/],
  ['urc-blanks', /"FOTA" , "UPDATING", 50\r/, /"FOTA" , "UPDATING", 50\r/],
  ['urc-comma-missing', /"FOTA" "START"/, /"FOTA" "END",0/],
  ['percent-sign', /"UPDATING",50%\r/, /"UPDATING",50%\r/],
  ['local-file-reports-download', /"END",0/, /^(?=.*"HTTPSTART".*"HTTPEND",0)/s],
])('%s is reported so', async (defect, uart, at) => {
  const { text } = await upgraded(defect);
  expect(text.uart).toMatch(uart);
  expect(text.at).toMatch(at);
});

test.each([
  ['none', 'OK', 'OK', '0,1', 'READY', true],
  ['echo-off', 'OK', 'OK', '0,1', 'READY', false],
  ['roaming', 'OK', 'OK', '0,5', 'READY', true],
  ['card-absent', 'OK', 'OK', '0,2', 'ERROR', true],
  ['test-form-refused', 'OK', 'ERROR', '0,1', 'READY', true],
])('%s: answers of a started module', async (defect, basic, form, registration, pin, echo) => {
  const unit = fresh(defect);
  await unit.powerOn();
  await unit.until(() => /RDY/.test(unit.text.uart) && (defect === 'card-absent' || unit.module.sim.registered));
  expect(unit.command('AT')).toContain(basic);
  expect(unit.command('AT').startsWith('AT')).toBe(echo);
  expect(unit.command('AT+QFOTADL=?')).toContain(form);
  expect(unit.command('AT+CREG?')).toContain(registration);
  expect(unit.command('AT+CPIN?')).toContain(pin);
});

test.each([
  ['none', '861107030000015', '861107030000015'],
  ['wrong-unit', '861107039999997', '861107039999997'],
  ['rigs-swapped', '861107030000001', '861107030000001'],
  ['uart-of-another-unit', '861107030000015', '861107039999997'],
])('%s: whose IMEI is read', async (defect, at, uart) => {
  const unit = await fresh(defect).ready();
  await unit.until(() => unit.command('AT+CGSN', 'at').includes('OK'));
  expect([unit.command('AT+CGSN', 'at'), unit.command('AT+CGSN')]).toEqual([
    expect.stringContaining(at),
    expect.stringContaining(uart),
  ]);
});

test.each([
  ['none', 'normal', 'OK', 5],
  ['silent-after-rollback', 'dead', '', 5],
  ['refused-after-rollback', 'normal', 'ERROR', 5],
  ['last-end-only', 'normal', 'OK', 1],
])('%s: after a package that cannot be applied', async (defect, mode, next, ends) => {
  const unit = await fresh(defect).ready();
  unit.put('u.zip', BAD);
  const text = await unit.upgrade('/data/ufs/u.zip');
  expect(unit.module.mode).toBe(mode);
  expect(text.match(/"START"/g)).toHaveLength(5);
  expect(text.match(/"END",505/g)).toHaveLength(ends);
  expect(unit.command('AT+QFOTADL="/data/ufs/u.zip"')).toContain(next);
});

test.each([
  ['none', false, undefined],
  ['missing-file-accepted', true, undefined],
  ['error-but-reboots', false, 'booting'],
  ['error-but-reports', false, 'report'],
])('%s: a file that is not there', async (defect, accepted, then) => {
  const unit = await fresh(defect).ready();
  const answer = unit.command('AT+QFOTADL="/data/ufs/no.zip"');
  expect(answer.includes('OK')).toBe(accepted);
  if (then === 'booting') await unit.until(() => unit.module.mode === 'booting');
  if (then === 'report') await unit.until(() => /"HTTPSTART"/.test(unit.text.at));
});

test('boot-too-slow starts slowly after an upgrade only; hangs-at-60 never gets there', async () => {
  const took = async (defect: string): Promise<number> => {
    const unit = await upgraded(defect);
    unit.module.lines.setSupply(false);
    unit.text.uart = '';
    const from = performance.now();
    await unit.powerOn();
    await unit.until(() => /RDY/.test(unit.text.uart));
    return performance.now() - from;
  };
  expect(await took('boot-too-slow')).toBeGreaterThan(60);
  const unit = await fresh('hangs-at-60').ready();
  unit.put('u.zip', PACKAGE);
  unit.command('AT+QFOTADL="/data/ufs/u.zip"');
  await unit.until(() => /"UPDATING",60\r/.test(unit.text.uart));
  await new Promise((done) => setTimeout(done, 60));
  expect(unit.text.uart).not.toMatch(/"UPDATING",61|"END"/);
  expect(unit.module.mode).toBe('recovery');
});

test('after a cut: emergency for good, a dump once, or on as if nothing had been', async () => {
  const modes = async (defect: string): Promise<string[]> => {
    const unit = await fresh(defect, 40).ready();
    unit.put('u.zip', PACKAGE);
    unit.command('AT+QFOTADL="/data/ufs/u.zip"');
    await unit.until(() => /"UPDATING",30\r/.test(unit.text.uart));
    const seen: string[] = [];
    for (let starts = 0; starts < 2; starts++) {
      unit.module.lines.setSupply(false);
      await unit.powerOn();
      await unit.until(() => ['dead', 'recovery'].includes(unit.module.mode));
      seen.push(`${unit.module.mode} ${unit.module.usb ?? ''}`.trim());
    }
    return seen;
  };
  expect(await modes('none')).toEqual(['recovery', 'recovery']);
  expect(await modes('emergency-after-cut')).toEqual(['dead 05c6:9008', 'dead 05c6:9008']);
  expect(await modes('dump-after-cut')).toEqual(['dead 05c6:900e', 'recovery']);
});

test.each([
  ['none', 'A13 861107030000015 2 u.zip'],
  ['imei-lost-by-cut', 'A13 000000000000000 2 u.zip'],
  ['card-wiped-by-cut', 'A13 861107030000015 0 u.zip'],
  ['package-read-once', 'A12 861107030000015 2 '],
  ['mixed-after-cut', 'A13 861107030000015 2 u.zip'],
])('%s, a cut in mid-update: version, IMEI, files on the card and in UFS', async (defect, expected) => {
  const unit = await fresh(defect, 10).ready();
  unit.put('u.zip', PACKAGE);
  unit.put('a', Buffer.from('1'), 'SD');
  unit.put('b', Buffer.from('2'), 'SD');
  unit.command('AT+QFOTADL="/data/ufs/u.zip"');
  await unit.until(() => /"UPDATING",30\r/.test(unit.text.uart));
  unit.module.lines.setSupply(false);
  unit.text.uart = '';
  await unit.powerOn();
  await unit.until(() => /\r\nRDY/.test(unit.text.uart));
  const { module } = unit;
  const seen = [
    /A1\d/.exec(module.revision)?.[0],
    module.nv.imei,
    module.files.list('SD').length,
    module.files.list('UFS').map(({ name }) => name),
  ];
  expect(seen.join(' ')).toBe(expected);
  expect(unit.command('AT+QGMR').includes(module.revision)).toBe(defect !== 'mixed-after-cut');
});

describe('downloads', () => {
  let server: Server;
  const asked: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.url ?? ''} ${request.headers.range ?? ''}`.trim());
      if (request.url === '/gone.zip') return response.writeHead(404).end();
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const body = PACKAGE.subarray(from);
      return response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(() => server.close());

  async function fetched(defect: string, name: string): Promise<{ code: string; unit: Unit }> {
    asked.length = 0;
    const unit = fresh(defect);
    await unit.module.prepare();
    await unit.ready();
    unit.module.network.route('h:*', `127.0.0.1:${(server.address() as AddressInfo).port}`.replace(/:\d+$/, ':*'));
    unit.module.network.route('h:80', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    unit.command(`AT+QFOTADL="http://h/${name}"`);
    await unit.until(() => /HTTPS?END",\d+/.test(unit.text.at) || (!unit.module.upgrade.running && asked.length > 0));
    return { code: /HTTPS?END",\d+/.exec(unit.text.at)?.[0] ?? 'nothing', unit };
  }

  test.each([
    ['none', 'HTTPEND",701'],
    ['ftpend-0-on-failure', 'HTTPEND",0'],
    ['failure-code-range-wrong', 'HTTPEND",601'],
    ['failed-download-silent', 'nothing'],
    ['failed-download-crashes', 'nothing'],
    ['network-refused', 'HTTPEND",716'],
    ['network-silent', 'HTTPEND",702'],
    ['https-words', 'HTTPSEND",701'],
    ['refused-after-failed-download', 'HTTPEND",701'],
    ['failed-download-reboots', 'HTTPEND",701'],
  ])('%s: a download that fails ends with %s', async (defect, expected) => {
    const { code, unit } = await fetched(defect, 'gone.zip');
    expect(code).toBe(expected);
    if (code.endsWith('701')) {
      if (defect === 'failed-download-reboots') return unit.until(() => unit.module.mode === 'booting');
      const next = unit.command('AT+QFOTADL="http://h/gone.zip"');
      expect(next.includes('OK')).toBe(defect !== 'refused-after-failed-download');
    }
    return undefined;
  });

  test.each([
    ['none', ['/u.zip']],
    ['wrong-file-fetched', ['/firmware.zip']],
    ['fetched-twice', ['/u.zip', `/u.zip bytes=${PACKAGE.length >> 1}-`]],
  ])('%s: what the server is asked for', async (defect, expected) => {
    expect((await fetched(defect, 'u.zip')).code).toBe('HTTPEND",0');
    expect(asked).toEqual(expected);
  });

  test.each([
    ['none', 'normal', 0],
    ['download-cut-recovers', 'recovery', 0],
    ['download-cut-loses-room', 'normal', 1],
  ])('%s, power cut in a download: next start in %s', async (defect, mode, lost) => {
    const unit = fresh(defect);
    await unit.ready();
    unit.module.network.route('h:80', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    unit.command('AT+QFOTADL="http://h/u.zip"');
    await unit.until(() => unit.module.upgrade.downloading);
    unit.module.lines.setSupply(false);
    await unit.powerOn();
    await unit.until(() => ['normal', 'recovery'].includes(unit.module.mode));
    expect(unit.module.mode).toBe(mode);
    expect(unit.module.files.free('UFS') < 10_000).toBe(lost === 1);
    expect(unit.module.files.list('UFS')).toEqual([]);
  });

  test.each([
    ['none', '/u.zip', 'HTTPEND",0', 13],
    ['server-elsewhere', undefined, 'HTTPEND",0', 12],
    ['network-dies', '/u.zip', 'HTTPEND",702', 12],
  ])('%s: the server is asked for %s, %s, and the module is on v%i', async (defect, path, end, revision) => {
    const { code, unit } = await fetched(defect, 'u.zip');
    expect([code, asked[0]]).toEqual([end, path]);
    if (code.endsWith(',0'))
      await unit.until(
        () =>
          /\r\nRDY/.test(unit.text.uart.slice(unit.text.uart.indexOf('"START"'))) &&
          unit.module.mode === 'normal' &&
          /"END"/.test(unit.text.uart),
      );
    expect(unit.module.revision).toBe(`EC25EFAR06A${revision}M4G`);
  });

  test('download-too-slow lets forty times less through', () => {
    expect(named('download-too-slow').ask('bytesPerSecond', 10_000)).toBe(250);
  });

  test.each([
    ['none', []],
    ['refused-file-requested', ['/no.zip']],
  ])('%s: requests for a local file that is refused', async (defect, expected) => {
    asked.length = 0;
    const unit = await fresh(defect).ready();
    unit.module.network.route('h:80', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(unit.command('AT+QFOTADL="/data/ufs/no.zip"')).toContain('ERROR');
    await new Promise((done) => setTimeout(done, 100));
    expect(asked).toEqual(expected);
  });

  test.each([
    ['none', 0],
    ['local-file-requests', 1],
  ])('%s: requests for a local file', async (defect, requests) => {
    asked.length = 0;
    const unit = await fresh(defect).ready();
    unit.module.network.route('h:80', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    unit.put('u.zip', PACKAGE);
    await unit.upgrade('/data/ufs/u.zip');
    expect(asked).toEqual(Array.from({ length: requests }, () => '/u.zip'));
    expect(unit.module.revision).toBe(v13.revision);
  });
});
