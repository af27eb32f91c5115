import type { Ending } from '../../journal/events.js';
import { both, fault, fetched, flashed, refused, script, sound, v13, type Script } from './script.js';
import { usbOnly, uartOnly, forever, failedDownload, refusedCommand, cutAndResumed } from './stories.js';

/** What a sound module may do, and how it ends. */
export const conformingStories: readonly [string, () => Script, Ending][] = [
  ['FTP', () => sound('ftp'), 'upgraded'],
  ['HTTP', () => sound('http'), 'upgraded'],
  ['UFS', () => sound('ufs'), 'upgraded'],
  ['SD, and back', () => sound('sd', { step: 'downgrade' }), 'upgraded'],
  [
    'USB alone, which lost START and the first percentages',
    () => fetched('ftp', {}, usbOnly()).say(['at'], 37, 64, 96, 'END,0').upgraded(['at']),
    'upgraded',
  ],
  [
    'UART alone',
    () => {
      const story = uartOnly()
        .start('ftp')
        .command('OK', 'uart')
        .say(['uart'], 'FTPSTART')
        .served()
        .say(['uart'], 'FTPEND,0', 'START', 1, 50, 100, 'END,0')
        .wait(1000);
      return story.normal(['uart']).end().after({ revision: v13 });
    },
    'upgraded',
  ],
  [
    'percentages that stop at 91, END doubled, RDY in mid-update, other URCs in between',
    () =>
      fetched('ftp')
        .say(['uart'], 'START')
        .rx('uart', 'RDY', '+QIND: "csq",20,99')
        .say(both, 7, 7, 50, 91, 'END,0', 'END,0')
        .upgraded(),
    'upgraded',
  ],
  [
    'a retry of its own that works',
    () =>
      fetched('ufs').say(both, 'START', 40, 'END,504').reboots().say(['uart'], 'START').say(both, 50, 100, 'END,0').upgraded(),
    'upgraded',
  ],
  [
    'a download in ranges, with SIZE and a retry',
    () => {
      const story = script().start('http').command().say(both, 'HTTPSTART').served({ sent: 50_000 });
      const at = { protocol: 'http', connection: 9, request: 9 } as const;
      story.event({ type: 'server.request', ...at, verb: 'HEAD', path: '/update-v12-to-v13.zip' });
      story.event({ type: 'server.request', ...at, request: 10, verb: 'GET', path: '/update-v12-to-v13.zip', offset: 50_000 });
      story.event({
        type: 'server.response',
        ...at,
        request: 10,
        code: 206,
        size: 200_000,
        sent: 150_000,
        whole: true,
        took: 9,
      });
      return story.say(both, 'HTTPEND,0').wait(1000).reboots().flashes();
    },
    'upgraded',
  ],
  ['roaming afterwards', () => flashed('ftp').normal().end().after({ revision: v13, registration: '5' }), 'upgraded'],
  ['a corrupt package, five attempts', () => refused(5, 505, { contents: 'corrupt' }), 'rolled-back'],
  ['a corrupt package, one and five attempts', () => refused(6, 505, { contents: 'corrupt' }), 'rolled-back'],
  [
    'a package for another base, five attempts',
    () => refused(5, 510, { contents: 'wrong-base', step: 'upgrade' }),
    'rolled-back',
  ],
  [
    'a package for another base, refused at once',
    () => script().start('ufs', { contents: 'wrong-base' }).command('ERROR').end('refused').after({}),
    'rejected',
  ],
  ['no room, failing with 511', () => refused(5, 511, { noRoom: true }), 'rolled-back'],
  ['no room, and yet it works', () => sound('ftp', { noRoom: true }), 'upgraded'],
  [
    'a firmware that retries for ever, still at it',
    () => {
      const story = fetched('ftp', { contents: 'corrupt' }, forever());
      for (let attempt = 0; attempt < 8; attempt += 1) story.say(both, 'START', 3, 'END,505').reboots();
      return story.end('limit', '8 attempts were seen');
    },
    'retrying',
  ],
  ['FTP without the file', () => failedDownload('ftp', '601', { intent: 'nothing-there' }), 'download-failed'],
  ['HTTP without the file', () => failedDownload('http', '713', { intent: 'nothing-there' }), 'download-failed'],
  [
    'FTP, reset in mid-file',
    () => {
      const story = script()
        .start('ftp', { fault: fault('reset', 60) })
        .command()
        .say(both, 'FTPSTART')
        .served({ sent: 120_000, code: 426 });
      return story.say(both, 'FTPEND,613').end('download-failed').after({});
    },
    'download-failed',
  ],
  [
    'FTP, closed in good order after a part; the recovery notices',
    () => {
      const story = script()
        .start('ftp', { fault: fault('truncate', 70) })
        .command()
        .say(both, 'FTPSTART')
        .served({ sent: 140_000 })
        .say(both, 'FTPEND,0')
        .reboots();
      for (let attempt = 0; attempt < 5; attempt += 1) story.say(both, 'START', 'END,505').reboots();
      return story.normal().end().after({});
    },
    'rolled-back',
  ],
  ['a source beyond a limit', () => refusedCommand('ftp', 'beyond-limit'), 'rejected'],
  ['a local file that is not there', () => refusedCommand('ufs', 'no-such-file'), 'rejected'],
  ['power cut in the recovery', () => cutAndResumed(fetched('ftp').say(both, 'START', 40)), 'upgraded'],
  ['power cut before START', () => cutAndResumed(fetched('ftp')), 'upgraded'],
  ['power cut after END,0', () => cutAndResumed(flashed('ufs')), 'upgraded'],
  [
    'power cut in the download',
    () => script().start('ftp').command().say(both, 'FTPSTART').cut().normal().end().after({}),
    'rolled-back',
  ],
];
