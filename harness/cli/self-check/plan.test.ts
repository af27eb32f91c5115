import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { projectRoot } from '../../jest/paths.js';
import { loadRig } from '../../rig/load.js';
import { each } from './conduct.js';
import { expectations } from './expectations.js';
import { chosen, parsePart, partOf, soundRuns } from './plan.js';
import { rigFileText } from './rig-file.js';
import { runWords } from './run-once.js';

test('the parts together are the whole, each taken once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 1, max: 12 }), (size, of) => {
      const all = Array.from({ length: size }, (_, index) => index);
      const parts = Array.from({ length: of }, (_, index) => partOf(all, { index: index + 1, of }));
      expect(parts.flat().sort((a, b) => a - b)).toEqual(all);
      expect(Math.max(...parts.map(({ length }) => length)) - Math.min(...parts.map(({ length }) => length))).toBeLessThanOrEqual(
        1,
      );
    }),
  );
});

test.each(['0/3', '4/3', '1/0', '1', 'a/b', '1/3/5', '-1/3', ''])('--part %s is refused', (text) => {
  expect(() => parsePart(text)).toThrow('--part takes i/n');
});

test('a defect that there is not is refused by its name', () => {
  const all = [{ name: 'a', summary: '', owner: 'rig' }] as const;
  expect(chosen(all, [])).toEqual(all);
  expect(() => chosen(all, ['a', 'b'])).toThrow('no such defect: b');
});

test('sound runs have each a seed of its own, and go round over sources, cuts and failures', () => {
  const runs = soundRuns(20, 7);
  expect(new Set(runs.map(({ seed }) => seed)).size).toBe(20);
  for (const what of ['over ftp ', 'over http ', 'over ufs ', 'over sd ', 'cut:start/', 'cut:end/', 'reset at', 'corrupt at'])
    expect([what, runs.some(({ tests }) => tests.includes(what))]).toEqual([what, true]);
  for (const { tests } of runs) expect(() => new RegExp(tests)).not.toThrow();
});

describe('the definition of a rig with a defect', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfota-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const template = join(projectRoot(), 'rigs', 'simulated-ec25.yaml');

  test.each(expectations)('for $defect is sound', ({ defect, rig }) => {
    const file = join(folder, `${defect}.yaml`);
    writeFileSync(file, rigFileText({ template, name: `sc-${defect}`, scale: 0.004, defect, change: rig }));
    const { definition } = loadRig(file);
    const shipped = loadRig(template).definition;
    expect(definition.name).toBe(`sc-${defect}`);
    expect(definition.power.simulated?.defects).toEqual([defect]);
    expect(definition.timing.scale).toBe(rig?.timing?.scale ?? 0.004);
    expect(definition.delivery).toEqual(shipped.delivery);
    if (rig === undefined) expect(definition.limits).toEqual(shipped.limits);
  });
});

test('the words of a run: one cut instead of tests, and nothing added to it', () => {
  const base = {
    rig: 'r.yaml',
    packages: 'p.yaml',
    suites: ['identity'],
    seed: 3,
    tries: 1,
    out: '/o',
    state: '/s',
    env: {},
    limit: 1,
  };
  expect(runWords({ ...base, tests: 'x y', cut: undefined }).join(' ')).toContain(
    '--suite identity --cuts 0 --test-name-pattern x y',
  );
  const cut = runWords({ ...base, tests: undefined, cut: 'cut:start/ufs#0000' });
  for (const option of ['--suite', '--cuts']) expect(cut).not.toContain(option);
});

test('as many at a time as asked, in order, and none begun after the interruption', async () => {
  const stop = new AbortController();
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await each([1, 2, 3, 4, 5, 6], 2, stop.signal, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    done.push(item);
    if (item === 4) stop.abort();
  });
  expect([most, done]).toEqual([2, [1, 2, 3, 4]]);
});
