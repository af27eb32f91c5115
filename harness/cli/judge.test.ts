import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody } from '../journal/events.js';
import { fetched, flashed, refused, script, sound, v13, type Script } from '../verdict/testing/script.js';
import { command } from './judge.js';
import { commandBench } from './testing/command-bench.js';

const bench = commandBench([command]);

async function judge(content: string | Buffer | undefined, ...options: string[]): Promise<string | number | undefined> {
  const file = join(bench.folder, 'evidence');
  if (content !== undefined) writeFileSync(file, content);
  await bench.run(['judge', file, ...options]);
  return process.exitCode ?? undefined;
}

const journal = (...stories: Script[]): string =>
  stories.flatMap((story) => story.events.map((event) => `${JSON.stringify(event)}\n`)).join('');

test('a sound upgrade: exit 0', async () => {
  await expect(judge(journal(sound('ftp')))).resolves.toBeUndefined();
  expect(bench.output).toContain('PASS: u1 (ec25-a, ftp, update-v12-to-v13.zip) ended as upgraded');
  expect(bench.output).toContain('Every line was understood.');
  expect(bench.output).toContain('1 conform');
});

test("the firmware's fault: exit 1, with rule, requirement, expected, seen and the journal's line", async () => {
  await expect(judge(journal(flashed('ftp').normal().end().after({})))).resolves.toBe(1);
  for (const part of [
    'version.after-end',
    'DG-13',
    'EC25EFAR06A13M4G',
    'END,0 was reported, yet the old version runs',
    'module.identity',
  ])
    expect(bench.output).toContain(part);
});

describe('what the run judged of several upgrades together', () => {
  // The profile of these stories allows five attempts and six: each upgrade by itself conforms.
  const story = (): Script => refused(6, 505, { contents: 'corrupt' }, refused(5, 505, { contents: 'corrupt' }));
  const together = (result: 'pass' | 'fail'): EventBody => ({
    type: 'verdict',
    upgrade: 'u2',
    sequence: ['u1', 'u2'],
    result,
    findings: [],
  });

  test('is judged again: exit 1, though each by itself conforms', async () => {
    await expect(judge(journal(story()))).resolves.toBeUndefined();
    await expect(judge(journal(story().event(together('fail'))))).resolves.toBe(1);
    expect(bench.output).toMatch(
      /FAIL: u1, u2 taken together\n {2}firmware: .*\n {4}rule {8}sequence.fresh-count\n {4}requirement DH-06/,
    );
    expect(bench.output).toContain('2 conform, 1 at fault: firmware or package');
    expect(bench.output).not.toContain('otherwise than during the run');
  });

  test('a verdict that was another during the run is named', async () => {
    await judge(journal(story().event(together('pass'))));
    expect(bench.output).toContain(
      'Judged otherwise than during the run:\n  u1, u2 taken together: pass during the run, fail now',
    );
  });
});

test("the rig's fault: exit 3", async () => {
  await expect(
    judge(journal(fetched('ftp').event({ type: 'rig.fault', what: 'the switch is stuck' }).end('rig-fault'))),
  ).resolves.toBe(3);
});

test('undecided: exit 0, and it says so', async () => {
  const story = fetched('ftp', {}, script({ lines: ['at'] }))
    .say(['at'], 37, 64, 96)
    .reboots()
    .normal(['at'])
    .end()
    .after({ revision: v13 });
  await expect(judge(journal(story))).resolves.toBeUndefined();
  expect(bench.output).toContain('1 undecided');
});

test('a fault outweighs a spoilt upgrade', async () => {
  const spoilt = fetched('ftp').end('interrupted').start('ftp').command('ERROR').end('refused').after({});
  await expect(judge(journal(spoilt))).resolves.toBe(1);
});

test('one rig of a journal', async () => {
  const text = journal(sound('ftp'), refused(4, 505, { contents: 'corrupt' }, script({ name: 'ec25-b' })));
  await expect(judge(text, '--rig', 'ec25-a')).resolves.toBeUndefined();
  await expect(judge(text, '--rig', 'ec25-b')).resolves.toBe(1);
  await expect(judge(text, '--rig', 'other')).rejects.toThrow('no upgrade of rig other');
});

test('a journal cut off in mid-line is judged as far as it goes', async () => {
  await judge(journal(sound('ftp')).slice(0, -40), '--json');
  const read = JSON.parse(bench.output) as { remarks: string[]; notUnderstood: unknown[]; upgrades: unknown[] };
  expect(read.remarks).toHaveLength(1);
  expect(read.notUnderstood).toHaveLength(1);
  expect(read.upgrades).toHaveLength(1);
});

test('a terminal log, as JSON and as text', async () => {
  const log =
    'AT+QFOTADL="/data/ufs/update-v12-to-v13.zip"\r\nOK\r\n\x80junk\r\n+QIND: "FOTA","START"\r\n+QIND: "FOTA","END",0\r\nATI\r\nRevision: EC25EFAR06A13M4G\r\nOK\r\n';
  await judge(Buffer.from(log, 'latin1'), '--json');
  expect(JSON.parse(bench.output)).toMatchObject({
    kind: 'terminal log',
    upgrades: [{ judgement: { ending: 'upgraded', result: 'pass' } }],
    notUnderstood: [{ line: 3 }],
  });
  await judge(undefined);
  expect(bench.output).toContain('Lines that were not understood: 1\n  line 3: \\x80junk');
});

test.each([
  ['a file that is not there', undefined, 'no such file'],
  ['a package', Buffer.from('PK\x03\x04…'), 'binary'],
  ['bytes', Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256)), 'binary'],
  ['a file without an upgrade', 'AT\r\nOK\r\n', 'no upgrade in this file'],
  ['an empty file', '', 'no upgrade in this file'],
])('%s: a message, exit 2', async (_name, content, message) => {
  await expect(judge(content)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) as string });
});
