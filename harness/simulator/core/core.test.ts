import { freshCore } from './core.js';
import type { Core } from './core.js';
import { makeImage } from './image.js';
import type { Image } from './image.js';
import { makePackage } from './package-file.js';
import { DEFAULT_POLICY } from './steps.js';
import type { Outcome, Policy, Step } from './steps.js';
import { Behaviours } from '../behaviour.js';
import type { Behaviour } from '../behaviour.js';

const [v12, v13] = [makeImage('EC25', 'v12', 'small'), makeImage('EC25', 'v13', 'small')];
const FILES: Readonly<Record<string, Buffer>> = {
  up: makePackage(v12, v13),
  down: makePackage(v13, v12),
  bad: Buffer.from('PK'),
};

class Driver {
  readonly core: Core;
  readonly reports: string[] = [];
  room = Infinity;

  constructor(policy: Partial<Policy> = {}, ...behaviours: readonly Behaviour[]) {
    const packages = { read: (source: string) => FILES[source], free: () => this.room };
    this.core = freshCore('EC25', 'small', { ...DEFAULT_POLICY, ...policy }, packages, new Behaviours(behaviours));
  }

  /** Runs a sequence; cut at the n-th operation when `cutAt` is given. */
  run<T>(steps: Generator<Step, T, void>, cutAt = Infinity): T | 'cut' {
    let n = 0;
    for (;;) {
      const { value, done } = steps.next();
      if (done === true) return value;
      if (value.kind === 'op') {
        if (n++ === cutAt) return 'cut';
        this.core.flash.perform(value.op);
      } else if (value.kind === 'report') {
        const { report } = value;
        this.reports.push(
          report.kind === 'UPDATING' ? `${report.percent}` : report.kind === 'END' ? `END ${report.err}` : 'START',
        );
      }
    }
  }

  boot(warm: boolean, cutAt?: number): Outcome['kind'] | 'cut' {
    const outcome = this.run(this.core.boot(warm), cutAt);
    if (outcome === 'cut') return outcome;
    if (outcome.kind === 'normal') this.run(this.core.arrive());
    return outcome.kind;
  }

  /** From the command to normal mode, or until so many boots have gone by. */
  upgrade(source: string, most = 20): void {
    this.run(this.core.request(source));
    for (let i = 0; i < most && this.boot(true) === 'reboot'; i++);
  }

  /** Whether the image is this one, byte for byte. */
  runs(image: Image): boolean {
    const contents = this.core.images.contents();
    return (
      [...image.files].every(([name, content]) => contents?.get(name)?.equals(content) === true) &&
      contents?.size === image.files.size
    );
  }

  count(report: string): number {
    return this.reports.filter((text) => text === report).length;
  }
}

test('an upgrade and the way back end byte for byte where they should', () => {
  const driver = new Driver();
  driver.upgrade('up');
  expect(driver.runs(v13)).toBe(true);
  expect(driver.reports[0]).toBe('START');
  const percents = driver.reports.slice(1, -1).map(Number);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(percents.at(-1)).toBe(100);
  expect(driver.reports.at(-1)).toBe('END 0');
  driver.upgrade('down');
  expect(driver.runs(v12)).toBe(true);
});

test.each([
  [{ reading: 'in-all' }, 5],
  [{ reading: 'plus-first' }, 6],
  [{ reading: 'in-all', cutsCount: false }, 5],
] as const)('a package that cannot apply, %j: %i attempts, then the old version', (policy, attempts) => {
  for (const [source, code] of [
    ['bad', 505],
    ['down', 510],
    ['none', 505],
  ] as const) {
    const driver = new Driver(policy);
    driver.upgrade(source);
    expect(driver.count('START')).toBe(attempts);
    expect(driver.count(`END ${code}`)).toBe(attempts);
    expect(driver.core.log.read()).toMatchObject({ flag: 'normal', outcome: 'given-up' });
    expect(driver.runs(v12)).toBe(true);
  }
});

test('without a backup area there is no last attempt', () => {
  const driver = new Driver({ profile: 'no-backup' });
  driver.upgrade('bad', 30);
  expect(driver.count('START')).toBe(30);
});

test('only the last END is printed where a firmware does not print each', () => {
  const driver = new Driver({ endEach: false });
  driver.upgrade('bad');
  expect(driver.reports).toEqual(['START', 'START', 'START', 'START', 'START', 'END 505']);
});

test('the counter starts afresh with each upgrade', () => {
  const driver = new Driver();
  driver.upgrade('bad');
  driver.upgrade('bad');
  expect(driver.count('START')).toBe(10);
});

test.each([
  [true, 4, 'EC25EFAR06A13M4G'],
  [true, 5, 'EC25EFAR06A12M4G'],
  [false, 12, 'EC25EFAR06A13M4G'],
])('cuts count %s, %i cuts in mid-update: %s', (cutsCount, cuts, revision) => {
  const driver = new Driver({ cutsCount });
  driver.run(driver.core.request('up'));
  for (let i = 0; i < cuts; i++) expect(driver.boot(false, i === 0 ? 70 : 6)).toBe('cut');
  for (let i = 0; i < 5 && driver.boot(i > 0) === 'reboot'; i++);
  expect(driver.core.revision()).toBe(revision);
  expect(driver.core.images.fault()).toBeUndefined();
});

test('a cut after END 0 gives START and END 0 without a percentage', () => {
  const driver = new Driver();
  driver.run(driver.core.request('up'));
  expect(driver.boot(true)).toBe('reboot');
  driver.reports.length = 0;
  expect(driver.boot(false)).toBe('reboot');
  expect(driver.reports).toEqual(['START', 'END 0']);
  expect(driver.boot(true)).toBe('normal');
  expect(driver.core.log.read()).toMatchObject({ flag: 'normal', outcome: 'upgraded' });
});

test('a local package needs as much room again', () => {
  const driver = new Driver();
  driver.room = FILES['up']?.length ?? 0;
  driver.upgrade('up');
  expect(driver.count('END 511')).toBe(5);
  driver.room++;
  driver.upgrade('up');
  expect(driver.core.revision()).toBe('EC25EFAR06A13M4G');
});

test('hooks change what they are asked for and nothing else', () => {
  const driver = new Driver({}, { name: 'x', summary: '', owner: 'firmware', maxAttempts: (sound) => sound - 2 });
  driver.upgrade('bad');
  expect(driver.count('START')).toBe(3);
});
