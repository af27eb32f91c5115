/** `dfota report merge` on folders of runs, by the command as a user calls it. Needs the harness built. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBody } from '../../journal/events.js';
import { rigProfile, runStart } from '../../journal/testing/beginning.js';
import { baselineOf, keepBaseline } from '../../report/compare/baseline.js';
import { journalOf } from '../../report/certificate/testing/qualifying.js';
import { readReport } from '../../report/html/write.js';
import { writeManifest } from '../../report/manifest.js';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'merge-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function dfota(...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, DFOTA_STATE: join(folder, 'state'), DFOTA_LEDGER: '' };
  return new Promise((done) => {
    execFile(process.execPath, [join(root, 'bin', 'dfota.js'), ...args], { env }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

type Status = Extract<EventBody, { type: 'test.end' }>['status'];
interface Made {
  readonly rig?: string;
  readonly tests: readonly (readonly [string, Status, string?])[];
  readonly asked?: Readonly<Record<string, unknown>>;
  /** A folder of an earlier run. */
  readonly baseline?: string;
}

/** The folder of a run, as far as merging needs it. */
async function made(name: string, { rig = name, tests, asked = {}, baseline }: Made): Promise<string> {
  const run = join(folder, name);
  mkdirSync(run);
  const of: EventBody[] = [
    { type: 'rig.start', profile: rigProfile({ name: rig, simulated: true }) },
    { type: 'rig.ready', took: 1 },
    ...tests.flatMap(([test, status, why]): EventBody[] => [
      ...(status === 'skipped' ? [] : [{ type: 'test.start' as const, test, suite: 's', requirements: [] }]),
      { type: 'test.end', test, status, ...(why === undefined ? {} : { why }) },
    ]),
    { type: 'rig.end', powerSafe: true, why: 'end' },
  ];
  const start = runStart({ run: name });
  const end: EventBody = { type: 'run.end', exit: 0, reason: 'all conform' };
  const at = '2027-01-01T00:00:00.000Z';
  const lines = [start, ...of.map((body) => ({ rig, ...body })), end].map((body, index) => ({
    n: index + 1,
    t: index,
    at,
    ...body,
  }));
  writeFileSync(join(run, 'journal.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  writeFileSync(join(run, 'run.json'), JSON.stringify({ run: name, seed: 7, names: [rig], asked }));
  if (baseline !== undefined) keepBaseline(run, baselineOf(readReport(join(baseline, 'journal.jsonl'))));
  await writeManifest(run);
  return run;
}

let merges = 0;
async function merge(...runs: readonly string[]): Promise<Ended & { readonly folder: string }> {
  merges += 1;
  const out = join(folder, `merged-${String(merges)}`);
  return { ...(await dfota('report', 'merge', ...runs, '--out', out)), folder: out };
}
const read = (dir: string, file: string): string => readFileSync(join(dir, file), 'utf8');

describe('shares', () => {
  const asked = { suites: ['s'], plan: ['random'], cuts: 8 };
  const share = (name: string, index: number, changed = {}): Promise<string> =>
    made(name, {
      tests: [
        ['s: x', ...(index === 1 ? (['passed'] as const) : (['skipped', 'left to shard 1 of 2'] as const))],
        ['s: y', ...(index === 2 ? (['passed'] as const) : (['skipped', 'left to shard 2 of 2'] as const))],
      ],
      asked: { ...asked, shard: { index, of: 2 }, ...changed },
    });

  test('all of them conform, and one alone does not', async () => {
    const [one, two] = [await share('one', 1), await share('two', 2)];
    const whole = await merge(one, two);
    expect(whole).toMatchObject({ code: 0, err: '', out: expect.stringContaining('all conform (exit 0)') as string });
    const half = await merge(one);
    const missing = `share 2 of 2 is not there (only share 1, of ${one})`;
    expect(half).toMatchObject({ code: 3, err: '' });
    expect(half.out).toContain(`missing: ${missing}\n`);
    expect(half.out).toContain(`Result: the merged run is not whole: ${missing} (exit 3)`);
    expect(read(half.folder, 'summary.txt')).toContain(missing);
    expect(read(half.folder, 'junit.xml')).toContain(' failures="0" errors="1">');
    // It follows from the journal, wherever the folder of the shares has gone.
    expect(await dfota('report', 'verify', half.folder, '--rejudge')).toMatchObject({ code: 0 });
  });

  test('of different plans do not conform', async () => {
    const other = await merge(await share('three', 1), await share('four', 2, { cuts: 9, pattern: 'ufs' }));
    expect(other.code).toBe(3);
    expect(other.out).toMatch(/missing: the shares are not of one plan: cuts is 8 in .*three, 9 in .*four\n/);
    expect(other.out).toMatch(/missing: the shares are not of one plan: pattern is none in .*three, ufs in .*four\n/);
  });
});

describe('a qualification', () => {
  const qualifying = async (
    name: string,
    damage: (lines: string[]) => string[],
    part?: { readonly index: number; readonly of: number },
  ): Promise<string> => {
    const run = join(folder, name);
    mkdirSync(run);
    const lines = journalOf(part === undefined ? {} : { asked: { part } }).map((event) => JSON.stringify(event));
    writeFileSync(
      join(run, 'journal.jsonl'),
      damage(lines)
        .map((line) => `${line}\n`)
        .join(''),
    );
    writeFileSync(join(run, 'run.json'), JSON.stringify({ run: 'night', seed: 7, names: ['ec25-a'], asked: {} }));
    await writeManifest(run);
    return run;
  };
  const certificate = (dir: string): unknown => JSON.parse(read(dir, 'certificate.json'));

  test('is one when it is merged', async () => {
    const all = await merge(await qualifying('qualified', (lines) => lines));
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(certificate(all.folder)).toMatchObject({ verdict: 'qualified' });
  });

  test('of which a part is not there is none', async () => {
    const all = await merge(await qualifying('part', (lines) => lines, { index: 1, of: 2 }));
    const why = 'part 2 of the 2 parts of this qualification is not in it';
    expect(all).toMatchObject({ code: 3, err: '' });
    expect(all.out).toContain(`missing: ${why}\n`);
    expect(certificate(all.folder)).toMatchObject({
      verdict: 'not-enough-evidence',
      open: [`the merged run is not whole: ${why}`],
    });
  });

  test('of which a line cannot be read is none, merged or not', async () => {
    const run = await qualifying('damaged', (lines) => {
      const at = lines.findIndex((line) => line.includes('"type":"trial.end"'));
      return [
        ...lines.slice(0, at),
        '{"n":77,"t":5,"at":"2026-02-01T22:00:00.000Z","rig":"ec25-a","type":"tri',
        ...lines.slice(at),
      ];
    });
    const all = await merge(run);
    const why = `1 line of the journal of ${run} cannot be read`;
    expect(all).toMatchObject({ code: 3, err: '' });
    expect(all.out).toContain(`missing: ${why}\n`);
    expect(certificate(all.folder)).toMatchObject({
      verdict: 'not-enough-evidence',
      open: [`the merged run is not whole: ${why}`],
    });
    expect(await dfota('report', 'verify', all.folder, '--rejudge')).toMatchObject({ code: 0 });
  });
});

test('a merged report is not merged again: its tests would count twice', async () => {
  const [one, two] = [
    await made('first', { tests: [['s: x', 'passed']] }),
    await made('second', { tests: [['s: x', 'passed']] }),
  ];
  const all = await merge(one, two);
  expect(all.code).toBe(0);
  const again = await merge(all.folder, one);
  expect(again.code).toBe(2);
  expect(again.err).toContain('this is a report of several runs; they are merged by themselves');
  expect(again.err).toContain(`name the folders of its runs: ${one} ${two}`);
});

describe('runs with a baseline', () => {
  test('of one baseline are compared with it as a whole', async () => {
    const before = await made('monday', {
      rig: 'a',
      tests: [
        ['s: x', 'passed'],
        ['s: y', 'failed'],
      ],
    });
    const now = await made('tuesday', {
      rig: 'a',
      tests: [
        ['s: x', 'passed'],
        ['s: y', 'passed'],
      ],
      baseline: before,
    });
    const other = await made('tuesday-b', { rig: 'b', tests: [['s: x', 'passed']], baseline: before });
    const all = await merge(now, other);
    expect(all.code).toBe(0);
    expect(read(all.folder, 'summary.txt')).toMatch(/run monday[^]*Better/);
    expect(read(all.folder, 'compare.html')).toContain('monday');
    expect(await dfota('report', 'verify', all.folder, '--rejudge')).toMatchObject({ code: 0 });
  });

  test('each of its own are compared with all of them', async () => {
    const tests = [['s: x', 'passed'] as const];
    const [a, b] = [await made('a1', { rig: 'a', tests: [['s: x', 'invalid']] }), await made('b1', { rig: 'b', tests })];
    const all = await merge(
      await made('a2', { rig: 'a', tests, baseline: a }),
      await made('b2', {
        rig: 'b',
        tests: [
          ['s: x', 'skipped', 'no SD card'],
          ['s: y', 'passed'],
        ],
        baseline: b,
      }),
    );
    expect(all.code).toBe(0);
    const summary = read(all.folder, 'summary.txt');
    expect(summary).toMatch(/run a1 and run b1/);
    expect(summary).toMatch(/Not shown any more[^]*b.*s: x[^]*Better[^]*a.*s: x/);
    expect(await dfota('report', 'verify', all.folder, '--rejudge')).toMatchObject({ code: 0 });
  });

  test('a run that had none leaves the others theirs', async () => {
    const before = await made('c1', { rig: 'c', tests: [['s: x', 'passed']] });
    const all = await merge(
      await made('c2', { rig: 'c', tests: [['s: x', 'passed']], baseline: before }),
      await made('d2', { rig: 'd', tests: [['s: x', 'passed']] }),
    );
    expect(read(all.folder, 'summary.txt')).toContain('d took no part in the first run: nothing of it is compared');
  });
});
