import type { Ending } from '../journal/events.js';
import { rules } from './rules/index.js';
import { both, fault, fetched, flashed, refused, script, sound, v12, v13, type Script } from './testing/script.js';
import { judged, rulesOf, failedDownload } from './testing/stories.js';

/** Each breaks one thing. `rules` are all that may speak against the firmware; the first must. */
describe("the firmware's fault", () => {
  const kept = { ufs: [], sd: [{ name: 'keep-me.bin', size: 3001, checksum: '1a2b' }] };
  const afterwards = (change: object) => () =>
    flashed('ftp')
      .normal()
      .end()
      .after({ revision: v13, ...change });
  const slowRecovery = (story: Script): Script => story.leaves().wait(61_000).returns().flashes();
  const stories: [string, () => Script, string[], Ending?][] = [
    ['END,0 and the old version', () => flashed('ftp').normal().end().after({}), ['version.after-end'], 'rolled-back'],
    [
      'END,0 and a third version',
      () => flashed('ftp').normal().end().after({ revision: 'EC25EFAR06A14M4G' }),
      ['version.known'],
      'wrong-version',
    ],
    ['IMEI lost', afterwards({ imei: '000000000000000' }), ['identity.imei'], 'degraded'],
    ['ICCID another', afterwards({ iccid: '1' }), ['identity.iccid'], 'degraded'],
    ['SIM lost', afterwards({ sim: 'NOT INSERTED' }), ['identity.sim'], 'degraded'],
    ['not registered', afterwards({ registration: '0', epsRegistration: '0' }), ['identity.registration'], 'degraded'],
    ['APN lost', afterwards({ apn: '' }), ['identity.apn'], 'degraded'],
    ['another type of context', afterwards({ apnContext: '2,1' }), ['identity.apn-context'], 'degraded'],
    ['CFUN 4', afterwards({ cfun: '4' }), ['identity.cfun'], 'degraded'],
    ['CFUN 5', afterwards({ cfun: '5' }), ['device.cfun5', 'identity.cfun'], 'degraded'],
    ['a file lost', () => flashed('ftp').normal().end().after({ revision: v13 }, kept), ['files.kept'], 'degraded'],
    [
      'FTPSTART never reported',
      () => script().start('ftp').command().served().wait(2000).say(both, 'FTPEND,0').reboots().flashes(),
      ['order.ftp'],
    ],
    ['no download reported at all', () => script().start('ftp').command().served().wait(2000).reboots().flashes(), ['order.ftp']],
    [
      'HTTP reported for FTP',
      () => script().start('ftp').command().say(both, 'HTTPSTART').served().say(both, 'HTTPEND,0').reboots().flashes(),
      ['order.ftp'],
    ],
    [
      'a download reported for a local file',
      () => script().start('ufs').command().say(both, 'FTPSTART', 'FTPEND,0').reboots().flashes(),
      ['order.local'],
    ],
    [
      'a server asked for a local file',
      () => {
        const story = script().start('ufs').command();
        story.event({
          type: 'server.request',
          protocol: 'http',
          connection: 1,
          request: 1,
          verb: 'GET',
          path: '/update-v12-to-v13.zip',
        });
        return story.reboots().flashes();
      },
      ['fetch.nothing'],
    ],
    [
      'START never reported, on a UART that was open throughout',
      () => fetched('http').say(both, 50, 100, 'END,0').upgraded(),
      ['order.http'],
    ],
    [
      'END never reported, on a UART that was open throughout',
      () => fetched('http').say(both, 'START', 50, 100).upgraded(),
      ['order.http'],
      'upgraded-silently',
    ],
    ['no progress reported', () => fetched('ufs').say(both, 'START', 'END,0').upgraded(), ['order.local']],
    [
      'END,0 too early',
      () => fetched('ufs').say(both, 'START', 40, 'END,0', 60, 100).upgraded(),
      ['order.local', 'percent.complete'],
    ],
    ['the recovery begins again after END,0', () => flashed('ufs').flashes(), ['order.local']],
    [
      'a report before OK',
      () => {
        const story = script()
          .start('ufs')
          .event({ type: 'at.command', line: 'at', id: 1, text: 'AT+QFOTADL="…"', deadline: 5000 });
        story
          .say(['at'], 'START')
          .rx('at', 'OK')
          .event({ type: 'at.answer', line: 'at', id: 1, result: 'OK', lines: [], took: 5 });
        return story.reboots().say(both, 50, 100, 'END,0').upgraded();
      },
      ['order.local'],
    ],
    [
      'another file fetched',
      () =>
        script()
          .start('ftp')
          .command()
          .say(both, 'FTPSTART')
          .served({ path: '/other.zip' })
          .say(both, 'FTPEND,0')
          .reboots()
          .flashes(),
      ['fetch.whole'],
    ],
    [
      'half a file fetched',
      () =>
        script().start('ftp').command().say(both, 'FTPSTART').served({ sent: 100_000 }).say(both, 'FTPEND,0').reboots().flashes(),
      ['fetch.whole'],
    ],
    [
      'logged in as somebody else',
      () =>
        script()
          .start('ftp')
          .command()
          .say(both, 'FTPSTART')
          .served({ user: 'anonymous' })
          .say(both, 'FTPEND,0')
          .reboots()
          .flashes(),
      ['fetch.login'],
    ],
    [
      'the download failed although all was handed out',
      () =>
        script().start('ftp').command().say(both, 'FTPSTART').served().say(both, 'FTPEND,601').end('download-failed').after({}),
      ['download.unprovoked'],
      'download-failed',
    ],
    [
      'USB never left',
      () => script().start('ufs').command().say(both, 'START', 50, 100, 'END,0').normal().end().after({ revision: v13 }),
      ['reboot.recovery'],
    ],
    ['101 %', () => fetched('ufs').say(both, 'START', 50, 101, 'END,0').upgraded(), ['percent.range']],
    ['255 %', () => fetched('ufs').say(both, 'START', 50, 255, 'END,0').upgraded(), ['percent.range']],
    ['percentages fall', () => fetched('ufs').say(both, 'START', 40, 20, 100, 'END,0').upgraded(), ['percent.rising']],
    ['END,0 at 60 %', () => fetched('ufs').say(both, 'START', 40, 60, 'END,0').upgraded(), ['percent.complete']],
    ['four attempts', () => refused(4, 505, { contents: 'corrupt' }), ['retries.count'], 'rolled-back'],
    ['seven attempts', () => refused(7, 505, { contents: 'corrupt' }), ['retries.count'], 'rolled-back'],
    [
      'a cut after a failed attempt that sets the count back',
      () => {
        const story = fetched('ufs', { contents: 'corrupt' });
        for (let attempt = 1; attempt <= 7; attempt += 1) {
          story.say(both, 'START', 3, 'END,505');
          if (attempt === 1) story.cut();
          else story.reboots();
        }
        return story.normal().end().after({});
      },
      ['retries.count'],
      'rolled-back',
    ],
    ['START on USB only', () => fetched('ufs').say(['at'], 'START').say(both, 50, 100, 'END,0').upgraded(), ['order.local']],
    [
      'the second half fetched once more',
      () =>
        script()
          .start('http')
          .command()
          .say(both, 'HTTPSTART')
          .served()
          .event({
            type: 'server.request',
            protocol: 'http',
            connection: 9,
            request: 9,
            verb: 'GET',
            path: '/update-v12-to-v13.zip',
            offset: 100_000,
          })
          .say(both, 'HTTPEND,0')
          .reboots()
          .flashes(),
      ['fetch.once'],
    ],
    [
      'retries without end',
      () => {
        const story = fetched('ftp', { contents: 'corrupt' });
        for (let attempt = 0; attempt < 7; attempt += 1) story.say(both, 'START', 3, 'END,505').reboots();
        return story.end('limit', '7 attempts');
      },
      ['retries.count'],
      'retrying',
    ],
    ['a corrupt package applied', () => sound('ftp', { contents: 'corrupt' }), ['refused.version'], 'upgraded'],
    [
      'a corrupt package said to be applied',
      () => flashed('ftp', { contents: 'corrupt' }).normal().end().after({}),
      ['refused.version'],
      'rolled-back',
    ],
    [
      'a truncated delivery applied',
      () =>
        script()
          .start('http', { fault: fault('truncate', 70) })
          .command()
          .say(both, 'HTTPSTART')
          .served({ sent: 140_000 })
          .say(both, 'HTTPEND,0')
          .reboots()
          .flashes(),
      ['refused.version'],
      'upgraded',
    ],
    [
      'a broken transfer applied',
      () =>
        script()
          .start('http', { fault: fault('reset', 70) })
          .command()
          .say(both, 'HTTPSTART')
          .served({ sent: 140_000, code: 200 })
          .say(both, 'HTTPEND,0')
          .reboots()
          .flashes(),
      ['delivery.version', 'download.reported', 'fetch.whole'],
      'upgraded',
    ],
    ['a package for another base applied', () => sound('ftp', { contents: 'wrong-base' }), ['refused.base'], 'wrong-version'],
    ['END with the code of a download', () => refused(5, 601, { contents: 'corrupt' }), ['end.code']],
    ['a sound package refused by the recovery', () => refused(5, 505), ['version.applied'], 'rolled-back'],
    ['a source beyond a limit accepted', () => failedDownload('ftp', '601', { intent: 'beyond-limit' }), ['command.refuse']],
    [
      'a missing local file accepted',
      () => script().start('ufs', { intent: 'no-such-file' }).command().end('limit').after({}),
      ['command.refuse'],
    ],
    [
      'a source within the limits refused',
      () => script().start('ftp').command('ERROR').end('refused').after({}),
      ['command.accept'],
      'rejected',
    ],
    [
      'no answer to the command, though it talks',
      () => script().start('ftp').command('timeout').end('limit').after({}),
      ['command.answer'],
    ],
    [
      'a report after ERROR',
      () => script().start('ftp', { intent: 'beyond-limit' }).command('ERROR').say(both, 'FTPSTART').end('refused').after({}),
      ['command.no-effect'],
    ],
    [
      'a reboot after ERROR',
      () => script().start('ftp', { intent: 'beyond-limit' }).command('ERROR').reboots().normal().end('refused').after({}),
      ['command.no-effect'],
    ],
    [
      'silent after ERROR',
      () => script().start('ftp', { intent: 'beyond-limit' }).command('ERROR').end('limit'),
      ['command.no-effect'],
      'unresponsive',
    ],
    ['a download code of its own', () => failedDownload('ftp', '404', { intent: 'nothing-there' }), ['download.code']],
    ['an HTTP failure with the code of FTP', () => failedDownload('http', '601', { intent: 'nothing-there' }), ['download.code']],
    [
      'a reboot after the failed download',
      () =>
        script()
          .start('ftp', { intent: 'nothing-there' })
          .command()
          .say(both, 'FTPSTART', 'FTPEND,601')
          .reboots()
          .normal()
          .end()
          .after({}),
      ['download.failed-cleanly'],
      'download-failed',
    ],
    [
      'the end of the failed download not reported',
      () =>
        script().start('ftp', { intent: 'nothing-there' }).command().say(both, 'FTPSTART').wait(300_000).end('limit').after({}),
      ['download.reported'],
      'download-failed',
    ],
    ['silent after END,0', () => flashed('ftp').wait(600_000).end('limit', 'silence'), ['normal.reached'], 'unresponsive'],
    [
      'silent after a failed attempt',
      () =>
        fetched('ftp', { contents: 'corrupt' }).say(both, 'START', 3, 'END,505').leaves().wait(900_000).end('limit', 'silence'),
      ['normal.reached'],
      'unresponsive',
    ],
    [
      'emergency download',
      () => flashed('ftp').event({ type: 'module.device', kind: 'emergency-download', detail: '05c6:9008' }).end('other-device'),
      ['device.mode'],
      'emergency-download',
    ],
    [
      'a dump',
      () =>
        fetched('ftp').say(both, 'START').event({ type: 'module.device', kind: 'dump', detail: 'diag only' }).end('other-device'),
      ['device.mode'],
      'dump',
    ],
    [
      'a boot that takes too long',
      () => flashed('ftp').wait(60_000).normal().end().after({ revision: v13 }),
      ['time.boot'],
      'upgraded',
    ],
    [
      'a download that takes too long',
      () =>
        script().start('ftp').command().say(both, 'FTPSTART').wait(300_000).served().say(both, 'FTPEND,0').reboots().flashes(),
      ['time.download'],
      'upgraded',
    ],
    [
      'a flash that takes too long',
      () => fetched('ufs').say(both, 'START', 50).wait(1_200_000).say(both, 100, 'END,0').upgraded(),
      ['time.flash'],
      'upgraded',
    ],
    [
      'old version after a cut in the recovery',
      () => fetched('ftp').say(both, 'START', 40).cut().normal().end().after({}),
      ['power.recovery'],
      'rolled-back',
    ],
    [
      'old version after a cut before START',
      () => fetched('ftp').cut().normal().end().after({}),
      ['power.between'],
      'rolled-back',
    ],
    [
      'silent after a cut',
      () => fetched('ftp').say(both, 'START', 40).cut().wait(900_000).end('limit'),
      ['normal.reached'],
      'unresponsive',
    ],
    ['a part of the firmware is old', afterwards({ qgmr: `${v12}_01.001.01.001` }), ['version.whole'], 'upgraded'],
    [
      'a boot into recovery that takes too long',
      () => slowRecovery(script().start('ufs').command()),
      ['time.recovery'],
      'upgraded',
    ],
    [
      'a boot into recovery that takes too long after a cut',
      () => slowRecovery(fetched('ufs').say(both, 'START', 40).cut()),
      ['time.recovery'],
      'upgraded',
    ],
    [
      'the room of UFS is gone',
      () => flashed('ftp').normal().end().after({ revision: v13 }, { ufs: kept.sd, sd: kept.sd, ufsFree: 4000 }),
      ['files.room'],
    ],
    [
      'recovery after a cut in mid-download',
      () =>
        script()
          .start('http')
          .command()
          .say(both, 'HTTPSTART')
          .served({ sent: 100_000 })
          .cut()
          .say(['uart'], 'START', 'END,505')
          .reboots()
          .normal()
          .end()
          .after({}),
      ['power.download', 'order.http'],
      'rolled-back',
    ],
    [
      'a reboot in mid-download',
      () =>
        script()
          .start('ftp')
          .command()
          .say(both, 'FTPSTART')
          .rx('uart', 'RDY')
          .served()
          .say(both, 'FTPEND,0')
          .reboots()
          .flashes(),
      ['reboot.recovery'],
    ],
    [
      'an attempt that failed and worked',
      () => fetched('ufs').say(both, 'START', 50, 100, 'END,504', 'END,0').upgraded(),
      ['order.local'],
    ],
    [
      'a server asked for a local file that was refused',
      () => {
        const story = script().start('ufs', { intent: 'no-such-file' }).command('ERROR');
        const path = '/update-v12-to-v13.zip';
        story.event({ type: 'server.request', protocol: 'http', connection: 1, request: 1, verb: 'GET', path });
        return story.end('refused').after({});
      },
      ['fetch.nothing'],
      'rejected',
    ],
    [
      'no room, and a third version',
      () => flashed('ftp', { noRoom: true }).normal().end().after({ revision: 'EC25EFAR06A14M4G' }),
      ['room.sound', 'version.known'],
      'wrong-version',
    ],
  ];
  test.each(stories.map(([name, story, allowed, ending]) => ({ name, story, allowed, ending })))(
    '$name',
    ({ story, allowed, ending }) => {
      const judgement = judged(story());
      const blamed = rulesOf(judgement, 'firmware');
      expect(judgement.result).toBe('fail');
      expect(blamed).toContain(allowed[0]);
      expect(allowed).toEqual(expect.arrayContaining(blamed));
      expect(rulesOf(judgement, 'rig', 'harness', 'network', 'package')).toEqual([]);
      if (ending !== undefined) expect(judgement.ending).toBe(ending);
    },
  );

  test('nothing fetched, though a download was reported, from a server that was reached before', () => {
    const second = sound('ftp')
      .start('ftp', { step: 'downgrade' })
      .command()
      .say(both, 'FTPSTART', 'FTPEND,0')
      .reboots()
      .say(both, 'START', 50, 100, 'END,0')
      .reboots()
      .normal()
      .end()
      .after({ revision: v12 });
    const judgement = judged(second, 1);
    expect([judgement.result, rulesOf(judgement)]).toEqual(['fail', ['fetch.whole']]);
  });

  test('every rule that blames the firmware is seeded at least once', () => {
    const seeded = new Set(stories.flatMap(([, , allowed]) => allowed));
    const blaming = rules.filter(({ blames }) => blames === 'firmware').map(({ id }) => id);
    expect(blaming.filter((id) => !seeded.has(id))).toEqual(['retries.over']);
  });
});
