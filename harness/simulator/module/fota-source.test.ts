import { LIMITS, parseFotaSource } from './fota-source.js';

const x = (length: number): string => 'x'.repeat(length);
const accepts = (text: string): boolean => parseFotaSource(text, LIMITS) !== undefined;
const ftp = (user = 'u', password = 'p', host = 'h', path = 'f.zip'): string => `ftp://${user}:${password}@${host}:21/${path}`;

test('what the guide shows', () => {
  expect(parseFotaSource('ftp://test:secret@192.0.2.1:2121/a/b.zip', LIMITS)).toEqual({
    kind: 'ftp',
    user: 'test',
    password: 'secret',
    host: '192.0.2.1',
    port: 2121,
    path: 'a/b.zip',
  });
  expect(parseFotaSource('FTP://u:p@h/f', LIMITS)).toMatchObject({ port: 21 });
  expect(parseFotaSource('http://h/f?a=1', LIMITS)).toMatchObject({ kind: 'http', port: 80, path: 'f?a=1' });
  expect(parseFotaSource('/data/ufs/u.zip', LIMITS)).toEqual({ kind: 'local', storage: 'UFS', name: 'u.zip' });
  expect(parseFotaSource('/media/card/u.zip', LIMITS)).toEqual({ kind: 'local', storage: 'SD', name: 'u.zip' });
});

test('each limit holds exactly', () => {
  for (const of of [
    (n: number) => ftp(x(n)),
    (n: number) => ftp('u', x(n)),
    (n: number) => ftp('u', 'p', x(n)),
    (n: number) => ftp('u', 'p', 'h', x(n)),
  ]) {
    expect(accepts(of(50))).toBe(true);
    expect(accepts(of(51))).toBe(false);
  }
  const http = (length: number): string => 'http://h:80/'.padEnd(length, 'x');
  expect([accepts(http(255)), accepts(http(256))]).toEqual([true, false]);
  const local = (length: number): string => '/data/ufs/'.padEnd(length, 'x');
  expect([accepts(local(128)), accepts(local(129))]).toEqual([true, false]);
  const card = (length: number): string => '/media/card/'.padEnd(length, 'x');
  expect([accepts(card(128)), accepts(card(129))]).toEqual([true, false]);
  expect(['0', '1', '65535', '65536', '', 'x', '-1', '021x'].map((port) => accepts(`http://h:${port}/f`))).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test.each([
  '',
  'u.zip',
  'UFS:u.zip',
  '/data/u.zip',
  '/data/ufs/',
  '/data/ufs/a/b',
  'https://h/f',
  'ftp://h/f',
  'ftp://u@h/f',
  'ftp://:p@h/f',
  'ftp://u:@h/f',
  'ftp://u:p@h',
  'ftp://u:p@h/',
  'ftp://u:p@/f',
  'http:///f',
  'http://h',
  'http://u:p@h/f',
  'tftp://h/f',
])('refused: %s', (text) => expect(accepts(text)).toBe(false));
