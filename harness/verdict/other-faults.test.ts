import type { Identity } from '../journal/events.js';
import { fold } from './fold.js';
import { both, fault, fetched, flashed, refused, script, sound, soundIdentity, v13, type Script } from './testing/script.js';
import { judged, rulesOf, usbOnly, uartOnly, failedDownload } from './testing/stories.js';
import type { Judgement } from './types.js';

describe('not the firmware', () => {
  const stories: [string, () => Script, string, string, Judgement['result']][] = [
    ['a fault of the rig', () => sound('ftp').event({ type: 'note', text: '' }), '', '', 'pass'],
    [
      'a fault of the rig in mid-upgrade',
      () => fetched('ftp').event({ type: 'rig.fault', what: 'the line is gone' }).end('rig-fault', 'x'),
      'rig.fault',
      'rig',
      'invalid',
    ],
    [
      'a fault of the rig, and a firmware finding it may have caused',
      () => fetched('ftp').say(both, 'START').event({ type: 'rig.fault', what: 'the switch failed' }).wait(900_000).end('limit'),
      'rig.fault',
      'rig',
      'invalid',
    ],
    [
      'a fault of the rig, and one it cannot have caused',
      () => flashed('ftp').event({ type: 'rig.fault', what: 'x' }).normal().end().after({}),
      'rig.fault',
      'rig',
      'fail',
    ],
    [
      'another unit',
      () => script({ imei: '861107030000009' }).start('ftp').command('ERROR').end('refused').after({}),
      'rig.unit',
      'rig',
      'invalid',
    ],
    [
      'the wrong version before',
      () =>
        script()
          .event({ type: 'note', text: 'x' })
          .start('ftp', { step: 'upgrade' })
          .event({
            type: 'module.identity',
            when: 'before',
            upgrade: 'u1',
            identity: { ...soundIdentity, revision: 'EC25EFAR06A11M4G' },
          })
          .command('ERROR')
          .end('refused')
          .after({ revision: 'EC25EFAR06A11M4G' }),
      'base.version',
      'rig',
      'invalid',
    ],
    ['interrupted', () => fetched('ftp').end('interrupted', 'SIGINT'), 'harness.watched', 'harness', 'invalid'],
    ['a journal cut off', () => fetched('ftp').say(both, 'START', 5), 'harness.watched', 'harness', 'invalid'],
    [
      'a download of which our server saw nothing, nor of any before',
      () => script().start('http').command().say(both, 'HTTPSTART', 'HTTPEND,0').reboots().flashes(),
      'fetch.ours',
      'network',
      'invalid',
    ],
    [
      'a download of which our server saw nothing, and an older version runs',
      () =>
        script()
          .start('http')
          .command()
          .say(both, 'HTTPSTART', 'HTTPEND,0')
          .reboots()
          .say(both, 'START', 50, 100, 'END,0')
          .reboots()
          .normal()
          .end()
          .after({ revision: 'EC25EFAR06A11M4G' }),
      'fetch.ours',
      'network',
      'invalid',
    ],
    [
      'a server that handed out another file, after which an older version runs',
      () =>
        script()
          .start('ftp')
          .command()
          .say(both, 'FTPSTART')
          .served({ sha256: 'cd'.repeat(32) })
          .say(both, 'FTPEND,0')
          .reboots()
          .say(both, 'START', 50, 100, 'END,0')
          .reboots()
          .normal()
          .end()
          .after({ revision: 'EC25EFAR06A11M4G' }),
      'fetch.same',
      'rig',
      'invalid',
    ],
    [
      'another file made ready for the module',
      () =>
        script()
          .start('ufs', { made: 'cd'.repeat(32) })
          .command()
          .reboots()
          .flashes(),
      'fetch.same',
      'rig',
      'invalid',
    ],
    [
      'a module that lived on while its STATUS was dark',
      () =>
        cutWithVbus(fetched('ufs').say(both, 'START', 5), false)
          .event({ type: 'power.status', on: false, how: 'edge' })
          .say(both, 50, 100, 'END,0')
          .upgraded(),
      'power.proof',
      'rig',
      'invalid',
    ],
    ['a STATUS that is back sooner than any module starts', () => darkFor(200), 'power.proof', 'rig', 'invalid'],
    ['a STATUS that is back when the module has started', () => darkFor(2600), '', '', 'pass'],
    [
      'a USB plug without contact',
      () => {
        const story = fetched('ufs').say(both, 'START');
        for (const percent of [20, 40, 60, 80]) story.say(['uart'], percent).reboots();
        return story.say(both, 100, 'END,0').upgraded();
      },
      'rig.usb',
      'undecided',
      'inconclusive',
    ],
    [
      'room of UFS taken by the package, until the next one comes',
      () =>
        flashed('ftp')
          .normal()
          .end()
          .after({ revision: v13 }, { ...roomy, ufsFree: 900_000 }),
      '',
      '',
      'pass',
    ],
    [
      'a download that a host standing still has broken off',
      () => brokenDownload(6000),
      'download.unprovoked',
      'harness',
      'invalid',
    ],
    [
      'a server that nobody reached while its host stood still',
      () =>
        script()
          .start('ftp')
          .command()
          .say(both, 'FTPSTART')
          .event({ type: 'host.lag', ms: 6000 })
          .say(both, 'FTPEND,601')
          .end('download-failed')
          .after({}),
      'download.unprovoked',
      'harness',
      'invalid',
    ],
    [
      'a download broken off, and a host that hardly stood still',
      () => brokenDownload(800),
      'download.unprovoked',
      'firmware',
      'fail',
    ],
    ['FTPEND that was lost while the host stood still', () => lostEnd(true), 'order.download-seen', 'harness', 'invalid'],
    [
      'an answer that was lost while the host stood still',
      () => {
        const story = script()
          .start('ufs')
          .event({ type: 'at.command', line: 'at', id: 1, text: 'AT+QFOTADL="x"', deadline: 5000 });
        story.event({ type: 'at.answer', line: 'at', id: 1, result: 'lost', lines: [], took: 5 });
        return story.leaves().event({ type: 'host.lag', ms: 80 }).wait(5000).returns().flashes();
      },
      'command.answer',
      'harness',
      'invalid',
    ],
    ['the same, and a host that was awake', () => lostEnd(false), 'order.download-seen', 'undecided', 'inconclusive'],
    [
      'a transfer that the server finished, and the module never took',
      () => takenBy(false),
      'download.unprovoked',
      'undecided',
      'inconclusive',
    ],
    ['the server saw no connection', () => failedDownload('ftp', '601'), 'download.unprovoked', 'network', 'invalid'],
    [
      'the transfer broke off',
      () =>
        script()
          .start('ftp')
          .command()
          .say(both, 'FTPSTART')
          .served({ sent: 90_000, code: 426 })
          .say(both, 'FTPEND,601')
          .end('download-failed')
          .after({}),
      'download.unprovoked',
      'undecided',
      'inconclusive',
    ],
    [
      'a slow boot while the host stood still',
      () => flashed('ftp').wait(60_000).event({ type: 'host.lag', ms: 50_000 }).normal().end().after({ revision: v13 }),
      'time.boot',
      'harness',
      'invalid',
    ],
    ['a patch that does not fit', () => refused(5, 510), 'version.applied', 'package', 'fail'],
    [
      'a cut without proof',
      () =>
        uartOnly()
          .start('ufs')
          .command('OK', 'uart')
          .say(['uart'], 'START', 5)
          .event({ type: 'power.do', id: 1, wire: 'supply', action: 'off', why: 'cut' })
          .event({ type: 'power.do', id: 2, wire: 'supply', action: 'on', why: 'cut' })
          .say(['uart'], 'START', 50, 100, 'END,0')
          .normal(['uart'])
          .end()
          .after({ revision: v13 }),
      'power.proof',
      'rig',
      'invalid',
    ],
    ['a cut that took VBUS alone: STATUS stays, the module goes on', () => vbusAlone(true), 'power.proof', 'rig', 'invalid'],
    ['the same on a rig without STATUS', () => vbusAlone(false), 'power.proof', 'rig', 'invalid'],
    [
      'a STATUS that is stuck on, so that nobody presses PWRKEY after the cut',
      () =>
        cutWithVbus(fetched('ufs').say(both, 'START', 5), true)
          .wait(1_200_000)
          .end('limit'),
      'power.proof',
      'rig',
      'invalid',
    ],
    ['bursts of noise on the UART', () => noisy(['uart']), 'rig.noise', 'rig', 'invalid'],
    ['junk on every line', () => noisy(both), '', '', 'pass'],
    ['a failed switch', () => sound('ftp').start('ftp').event({ type: 'note', text: '' }), '', '', 'pass'],
    [
      'END lost, USB alone',
      () => fetched('ftp', {}, usbOnly()).say(['at'], 37, 64, 96).upgraded(['at']),
      'order.end-seen',
      'undecided',
      'inconclusive',
    ],
    ['attempts that USB alone may have missed', () => refusedOverUsb(3), 'retries.count', 'undecided', 'inconclusive'],
    [
      'two lines that contradict each other',
      () => fetched('ufs').say(both, 'START', 50, 100).say(['uart'], 'END,0').say(['at'], 'END,504').upgraded(),
      'witness.agree',
      'undecided',
      'inconclusive',
    ],
    ['IMEI not readable afterwards', () => withoutImei(), 'identity.imei', 'undecided', 'inconclusive'],
    [
      'a stall that is still waited for',
      () =>
        script()
          .start('ftp', { fault: fault('stall', 40) })
          .command()
          .say(both, 'FTPSTART')
          .served({ sent: 80_000, code: 426 })
          .wait(300_000)
          .end('limit')
          .after({}),
      'download.reported',
      'undecided',
      'inconclusive',
    ],
    [
      'the limit ran out before the retries did',
      () => fetched('ftp', { contents: 'corrupt' }).say(both, 'START', 3, 'END,505').reboots().say(both, 'START', 3).end('limit'),
      'retries.over',
      'undecided',
      'inconclusive',
    ],
    [
      'supply left off',
      () =>
        fetched('ftp')
          .say(both, 'START', 3)
          .event({ type: 'power.do', id: 1, wire: 'supply', action: 'off', why: 'cut' })
          .leaves()
          .wait(900_000)
          .end('limit'),
      'normal.reached',
      'harness',
      'invalid',
    ],
    [
      'a fall of the percentage across a re-enumeration that nobody else saw',
      () => fetched('ufs', {}, usbOnly()).say(['at'], 40).reboots().say(['at'], 20, 100, 'END,0').upgraded(['at']),
      '',
      '',
      'pass',
    ],
    [
      'a number that lost its last digit with its line',
      () =>
        fetched('ufs')
          .say(both, 'START', 15)
          .raw('uart', '+QIND: "FOTA","UPDATING",1+QIND: "FOTA","UPDATING",17\r\n')
          .say(both, 100, 'END,0')
          .upgraded(),
      '',
      '',
      'pass',
    ],
    [
      'a number with junk glued to it',
      () =>
        fetched('ufs')
          .say(both, 'START', 36)
          .raw('uart', '+QIND: "FOTA","UPDATING",3\xa5\xe5\r\n')
          .say(both, 38, 100, 'END,0')
          .upgraded(),
      '',
      '',
      'pass',
    ],
    [
      'a number that lost a digit and nothing else',
      () => fetched('ufs').say(both, 'START', 36).say(['uart'], 3).say(both, 38, 100, 'END,0').upgraded(),
      'percent.rising',
      'undecided',
      'inconclusive',
    ],
    [
      'a fall on a line that shows damage',
      () =>
        fetched('ufs')
          .say(both, 'START', 60)
          .raw('uart', '\x80\x81G",61\r\n')
          .say(['uart'], 21)
          .say(both, 70, 100, 'END,0')
          .upgraded(),
      'percent.rising',
      'undecided',
      'inconclusive',
    ],
    [
      'a code on a line that shows damage',
      () => {
        const story = refused(5, 505, { contents: 'corrupt' });
        return story
          .start('ufs', { contents: 'corrupt' })
          .command('+CME ERROR')
          .raw('uart', '\x80\x81\r\n')
          .end('refused')
          .after({});
      },
      '',
      '',
      'pass',
    ],
    [
      'START swallowed by junk',
      () => fetched('ufs').raw('uart', '\x80\x80FOT\x13,"STA\r\n').say(both, 5, 100, 'END,0').upgraded(),
      '',
      '',
      'pass',
    ],
  ];
  test.each(stories)('%s', (_name, story, rule, owner, result) => {
    const judgement = judged(story());
    if (rule !== '') expect(judgement.findings.map((finding) => [finding.rule, finding.owner])).toContainEqual([rule, owner]);
    expect(judgement.result).toBe(result);
    if (result !== 'fail')
      expect(rulesOf(judgement, 'firmware').filter((id) => id !== 'normal.reached' && id !== 'command.accept')).toEqual([]);
  });

  function refusedOverUsb(count: number): Script {
    const story = fetched('ftp', { contents: 'corrupt' }, usbOnly());
    for (let attempt = 0; attempt < count; attempt += 1) story.say(['at'], 3, 'END,505').reboots();
    return story.reboots().reboots().normal(['at']).end().after({});
  }

  function withoutImei(): Script {
    const rest: Identity = { ...soundIdentity };
    delete rest.imei;
    const story = flashed('ftp').normal().end();
    return story.event({ type: 'module.identity', when: 'after', upgrade: 'u1', identity: { ...rest, revision: v13 } });
  }
});

const keepsakes = {
  ufs: [{ name: 'keep-me.bin', size: 3001, checksum: '1a2b' }],
  sd: [{ name: 'keep-me.bin', size: 3001, checksum: '1a2b' }],
};
const roomy = { ...keepsakes, ufsFree: 1_000_000 };

/** A cut after which STATUS is back `ms` after the supply. */
const darkFor = (ms: number): Script => {
  const story = fetched('ufs').say(both, 'START', 5);
  story.event({ type: 'power.do', id: 1, wire: 'supply', action: 'off', why: 'cut' }).leaves();
  story.event({ type: 'power.status', on: false, how: 'edge' }).wait(3000);
  story.event({ type: 'power.do', id: 2, wire: 'supply', action: 'on', why: 'cut' }).wait(ms);
  story.event({ type: 'power.status', on: true, how: 'edge' }).wait(8000).returns();
  return story.say(both, 'START', 50, 100, 'END,0').upgraded();
};

/** The module took the whole file and says that the download failed, on a host that stood still for so many ms. */
const brokenDownload = (ms: number): Script =>
  script()
    .start('http')
    .command()
    .say(both, 'HTTPSTART')
    .served()
    .event({ type: 'host.lag', ms })
    .say(both, 'HTTPEND,702')
    .end('download-failed')
    .after({});

/** Everything was handed out, and the module did not take it. */
const takenBy = (whole: boolean): Script => {
  const story = script().start('http').command().say(both, 'HTTPSTART');
  const at = { protocol: 'http', connection: 1, request: 1 } as const;
  story.event({ type: 'server.connection', protocol: 'http', connection: 1, peer: '10.0.0.2:4711', state: 'open' });
  story.event({ type: 'server.request', ...at, verb: 'GET', path: '/update-v12-to-v13.zip' });
  story.event({ type: 'server.response', ...at, code: 200, size: 150_000, sent: 150_000, whole, took: 900 });
  return story.say(both, 'HTTPEND,702').end('download-failed').after({});
};

/** FTPEND was not seen before the line left; `lag`: the host stood still just then. */
const lostEnd = (lag: boolean): Script => {
  const story = script().start('ftp').command().say(['at'], 'FTPSTART').served().leaves();
  if (lag) story.event({ type: 'host.lag', ms: 300 });
  return story.wait(5000).returns().say(both, 'START', 50, 100, 'END,0').upgraded();
};

/** Supply and VBUS are told off and on again, and the AT device leaves. `status`: STATUS is wired, and stays on. */
function cutWithVbus(story: Script, status: boolean): Script {
  const tell = (action: 'on' | 'off'): Script =>
    story
      .event({ type: 'power.do', id: 1, wire: 'supply', action, why: 'cut' })
      .event({ type: 'power.do', id: 2, wire: 'vbus', action, why: 'cut' });
  tell('off').leaves().wait(3000);
  tell('on').returns();
  return status ? story.event({ type: 'power.status', on: true, how: 'asked' }) : story;
}

const vbusAlone = (status: boolean): Script =>
  cutWithVbus(fetched('ufs').say(both, 'START', 5), status)
    .say(both, 50, 100, 'END,0')
    .upgraded();

test('a cut of supply and VBUS is proven by a STATUS that fell, be it told late, or by a module that begins anew', () => {
  const fell = cutWithVbus(fetched('ufs').say(both, 'START', 5), false)
    .event({ type: 'power.status', on: false, how: 'asked' })
    .say(both, 'START', 50, 100, 'END,0')
    .upgraded();
  const anew = cutWithVbus(fetched('ufs').say(both, 'START', 5), false)
    .say(both, 'START', 50, 100, 'END,0')
    .upgraded();
  const gone = cutWithVbus(fetched('ufs').say(both, 'START', 5), false)
    .wait(1_200_000)
    .end('limit');
  for (const story of [fell, anew]) expect(judged(story).findings).toEqual([]);
  // On a rig without STATUS a module that says nothing more may be dead: that is not for the rig to answer.
  expect(judged(gone).findings.map(({ rule, owner }) => [rule, owner])).toEqual([['normal.reached', 'firmware']]);
});

/** Junk in front of each percentage. */
function noisy(lines: readonly string[]): Script {
  const story = fetched('ufs').say(both, 'START');
  for (let percent = 1; percent <= 100; percent += 9) {
    for (const line of lines) story.raw(line, '\x84\xfb;');
    story.say(both, percent);
  }
  return story.say(both, 'END,0').upgraded();
}

test('END,0 that was on its way when power was cut was said before the cut: the module begins anew with START and END,0', () => {
  const story = fetched('ufs').say(both, 'START', 98);
  story.event({ type: 'power.do', id: 1, wire: 'supply', action: 'off', why: 'cut' }).leaves();
  story.say(['uart'], 100, 'END,0').event({ type: 'power.status', on: false, how: 'edge' }).wait(3000);
  story.event({ type: 'power.do', id: 2, wire: 'supply', action: 'on', why: 'cut' }).wait(5000);
  story.say(['uart'], 'START', 'END,0').wait(1000).returns().upgraded();
  expect(judged(story).findings).toEqual([]);
  expect(fold(story.events)[0]?.cuts).toMatchObject([{ phase: 'after-end', proven: true }]);
});

test('an attempt that begins after END,0 without a cut is the firmware’s, also when power was cut before', () => {
  const story = fetched('ufs').say(both, 'START', 5).cut().say(both, 'START', 50, 100, 'END,0').reboots();
  expect(judged(story.say(both, 'START', 100, 'END,0').upgraded()).findings).toContainEqual(
    expect.objectContaining({ rule: 'order.local', owner: 'firmware', text: 'another attempt began after END,0' }),
  );
});

test('what a module says while its supply decays belongs to the attempt that was cut', () => {
  const story = fetched('ufs').say(both, 'START', 5);
  story.event({ type: 'power.do', id: 1, wire: 'supply', action: 'off', why: 'cut' }).leaves();
  story.rx('uart', '+QIND: "FOTA","UPDATING",6').event({ type: 'power.status', on: false, how: 'edge' }).wait(3000);
  story.event({ type: 'power.do', id: 2, wire: 'supply', action: 'on', why: 'cut' }).wait(5000);
  const judgement = judged(story.say(['uart'], 'START').returns().say(both, 50, 100, 'END,0').upgraded());
  expect(judgement.findings).toEqual([]);
});
