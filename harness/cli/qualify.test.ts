/** Pairs that are qualified, or not, by the real command on simulated rigs. Needs the harness built. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeManifest } from '../report/manifest.js';
import type { Certificate } from '../report/certificate/types.js';
import { acquireLease } from '../rig/lease.js';
import { RealRuns, type Ended } from './run/testing/real-runs.js';

// On a machine that is busy with much else.
jest.setTimeout(900_000);

const bench = new RealRuns('qualify');
afterAll(() => {
  bench.close();
});

const packages = join(__dirname, '..', '..', 'packages', 'simulated', 'ec25');
const upgrade = join(packages, 'update-v12-to-v13.zip');
const downgrade = join(packages, 'update-v13-to-v12.zip');
const pair = ['--upgrade', upgrade, '--downgrade', downgrade];
const dfota = (...words: string[]): Promise<Ended> => bench.dfota('state', ...words).ended;
const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');
const certificate = (folder: string): Certificate => JSON.parse(read(folder, 'certificate.json')) as Certificate;

/** A rig that has UFS alone, so that a round trip is one. */
function ufsRig(name: string, change: (text: string) => string = (text) => text, simulated = '{}'): string {
  const file = bench.rig({ name, simulated });
  const text = readFileSync(file, 'utf8')
    .replace(/ {2}# The simulated network[^]*? {2}ufs: true/, '  ufs: true')
    .replace('sd: true', 'sd: false');
  expect(text).not.toContain('ftp');
  writeFileSync(file, change(text));
  return file;
}

function criteria(name: string, text: string): string {
  const file = join(bench.folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

const rig = ufsRig('sound');
const few = criteria(
  'few',
  'name: few\nrequirements: { cover: [DG-09, DG-13, DG-14, DG-20, DH-03] }\nsources: [ufs]\ncuts: { phases: { updating: 1 } }\n',
);
const words = (criteriaFile: string, ...rigs: string[]): string[] => [
  '--rig',
  ...rigs,
  ...pair,
  '--criteria',
  criteriaFile,
  '--seed',
  '3',
];

describe('a sound pair', () => {
  const out = bench.out('sound-run');
  let ended: Ended;
  beforeAll(async () => {
    ended = await dfota('qualify', ...words(few, rig), '--out', out);
  });

  test('is qualified, and says what that rests on', () => {
    expect([ended.exit, ended.text]).toEqual([0, expect.stringContaining('Result: qualified by the criteria “few” (exit 0)')]);
    expect(ended.text).toMatch(/sound: 1 power cuts, about .* \(an estimate/);
    expect(certificate(out)).toMatchObject({
      verdict: 'qualified',
      pair: { name: 'update-v12-to-v13', upgrade: { from: 'v12 (EC25EFAR06A12M4G)', postBuild: 'EC25EFAR06A13M4G' } },
      criteria: { name: 'few', file: few },
      units: [{ rig: 'sound', imei: '861107*******01', simulated: true, sound: true }],
      run: { seed: 3 },
    });
    expect(read(out, 'certificate.html')).toContain('data-verdict="qualified"');
    const { files } = JSON.parse(read(out, 'manifest.json')) as { files: { name: string }[] };
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['certificate.html', 'certificate.json']));
  });

  test('its certificate is made anew from the folder alone, the same to the byte', async () => {
    const again = join(bench.folder, 'again.html');
    const { exit, text } = await dfota('report', 'certificate', out, '--json', '--html', again);
    expect([exit, text]).toEqual([0, read(out, 'certificate.json')]);
    expect(readFileSync(again, 'utf8')).toBe(read(out, 'certificate.html'));
    expect(await dfota('report', 'verify', out, '--rejudge')).toMatchObject({ exit: 0 });
  });

  /** The folder with something changed, and a manifest that knows of it. */
  async function forged(name: string, change: (folder: string) => void): Promise<string> {
    const copy = join(bench.folder, name);
    cpSync(out, copy, { recursive: true });
    change(copy);
    await writeManifest(copy);
    return copy;
  }
  const changed = (file: string, from: string | RegExp, to: string) => (folder: string) => {
    expect(read(folder, file)).toMatch(from);
    writeFileSync(join(folder, file), read(folder, file).replaceAll(from, to));
  };

  test.each<[string, (folder: string) => void, RegExp]>([
    [
      'another verdict',
      changed('certificate.json', /"verdict": "qualified"/g, '"verdict": "not-qualified"'),
      /certificate\.json: .*makes qualified, not not-qualified/,
    ],
    ['a nicer figure on the page', changed('certificate.html', /1 valid/g, '9 valid'), /certificate\.html: it does not follow/],
    [
      'no certificate any more',
      (folder) => {
        rmSync(join(folder, 'certificate.html'));
      },
      /certificate\.html: it is missing/,
    ],
    ['milder criteria', changed('journal.jsonl', /updating: 1 /g, 'updating: 0 '), /certificate\.json: it does not follow/],
    [
      'a journal without the criteria',
      changed('journal.jsonl', /^.*"type":"qualification".*\n/gm, ''),
      /certificate\.json: the journal is of a run that was not to qualify/,
    ],
    [
      'a cut that was not survived',
      changed('journal.jsonl', /"outcome":"survived"/g, '"outcome":"failed","owner":"firmware"'),
      /makes not-qualified, not qualified/,
    ],
  ])('verify --rejudge finds %s', async (name, change, message) => {
    const copy = await forged(name.replaceAll(' ', '-'), change);
    const { exit, text } = await dfota('report', 'verify', copy, '--rejudge');
    expect([exit, text]).toEqual([1, expect.stringMatching(message)]);
  });

  test('the next qualification knows how long it takes, and what is in the ledger counts only when the criteria say so', async () => {
    const text = readFileSync(few, 'utf8').replace('updating: 1', 'updating: 2');
    const two = criteria('two', text);
    const counting = criteria('counting', text.replace('cuts: {', 'cuts: { earlier: true,'));
    expect((await dfota('qualify', ...words(two, rig), '--dry-run')).text).toMatch(
      /1 valid cuts of earlier runs do not count[^]*sound: 2 power cuts, about \d+ s\n/,
    );
    expect((await dfota('qualify', ...words(counting, rig), '--dry-run')).text).toMatch(
      /1 valid cuts of earlier runs count[^]*sound: 1 power cuts/,
    );
  });

  test('one rig alone is a part of what needs two units', async () => {
    const two = criteria('units', readFileSync(few, 'utf8').replace(/cuts: .*/, 'units: 2'));
    expect(await dfota('qualify', ...words(two, rig), '--dry-run')).toMatchObject({ exit: 2 });
    expect(await dfota('qualify', ...words(two, rig), '--part', '1/2', '--dry-run')).toMatchObject({ exit: 0 });
  });

  test('merged with itself it is one qualification, by one unit', async () => {
    const all = join(bench.folder, 'merged');
    expect(await dfota('report', 'merge', out, '--out', all)).toMatchObject({ exit: 0 });
    expect(certificate(all)).toMatchObject({ verdict: 'qualified', units: [{ rig: 'sound' }] });
    expect(await dfota('report', 'verify', all, '--rejudge')).toMatchObject({ exit: 0 });
  });
});

test('a firmware that loses its IMEI is not qualified', async () => {
  const out = bench.out('defect-run');
  const bad = ufsRig('bad', undefined, '{ defects: [imei-lost] }');
  const least = criteria('least', 'name: least\nrequirements: { cover: [DG-13] }\nsources: [ufs]\n');
  const { exit, text } = await dfota('qualify', ...words(least, bad), '--out', out);
  expect([exit, text]).toEqual([1, expect.stringContaining('Certificate: NOT QUALIFIED')]);
  // Although no criterion asks for DH-03.
  expect(certificate(out)).toMatchObject({ verdict: 'not-qualified', against: [{ owner: 'firmware', requirement: 'DH-03' }] });
  expect(read(out, 'certificate.html')).toContain('NOT QUALIFIED');
  expect(await dfota('report', 'certificate', out)).toMatchObject({ exit: 1 });
  expect(await dfota('report', 'verify', out, '--rejudge')).toMatchObject({ exit: 0 });
});

test('where nothing could be seen there is not enough evidence', async () => {
  const out = bench.out('unseen-run');
  const before = process.env['DFOTA_STATE'];
  process.env['DFOTA_STATE'] = join(bench.folder, 'state');
  // Somebody else is on the rig.
  const lease = await acquireLease('sound', { run: 'another' });
  try {
    const { exit, text } = await dfota('qualify', ...words(few, rig), '--out', out);
    expect([exit, text]).toEqual([3, expect.stringContaining('Certificate: NOT ENOUGH EVIDENCE')]);
  } finally {
    await lease.release();
    if (before === undefined) delete process.env['DFOTA_STATE'];
    else process.env['DFOTA_STATE'] = before;
  }
  const { verdict, rows, open } = certificate(out);
  expect([verdict, rows.filter(({ met }) => met)]).toEqual(['not-enough-evidence', []]);
  expect(open).toContainEqual(expect.stringContaining('sound'));
  expect(await dfota('report', 'verify', out, '--rejudge')).toMatchObject({ exit: 0 });
});

describe('told before any rig is touched, with exit 2', () => {
  const elsewhere = ufsRig('elsewhere', (text) => text.replace('861107030000001', '861107030000002'));
  test.each<[string, () => string[], RegExp]>([
    [
      'criteria that no rig can fulfil',
      () => ['--rig', rig, ...pair, '--criteria', join(__dirname, '..', '..', 'rigs', 'criteria', 'release.yaml')],
      /- 2 units are asked for[^]*- no rig delivers by ftp\n/,
    ],
    [
      'wrong criteria',
      () => words(criteria('wrong', 'name: w\nsources: [usb]\n'), rig),
      /wrong\.yaml:2:\d+: sources\[0\]: seen "usb"/,
    ],
    [
      'no downgrade',
      () => ['--rig', rig, elsewhere, '--upgrade', upgrade, '--criteria', few],
      /--downgrade is missing\n.*on sound, elsewhere, which have no restore\.command/,
    ],
    [
      'a downgrade that does not lead back',
      () => [
        '--rig',
        rig,
        '--upgrade',
        upgrade,
        '--downgrade',
        join(packages, '..', 'ec21', 'update-v13-to-v12.zip'),
        '--criteria',
        few,
      ],
      /no downgrade leads back: the downgrade leads from EC21/,
    ],
    [
      'the upgrade twice',
      () => ['--rig', rig, '--upgrade', upgrade, '--downgrade', upgrade, '--criteria', few],
      /the same file, byte for byte/,
    ],
    ['a file that is no package', () => ['--rig', rig, '--upgrade', few, '--downgrade', downgrade, '--criteria', few], /zip/],
    ['a part that there is not', () => [...words(few, rig), '--part', '3/2'], /--part takes i\/n[^]*seen: +3\/2/],
    ['no package', () => ['--rig', rig, '--criteria', few], /--upgrade FILE and --downgrade FILE, or --packages/],
  ])('%s', async (_, args, message) => {
    const out = join(bench.folder, 'refused');
    const { exit, text } = await dfota('qualify', ...args(), '--out', out);
    expect(text).toMatch(message);
    expect(exit).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  test('a certificate of a run that was not to qualify anything', async () => {
    const plain = bench.out('plain');
    const file = join(__dirname, '..', '..', 'rigs', 'packages', 'simulated-ec25.yaml');
    await dfota('run', '--rig', rig, '--packages', file, '--suite', 'identity', '-t', 'QFOTADL', '--out', plain);
    expect(await dfota('report', 'certificate', plain)).toMatchObject({
      exit: 2,
      text: expect.stringContaining('not to qualify') as string,
    });
    expect(existsSync(join(plain, 'certificate.json'))).toBe(false);
  });
});
