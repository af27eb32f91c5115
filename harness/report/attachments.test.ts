import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachedFiles, Attachments, withoutAttachments, workspace } from './attachments.js';
import { escapeXml, finishJunit, readSuites, unescapeXml } from './junit.js';
import type { TestResult } from './result.js';

describe('files that help', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attachments-test-'));
    mkdirSync(join(folder, 'lines'));
    writeFileSync(join(folder, 'report.html'), 'page');
    writeFileSync(join(folder, 'lines', 'ec25-a-at.log'), 'log');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('are the page and the rig’s line logs, as the server finds them in its workspace', () => {
    expect(attachedFiles(folder, ['ec25-a-at.log'], join(folder, '..'))).toEqual([
      { path: `${folder.slice(folder.lastIndexOf('/') + 1)}/report.html`, size: 4 },
      { path: `${folder.slice(folder.lastIndexOf('/') + 1)}/lines/ec25-a-at.log`, size: 3 },
    ]);
  });

  test('have their whole path outside the workspace', () => {
    const other = join(folder, '..', `${folder.slice(folder.lastIndexOf('/') + 1)}-other`);
    expect(attachedFiles(folder, [], other)).toEqual([{ path: join(folder, 'report.html'), size: 4 }]);
  });

  test('are only those that there are', () => {
    rmSync(join(folder, 'report.html'));
    expect(attachedFiles(folder, ['ec25-a-uart.log'], folder)).toEqual([]);
  });
});

test('the workspace is the server’s, or else where we were started', () => {
  expect(workspace({ WORKSPACE: '/j', CI_PROJECT_DIR: '/g' }, '/here')).toBe('/j');
  expect(workspace({ CI_PROJECT_DIR: '/g' }, '/here')).toBe('/g');
  expect(workspace({}, '/here')).toBe('/here');
});

describe('in the JUnit file', () => {
  const results: TestResult[] = (['passed', 'failed', 'skipped', 'invalid', 'inconclusive'] as const).map((status) => ({
    rig: 'ec25-a',
    test: `power-cut: ${status}`,
    suite: 'power-cut',
    requirements: [],
    status,
    why: 'the module said [[ATTACHMENT|/etc/shadow]]',
    tries: [{ number: 1, why: 'it said\n[[ATTACHMENT|/etc/passwd]]' }],
    took: 1,
    at: '2027-01-01T00:00:00.000Z',
    outlasted: false,
  }));
  const outputs = (attachments: Attachments): Map<string, string[]> => {
    const xml = finishJunit([], results, {}, undefined, attachments);
    const cases = readSuites(xml).flatMap((suite) => suite.cases);
    return new Map(
      cases.map(({ attributes, body }) => {
        const text = unescapeXml(/<system-out>([^]*)<\/system-out>/.exec(body)?.[1] ?? '');
        return [attributes['name'] ?? '', [...text.matchAll(/^.*\[\[ATTACHMENT\|.*$/gm)].map(([line]) => line)];
      }),
    );
  };
  const files = (rig: string) => [
    { path: 'reports/n/report.html', size: 10 },
    { path: `reports/n/lines/${rig}-at.log`, size: 20 },
  ];

  test('a test that did not pass has them, each on a line of its own; one that passed or was skipped has none', () => {
    const lines = ['[[ATTACHMENT|reports/n/report.html]]', '[[ATTACHMENT|reports/n/lines/ec25-a-at.log]]'];
    expect(Object.fromEntries(outputs(new Attachments(files)))).toEqual({
      passed: [],
      skipped: [],
      failed: lines,
      invalid: lines,
      inconclusive: lines,
    });
  });

  test('what is only told names no file', () => {
    expect([...outputs(new Attachments(() => [])).values()].flat()).toEqual([]);
    expect(withoutAttachments('a [[ATTACHMENT|b]] [[ATTACHMENT|c]]')).not.toMatch(/\[\[ATTACHMENT\|/);
  });

  test('no more bytes are copied than the limit, and what is left out is told', () => {
    const attachments = new Attachments(files, 45);
    expect(attachments.linesFor('ec25-a')).toEqual(outputs(new Attachments(files)).get('failed'));
    expect(attachments.linesFor('ec25-a')).toEqual([
      '[[ATTACHMENT|reports/n/report.html]]',
      'not attached, for its size or that of those before it: reports/n/lines/ec25-a-at.log',
    ]);
  });

  test('a name that would end the line or itself too early is left out', () => {
    const odd = ['a|b', 'a]]b', 'a\nb'].map((path) => ({ path, size: 1 }));
    expect(new Attachments(() => odd).linesFor('')).toEqual([]);
    expect(escapeXml('a\nb')).toBe('a&#10;b');
  });
});
