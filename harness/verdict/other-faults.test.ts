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
    [
      'a command that was never given, and a module that does not talk',
      () => script().start('ufs').wait(900_000).end('limit', 'silence'),
      'command.sent',
      'undecided',
      'inconclusive',
    ],
    [
      'USB that does not come back, though the UART answers',
      () =>
        fetched('ufs').say(both, 'START', 50, 100, 'END,0').leaves().normal(['uart']).wait(60_000).end().after({ revision: v13 }),
      'reboot.back',
      'undecided',
      'inconclusive',
    ],
    [
      'USB that takes its time, and not yet that of a boot',
      () =>
        fetched('ufs').say(both, 'START', 50, 100, 'END,0').leaves().normal(['uart']).wait(30_000).end().after({ revision: v13 }),
      '',
      '',
      'pass',
    ],
    [
      'START whose line goes on only when the flashing does',
      () =>
        fetched('ufs')
          .raw('uart', '\r\n+QIND: "FOTA","START"')
          .wait(61_000)
          .raw('uart', '+QIND: "FOTA","UPDATING",1\r\n')
          .say(both, 100, 'END,0')
          .upgraded(),
      '',
      '',
      'pass',
    ],
    [
      'a USB plug without contact, long before the recovery',
      () => script().start('ufs').command().leaves().wait(1000).returns().wait(70_000).reboots().flashes(),
      '',
      '',
      'pass',
    ],
    [
      'END,504, and END,0 of a later attempt whose other words were lost',
      () => fetched('ufs').say(both, 'START', 50, 100, 'END,504').wait(30_000).say(both, 'END,0').upgraded(),
      '',
      '',
      'pass',
    ],
    ['interrupted', () => fetched('ftp').end('interrupted', 'SIGINT'), 'harness.watched', 'harness', 'invalid'],
    ['a journal cut off', () => fetched('ftp').say(both, 'START', 5), 'harness.watched', 'harness', 'invalid'],
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
    ['one start more after normal mode was reached', () => restarting(1), '', '', 'pass'],
    ['a module that starts again and again', () => restarting(2), 'normal.kept', 'undecided', 'inconclusive'],
    [
      'a module that starts again and again, seen over USB alone',
      () => restarting(2, usbOnly(), ['at']),
      'normal.kept',
      'undecided',
      'inconclusive',
    ],
    [
      'a restart in place of the end of a failed download',
      () =>
        script().start('http', { intent: 'nothing-there' }).command().say(both, 'HTTPSTART').reboots().normal().end().after({}),
      'normal.kept',
      'undecided',
      'inconclusive',
    ],
    [
      'restarts before it could be given the command',
      () => script().start('ufs').reboots().rx('uart', 'RDY').wait(20_000).reboots().rx('uart', 'RDY').end('limit'),
      'normal.kept',
      'undecided',
      'inconclusive',
    ],
    [
      'an attempt that failed, and one whose START was lost',
      () => fetched('ufs').say(both, 'START', 50, 'END,504').wait(30_000).say(['uart'], 90, 'END,0').upgraded(),
      '',
      '',
      'pass',
    ],
    [
      'two lines that contradict each other',
      () => fetched('ufs').say(both, 'START', 50, 100).say(['uart'], 'END,0').say(['at'], 'END,504').upgraded(),
      'witness.agree',
      'undecided',
      'inconclusive',
    ],
    [
      'a piece of a report in place of the version',
      () => flashed('ftp').normal().end().after({ revision: v13, gmr: 'PB DONE', cgmr: v13 }),
      '',
      '',
      'pass',
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
      'START of which only the beginning came over the UART',
      () => fetched('ufs').say(['at'], 'START').raw('uart', '\r\n+QIND: "').say(both, 5, 100, 'END,0').upgraded(),
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

/** A module that reached normal mode, and then started so many times more. */
function restarting(times: number, story = script(), ports: readonly ('at' | 'uart')[] = both): Script {
  fetched('ftp', {}, story);
  if (ports.includes('uart')) story.say(ports, 'START');
  story.say(ports, 37, 64, 96, 'END,0').reboots().normal(ports);
  for (let count = 0; count < times; count += 1) story.wait(8000).reboots().normal(ports);
  return story.end().after({ revision: v13 });
}
