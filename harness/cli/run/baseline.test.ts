/** A run that is measured by an earlier one, by the real command on a simulated rig. Needs the harness built. */
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeManifest } from '../../report/manifest.js';
import { packagePair, RealRuns, type Ended } from './testing/real-runs.js';

// On a machine that is busy with much else.
jest.setTimeout(600_000);

const bench = new RealRuns('baseline');
afterAll(() => {
  bench.close();
});

const rig = bench.rig({ name: 'measured' });
const words = ['--rig', rig, '--packages', packagePair, '--suite', 'identity', '--seed', '5'];
const dfota = (...args: string[]): Promise<Ended> => bench.dfota('state', ...args).ended;
const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');

const monday = bench.out('monday');
const same = bench.out('same');
const less = bench.out('less');
const all = ['-t', 'ATI names|QFOTADL'];
let ended: Record<'monday' | 'same' | 'less', Ended>;

beforeAll(async () => {
  const first = await dfota('run', ...words, ...all, '--out', monday);
  const again = await dfota('run', ...words, ...all, '--baseline', monday, '--out', same);
  // AT+QFOTADL=? is not asked any more: a requirement that monday covered is not covered.
  const narrower = await dfota('run', ...words, '-t', 'ATI names', '--baseline', monday, '--out', less);
  ended = { monday: first, same: again, less: narrower };
});

test('a run that is no worse ends as it would without, and tells the comparison', async () => {
  expect(ended.monday.exit).toBe(0);
  expect(ended.same.exit).toBe(0);
  const run = (JSON.parse(read(monday, 'run.json')) as { run: string }).run;
  expect(read(same, 'summary.txt')).toMatch(
    new RegExp(`compared with run ${run}: nothing [^]*\nResult: all conform \\(exit 0\\)\n$`),
  );
  expect(read(same, 'compare.html')).toContain(`compared with run ${run}`);
  const { files } = JSON.parse(read(same, 'manifest.json')) as { files: { name: string }[] };
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['compare.html', 'baseline.json']));
  expect(await dfota('report', 'verify', same, '--rejudge')).toMatchObject({ exit: 0 });
});

test('a regression makes 1 of 0; the journal keeps the result of the run alone', async () => {
  expect(ended.less.exit).toBe(1);
  expect(read(less, 'summary.txt')).toMatch(
    /\nResult: all conform, but 1 change for the worse against the baseline, .* \(exit 1\)\n$/,
  );
  expect(read(less, 'compare.html')).toContain('DG-02');
  expect(read(less, 'journal.jsonl')).toContain('"exit":0,"reason":"all conform"');
  expect(await dfota('report', 'verify', less, '--rejudge')).toMatchObject({ exit: 0 });
});

test.each([
  ['compare.html', 'REGRESSION', 'nothing is worse'],
  ['summary.txt', '(exit 1)', '(exit 0)'],
])('a comparison that does not follow is found: %s', async (file, from, to) => {
  const copy = join(bench.folder, `changed-${file}`);
  cpSync(less, copy, { recursive: true });
  expect(read(copy, file)).toContain(from);
  writeFileSync(join(copy, file), read(copy, file).replaceAll(from, to));
  await writeManifest(copy);
  expect(await dfota('report', 'verify', copy, '--rejudge')).toMatchObject({
    exit: 1,
    text: expect.stringContaining(file) as string,
  });
});

test('a run that goes on keeps its baseline, wherever that has gone', async () => {
  const copy = join(bench.folder, 'resumed');
  cpSync(less, copy, { recursive: true });
  rmSync(join(copy, 'compare.html'));
  renameSync(monday, `${monday}-moved`);
  try {
    const { exit, text } = await dfota('run', '--resume', copy);
    expect([exit, text]).toEqual([1, expect.stringContaining('no rig is touched')]);
    expect(read(copy, 'compare.html')).toBe(read(less, 'compare.html'));
    rmSync(join(copy, 'baseline.json'));
    expect(await dfota('run', '--resume', copy)).toMatchObject({
      exit: 2,
      text: expect.stringContaining('baseline that the run began with is missing') as string,
    });
  } finally {
    renameSync(`${monday}-moved`, monday);
  }
});

describe('told before any rig is touched, with exit 2', () => {
  /** The run as monday's, with its journal changed. */
  function changed(name: string, change: (text: string) => string): string {
    const copy = join(bench.folder, name);
    cpSync(monday, copy, { recursive: true });
    expect(change(read(copy, 'journal.jsonl'))).not.toBe(read(copy, 'journal.jsonl'));
    writeFileSync(join(copy, 'journal.jsonl'), change(read(copy, 'journal.jsonl')));
    return copy;
  }

  test.each<[string, () => string | Promise<string>, RegExp]>([
    ['no such folder', () => join(bench.folder, 'nowhere'), /no such file|baseline/],
    ['a folder without a journal', () => bench.out('empty'), /no such file|baseline/],
    ['a file that is no evidence', () => rig, /nothing in this file|no run with tests/],
    [
      'a folder that was changed since',
      () => changed('tampered', (text) => text.replace('"passed"', '"failed"')),
      /not as its run left it/,
    ],
    [
      'a run on another kind of module',
      async () => {
        const copy = changed('ec21', (text) => text.replaceAll('"module":"EC25"', '"module":"EC21"'));
        await writeManifest(copy);
        return copy;
      },
      /packages for other modules[^]*asked: a run on EC25[^]*seen: +EC21/,
    ],
  ])('%s', async (_, baseline, message) => {
    const out = join(bench.folder, 'refused');
    const { exit, text } = await dfota('run', ...words, '--baseline', await baseline(), '--out', out);
    expect(text).toMatch(message);
    expect(exit).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  test('--resume with --baseline', async () => {
    expect(await dfota('run', '--resume', less, '--baseline', monday)).toMatchObject({
      exit: 2,
      text: expect.stringContaining('seen:  --baseline') as string,
    });
  });
});
