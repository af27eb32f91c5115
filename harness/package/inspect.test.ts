import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { UserError } from '../base/errors.js';
import { packageFacts } from './facts.js';
import { inspectPackage } from './inspect.js';
import { deltaEntries, makeZip, noise, prose, type MadeEntry, type MadeZip } from './testing/make-zip.js';

const folder = mkdtempSync(join(tmpdir(), 'dfota-package-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(bytes: Buffer, name = 'update-v12-to-v13.zip'): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

/** The UserError that the file is refused with. */
async function refused(bytes: Buffer): Promise<UserError> {
  const error: unknown = await inspectPackage(fileOf(bytes)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

const file = (name: string | Buffer, more: Partial<MadeEntry> = {}): MadeEntry => ({ name, data: Buffer.from('data'), ...more });

describe('a sound package', () => {
  const bytes = makeZip(deltaEntries());

  test('is read whole: entries, sizes, digest, metadata, versions', async () => {
    const report = await inspectPackage(fileOf(bytes));
    expect(report).toMatchObject({
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      metadata: { 'pre-build': 'EC25EFAR06A12M4G', 'post-build': 'EC25EFAR06A13M4G', 'post-timestamp': '1' },
      preBuild: 'EC25EFAR06A12M4G',
      postBuild: 'EC25EFAR06A13M4G',
      nameVersions: { from: 'v12', to: 'v13' },
      warnings: [],
    });
    expect(report.entries.map(({ name, size }) => [name, size])).toEqual([
      ['META-INF/com/android/metadata', 72],
      ['META-INF/com/google/android/updater-script', 23],
      ['patch/', 0],
      ['patch/modem.p', 60_000],
      ['patch/system.p', 20_000],
    ]);
    expect(report.entries[2]?.crc32).toBe('00000000');
  });

  const forms: [string, MadeEntry[], MadeZip][] = [
    ['a comment, as a signed package has', deltaEntries(), { comment: Buffer.from('signed by SignApk\0') }],
    ['sizes after the data', deltaEntries().map((entry) => ({ ...entry, streamed: !entry.name.toString().endsWith('/') })), {}],
    ['a 64-bit end that agrees', deltaEntries(), { end64: {} }],
    ['a 64-bit end that the 32-bit one refers to', deltaEntries(), { end64: { overflow: true } }],
    ['an empty deflated entry', [...deltaEntries(), { name: 'empty' }], {}],
    ['an entry of no bytes at all', [...deltaEntries(), { name: 'empty', packed: Buffer.alloc(0) }], {}],
  ];
  test.each(forms)('may have %s', async (_, entries, zip) => {
    await expect(inspectPackage(fileOf(makeZip(entries, zip)))).resolves.toMatchObject({ warnings: [] });
  });

  test('packageFacts describes any file, sound or not', async () => {
    const facts = await packageFacts(fileOf(Buffer.from('abc'), 'x.zip'), 'v12', 'v13', 'not-a-zip');
    expect(facts).toEqual({
      file: join(folder, 'x.zip'),
      size: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      from: 'v12',
      to: 'v13',
      contents: 'not-a-zip',
    });
  });
});

describe('refused', () => {
  const sound = makeZip(deltaEntries());
  /** A whole entry `b`, header and data, without a directory. */
  const inner = makeZip([file('b')]).subarray(0, 37);
  const zeros = Buffer.alloc(20 * 1024 * 1024);
  const cases: [string, Buffer, RegExp][] = [
    ['an empty file', Buffer.alloc(0), /an empty file/],
    ['a few bytes', Buffer.from('PK'), /2 bytes.*50 4b/],
    ['something else', Buffer.from('<html>404 not found</html>'), /no zip.*3c 68 74 6d.*byte 0/],
    ['a zip cut off', sound.subarray(0, sound.length - 30), /cut off/],
    ['a zip without entries', makeZip([]), /without entries/],
    ['bytes in front', makeZip(deltaEntries(), { before: Buffer.from('junk') }), /put before/],
    ['bytes in front that the directory knows of', makeZip([file('a', { gap: Buffer.from('junk') })]), /4 bytes stand before/],
    ['bytes behind', makeZip(deltaEntries(), { after: Buffer.from('junk') }), /4 bytes follow the end/],
    ['a path that climbs', makeZip([file('a/../../etc/passwd')]), /climbs/],
    ['an absolute path', makeZip([file('/etc/passwd')]), /absolute/],
    ['a drive', makeZip([file('C:evil')]), /absolute/],
    ['a backslash', makeZip([file('a\\b')]), /backslash/],
    ['a NUL', makeZip([file('a\0b')]), /"a\\u0000b": control character/],
    ['an empty name', makeZip([file('')]), /empty/],
    ['the same name twice', makeZip([file('a'), file('b'), file('a')]), /two entries are called "a"/],
    ['a name as file and folder', makeZip([file('a'), file('a/', { data: Buffer.alloc(0) })]), /two entries/],
    ['a file with files in it', makeZip([file('a'), file('a/b')]), /both a file and a folder/],
    ['a second name', makeZip([file('a', { extra: secondName('a', 'b') })]), /second name, "b"/],
    ['a symbolic link', makeZip([file('a', { mode: 0xa1ff })]), /symbolic link/],
    ['a device', makeZip([file('a', { mode: 0x21ff })]), /a device/],
    ['a folder with contents', makeZip([file('a/')]), /folder with contents/],
    ['an encrypted entry', makeZip([file('a', { flags: 1 })]), /encrypted/],
    ['strong encryption', makeZip([file('a', { flags: 0x40 })]), /encryption/],
    ['an unknown method', makeZip([file('a', { method: 12 })]), /method 12/],
    ['a wrong CRC', makeZip([file('a', { crc: 0x12345678 })]), /CRC-32 is adf3f363, the directory says 12345678.*byte 31/],
    ['a wrong CRC of a stored entry', makeZip([file('a', { crc: 1, method: 0 })]), /CRC-32/],
    ['fewer bytes than announced', makeZip([file('a', { size: 5 })]), /4 bytes where 5 are announced/],
    ['more bytes than announced', makeZip([file('a', { size: 3 })]), /more than the announced 3/],
    ['data that is not deflated', makeZip([file('a', { packed: Buffer.from('\xff\xff\xff', 'latin1') })]), /entry "a"/],
    [
      'bytes behind the deflated data',
      makeZip([file('a', { packed: Buffer.from('4b492c4904004142', 'hex') })]),
      /2 bytes follow/,
    ],
    ['a local header with another name', makeZip([file('a', { localName: 'b' })]), /contradicts the directory/],
    ['two names for the same data', makeZip([file('a'), file('b', { headerAt: 0 })]), /contradicts the directory/],
    ['an entry inside another', makeZip([file('a', { data: inner, method: 0 }), file('b', { headerAt: 31 })]), /"b" overlaps/],
    ['a bomb that says so', makeZip([file('a', { data: zeros })]), /zip bomb/],
    ['a bomb that lies', makeZip([file('a', { data: zeros, size: 1000 })]), /more than the announced 1000/],
    ['more than the limit in all', makeZip(manyLarge()), /inflates to .* zip bomb/],
    ['too many entries', makeZip([file('a')], { count: 20_000 }), /20000 entries, more than 10000/],
    ['fewer entries than listed', makeZip([file('a'), file('b')], { count: 1 }), /goes on after them/],
    ['more entries than listed', makeZip([file('a')], { count: 2 }), /EOF|signature/],
    ['a 64-bit end that disagrees', makeZip([file('a')], { end64: { entries: 2 } }), /64-bit end .* contradicts/],
    ['a 64-bit end elsewhere', makeZip([file('a')], { end64: { overflow: true, directoryOffset: 3 } }), /bytes were put before/],
  ];
  test.each(cases)('%s', async (_, bytes, seen) => {
    const error = await refused(bytes);
    expect(error.explanation.seen).toMatch(seen);
    expect(error.exitCode).toBe(2);
    expect(error.explain()).toContain('update-v12-to-v13.zip');
  });

  test('a file that is not there, and a folder', async () => {
    await expect(inspectPackage(join(folder, 'missing.zip'))).rejects.toMatchObject({ explanation: { seen: 'no such file' } });
    await expect(inspectPackage(folder)).rejects.toMatchObject({ explanation: { seen: 'a folder' } });
  });
});

describe('hostile files', () => {
  const small = makeZip([
    { name: 'META-INF/com/android/metadata', data: Buffer.from('pre-build=a\npost-build=b\n') },
    { name: 'p', data: prose(400) },
    { name: 'q', data: noise(100), method: 0, streamed: true },
  ]);

  test('a changed byte never passes as other contents, and nothing but UserError is thrown', async () => {
    const original = await inspectPackage(fileOf(small));
    await fc.assert(
      fc.asyncProperty(fc.nat(small.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = Buffer.from(small);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        const result = await outcome(bytes);
        if (result !== undefined)
          expect(result.entries.map(({ crc32 }) => crc32)).toEqual(original.entries.map(({ crc32 }) => crc32));
      }),
      { numRuns: 400 },
    );
  });

  test('every cut-off is refused', async () => {
    for (let length = 0; length < small.length; length++) expect(await outcome(small.subarray(0, length))).toBeUndefined();
  });

  test('random bytes after a plausible start are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 60 }), async (middle, end) => {
        const bytes = Buffer.concat([Buffer.from('PK\x03\x04'), middle, Buffer.from('PK\x05\x06'), end]);
        expect(await outcome(bytes)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  async function outcome(bytes: Buffer) {
    try {
      return await inspectPackage(fileOf(bytes, 'hostile.zip'));
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      return undefined;
    }
  }
});

/** An Info-ZIP Unicode path field, whose name wins in some programs. */
function secondName(first: string, second: string): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x7075, 0);
  field.writeUInt16LE(5 + second.length, 2);
  field[4] = 1;
  field.writeUInt32LE(first.length, 5);
  return Buffer.concat([field, Buffer.from(second)]);
}

/** Each within the ratio, together over a gibibyte; only the directory says so. */
function manyLarge(): MadeEntry[] {
  return Array.from({ length: 70 }, (_, index) => file(`f${String(index)}`, { data: noise(200), size: 16 * 1024 * 1024 }));
}
