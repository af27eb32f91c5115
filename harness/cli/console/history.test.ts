import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History, secretsIn } from './history.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['AT+CPIN="1234"', ['1234']],
  ['AT+CPIN=1234', ['1234']],
  ['at+cpin="12345678","4321"', ['12345678', '4321']],
  ['AT+CPIN?', []],
  ['AT+CLCK="SC",1,"1234"', ['1234']],
  ['AT+CPWD="SC","1234","5678"', ['1234', '5678']],
  ['AT+QFTPCFG="account","robot","s3cret"', ['s3cret']],
  ['AT+QFTPCFG="filetype","s3cret"', []],
  ['AT+QICSGP=1,1,"internet","user","pass",1', ['pass']],
  ['AT+QICSGP=1,1,"internet","","",1', []],
  ['AT+QFOTADL="ftp://robot:p@ss:w0rd@host:21/a.zip"', ['p@ss:w0rd']],
  ['AT+QFOTADL="http://host/a.zip"', []],
  ['ATI', []],
])('secrets in %s', (line, secrets) => {
  expect(secretsIn(line)).toEqual(secrets);
});

test('a history is there again for the next one, newest first; secrets and repetitions are not kept, strangers cannot read it', () => {
  const file = join(folder, 'deep', 'history');
  const first = new History(file, secretsIn);
  for (const line of ['ATI', 'ATI', '  ', 'AT+CPIN="1234"', 'AT+CSQ']) expect(first.add(line)).toBeUndefined();
  expect(new History(file, secretsIn).forEditor).toEqual(['AT+CSQ', 'ATI']);
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('the last thousand lines are kept', () => {
  const file = join(folder, 'history');
  writeFileSync(file, Array.from({ length: 1500 }, (_, index) => `AT+X=${String(index)}\n`).join(''));
  const history = new History(file, secretsIn);
  history.add('ATI');
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([1000, 'AT+X=501', 'ATI']);
});

test('a place that cannot be written is told, and does not end the console', () => {
  const history = new History('/dev/null/history', secretsIn);
  expect(history.add('ATI')).toMatch(/the history cannot be kept/);
  expect(history.forEditor).toEqual(['ATI']);
});
