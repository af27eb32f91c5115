import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCriteria } from '../rig/criteria.js';
import { requirementIds } from '../rig/criteria-schema.js';
import { cutId, phaseOf, type Phase } from './cut.js';
import { needs } from './qualification-needs.js';
import { planQualification, type QualificationPlan, type QualificationWish, type QualifyingRig } from './qualification.js';
import { upperBound } from './statistics.js';

const suites = [
  'identity',
  'round-trip',
  'limits',
  'download-failures',
  'bad-packages',
  'power-cut',
  'five-retries',
  'network-cut',
  'soak',
];

const rig = (change: Partial<QualifyingRig> = {}): QualifyingRig => ({
  name: 'a',
  imei: '861107030000001',
  sources: ['ftp', 'http', 'ufs', 'sd'],
  own: ['ftp', 'http'],
  powerCuts: true,
  restorableFailures: true,
  scale: 1,
  meanTrial: undefined,
  suiteTimes: new Map(),
  failedBefore: [],
  ...change,
});
const second = rig({ name: 'b', imei: '861107030000002' });

const base = 'name: t\nrequirements: { cover: [DG-13] }\nsources: [ufs]\n';
const plan = (text: string, change: Partial<QualificationWish> = {}): QualificationPlan =>
  planQualification({
    criteria: parseCriteria('c.yaml', text).definition,
    rigs: [rig()],
    earlier: [],
    suites,
    seed: 1,
    ...change,
  });
const made = ({ shares }: QualificationPlan, phase?: Phase): number =>
  shares
    .flatMap(({ cuts }) => cuts)
    .filter(
      ({
        cut: {
          points: [point],
        },
      }) => phase === undefined || (point && phaseOf(point) === phase),
    ).length;

test.each(requirementIds)('the suite that is to show %s names it', (id) => {
  const text = readFileSync(join(__dirname, '..', '..', 'suites', `${needs[id].suite}.suite.ts`), 'utf8');
  expect(text).toContain(`'${id}'`);
});

test('only the suites that are needed run, in their own order; there and back always', () => {
  expect(plan(base).suites).toEqual(['round-trip']);
  expect(plan(base.replace('DG-13', 'DH-06, DG-02')).suites).toEqual(['identity', 'round-trip', 'five-retries']);
  expect(plan(`${base}suites: [soak]\n`).suites).toEqual(['round-trip', 'soak']);
  expect(plan(base.replace('[DG-13]', 'all')).suites).toEqual(suites.slice(0, 7));
  expect(made(plan(base))).toBe(0);
});

test('a requirement of cuts is cut for, also where no number is asked for', () => {
  const { suites: chosen, shares } = plan(base.replace('DG-13', 'DG-20, DH-01, DH-02'));
  expect(chosen).toContain('power-cut');
  const phases = shares[0]?.cuts.map(({ cut }) => phaseOf(cut.points[0] ?? { anchor: 'end', delay: 0 }));
  expect(phases).toEqual(['download', 'reboot', 'updating']);
});

test('each phase gets what is asked for and one more of ten; what earlier runs have is left out where it counts', () => {
  const text = `${base}cuts: { phases: { start: 3, updating: 20 } }\n`;
  const earlier = [{ phase: 'updating', survived: 15, failed: 0 }];
  expect([made(plan(text), 'start'), made(plan(text), 'updating')]).toEqual([3, 22]);
  expect(made(plan(text, { earlier }), 'updating')).toBe(22);
  const counting = text.replace('cuts: {', 'cuts: { earlier: true,');
  expect(made(plan(counting, { earlier }), 'updating')).toBe(5);
  expect(made(plan(counting, { earlier: [{ phase: 'updating', survived: 99, failed: 0 }] }), 'updating')).toBe(0);
});

test.each([0.3, 0.1, 0.05, 0.02, 0.01])('cuts for a failure rate below %f prove it when all survive', (below) => {
  const text = `${base}cuts: { phases: { start: 3 }, failureRate: { below: ${String(below)} } }\n`;
  const count = made(plan(text));
  expect(upperBound({ valid: count, failed: 0 })).toBeLessThanOrEqual(below);
  // The reserve aside, no more than it takes.
  expect(upperBound({ valid: Math.floor(count / 1.1) - 2, failed: 0 })).toBeGreaterThan(below);
  const stricter = made(plan(text.replace(`below: ${String(below)}`, `below: ${String(below)}, confidence: 0.99`)));
  expect(stricter).toBeGreaterThan(count);
});

test('rigs share the cuts; one that allows none has none, and END is cut once for each source', () => {
  const rigs = [rig(), second, rig({ name: 'c', imei: '861107030000003', powerCuts: false })];
  const shared = plan(`${base}cuts: { phases: { updating: 10, end: 8 } }\n`, { rigs });
  expect(shared.shares.map(({ cuts }) => cuts.length)).toEqual([6 + 4, 5 + 4, 0]);
  expect(shared.problems).toEqual([]);
  const [one, other] = shared.shares.map(({ cuts }) => cuts.map(({ cut }) => cutId(cut)));
  expect(one).not.toEqual(other);
});

test('what failed before is cut again first, and once', () => {
  const again = plan(`${base}cuts: { phases: { updating: 3 } }\n`);
  const known = again.shares[0]?.cuts[1]?.cut;
  if (known === undefined) throw new Error('no cut');
  const { shares } = plan(`${base}cuts: { phases: { updating: 3 } }\n`, { rigs: [rig({ failedBefore: [known] })] });
  expect(shares[0]?.cuts.map(({ title }) => title)).toEqual([
    'power cut that failed before',
    'power cut in phase updating',
    'power cut in phase updating',
  ]);
});

test.each<[string, string, Partial<QualificationWish>, RegExp]>([
  ['too few units', base.replace('ufs]', 'ufs]\nunits: 2'), { rigs: [rig(), rig({ name: 'b' })] }, /^2 units .* have 1$/],
  ['a source that no rig has', base.replace('ufs', 'sd'), { rigs: [rig({ sources: ['ufs'] })] }, /^no rig delivers by sd$/],
  [
    'a requirement of FTP',
    base.replace('DG-13', 'DG-07'),
    { rigs: [rig({ sources: ['ufs'] })] },
    /^no rig delivers by ftp, which DG-07 needs$/,
  ],
  [
    'a requirement of our server',
    base.replace('DG-13', 'DG-10, DH-09'),
    { rigs: [rig({ own: [] })] },
    /server of ours, which DG-10, DH-09 need$/,
  ],
  ['a requirement of cuts', base.replace('DG-13', 'DG-20'), { rigs: [rig({ powerCuts: false })] }, /safety\.powerCuts/],
  [
    'cuts where none may be',
    `${base}cuts: { phases: { start: 1 } }\n`,
    { rigs: [rig({ powerCuts: false })] },
    /^power cuts are asked for/,
  ],
  ['more cuts than there are', `${base}cuts: { phases: { end: 5 } }\n`, {}, /^5 cuts in phase end .* can make 4$/],
  [
    'downloads where none are',
    `${base}cuts: { phases: { download: 1 } }\n`,
    { rigs: [rig({ sources: ['ufs'], own: [] })] },
    /^1 cuts in phase download .* can make 0$/,
  ],
  [
    'a package retried for ever',
    base.replace('DG-13', 'DG-18'),
    { rigs: [rig({ restorableFailures: false })] },
    /restore\.command.*DG-18/,
  ],
  ['a suite that there is not', `${base}suites: [sweep]\n`, {}, /^there is no suite sweep; there are identity/],
  ['too long a time', `${base}within: 1m\n`, {}, /^it would take about .* within allows 60 s$/],
  [
    'failures that count',
    `${base}cuts: { earlier: true }\n`,
    { earlier: [{ phase: 'start', survived: 9, failed: 1 }] },
    /^1 cuts of earlier runs failed/,
  ],
])('%s cannot be begun', (_, text, change, problem) => {
  expect(plan(text, change).problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
});

test('the same criteria can be fulfilled where the rigs have what they need', () => {
  expect(plan(base.replace('[DG-13]', 'all').replace('[ufs]', '[ftp, http, ufs, sd]')).problems).toEqual([]);
});

test('one rig that has what a requirement needs is enough', () => {
  const rigs = [rig({ sources: ['ufs'], own: [], powerCuts: false }), second];
  expect(plan(base.replace('DG-13', 'DG-07, DG-20'), { rigs }).problems).toEqual([]);
});

test('how long it takes is told as measured only when the ledger knows all of it', () => {
  const text = `${base}cuts: { phases: { updating: 5 } }\n`;
  const known = { meanTrial: 60_000, suiteTimes: new Map([['round-trip', 600_000]]) };
  const { shares, says } = plan(text, { rigs: [rig(known)] });
  expect(shares).toMatchObject([{ took: 900_000, measured: true }]);
  expect(says).toEqual([
    'suites: round-trip, power-cut',
    'a: 5 power cuts, about 15 min',
    'in all about 15 min, rigs side by side',
  ]);
  expect(plan(text, { rigs: [rig({ meanTrial: 60_000 })] }).says[1]).toMatch(/^a: .*\(an estimate/);
  expect(plan(text).says[1]).toMatch(/^a: .*\(an estimate/);
  expect(plan(`${text}within: 16m\n`, { rigs: [rig(known)] }).problems).toEqual([]);
  expect(plan(`${text}within: 14m\n`, { rigs: [rig(known)] }).problems).toHaveLength(1);
});

test('parts share the cuts, make others, and may lack what another part has', () => {
  const text = `${base.replace('[ufs]', '[ufs, sd]')}units: 2\ncuts: { phases: { updating: 5 } }\n`;
  const rigs = [rig({ sources: ['ufs'] })];
  expect(plan(text, { rigs }).problems).toHaveLength(2);
  const parts = [1, 2, 3].map((index) => plan(text, { rigs, part: { index, of: 3 } }));
  expect(parts.map(({ problems }) => problems)).toEqual([[], [], []]);
  expect(parts.map((part) => made(part))).toEqual([2, 2, 1]);
  const ids = parts.flatMap(({ shares }) => shares.flatMap(({ cuts }) => cuts.map(({ cut }) => cutId(cut))));
  expect(new Set(ids).size).toBe(5);
  expect(plan(text, { rigs: [rig({ powerCuts: false })], part: { index: 1, of: 2 } }).problems).toHaveLength(1);
});

test('what earlier runs have is left out of what a failure rate takes as well', () => {
  const text = `${base}cuts: { earlier: true, failureRate: { below: 0.05 } }\n`;
  expect(made(plan(text))).toBe(64);
  expect(made(plan(text, { earlier: [{ phase: 'start', survived: 50, failed: 0 }] }))).toBe(9);
});
