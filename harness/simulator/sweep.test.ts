import { Behaviours } from './behaviour.js';
import { toPages } from './core/flash.js';
import type { ImageStore } from './core/image-store.js';
import { makeImage } from './core/image.js';
import type { PatchJob } from './core/package-file.js';
import { Recovery } from './core/recovery.js';
import { DEFAULT_POLICY } from './core/steps.js';
import type { Policy } from './core/steps.js';
import { DEFECTS } from './defects/index.js';
import { sweep } from './sweep.js';
import type { SweepResult } from './sweep.js';

function swept(policy: Partial<Policy>, defects: readonly string[] = [], wholeTails = false): SweepResult {
  return sweep({
    module: 'EC25',
    size: 'small',
    policy: { ...DEFAULT_POLICY, ...policy },
    behaviours: new Behaviours(DEFECTS.filter(({ name }) => defects.includes(name))),
    seed: 7,
    samples: 150,
    wholeTails,
  });
}

afterEach(() => jest.restoreAllMocks());

test.each<Partial<Policy>>([{}, { profile: 'no-backup' }, { reading: 'plus-first' }, { cutsCount: false }])(
  'a sound recovery survives a cut at every operation, whole and torn: %j',
  (policy) => {
    const { operations, cuts, failures } = swept(policy);
    expect(failures).toEqual([]);
    expect(operations).toBeGreaterThan(60);
    expect(cuts).toBeGreaterThan(2 * operations);
  },
);

test('a recovery that does not look for the saved copy is found out', () => {
  jest.spyOn(Recovery.prototype as unknown as { isSaved(): boolean }, 'isSaved').mockReturnValue(false);
  expect(swept({ profile: 'no-backup' }).failures.length).toBeGreaterThan(10);
});

test('torn pages that brick are found, at torn cuts only', () => {
  const { failures } = swept({}, ['brick-torn-page']);
  const single = failures.filter(({ cut }) => !cut.includes(','));
  expect(single.length).toBeGreaterThan(50);
  expect(single.every(({ cut }) => cut.endsWith('~'))).toBe(true);
});

test('a window that bricks is found within its percentages only', () => {
  const { operations, failures } = swept({}, ['brick-window']);
  const single = failures.filter(({ cut }) => !cut.includes(','));
  expect(single.length).toBeGreaterThan(4);
  for (const { cut } of single) {
    expect(parseInt(cut, 10)).toBeGreaterThan(operations * 0.35);
    expect(parseInt(cut, 10)).toBeLessThan(operations * 0.5);
  }
});

test.each<[Partial<Policy>, readonly string[]]>([
  [{ profile: 'no-backup' }, ['brick-window']],
  [{ reading: 'plus-first' }, ['retries-4']],
  [{ cutsCount: false }, ['brick-torn-page']],
])('stopping where the rest is known finds what whole recoveries find: %j, %j', (policy, defects) => {
  const [short, whole] = [swept(policy, defects), swept(policy, defects, true)];
  expect(short.failures.length).toBeGreaterThan(5);
  expect({ ...short, seconds: 0, cpuSeconds: 0 }).toEqual({ ...whole, seconds: 0, cpuSeconds: 0 });
});

test('a module that is lost by a cut after END 0 is found at the very end', () => {
  const { operations, failures } = swept({}, ['brick-at-end']);
  const single = failures.filter(({ cut }) => !cut.includes(','));
  expect(single.map(({ cut }) => cut)).toEqual([`${operations - 1}`, `${operations - 1}~`]);
});

test('a recovery that looks at the first page of a file only is found out the same way by both', () => {
  const { files } = makeImage('EC25', 'v13', 'small');
  interface Inside {
    readonly images: ImageStore;
    isTarget(job: PatchJob): boolean;
  }
  jest.spyOn(Recovery.prototype as unknown as Inside, 'isTarget').mockImplementation(function (this: Inside, { name }) {
    const [there] = this.images.pages(this.images.extent(name), 1);
    const [due] = toPages(files.get(name) ?? Buffer.alloc(0));
    return there !== undefined && due !== undefined && Buffer.compare(there, due) === 0;
  });
  const [short, whole] = [swept({ profile: 'no-backup' }), swept({ profile: 'no-backup' }, [], true)];
  expect(short.failures.length).toBeGreaterThan(10);
  expect(short.failures).toEqual(whole.failures);
});
