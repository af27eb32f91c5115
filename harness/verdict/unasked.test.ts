import { both, script, sound, type Script } from './testing/script.js';
import { judged, usbOnly } from './testing/stories.js';

const found = (story: Script): (readonly [string, string])[] =>
  judged(story).findings.map(({ rule, owner }) => [rule, owner] as const);

describe('a USB device that leaves unasked', () => {
  const refused = (story = script()): Script => story.start('ftp', { intent: 'beyond-limit' }).command('ERROR');
  const failed = (story = script()): Script =>
    story.start('http', { intent: 'nothing-there' }).command().say(both, 'HTTPSTART', 'HTTPEND,716');
  const away = (story: Script, ms: number, line = 'at'): Script => story.leaves(line).wait(ms).returns(line);

  test('for a moment, after a refused command or a failed download: the module, or its plug', () => {
    expect(found(away(refused(), 1500).end('refused').after({}))).toEqual([['command.no-effect', 'undecided']]);
    expect(found(away(refused(usbOnly()), 1500).end('refused').after({}))).toEqual([['command.no-effect', 'undecided']]);
    expect(found(away(failed(), 1500).end('download-failed').after({}))).toEqual([['download.failed-cleanly', 'undecided']]);
  });

  test('for long, while a UART that carried the reports says nothing of a start: likewise', () => {
    expect(found(away(failed(), 40_000).end('download-failed').after({}))).toEqual([['download.failed-cleanly', 'undecided']]);
    // One that has not said a word proves nothing by its silence.
    expect(found(away(refused(), 40_000).end('refused').after({}))).toEqual([['command.no-effect', 'firmware']]);
  });

  test('and RDY: the module', () => {
    expect(found(away(refused(), 40_000).normal().end('refused').after({}))).toEqual([['command.no-effect', 'firmware']]);
    expect(found(away(failed(), 1500).normal(['uart']).end('download-failed').after({}))).toEqual([
      ['download.failed-cleanly', 'firmware'],
    ]);
  });

  test('for as long as a start takes, with no other line to tell: the module', () => {
    expect(found(away(refused(usbOnly()), 15_000).end('refused').after({}))).toEqual([['command.no-effect', 'firmware']]);
  });

  test('is not meant by the adapter of a UART', () => {
    expect(found(away(refused(), 15_000, 'uart').end('refused').after({}))).toEqual([]);
    expect(found(away(failed(), 15_000, 'uart').end('download-failed').after({}))).toEqual([]);
  });
});

describe('a client that fetches part after part', () => {
  const size = 200_000;
  let number = 0;
  const part = (story: Script, offset: number, sent: number): Script => {
    number += 1;
    const at = { protocol: 'http', connection: number, request: number } as const;
    const from = offset === 0 ? {} : { offset };
    story.event({ type: 'server.request', ...at, verb: 'GET', path: '/update-v12-to-v13.zip', ...from });
    return story.event({ type: 'server.response', ...at, code: 206, size, sent, whole: true, took: 9 });
  };
  const begun = (): Script => script().start('http').command().say(both, 'HTTPSTART');
  const ends = (story: Script): Script => story.say(both, 'HTTPEND,0').reboots().flashes();

  test('fetches nothing again', () => {
    const story = begun();
    for (let offset = 0; offset < size; offset += 50_000) part(story, offset, 50_000);
    expect(found(ends(story))).toEqual([]);
  });

  test('may look at the first byte before', () => {
    expect(found(ends(part(begun(), 0, 1).served()))).toEqual([]);
  });

  test('has no need of a part once it has them all', () => {
    const story = part(part(begun(), 0, 100_000), 100_000, 100_000);
    expect(found(ends(part(story, 0, 100_000)))).toEqual([['fetch.once', 'firmware']]);
  });

  test('as a client that fetches all at once', () => {
    expect(found(sound('http'))).toEqual([]);
  });
});
