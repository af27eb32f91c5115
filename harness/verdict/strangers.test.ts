import { fold } from './fold.js';
import { judge } from './judge.js';
import { both, refused, script, sound, fetched, type Script } from './testing/script.js';
import { failedDownload, judged } from './testing/stories.js';

const found = (story: Script): (readonly [string, string])[] =>
  judged(story).findings.map(({ rule, owner }) => [rule, owner] as const);

/** What anybody on the internet sends to an open port. */
const asksFor = (story: Script, path: string): Script => {
  const at = { protocol: 'http', connection: 77, request: 77 } as const;
  story.event({ type: 'server.connection', protocol: 'http', connection: 77, peer: '203.0.113.9:4000', state: 'open' });
  story.event({ type: 'server.request', ...at, verb: 'GET', path });
  return story.event({ type: 'server.response', ...at, code: 404, sent: 0, whole: false, took: 1 });
};
const logsIn = (story: Script, user: string): Script =>
  story.event({ type: 'server.login', connection: 77, user, accepted: false });

describe('strangers on an open port', () => {
  test('who ask for what no source string named are not the module', () => {
    const download = script().start('http').command().say(both, 'HTTPSTART');
    expect(found(asksFor(download, '/.env').served().say(both, 'HTTPEND,0').reboots().flashes())).toEqual([]);
    expect(found(asksFor(script().start('ufs').command(), '/').reboots().flashes())).toEqual([]);
    const refusal = script().start('http', { intent: 'beyond-limit' }).command('ERROR');
    expect(found(asksFor(refusal, '/robots.txt').end('refused').after({}))).toEqual([]);
  });

  test('who leave an FTP server without having logged in are not the module; one who logged in is', () => {
    const visit = (accepted: boolean): Script => {
      const story = script().start('ufs').command();
      story.event({ type: 'server.login', connection: 8, user: accepted ? 'test' : 'anonymous', accepted });
      story.event({ type: 'server.request', protocol: 'ftp', connection: 8, request: 8, verb: 'QUIT', path: '' });
      return story.reboots().flashes();
    };
    expect(found(visit(false))).toEqual([]);
    expect(found(visit(true))).toEqual([['fetch.nothing', 'firmware']]);
  });

  test('who try to log in are not the module that nobody has heard of', () => {
    const refusal = script().start('ufs', { intent: 'no-such-file', target: '/data/ufs/not-there.zip' }).command('ERROR');
    expect(found(asksFor(refusal, '/not-there.zip').end('refused').after({}))).toEqual([['fetch.nothing', 'firmware']]);
    const story = logsIn(script().start('ftp').command().say(both, 'FTPSTART'), 'anonymous');
    expect(found(story.say(both, 'FTPEND,605').end('download-failed').after({}))).toEqual([['download.unprovoked', 'network']]);
  });

  test('are not to be taken for a module that asks for another file, or with a wrong password', () => {
    const download = script().start('http').command().say(both, 'HTTPSTART');
    const other = asksFor(download, '/UPDATE-v12-to-v1').say(both, 'HTTPEND,0').reboots().flashes();
    expect(found(other)).toContainEqual(['fetch.whole', 'firmware']);
    for (const path of ['/update-v12-to-v13.zip', '/upd'])
      expect(found(asksFor(script().start('ufs').command(), path).reboots().flashes())).toContainEqual([
        'fetch.nothing',
        'firmware',
      ]);
    const story = logsIn(script().start('ftp').command().say(both, 'FTPSTART'), 'test');
    expect(found(story.say(both, 'FTPEND,625').end('download-failed').after({}))).toContainEqual([
      'download.unprovoked',
      'firmware',
    ]);
  });
});

describe('a module that tries a failed download again by itself', () => {
  const twice = (end: string): Script =>
    script()
      .start('http')
      .command()
      .say(both, 'HTTPSTART')
      .served({ sent: 100 })
      .say(both, 'HTTPEND,719', 'HTTPSTART')
      .served()
      .say(both, end);

  test('is judged by its last try', () => {
    expect(found(twice('HTTPEND,0').reboots().flashes())).toEqual([]);
    expect(found(failedDownload('http', '716', { intent: 'nothing-there' }))).toEqual([]);
  });

  test('may not go into recovery when that one failed, too', () => {
    expect(found(twice('HTTPEND,719').reboots().flashes())).toContainEqual(['order.http', 'firmware']);
  });

  test('may not go into recovery without trying again', () => {
    const story = script().start('http').command().say(both, 'HTTPSTART').served({ sent: 100 }).say(both, 'HTTPEND,719');
    expect(found(story.reboots().flashes())).toContainEqual(['order.http', 'firmware']);
  });
});

describe('RESTORE and END,0', () => {
  const restored = (story: Script): Script =>
    story.say(both, 'START', 'RESTORE,1', 'RESTORE,100', 'END,0').reboots().normal().end().after({});
  const spent = (contents: 'corrupt' | 'wrong-base' | 'sound'): Script => {
    const story = fetched('ftp', { contents });
    for (let attempt = 0; attempt < 5; attempt += 1) story.say(both, 'START', 3, 'END,505').reboots();
    return story;
  };

  test('tell of the old version that was put back', () => {
    expect(found(restored(spent('corrupt')))).toEqual([]);
    expect(found(restored(spent('wrong-base')))).toEqual([]);
  });

  test('do not make a sound package that was not applied good', () => {
    expect(found(restored(spent('sound')))).toEqual([['version.applied', 'firmware']]);
  });

  test('are not END,0 after progress', () => {
    expect(found(refused(5, 505, { contents: 'corrupt' }))).toEqual([]);
    expect(found(sound('ftp', { contents: 'corrupt' }))).toContainEqual(['refused.version', 'firmware']);
  });
});

test('an empty file that is fetched once is not fetched again', () => {
  const { events } = refused(5, 505, { contents: 'corrupt' });
  const empty = events.map((event) => {
    const text = JSON.stringify(event).replace(/"(size|sent)":200000/g, '"$1":0');
    return JSON.parse(text) as (typeof events)[number];
  });
  const [record] = fold(empty);
  expect(record?.published?.size).toBe(0);
  expect(record === undefined ? [] : judge(record).findings.map(({ rule }) => rule)).not.toContain('fetch.once');
});
