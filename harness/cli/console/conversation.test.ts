import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { systemClock } from '../../base/clock.js';
import { Secrets } from '../../base/secrets.js';
import { memoryJournal } from '../../journal/journal.js';
import { openLine } from '../../line/line.js';
import { linkedTerminal, type LinkedTerminal } from '../../line/testing/pseudo-terminal.js';
import type { Line } from '../../line/types.js';
import { Conversation } from './conversation.js';
import { Screen, wantsColour } from './screen.js';

let folder: string;
let device: LinkedTerminal;
let line: Line;
let talk: Conversation;
let running: Promise<void>;
let end: AbortController;
let told: string[];
/** What the module answers to a line; nothing where it has none. */
let answers: Record<string, string>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conversation-'));
  device = linkedTerminal(folder, 'at');
  answers = {};
  device.onData((chunk) => {
    for (const text of chunk.toString('latin1').split('\r')) if (answers[text] !== undefined) device.write(answers[text]);
  });
  const secrets = new Secrets();
  const journal = memoryJournal({ clock: systemClock, secrets });
  line = openLine({ device: join(folder, 'at'), baudRate: 115_200 }, 'at', { journal, clock: systemClock, secrets });
  end = new AbortController();
  told = [];
  talk = new Conversation(line, {
    clock: systemClock,
    signal: end.signal,
    listener: {
      answer: (text, result) => told.push(`${result ? 'result' : 'answer'} ${text}`),
      urc: (text) => told.push(`urc ${text}`),
      note: (text) => told.push(text.replace(/:.*/, '').replace(/\d+/, 'n')),
    },
  });
  running = talk.run();
  expect(await talk.whenOpen(10_000)).toBe(true);
});
afterEach(async () => {
  end.abort();
  await line.close();
  await running;
  device.close();
  rmSync(folder, { recursive: true, force: true });
});

test('an answer with a report in its middle, and its echo', async () => {
  answers['AT+CSQ'] = 'AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\n+QIND: "FOTA","START"\r\n\r\nOK\r\n';
  expect(await talk.send('AT+CSQ', 10_000)).toBe('OK');
  expect(told).toEqual(['line at open', 'answer +CSQ: 20,99', 'urc +QIND: "FOTA","START"', 'result OK']);
});

test('errors, CONNECT and a prompt end a command, too', async () => {
  answers['AT+X'] = '\r\n+CME ERROR: 4\r\n';
  answers['AT+QFUPL="f",1'] = '\r\nCONNECT\r\n';
  answers['AT+CMGS="1"'] = '\r\n> ';
  expect(await talk.send('AT+X', 10_000)).toBe('error');
  expect(await talk.send('AT+QFUPL="f",1', 10_000)).toBe('CONNECT');
  expect(await talk.send('AT+CMGS="1"', 10_000)).toBe('prompt');
  expect(told.slice(1)).toEqual(['result +CME ERROR: 4', 'result CONNECT', 'result >']);
});

test('a command overtakes one that waits; a late result is not taken for that of the next', async () => {
  const first = talk.send('AT+COPS=?', 10_000);
  answers['AT'] = '\r\nOK\r\n';
  expect(await talk.send('AT', 10_000)).toBe('OK');
  expect(await first).toBe('overtaken');
  expect(await talk.send('AT+SLOW', 20)).toBe('timeout');
  const late = talk.lateResult(10_000);
  device.write('\r\nOK\r\n');
  expect(await late).toBe(true);
  answers['AT+GMR'] = '\r\nEC25\r\nOK\r\n';
  expect(await talk.send('AT+GMR', 10_000)).toBe('OK');
  expect(told.slice(1)).toEqual(['result OK', 'answer EC25', 'result OK']);
  expect(await talk.lateResult(20)).toBe(false);
});

test('the line goes in mid-command and comes back: told with the time, and no command is lost silently', async () => {
  const waiting = talk.send('AT', 10_000);
  device.unplug();
  expect(await waiting).toBe('lost');
  expect(await talk.send('AT', 10_000)).toBe('lost');
  expect(await talk.sendBytes(Buffer.from('x'))).toBe(false);
  device.replug();
  expect(await talk.whenOpen(10_000)).toBe(true);
  expect(told).toEqual(['line at open', 'line gone', 'line back after n ms']);
});

describe('the screen', () => {
  function screen(options: { readonly colour: boolean; readonly times: boolean }): {
    readonly screen: Screen;
    text: () => string;
  } {
    let text = '';
    const out = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
    const clock = { ...systemClock, wall: () => '2026-01-31T22:00:01.234Z' };
    return { screen: new Screen({ out, remarks: out, clock, ...options }), text: () => text };
  }

  test('what a module says is shown, never obeyed by the terminal', () => {
    const { screen: shown, text } = screen({ colour: false, times: true });
    shown.urc('\x1b]0;owned\x07+X: \x9b31m\ttab', undefined);
    shown.answer('plain', false);
    expect(text()).toBe('22:00:01.234 * \\x1b]0;owned\\x07+X: \\x9b31m\\x09tab\n22:00:01.234   plain\n');
  });

  test('reports of an upgrade differ from other reports, errors from results', () => {
    const { screen: shown, text } = screen({ colour: true, times: false });
    shown.urc('+QIND: "FOTA","START"', { kind: 'start' });
    shown.urc('RDY', { kind: 'boot', name: 'RDY', value: undefined });
    shown.answer('OK', true);
    shown.answer('ERROR', true);
    expect(text().match(/\x1b\[\d+m/g)).toEqual(['33', '0', '36', '0', '32', '0', '31', '0'].map((code) => `\x1b[${code}m`));
  });

  test('colour is for terminals that want it', () => {
    expect(wantsColour({ isTTY: true }, { TERM: 'xterm' })).toBe(true);
    expect(wantsColour({ isTTY: true }, { TERM: 'xterm', NO_COLOR: '1' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: 'xterm', NO_COLOR: '' })).toBe(true);
    expect(wantsColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour({}, {})).toBe(false);
  });
});
