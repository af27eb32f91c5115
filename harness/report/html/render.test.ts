import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../base/errors.js';
import { ftpGuide } from '../../verdict/log/testing/transcripts.js';
import { showableJson } from './details.js';
import { hostile } from './testing/hostile.js';
import { writeNight } from './testing/night.js';
import { writeHtmlReport } from './write.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evidence-page-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const page = (): string => readFileSync(join(folder, 'report.html'), 'utf8');

function report(options: Parameters<typeof writeNight>[1]): string {
  writeNight(join(folder, 'journal.jsonl'), options);
  writeHtmlReport(join(folder, 'journal.jsonl'), join(folder, 'report.html'));
  return page();
}

test('a reason keeps its lines, and nothing else does', () => {
  const json = showableJson({ why: ['first\n  second', 'one\u0007'], text: ['a\nb'], each: { why: 'c\nd' } });
  expect(JSON.parse(json)).toEqual({ why: ['first\n  second', 'one\\x07'], text: ['a\\nb'], each: { why: 'c\nd' } });
});

test('one file: no address to fetch anything from, and a policy that would not let it', () => {
  const html = report({ trials: 2 });
  expect(html).not.toMatch(/<(?:link|script|img|iframe)[^>]+(?:src|href)="(?!data:)/i);
  // `url(#…)` names a part of the page itself.
  expect(html).not.toMatch(/@import|url\((?!data:|#)/i);
  expect(html).toContain("default-src 'none'");
});

test('the policy names the script and the style of the page by their digests, and allows no others', () => {
  const html = report({ trials: 2 });
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
  const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  expect(policy).toContain(`script-src ${digest(script)};`);
  expect(policy).toContain(`style-src ${digest(style)};`);
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain('unsafe');
  expect(html).not.toMatch(/ on[a-z]+=/);
});

test('what a module, a rig or a package is called ends no element and begins none', () => {
  const html = report({ trials: 3, bricks: [0, 100], rig: hostile, packageName: hostile, says: [hostile] });
  const data = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  expect(() => JSON.parse(data) as unknown).not.toThrow();
  expect(data).not.toContain('<');
  expect(html.match(/<script/g)).toHaveLength(3);
  expect(html).not.toContain('<img');
  expect(html).not.toMatch(/[\u0000-\u0008\u202a-\u202e\u2066-\u2069]/);
});

test('the same journal makes the same page, byte for byte', () => {
  const first = report({ trials: 3, bricks: [0, 100] });
  expect(report({ trials: 3, bricks: [0, 100] })).toBe(first);
});

test('who runs no scripts reads the verdict all the same', () => {
  const html = report({ trials: 3, bricks: [0, 100] });
  const told = /<noscript>([\s\S]*?)<\/noscript>/.exec(html)?.[1] ?? '';
  expect(told).toContain('<p>FAILED</p>');
  expect(told).toContain('cuts survived');
});

test('a log of a terminal program', () => {
  const log = join(folder, 'minicom.log');
  writeFileSync(log, `${ftpGuide}\r\nRDY\r\nATI\r\nRevision: EC25EFAR06A13M4G\r\nOK\r\n`);
  const data = writeHtmlReport(log, join(folder, 'report.html'));
  expect(data).toMatchObject({
    kind: 'terminal log',
    run: undefined,
    upgrades: { source: ['ftp'], after: ['EC25EFAR06A13M4G'] },
  });
  expect(data.remarks.join()).toContain('no times');
  expect(page()).toContain('EC25EFAR06A13M4G');
});

test.each([
  ['nothing', ''],
  ['a letter', 'Dear release manager,\nthe package is fine.\n'],
  ['a binary file', 'PK\x03\x04\x00\x00'],
])('%s is no evidence, and leaves no page behind', (_name, text) => {
  const file = join(folder, 'file');
  writeFileSync(file, text);
  expect(() => writeHtmlReport(file, join(folder, 'report.html'))).toThrow(UserError);
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a file that is not there, and a folder', () => {
  for (const path of [join(folder, 'none.jsonl'), folder])
    expect(() => writeHtmlReport(path, join(folder, 'report.html'))).toThrow(UserError);
  expect(existsSync(join(folder, 'report.html'))).toBe(false);
});
