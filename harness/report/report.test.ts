import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { Secrets } from '../base/secrets.js';
import type { EventBody, JournalEvent } from '../journal/events.js';
import { memoryJournal } from '../journal/journal.js';
import { escapeXml, finishJunit, suitesNotRun } from './junit.js';
import { junitCases } from './junit-cases.js';
import { LineLogs } from './line-logs.js';
import { outlineOf } from './outline.js';
import { writeManifest } from './manifest.js';
import { resultOf } from './result.js';
import { summaryText } from './summary.js';

function events(...bodies: readonly EventBody[]): readonly JournalEvent[] {
  const journal = memoryJournal({ clock: systemClock, secrets: new Secrets(), rig: 'ec25-a' });
  for (const body of bodies) journal.write(body);
  return journal.events;
}
const ready: EventBody = { type: 'rig.ready', took: 10 };
const done: EventBody = { type: 'rig.end', powerSafe: true, why: 'end' };
const start = (name: string): EventBody => ({
  type: 'test.start',
  test: `round-trip: ${name}`,
  suite: 'round-trip',
  requirements: ['DG-13'],
});
const end = (name: string, status: 'passed' | 'failed' | 'skipped' | 'invalid' | 'inconclusive', why?: string): EventBody => ({
  type: 'test.end',
  test: `round-trip: ${name}`,
  status,
  ...(why === undefined ? {} : { why }),
});
const exitOf = (...bodies: EventBody[]): number => resultOf(events(...bodies), ['ec25-a']).exit;

describe('exit code', () => {
  test('0 only when something passed and nothing else happened', () => {
    expect(exitOf(ready, start('a'), end('a', 'passed'), done)).toBe(0);
    expect(exitOf(ready, end('a', 'skipped', 'no SD card'), done)).toBe(2);
    expect(exitOf(ready, done)).toBe(2);
  });
  test('a firmware failure outweighs an invalid test, which outweighs a pass', () => {
    expect(exitOf(ready, end('a', 'failed'), end('b', 'invalid'), end('c', 'passed'), done)).toBe(1);
    expect(exitOf(ready, end('b', 'invalid'), end('c', 'passed'), done)).toBe(3);
    expect(exitOf(ready, end('b', 'inconclusive'), end('c', 'passed'), done)).toBe(3);
  });
  test('a rig that never got ready, was set aside or may be left unsafe is the rig’s fault', () => {
    expect(exitOf({ type: 'rig.fault', what: 'no answer' }, done)).toBe(3);
    expect(exitOf(ready, end('a', 'passed'), { type: 'rig.aside', reason: 'no way back' }, done)).toBe(3);
    expect(exitOf(ready, end('a', 'passed'), { type: 'rig.end', powerSafe: false, why: 'end' })).toBe(3);
    expect(resultOf(events(ready, end('a', 'passed'), done), ['ec25-a', 'ec25-b']).exit).toBe(3);
  });
  test('a rig whose process ended before it gave the rig back does not pass with what it had done by then', () => {
    const result = resultOf(events(ready, start('a'), end('a', 'passed')), ['ec25-a']);
    expect(result).toMatchObject({ exit: 3, reason: 'the process of ec25-a ended before it gave the rig back' });
    expect(exitOf(ready, end('a', 'failed'))).toBe(1);
  });
  test('an interruption is 130', () => {
    expect(exitOf(ready, start('a'), { type: 'run.interrupted', signal: 'SIGINT' }, done)).toBe(130);
  });
});

test('a test whose process died in the middle of it is invalid, not forgotten', () => {
  const result = resultOf(events(ready, start('a')), ['ec25-a']);
  expect(result.tests).toMatchObject([
    { test: 'round-trip: a', status: 'invalid', why: 'its process ended in the middle of it' },
  ]);
  expect(result.exit).toBe(3);
});

test('tries that did not count stay with their test', () => {
  const result = resultOf(
    events(ready, start('a'), { type: 'test.try', test: 'a', number: 1, why: 'UART noise' }, end('a', 'passed'), done),
    ['ec25-a'],
  );
  expect(result.tests[0]?.tries).toEqual([{ number: 1, why: 'UART noise' }]);
});

describe('JUnit', () => {
  const raw = (cases: string): string =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="dfota" tests="9" failures="9" errors="0" time="1.5">\n` +
    `  <testsuite name="ec25-a round-trip.suite.ts" errors="0" failures="9" skipped="0" timestamp="2026-01-01T00:00:00" time="1.25" tests="9">\n` +
    `<properties><property name="imei" value="8611***"/></properties>\n${cases}\n</testsuite>\n</testsuites>`;
  const part = (cases: string) => ({ rig: 'ec25-a', xml: raw(cases) });
  const xmlCase = (name: string, body: string): string =>
    `<testcase classname="ec25-a round-trip.suite.ts" name="${escapeXml(name)}" time="0.5">\n${body}</testcase>`;

  test('an invalid test is an error, not a failure; a skip carries its reason; a name with a percentage keeps its classname', () => {
    const result = resultOf(
      events(
        ready,
        start('cut at 41.5 %'),
        end('cut at 41.5 %', 'failed', 'DG-20 <bad> & "worse"'),
        start('b'),
        end('b', 'invalid', 'the switch did nothing'),
        end('c', 'skipped', 'no SD card'),
        start('d'),
        { type: 'test.try', test: 'd', number: 1, why: 'noise' },
        end('d', 'passed'),
      ),
      ['ec25-a'],
    );
    const xml = finishJunit(
      [
        part(
          [
            xmlCase('cut at 41.5 %', '<failure>DG-20 &lt;bad&gt;</failure>'),
            xmlCase('b', '<failure>INVALID: the switch did nothing</failure>'),
            xmlCase('c', '<skipped/>'),
            xmlCase('d', ''),
          ].join('\n'),
        ),
      ],
      result.tests,
      { 'harness.commit': 'abc' },
    );
    expect(xml).toContain('<testsuites name="dfota" tests="4" failures="1" errors="1">');
    expect(xml).toContain(
      '<testcase classname="ec25-a.round-trip" name="cut at 41.5 %" time="0.5"><failure>DG-20 &lt;bad&gt;</failure>',
    );
    expect(xml).toContain('<error message="the switch did nothing" type="invalid">');
    expect(xml).toContain('<skipped message="no SD card"/>');
    expect(xml).toContain('<flakyError message="try 1: noise" type="invalid"/>');
    expect(xml).toContain('<property name="imei" value="8611***"/>');
    expect(xml).toContain('<property name="requirements" value="DG-13"/>');
    expect(xml).toContain('<property name="harness.commit" value="abc"/>');
  });

  test('what is missing in a merged run is an error each, so that nothing looks whole that is not', () => {
    const xml = finishJunit([], [], {}, undefined, undefined, ['share 2 of 2 is <not> there', 'part 3', 'part 3']);
    expect(xml).toContain('<testsuites name="dfota" tests="2" failures="0" errors="2">');
    expect(xml).toContain('<testsuite name="merged.whole" tests="2" failures="0" errors="2" skipped="0" time="0">');
    expect(xml).toContain(
      '<testcase classname="merged.whole" name="share 2 of 2 is &lt;not&gt; there" time="0">' +
        '<error message="share 2 of 2 is &lt;not&gt; there" type="invalid">',
    );
    expect(junitCases(xml).map(({ rig, test: name, status }) => [rig, name, status])).toEqual([
      ['merged', 'whole: share 2 of 2 is <not> there', 'invalid'],
      ['merged', 'whole: part 3', 'invalid'],
    ]);
  });

  describe('a suite that Jest could not run', () => {
    // As jest-junit writes it: without the rig's name, once as an error with the text, once more as a failure with the error's own fields.
    const xml =
      `<testsuites name="dfota" tests="0" failures="0" errors="1" time="0.5">` +
      `<testsuite name="suites/limits.suite.ts" errors="1" failures="0" skipped="0" timestamp="1970-01-01T00:00:00" time="0" tests="0">` +
      `<properties>\n</properties>\n` +
      `<testcase classname="Test suite failed to run" name="suites/limits.suite.ts" time="0">` +
      `<error>  ● Test suite failed to run\n\n    UserError: rig ec25-a is in use\n\n      124 | const</error></testcase>\n` +
      `<testcase classname="Test suite failed to run" name="suites/limits.suite.ts" time="0">` +
      `<failure>{&quot;exitCode&quot;:2}</failure></testcase></testsuite></testsuites>`;

    test('is told with its reason', () => {
      expect(suitesNotRun(xml)).toEqual([{ test: 'limits: the suite could not be run', why: 'UserError: rig ec25-a is in use' }]);
      expect(suitesNotRun(raw(xmlCase('a', '')))).toEqual([]);
    });

    test('is one error of its rig, never a failure', () => {
      const [missing] = suitesNotRun(xml);
      const result = resultOf(
        events(ready, { type: 'test.end', test: missing?.test ?? '', status: 'invalid', why: missing?.why ?? '' }, done),
        ['ec25-a'],
      );
      expect(result.exit).toBe(3);
      const finished = finishJunit([{ rig: 'ec25-a', xml }], result.tests, {});
      expect(finished).toContain('<testsuites name="dfota" tests="1" failures="0" errors="1">');
      expect(finished).toContain('<testsuite name="ec25-a.limits" tests="1" failures="0" errors="1" skipped="0" time="0">');
      expect(finished).toContain(
        '<testcase classname="ec25-a.limits" name="the suite could not be run" time="0">' +
          '<error message="UserError: rig ec25-a is in use" type="invalid">',
      );
    });
  });

  test('characters that XML does not know are shown', () => {
    expect(escapeXml('a\u0000b\ud800<"&\'>')).toBe('a\\u0000b\\ud800&lt;&quot;&amp;&apos;&gt;');
  });
});

describe('the run’s folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-test-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('line logs show every byte, with direction', () => {
    const logs = new LineLogs(join(folder, 'lines'));
    for (const event of events(
      { type: 'line.rx', line: 'uart', data: 'RDY\r\n\u0001\u00ff\\' },
      { type: 'line.tx', line: 'uart', size: 4, data: 'AT\r\n' },
      { type: 'line.tx', line: 'uart', size: 9000, sha256: 'ab12' },
    ))
      logs.take(event);
    logs.close();
    const rows = readFileSync(join(folder, 'lines', 'ec25-a-uart.log'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rows.map((row) => row.replace(/^\S+ /, ''))).toEqual([
      '< RDY\\r\\n\\x01\\xff\\\\',
      '> AT\\r\\n',
      '> [9000 bytes, SHA-256 ab12]',
    ]);
  });

  test('the manifest names each file by its digest', async () => {
    mkdirSync(join(folder, 'lines'));
    writeFileSync(join(folder, 'lines', 'a.log'), 'abc');
    await writeManifest(folder);
    const { files } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { files: unknown };
    expect(files).toEqual([{ name: 'lines/a.log', size: 3, sha256: createHash('sha256').update('abc').digest('hex') }]);
  });
});

test('the summary names failures, faults, skips and the result', () => {
  const all = events(
    ready,
    start('a'),
    end('a', 'failed', 'DG-13: no'),
    end('b', 'skipped', 'no SD card'),
    { type: 'rig.fault', what: 'noise' },
    done,
  );
  const text = summaryText(resultOf(all, ['ec25-a']), outlineOf(all));
  expect(text).toContain('ec25-a: 1 failed, 1 skipped');
  expect(text).toContain('FAILED ec25-a round-trip: a\n  DG-13: no');
  expect(text).toContain('rig fault: noise');
  expect(text).toContain('skipped 1: no SD card');
  expect(text).toContain('Result: 1 test failed (exit 1)');
});
