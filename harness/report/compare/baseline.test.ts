import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../base/errors.js';
import type { RunResult } from '../result.js';
import { conclusionOf, keepBaseline, keptBaseline, type Baseline, type Compared } from './baseline.js';
import type { Change } from './compare.js';

const change: Change = {
  what: 'requirement',
  direction: 'worse',
  rig: undefined,
  name: 'DG-02',
  before: 'passed',
  after: 'not-covered',
  detail: '',
};
const compared = (directions: readonly Change['direction'][]): Compared => ({
  comparison: {
    changes: directions.map((direction) => ({ ...change, direction })),
    tests: { both: 1, gone: 0, fresh: 0 },
    remarks: [],
    regression: directions.includes('worse'),
  },
  named: { before: 'run monday', after: 'run tuesday' },
});

describe('the exit code of a run with a baseline', () => {
  const own = [
    [0, 'all conform'],
    [1, '2 tests failed'],
    [2, 'no test ran'],
    [3, 'ec25-a was set aside'],
    [130, 'interrupted (SIGINT)'],
  ] as const satisfies readonly (readonly [RunResult['exit'], string])[];

  test.each(own)('%i without a regression stays', (exit, reason) => {
    for (const other of [undefined, compared([]), compared(['better', 'weaker', 'other'])])
      expect(conclusionOf({ exit, reason }, other)).toEqual({ exit, reason });
  });

  test.each(own.slice(1))('%i with a regression stays', (exit, reason) => {
    expect(conclusionOf({ exit, reason }, compared(['worse']))).toEqual({ exit, reason });
  });

  test('0 with a regression is 1, and says why', () => {
    expect(conclusionOf({ exit: 0, reason: 'all conform' }, compared(['worse', 'better', 'worse']))).toEqual({
      exit: 1,
      reason: 'all conform, but 2 changes for the worse against the baseline, run monday',
    });
    expect(conclusionOf({ exit: 0, reason: 'all conform' }, compared(['worse'])).reason).toContain('but 1 change for the worse');
  });
});

describe('what a folder keeps of the baseline', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'baseline-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const baseline: Baseline = {
    run: 'monday',
    side: {
      rigs: [{ name: 'a', module: 'EC25' }, { name: 'b' }],
      pairs: [],
      tests: { name: ['x'], rig: [0], status: ['passed'], why: [''] },
      requirements: [{ id: 'DG-02', text: 't', state: 'passed', passed: 1, failed: 0 }],
      windows: [],
      times: [{ what: 'boot', rig: 0, n: 1, q1: 1, median: 1, q3: 1, values: [1] }],
    },
  };

  test('comes back as it was; a folder without one has none', () => {
    expect(keptBaseline(folder)).toBeUndefined();
    keepBaseline(folder, baseline);
    expect(keptBaseline(folder)).toEqual(baseline);
  });

  test.each([
    ['no JSON', '{'],
    ['another format', '{"format":2}'],
    ['other contents', JSON.stringify({ format: 1, run: 'monday', side: { ...baseline.side, tests: { name: 7 } } })],
  ])('%s is told with its file', (_, text) => {
    keepBaseline(folder, baseline);
    const [name = ''] = readdirSync(folder);
    writeFileSync(join(folder, name), text);
    expect(() => keptBaseline(folder)).toThrow(UserError);
    expect(() => keptBaseline(folder)).toThrow(/baseline that the run began with cannot be read/);
  });
});
