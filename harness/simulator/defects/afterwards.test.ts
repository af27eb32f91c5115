import type { Nv, Spoils } from '../behaviour.js';
import { makeImage } from '../core/image.js';
import { makePackage } from '../core/package-file.js';
import { LIMITS, parseFotaSource } from '../module/fota-source.js';
import { named, Unit } from '../testing/unit.js';

/** Each is seen to differ from the sound module, and the sound one to be sound. */
jest.setTimeout(120_000);

const PACKAGE = makePackage(makeImage('EC25', 'v12'), makeImage('EC25', 'v13'));
const BAD = Buffer.from('PK, and nothing more');

const units: Unit[] = [];
afterEach(() => {
  for (const unit of units.splice(0)) unit.close();
});

async function after(defect: string, content: Buffer = PACKAGE): Promise<Unit> {
  const unit = new Unit(defect);
  units.push(unit);
  await unit.ready();
  unit.put('u.zip', content);
  unit.put('a.txt', Buffer.from('kept'));
  await unit.upgrade('/data/ufs/u.zip');
  return unit;
}

async function restarted(unit: Unit): Promise<string> {
  unit.module.lines.setSupply(false);
  unit.text.uart = '';
  await unit.powerOn();
  await unit.until(() => /RDY/.test(unit.text.uart));
  return unit.text.uart;
}

test.each([
  ['none', PACKAGE, 'EC25EFAR06A13M4G', 0],
  ['reverts-at-restart', PACKAGE, 'EC25EFAR06A12M4G', 0],
  ['flag-left-after-upgrade', PACKAGE, 'EC25EFAR06A13M4G', 1],
  ['none', BAD, 'EC25EFAR06A12M4G', 0],
  ['flag-left-after-rollback', BAD, 'EC25EFAR06A12M4G', 5],
])('%s: a restart leads to a version, and into recovery or not', async (defect, content, revision, starts) => {
  const unit = await after(defect, content);
  const text = await restarted(unit);
  expect(unit.module.revision).toBe(revision);
  expect(text.match(/"START"/g) ?? []).toHaveLength(starts);
});

test.each([
  ['none', 1, ['0']],
  ['first-attempt-fails', 2, ['504', '0']],
  ['recovery-crashes', 2, ['0']],
  ['end-contradicts', 1, ['504', '0']],
])('%s: attempts, and what they end with', async (defect, starts, ends) => {
  const { text } = await after(defect);
  expect(text.uart.match(/"START"/g)).toHaveLength(starts);
  expect([...text.uart.matchAll(/"END",(\d+)/g)].map(([, code]) => code)).toEqual(ends);
});

test('one restart after the other, once it is upgraded', async () => {
  const unit = await after('crash-loop');
  await unit.until(() => (unit.text.uart.match(/RDY/g) ?? []).length >= 3);
});

test.each([
  ['none', PACKAGE, true, 0],
  ['package-kept-for-good', PACKAGE, true, 200_000],
  ['none', BAD, true, 0],
  ['rollback-wipes-ufs', BAD, false, -BAD.length - 4],
])('%s: files and room afterwards', async (defect, content, kept, lost) => {
  const { module } = await after(defect, content);
  await new Promise((done) => setTimeout(done, 20));
  const { files } = module;
  expect(files.size({ storage: 'UFS', name: 'a.txt' }) !== undefined).toBe(kept);
  expect((2 << 20) - files.free('UFS')).toBe(content.length + 4 + lost);
});

test.each([
  ['none', 1, 'A13', 'A13'],
  ['apn-type-lost', 2, 'A13', 'A13'],
  ['gmr-old', 1, 'A12', 'A13'],
])('%s: what the module says afterwards', async (defect, type, gmr, ati) => {
  const unit = await after(defect);
  await unit.until(() => unit.command('AT+GMR').includes('OK'));
  expect(unit.command('AT+QICSGP=1')).toContain(`+QICSGP: ${type},"internet"`);
  expect(unit.command('AT+GMR')).toContain(gmr);
  expect(unit.command('ATI')).toContain(ati);
});

test('what is left of its lines afterwards', async () => {
  const usb = (upgraded: boolean): boolean => named('usb-gone-after-upgrade').ask('usbUp', true, upgraded);
  expect([usb(false), usb(true)]).toEqual([true, false]);
  expect((await after('none')).module.at.wiring).toBe('sound');
  expect((await after('at-dead-after-upgrade')).module.at.wiring).toBe('mute');
});

test.each([
  ['part-kept-for-good', ['takeRoom']],
  ['failed-download-wipes-ufs', ['wipe']],
  ['package-kept-for-good', []],
])('%s: what a failed download does to the files', (defect, expected) => {
  const done: string[] = [];
  const files = new Proxy({} as Spoils, { get: (_target, name) => () => done.push(String(name)) });
  named(defect).afterFailedDownload({} as Nv, files);
  expect(done).toEqual(expected);
});

test('files are deleted for a package only where that is the defect', () => {
  expect(['none', 'room-made'].map((defect) => named(defect).ask('makesRoom', false))).toEqual([false, true]);
});

test('what is slow to start, and only there', () => {
  const seconds = (defect: string, warm: boolean, starts: number): number =>
    named(defect).ask('loaderSeconds', 7, { warm, flag: 'recovery', starts });
  expect([seconds('recovery-start-slow', true, 0), seconds('recovery-start-slow', true, 1)]).toEqual([247, 7]);
  expect([seconds('boot-slow-after-cut', true, 1), seconds('boot-slow-after-cut', false, 1)]).toEqual([7, 247]);
});

test('what is tried how often', () => {
  const most = (source: string): number => named('download-tried-once').ask('maxAttempts', 5, source);
  expect([most('/data/ufs/u.zip'), most('download')]).toEqual([5, 1]);
  expect([2, 5].map((previous) => named('count-kept-after-success').ask('firstCount', 0, previous))).toEqual([2, 0]);
});

test('a path that leads out of UFS is taken, a plain one as ever', () => {
  const takes = (defect: string, text: string): boolean =>
    parseFotaSource(text, named(defect).ask('limits', LIMITS)) !== undefined;
  for (const text of ['/data/ufs/../u.zip', '/data/ufs/a/u.zip'])
    expect([takes('none', text), takes('longer-path-accepted', text)]).toEqual([false, true]);
  expect([takes('longer-path-accepted', '/data/ufs/u.zip'), takes('longer-path-accepted', '/etc/u.zip')]).toEqual([true, false]);
});
