import { packageWarnings } from './warnings.js';
import { contradicts, versionsInName } from './name-versions.js';
import type { PackageReport } from './types.js';

const entry = (name: string) => ({ name, size: 1, compressedSize: 1, crc32: '00000000' });
const script = entry('META-INF/com/google/android/updater-script');

function codes(changes: Partial<PackageReport>, more: { freeRoom?: number; expected?: { from: string; to: string } } = {}) {
  const file = changes.file ?? '/packages/update-v12-to-v13.zip';
  const metadata =
    'metadata' in changes ? changes.metadata : { 'pre-build': 'EC25EFAR06A12M4G', 'post-build': 'EC25EFAR06A13M4G' };
  const report = {
    file,
    size: 200_000,
    sha256: '',
    entries: [script, entry('patch/modem.img.p')],
    metadata,
    preBuild: metadata?.['pre-build'],
    postBuild: metadata?.['post-build'],
    nameVersions: versionsInName(file),
    ...changes,
  };
  const warnings = packageWarnings({ report, unusedBytes: 0, expected: more.expected, freeRoom: more.freeRoom });
  return warnings.map(({ code }) => code);
}

describe('versions in a name', () => {
  test.each([
    ['update-v12-to-v13.zip', 'v12', 'v13'],
    ['/a/v1.2_to_v1.3.zip', 'v1.2', 'v1.3'],
    ['fota_v12-v13_signed.ZIP', 'v12', 'v13'],
    ['EC25EFAR06A12M4G-EC25EFAR06A13M4G.zip', 'EC25EFAR06A12M4G', 'EC25EFAR06A13M4G'],
    ['EC21EFAR02A04M4G_01.001.01.001-EC21EFAR02A05M4G_01.001.01.001.zip', 'EC21EFAR02A04M4G', 'EC21EFAR02A05M4G'],
    ['Update_EG18EAPAR01A08V05M4G-R01A13M4G_01.200.01.200_V02.zip', 'EG18EAPAR01A08V05M4G', 'EG18EAPAR01A13M4G'],
  ])('%s', (name, from, to) => {
    expect(versionsInName(name)).toEqual({ from, to });
  });

  test.each(['update.zip', 'delta-2016-11-02.zip', 'EC25EFAR06A12M4G.zip', 'notovo.zip', ''])('%s has none', (name) => {
    expect(versionsInName(name)).toBeUndefined();
  });
});

test.each([
  ['EC25EFAR06A12M4G', 'EC25EFAR06A12M4G', false],
  ['ec25efar06a12m4g', 'Quectel/EC25/EC25EFAR06A12M4G:user', false],
  ['EC25EFAR06A12M4G', 'EC25EFAR06A13M4G', true],
  ['EC25EFAR06A12M4G', 'mdm9607-perf', false],
  ['v12', 'EC25EFAR06A12M4G', false],
  ['v12', 'EC25EFAR06A13M4G', true],
  ['v12', 'build v13 of today', true],
  ['v12', 'mdm9607/msm:4.4/LRX22C/1475', false],
  ['v1.2', 'v9', false],
])('%s against %s: contradicts is %s', (version, build, expected) => {
  expect(contradicts(version, build)).toBe(expected);
});

describe('warnings', () => {
  test('none for an ordinary delta package', () => {
    expect(codes({})).toEqual([]);
  });

  test.each<[string, Partial<PackageReport>]>([
    ['full-flash', { entries: [script, entry('BOOTABLE_IMAGES/boot')] }],
    ['full-flash', { entries: [script, entry('images/NON-HLOS.mbn')] }],
    ['no-updater-script', { entries: [entry('patch/modem.p')] }],
    ['no-metadata', { metadata: undefined }],
    ['metadata-incomplete', { metadata: { 'pre-build': 'EC25EFAR06A12M4G' } }],
    ['same-version', { metadata: { 'pre-build': 'x', 'post-build': 'x' } }],
    ['same-version', { file: 'v12-to-v12.zip', metadata: { 'pre-build': 'x', 'post-build': 'y' } }],
    ['name-too-long-remote', { file: `/p/${'n'.repeat(47)}.zip` }],
  ])('%s', (code, changes) => {
    expect(codes(changes)).toEqual([code]);
  });

  test('a name at the limits is fine, one byte more is not', () => {
    expect(codes({ file: `${'n'.repeat(46)}.zip` })).toEqual([]);
    expect(codes({ file: `${'n'.repeat(114)}.zip` })).toEqual(['name-too-long-remote']);
    expect(codes({ file: `${'n'.repeat(115)}.zip` })).toEqual(['name-too-long-local', 'name-too-long-remote']);
  });

  test('size against the room there is', () => {
    expect(codes({ size: 1001 }, { freeRoom: 1000 })).toEqual(['too-large']);
    expect(codes({ size: 1000 }, { freeRoom: 1000 })).toEqual([]);
    expect(codes({ size: 21 * 1024 * 1024 })).toEqual(['too-large']);
    expect(codes({ size: 101 * 1024 * 1024 })).toEqual(['full-flash', 'too-large']);
  });

  test('metadata the other way round than the name and the pair', () => {
    const metadata = { 'pre-build': 'EC25EFAR06A13M4G', 'post-build': 'EC25EFAR06A12M4G' };
    expect(codes({ metadata })).toEqual(['metadata-contradicts-name', 'metadata-contradicts-name']);
    const expected = { from: 'EC25EFAR06A12M4G', to: 'EC25EFAR06A14M4G' };
    expect(codes({}, { expected })).toEqual(['metadata-contradicts-pair']);
  });
});
