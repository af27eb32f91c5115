import { Behaviours } from '../behaviour.js';
import type { Nv } from '../behaviour.js';
import { Dice } from '../core/bytes.js';
import { freshCore } from '../core/core.js';
import { makeImage } from '../core/image.js';
import { makePackage } from '../core/package-file.js';
import { DEFAULT_POLICY } from '../core/steps.js';
import type { Report, Step } from '../core/steps.js';
import { LIMITS, parseFotaSource } from '../module/fota-source.js';
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
};

const named = (name: string): Behaviours => new Behaviours(DEFECTS.filter((defect) => defect.name === name));

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
        reports.push(...behaviours.ask('reports', [value.report], percent));
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
])('%s: END 0, another version, and a module that boots', (defect, source) => {
  const bad = upgrade(defect, source);
  expect(ends(bad.reports)).toEqual([0]);
  expect(bad.ending).toBe('normal');
  if (source !== 'wrong') expect(bad.revision).toBe(v13.revision);
  const good = upgrade('none', source);
  expect(good.revision).toBe(v12.revision);
  expect(ends(good.reports)).toHaveLength(5);
});

test('counting defects count otherwise', () => {
  expect(starts(upgrade('retries-4', 'corrupt').reports)).toBe(4);
  expect(starts(upgrade('retries-6', 'corrupt').reports)).toBe(6);
  expect(starts(upgrade('retries-endless', 'corrupt').reports)).toBe(20);
});

test('what is reported is not what happens', () => {
  const old = upgrade('end0-old-version', 'sound');
  expect([old.revision, ends(old.reports)]).toEqual([v12.revision, [0]]);
  const silent = upgrade('new-version-no-end', 'sound');
  expect([silent.revision, ends(silent.reports)]).toEqual([v13.revision, []]);
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
  expect([takes('none', 'http://h:0/f'), takes('port-zero-accepted', 'http://h:0/f')]).toEqual([false, true]);
});

test.each([
  ['imei-lost', 'imei'],
  ['apn-lost', 'apn'],
  ['sim-lost', 'sim'],
  ['registration-lost', 'registers'],
  ['cfun-5', 'cfun'],
] as const)('%s changes %s and nothing else', (defect, key) => {
  const nv: Nv = {
    imei: '1',
    iccid: '2',
    apn: 'a',
    sim: true,
    registers: true,
    cfun: 1,
    urcPort: 'usbat',
    indications: true,
    bricked: false,
  };
  const before = { ...nv };
  named(defect).afterUpgrade(nv, { wipe: () => undefined });
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
