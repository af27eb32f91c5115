import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Nv } from '../behaviour.js';
import { Dice } from '../core/bytes.js';
import { freshCore } from '../core/core.js';
import { makeImage } from '../core/image.js';
import { makePackage } from '../core/package-file.js';
import { DEFAULT_POLICY } from '../core/steps.js';
import type { Report, Step } from '../core/steps.js';
import { LIMITS, parseFotaSource } from '../module/fota-source.js';
import { named } from '../testing/unit.js';
import { DEFECTS } from './index.js';

const [v12, v13] = [makeImage('EC25', 'v12', 'small'), makeImage('EC25', 'v13', 'small')];
const sound = makePackage(v12, v13);
const corrupt = Buffer.from(sound);
corrupt[sound.length >> 1] = (corrupt[sound.length >> 1] ?? 0) ^ 0x10;
const PACKAGES: Readonly<Record<string, Buffer>> = {
  sound,
  corrupt,
  truncated: sound.subarray(0, sound.length >> 1),
  wrong: makePackage(v13, v12),
  text: Buffer.from('<html>404</html>'),
  empty: Buffer.alloc(0),
};

/** Upgrades until normal mode, and says which revision runs and what was reported. */
function upgrade(defect: string, source: string): { revision: string | undefined; reports: Report[]; ending: string } {
  const behaviours = named(defect);
  const core = freshCore('EC25', 'small', DEFAULT_POLICY, { read: (name) => PACKAGES[name], free: () => Infinity }, behaviours);
  const reports: Report[] = [];
  let percent = 0;
  const run = <T>(steps: Generator<Step, T, void>): T => {
    for (;;) {
      const { value, done } = steps.next();
      if (done === true) return value;
      if (value.kind === 'op') core.flash.perform(value.op);
      if (value.kind === 'report') {
        reports.push(...behaviours.ask('reports', [value.report], percent, core.log.read().starts));
        if (value.report.kind === 'UPDATING') percent = value.report.percent;
      }
    }
  };
  run(core.request(source));
  let ending = 'reboot';
  for (let boots = 0; boots < 20 && ending === 'reboot'; boots++) ending = run(core.boot(true)).kind;
  return { revision: core.revision(), reports, ending };
}

const starts = (reports: readonly Report[]): number => reports.filter(({ kind }) => kind === 'START').length;
const percents = (reports: readonly Report[]): number[] =>
  reports.flatMap((one) => (one.kind === 'UPDATING' ? [one.percent] : []));
const ends = (reports: readonly Report[]): number[] => reports.flatMap((one) => (one.kind === 'END' ? [one.err] : []));

test('names are unique, and each has a summary', () => {
  expect(new Set(DEFECTS.map(({ name }) => name)).size).toBe(DEFECTS.length);
  for (const { name, summary } of DEFECTS)
    expect([name, summary]).toEqual([expect.stringMatching(/^[a-z0-9-]+$/), expect.stringMatching(/.{10,}/)]);
});

test.each([
  ['wrong-base-accepted', 'wrong'],
  ['corrupt-accepted', 'corrupt'],
  ['truncated-accepted', 'truncated'],
  ['no-zip-accepted', 'text'],
  ['empty-accepted', 'empty'],
])('%s: END 0, another version, and a module that boots', (defect, source) => {
  const bad = upgrade(defect, source);
  expect(ends(bad.reports)).toEqual([0]);
  expect(bad.ending).toBe('normal');
  if (source !== 'wrong') expect(bad.revision).toBe(v13.revision);
  const good = upgrade('none', source);
  expect(good.revision).toBe(v12.revision);
  expect(ends(good.reports)).toHaveLength(5);
  for (const other of ['wrong', 'corrupt', 'truncated', 'text', 'empty'].filter((name) => name !== source))
    expect([other, upgrade(defect, other).revision]).toEqual([other, v12.revision]);
});

test('counting defects count otherwise', () => {
  expect(starts(upgrade('retries-4', 'corrupt').reports)).toBe(4);
  expect(starts(upgrade('retries-6', 'corrupt').reports)).toBe(6);
  expect(starts(upgrade('retries-endless', 'corrupt').reports)).toBe(20);
  expect(starts(upgrade('no-retry', 'corrupt').reports)).toBe(1);
  expect(ends(upgrade('last-end-only', 'corrupt').reports)).toEqual([505]);
});

test('what is reported is not what happens', () => {
  const old = upgrade('end0-old-version', 'sound');
  expect([old.revision, ends(old.reports)]).toEqual([v12.revision, [0]]);
  const silent = upgrade('new-version-no-end', 'sound');
  expect([silent.revision, ends(silent.reports)]).toEqual([v13.revision, []]);
  const neither = upgrade('old-version-no-end', 'sound');
  expect([neither.revision, ends(neither.reports)]).toEqual([v12.revision, []]);
  const stopped = upgrade('percent-stops-at-50', 'sound');
  expect([Math.max(...percents(stopped.reports)), ends(stopped.reports)]).toEqual([50, [0]]);
  const early = upgrade('end0-early', 'sound').reports;
  expect(early[early.findIndex(({ kind }) => kind === 'END') - 1]).toEqual({ kind: 'UPDATING', percent: 60 });
  expect(Math.max(...percents(upgrade('percent-over-100', 'sound').reports))).toBeGreaterThan(100);
  const falling = percents(upgrade('percent-falls', 'sound').reports);
  expect(falling).not.toEqual([...falling].sort((a, b) => a - b));
});

test('limits are other ones', () => {
  const takes = (defect: string, text: string): boolean =>
    parseFotaSource(text, named(defect).ask('limits', LIMITS)) !== undefined;
  const url = (length: number): string => 'http://h/'.padEnd(length, 'x');
  expect([takes('none', url(256)), takes('url-limit-not-kept', url(256)), takes('url-limit-not-kept', url(257))]).toEqual([
    false,
    true,
    false,
  ]);
  expect([takes('none', url(201)), takes('url-limit-too-small', url(201))]).toEqual([true, false]);
  expect([takes('none', url(255)), takes('url-255-refused', url(255))]).toEqual([true, false]);
  for (const [defect, text, sound] of [
    ['port-zero-accepted', 'http://h:0/f', false],
    ['port-65536-accepted', 'http://h:65536/f', false],
    ['port-65535-refused', 'http://h:65535/f', true],
    ['other-path-accepted', '/cache/u.zip', false],
  ] as const)
    expect([defect, takes('none', text), takes(defect, text)]).toEqual([defect, sound, !sound]);
  expect(parseFotaSource('http://h/f', named('default-port-wrong').ask('limits', LIMITS))).toMatchObject({ port: 8080 });
});

test.each([
  ['ftp-user', 50, (n: number) => `ftp://${'x'.repeat(n)}:p@h/f`],
  ['ftp-password', 50, (n: number) => `ftp://u:${'x'.repeat(n)}@h/f`],
  ['ftp-host', 50, (n: number) => `ftp://u:p@${'x'.repeat(n)}/f`],
  ['ftp-path', 50, (n: number) => `ftp://u:p@h/${'x'.repeat(n)}`],
  ['local-path', 128, (n: number) => '/data/ufs/'.padEnd(n, 'x')],
])('%s: one byte more, one byte less than %i', (what, bytes, text) => {
  const takes = (defect: string): string =>
    [bytes - 1, bytes, bytes + 1, bytes + 2]
      .map((n) => (parseFotaSource(text(n), named(defect).ask('limits', LIMITS)) === undefined ? '-' : '+'))
      .join('');
  expect(['none', `${what}-${bytes + 1}-accepted`, `${what}-${bytes}-refused`].map(takes)).toEqual(['++--', '+++-', '+---']);
});

test.each([
  ['imei-lost', 'imei'],
  ['iccid-lost', 'iccid'],
  ['apn-lost', 'apn'],
  ['sim-lost', 'sim'],
  ['registration-lost', 'registers'],
  ['cfun-5', 'cfun'],
] as const)('%s changes %s and nothing else', (defect, key) => {
  const nv: Nv = {
    imei: '1',
    iccid: '2',
    apn: 'a',
    apnType: 1,
    sim: true,
    registers: true,
    cfun: 1,
    urcPort: 'usbat',
    indications: true,
    bricked: false,
    dumps: 0,
  };
  const before = { ...nv };
  const untouched = (): never => {
    throw new Error('touches files');
  };
  named(defect).afterUpgrade(nv, {
    wipe: untouched,
    wipeCard: untouched,
    damageOne: untouched,
    dropPackage: untouched,
    loseRoom: untouched,
    takeRoom: untouched,
  });
  expect(Object.keys(nv).filter((name) => nv[name as keyof Nv] !== before[name as keyof Nv])).toEqual([key]);
});

test('written lines are spoilt', () => {
  const dice = new Dice('lines');
  const written = (defect: string): string[] =>
    Array.from({ length: 400 }, () => named(defect).ask('urc', ['\r\n+X: 1234567\r\n'], 'at', dice).join('|'));
  expect(new Set(written('urc-doubled'))).toEqual(new Set(['\r\n+X: 1234567\r\n|\r\n+X: 1234567\r\n']));
  expect(new Set(written('urc-glued'))).toEqual(new Set(['+X: 1234567']));
  const garbled = written('urc-garbled').filter((text) => text !== '\r\n+X: 1234567\r\n');
  expect(garbled.length).toBeGreaterThan(60);
  expect(garbled.length).toBeLessThan(150);
});

test('sound modules differ in what they report', () => {
  const of = (name: string): number[] => percents(upgrade(name, 'sound').reports);
  const sound = of('none');
  expect([sound[0], sound.at(-1)]).toEqual([1, 100]);
  expect(of('percent-ends-at-96')).toEqual(sound.filter((percent) => percent <= 96));
  expect(of('percent-starts-at-7')).toEqual(sound.filter((percent) => percent >= 7));
  expect(of('percent-in-steps')).toEqual(sound.filter((percent) => percent % 5 === 0));
  expect(ends(upgrade('end-doubled', 'sound').reports)).toEqual([0, 0]);
});

test.each([
  ['none', 5, 12],
  ['none', 3, 13],
  ['counter-reset-by-cut', 40, 13],
  ['cuts-free', 40, 13],
  ['cut-uses-two', 2, 13],
  ['cut-uses-two', 3, 12],
  ['gives-up-after-cut', 1, 12],
  ['gives-up-after-cut', 0, 13],
])('%s: cut %i times in recovery, then left alone', (defect, cuts, revision) => {
  const behaviours = named(defect);
  const packages = { read: (name: string) => PACKAGES[name], free: () => Infinity };
  const core = freshCore('EC25', 'small', DEFAULT_POLICY, packages, behaviours);
  const run = <T>(steps: Generator<Step, T, void>, most: number): T | undefined => {
    for (let operations = 0; ;) {
      const { value, done } = steps.next();
      if (done === true) return value;
      if (value.kind !== 'op') continue;
      if (operations++ === most) return undefined;
      core.flash.perform(value.op);
    }
  };
  run(core.request('sound'), Infinity);
  for (let i = 0; i < cuts; i++) run(core.boot(false), 3);
  for (let i = 0; i < 5 && run(core.boot(i > 0), Infinity)?.kind === 'reboot'; i++);
  expect(core.revision()).toBe(`EC25EFAR06A${revision}M4G`);
});

test.each([
  ['none', 'after the command', 13],
  ['flag-lost-by-cut', 'after the command', 12],
  ['flag-lost-by-cut', 'never', 13],
  ['none', 'after END 0', 13],
  ['end-cut-rolls-back', 'after END 0', 12],
  ['end-cut-rolls-back', 'never', 13],
])('%s, power cut %s: v%i', (defect, when, revision) => {
  const packages = { read: (name: string) => PACKAGES[name], free: () => Infinity };
  const core = freshCore('EC25', 'small', DEFAULT_POLICY, packages, named(defect));
  const run = <T>(steps: Generator<Step, T, void>): T => {
    for (;;) {
      const { value, done } = steps.next();
      if (done === true) return value;
      if (value.kind === 'op') core.flash.perform(value.op);
    }
  };
  run(core.request('sound'));
  let warm = when !== 'after the command';
  for (let boots = 0; boots < 6 && run(core.boot(warm)).kind === 'reboot'; boots++) {
    const ended = core.log.read().flag === 'done';
    warm = !(when === 'after END 0' && ended && boots === 0);
  }
  run(core.arrive());
  expect(core.revision()).toBe(`EC25EFAR06A${revision}M4G`);
});

test('hooks of cuts that hang on how often recovery was begun', () => {
  const end: Report[] = [{ kind: 'END', err: 0 }];
  expect([1, 2].map((starts) => named('silent-after-cut').ask('reports', end, 50, starts))).toEqual([end, []]);
  expect([0, 1].map((starts) => named('slow-after-cut').ask('flashSeconds', 480, starts))).toEqual([480, 5760]);
  const qgmr = 'EC25EFAR06A13M4G_01.001.01.001';
  expect([1, 2].map((starts) => named('mixed-after-cut').ask('shownQgmr', qgmr, starts))).toEqual([
    qgmr,
    'EC25EFAR06A12M4G_01.001.01.001',
  ]);
  const updating: Report[] = [{ kind: 'UPDATING', percent: 50 }];
  const of = (percent: number, starts: number) =>
    percents([...named('percent-restarts').ask('reports', updating, percent, starts)]);
  expect([of(0, 1), of(0, 2), of(49, 2)]).toEqual([[50], [1, 50], [50]]);
});

test.each([
  ['second-cut-bricks', { percent: 40, starts: 2 }, { percent: 40, starts: 1 }],
  ['restore-cut-bricks', { mode: 'restore' }, { mode: 'recovery' }],
  ['brick-at-end', { ending: true }, { ending: false }],
  ['brick-window', { percent: 44 }, { percent: 45 }],
])('%s bricks where it says, and nowhere else', (defect, bricks, spares) => {
  const cut = { mode: 'recovery', percent: undefined, torn: false, ending: false, starts: 1, downloading: false };
  const nothing = (): void => undefined;
  const files = {
    wipe: nothing,
    wipeCard: nothing,
    damageOne: nothing,
    dropPackage: nothing,
    loseRoom: nothing,
    takeRoom: nothing,
  };
  const bricked = [bricks, spares].map((seen) => {
    const nv = { bricked: false } as Nv;
    named(defect).onCut({ ...cut, ...seen }, nv, files);
    return nv.bricked;
  });
  expect(bricked).toEqual([true, false]);
});

test('a counter that is kept gives the next upgrade one attempt less than it is due', () => {
  expect([named('none').ask('firstCount', 0, 5), named('counter-kept').ask('firstCount', 0, 5)]).toEqual([0, 4]);
});

test('flash-too-slow takes longer than any limit of a rig', () => {
  expect(named('flash-too-slow').ask('flashSeconds', 480, 0)).toBeGreaterThan(20 * 60);
});

test('every deviation is tried in one of these files', () => {
  const tests = ['defects.test.ts', 'afterwards.test.ts', 'habits.test.ts', 'module.test.ts', 'rig.test.ts', '../sweep.test.ts'];
  const text = tests.map((file) => readFileSync(join(__dirname, file), 'utf8')).join('');
  const made = /^(?:ftp-(?:user|password|host|path)|local-path)-/;
  expect(DEFECTS.map(({ name }) => name).filter((name) => !made.test(name) && !text.includes(`'${name}'`))).toEqual([]);
});

test('what is harmless says why; there are enough faults of either kind', () => {
  for (const { name, harmless } of DEFECTS.filter((one) => one.harmless !== undefined))
    expect([name, harmless]).toEqual([name, expect.stringMatching(/.{15,}/)]);
  const count = (owner: string): number => DEFECTS.filter((one) => one.owner === owner && one.harmless === undefined).length;
  expect(count('firmware')).toBeGreaterThanOrEqual(45);
  expect(count('rig')).toBeGreaterThanOrEqual(15);
});
