import { both, fetched, flashed, script, v13, type Script } from './testing/script.js';
import { judged, rulesOf } from './testing/stories.js';
import type { Judgement } from './types.js';

/** What the way to the module, the host and the supply can do, and nobody may hold against the firmware. */
describe('the way, the host, the supply', () => {
  const stories: [string, () => Script, string, string, Judgement['result']][] = [
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
        dark(fetched('ufs').say(both, 'START', 5))
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
      () => notTaken(),
      'download.unprovoked',
      'undecided',
      'inconclusive',
    ],
  ];
  test.each(stories)('%s', (_name, story, rule, owner, result) => {
    const judgement = judged(story());
    if (rule !== '') expect(judgement.findings.map((finding) => [finding.rule, finding.owner])).toContainEqual([rule, owner]);
    expect(judgement.result).toBe(result);
    if (result !== 'fail') expect(rulesOf(judgement, 'firmware')).toEqual([]);
  });
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
const notTaken = (): Script => {
  const story = script().start('http').command().say(both, 'HTTPSTART');
  const at = { protocol: 'http', connection: 1, request: 1 } as const;
  story.event({ type: 'server.connection', protocol: 'http', connection: 1, peer: '10.0.0.2:4711', state: 'open' });
  story.event({ type: 'server.request', ...at, verb: 'GET', path: '/update-v12-to-v13.zip' });
  story.event({ type: 'server.response', ...at, code: 200, size: 150_000, sent: 150_000, whole: false, took: 900 });
  return story.say(both, 'HTTPEND,702').end('download-failed').after({});
};

/** FTPEND was not seen before the line left; `lag`: the host stood still just then. */
const lostEnd = (lag: boolean): Script => {
  const story = script().start('ftp').command().say(['at'], 'FTPSTART').served().leaves();
  if (lag) story.event({ type: 'host.lag', ms: 300 });
  return story.wait(5000).returns().say(both, 'START', 50, 100, 'END,0').upgraded();
};

/** Supply and VBUS are told off and on again, and the AT device leaves. */
function dark(story: Script): Script {
  const tell = (action: 'on' | 'off'): Script =>
    story
      .event({ type: 'power.do', id: 1, wire: 'supply', action, why: 'cut' })
      .event({ type: 'power.do', id: 2, wire: 'vbus', action, why: 'cut' });
  tell('off').leaves().wait(3000);
  return tell('on').returns();
}
