import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { systemClock } from '../base/clock.js';
import { Secrets } from '../base/secrets.js';
import { followJournal } from './follow.js';
import { memoryJournal, openJournal } from './journal.js';
import { parseJournal, readJournal } from './reader.js';
import { JournalTail } from './tail.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const file = (): string => join(folder, 'journal.jsonl');
const open = (secrets = new Secrets()) => openJournal(file(), { clock: systemClock, secrets, rig: 'ec25-a' });

test('what is written can be read, stamped and numbered, as soon as write returns', () => {
  const journal = open();
  journal.write({ type: 'note', text: 'first' });
  journal.write({ type: 'line.rx', line: 'at', data: '\u0000\u00ff\r\nRDY\r\n' });
  const { events, unreadable, cutOff } = readJournal(file());
  expect(unreadable).toEqual([]);
  expect(cutOff).toBe(false);
  expect(events).toMatchObject([
    { n: 1, rig: 'ec25-a', type: 'note', text: 'first' },
    { n: 2, rig: 'ec25-a', type: 'line.rx', line: 'at', data: '\u0000\u00ff\r\nRDY\r\n' },
  ]);
  expect(events[1]?.t).toBeGreaterThanOrEqual(events[0]?.t ?? Infinity);
  journal.close();
});

test('a journal cut off anywhere still gives every whole event, in order', () => {
  const journal = open();
  for (const text of ['one', 'two "quoted"', 'drei ü', 'vier\n']) journal.write({ type: 'note', text });
  journal.close();
  const text = readFileSync(file(), 'utf8');
  const whole = parseJournal(text).events;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: text.length }), (length) => {
      const cut = parseJournal(text.slice(0, length));
      const lines = text.slice(0, length).split('\n').length - 1;
      // A last line that lacks only its newline is whole all the same.
      expect([lines, lines + 1]).toContain(cut.events.length);
      expect(cut.events).toEqual(whole.slice(0, cut.events.length));
    }),
  );
});

test('the event behind the stump of a killed writer is not lost', () => {
  const journal = open();
  journal.write({ type: 'note', text: 'before' });
  appendFileSync(file(), '{"n":7,"t":12.5,"at":"2026-01-01T00:00:00.000Z","type":"no');
  journal.write({ type: 'note', text: 'after' });
  journal.close();
  const { events, unreadable } = readJournal(file());
  expect(events).toMatchObject([{ text: 'before' }, { text: 'after' }]);
  expect(unreadable).toMatchObject([{ line: 2, why: 'cut off by the next event' }]);
});

test('lines that are no events are kept and counted, and nothing throws', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (lines) => {
      const read = parseJournal(lines.join('\n'));
      const said = lines
        .join('\n')
        .split('\n')
        .filter((line) => line.trim() !== '');
      expect(read.events.length + read.unreadable.length).toBeGreaterThanOrEqual(said.length);
    }),
  );
  expect(parseJournal('{"n":1,"t":1,"at":"x","type":"line.rx","line":"at"}\n').unreadable).toMatchObject([
    { line: 1, why: expect.stringContaining('data') as string },
  ]);
});

test('a secret is masked in the file and for whoever listens', () => {
  const secrets = new Secrets();
  secrets.add('s3cret"word');
  const journal = open(secrets);
  const heard: unknown[] = [];
  journal.subscribe((event) => heard.push(event));
  journal.write({ type: 'note', text: 'password s3cret"word!' });
  journal.close();
  expect(readFileSync(file(), 'utf8')).not.toContain('s3cret');
  expect(JSON.stringify(heard)).not.toContain('s3cret');
});

test('a PIN of four digits masks texts, never the numbers of an event', () => {
  const secrets = new Secrets();
  secrets.add('1');
  const journal = open(secrets);
  journal.write({ type: 'power.status', on: true, how: 'asked' });
  journal.write({ type: 'note', text: 'AT+CPIN=1' });
  journal.close();
  const { events, unreadable } = readJournal(file());
  expect(unreadable).toEqual([]);
  expect(events).toMatchObject([{ n: 1 }, { n: 2, text: 'AT+CPIN=***' }]);
});

test('writers of several rigs share one file', () => {
  const one = openJournal(file(), { clock: systemClock, secrets: new Secrets(), rig: 'one' });
  const two = openJournal(file(), { clock: systemClock, secrets: new Secrets(), rig: 'two' });
  for (let index = 0; index < 50; index += 1) {
    one.write({ type: 'note', text: 'x'.repeat(index * 100) });
    two.write({ type: 'note', text: 'y'.repeat(index * 90) });
  }
  one.close();
  two.close();
  const { events, unreadable } = readJournal(file());
  expect(unreadable).toEqual([]);
  expect(events.filter((event) => event.rig === 'one').map((event) => event.n)).toEqual(
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
  expect(events).toHaveLength(100);
});

test('a follower is told of each event once, whatever the size of the pieces', async () => {
  writeFileSync(file(), '');
  const journal = open();
  const texts = Array.from({ length: 40 }, (_, index) => `${String(index)} ${'z'.repeat(index * 1000)}`);
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    const follower = followJournal(file(), (event) => {
      if (event.type === 'note') heard.push(event.text);
      if (heard.length === texts.length) {
        follower.finish();
        resolve();
      }
    });
    for (const text of texts) journal.write({ type: 'note', text });
  });
  journal.close();
  expect(heard).toEqual(texts);
});

test('a memory journal keeps what it was given', () => {
  const journal = memoryJournal({ clock: systemClock, secrets: new Secrets() });
  journal.write({ type: 'note', text: 'kept' });
  expect(journal.events).toMatchObject([{ type: 'note', text: 'kept' }]);
});

test('a journal that is still written is read on, an event as soon as its line is whole', () => {
  const journal = open();
  journal.write({ type: 'note', text: 'erste ü' });
  const tail = new JournalTail(file());
  const texts = (): unknown => tail.read()?.map((event) => (event.type === 'note' ? event.text : event.type));
  expect(texts()).toEqual(['erste ü']);
  expect(texts()).toBeUndefined();
  journal.write({ type: 'note', text: 'zweite ü' });
  journal.close();
  const line = readFileSync(file()).subarray(readFileSync(file()).indexOf(10) + 1);
  expect(texts()).toEqual(['zweite ü']);
  // Cut between the two bytes of a letter.
  const middle = line.indexOf(0xc3) + 1;
  appendFileSync(file(), line.subarray(0, middle));
  expect(texts()).toEqual([]);
  expect(tail.cutOff).toBe(true);
  appendFileSync(file(), line.subarray(middle));
  appendFileSync(file(), 'no event\n');
  expect(texts()).toEqual(['zweite ü']);
  expect(tail.unreadable).toEqual([{ line: 4, why: 'not JSON', text: 'no event' }]);
  expect(tail.cutOff).toBe(false);
  tail.close();
});

test('a file that cannot be written any more: told once, and those who listen hear all the same', () => {
  expect(() =>
    openJournal('/dev/full', { clock: systemClock, secrets: new Secrets() }).write({ type: 'note', text: 'x' }),
  ).toThrow(/ENOSPC/);
  const told: unknown[] = [];
  const journal = openJournal('/dev/full', { clock: systemClock, secrets: new Secrets(), onBroken: (error) => told.push(error) });
  const heard: string[] = [];
  journal.subscribe(({ type }) => heard.push(type));
  journal.write({ type: 'note', text: 'one' });
  journal.write({ type: 'run.interrupted', signal: 'two' });
  journal.close();
  expect(told).toEqual([expect.objectContaining({ code: 'ENOSPC' })]);
  expect(heard).toEqual(['note', 'run.interrupted']);
});
