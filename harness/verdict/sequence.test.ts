import { fold } from './fold.js';
import { judgeSequence } from './sequence.js';
import { both, fetched, flashed, refused, script, sound, v12, v13, type Script } from './testing/script.js';

const judged = (story: Script) => judgeSequence(fold(story.events));
const told = (story: Script): string[][] => judged(story).findings.map(({ rule, owner }) => [rule, owner]);

const back = (story: Script, revision: string): Script =>
  flashed('ufs', { step: 'downgrade' }, story).normal().end().after({ revision });

test('there and back', () => {
  const story = back(sound('ftp'), v12);
  expect(judged(story)).toMatchObject({ result: 'pass', findings: [], exercised: ['DG-14'] });
});

test('there and somewhere else: the firmware', () => {
  expect(told(back(sound('ftp'), 'EC25EFAR06A11M4G'))).toEqual([['sequence.round-trip', 'firmware']]);
});

test('back without a version read: undecided', () => {
  const story = flashed('ufs', { step: 'downgrade' }, sound('ftp')).normal().end();
  expect(told(story)).toEqual([['sequence.round-trip', 'undecided']]);
});

test('a way back that was disturbed on purpose is no way back', () => {
  const story = sound('ftp')
    .start('http', { step: 'downgrade', fault: { name: 'refuse' } })
    .command()
    .say(both, 'HTTPSTART', 'HTTPEND,716')
    .end('download-failed')
    .after({ revision: v13 });
  expect(judged(story)).toMatchObject({ findings: [], exercised: [] });
});

test('after a refused package a sound one works', () => {
  const story = sound('ftp', {}, refused(5, 505, { contents: 'corrupt' }));
  expect(judged(story)).toMatchObject({ findings: [], exercised: ['DH-05'] });
});

test('after a refused package a sound one does not: the firmware', () => {
  const story = refused(5, 504, {}, refused(5, 505, { contents: 'corrupt' }));
  expect(told(story)).toEqual([['sequence.again', 'firmware']]);
});

test('the retry count starts afresh', () => {
  const again = (count: number): Script => refused(count, 505, { contents: 'corrupt' }, refused(5, 505, { contents: 'corrupt' }));
  expect(judged(again(5))).toMatchObject({ findings: [], exercised: ['DH-06'] });
  expect(told(again(1))).toEqual([['sequence.fresh-count', 'firmware']]);
});

test('after a cut in the download the next upgrade works, or not', () => {
  const cut = (): Script => script().start('ftp').command().say(both, 'FTPSTART').cut().normal().end().after({});
  expect(judged(sound('ftp', {}, cut()))).toMatchObject({ findings: [], exercised: ['DH-01'] });
  expect(told(refused(5, 504, {}, cut()))).toEqual([['sequence.cut-download', 'firmware']]);
});

test('an upgrade that the rig spoilt spoils the sequence', () => {
  const story = sound('ftp', {}, fetched('ftp').event({ type: 'rig.fault', what: 'the switch is stuck' }).end('rig-fault'));
  expect(judged(story)).toMatchObject({ result: 'invalid' });
});

describe('two sound upgrades', () => {
  const retried = (source: 'ftp' | 'ufs', step: 'upgrade' | 'downgrade', story?: Script): Script =>
    fetched(source, { step }, story)
      .say(both, 'START', 40, 'END,504')
      .reboots()
      .say(both, 'START', 50, 100, 'END,0')
      .reboots()
      .normal()
      .end()
      .after({ revision: step === 'upgrade' ? v13 : v12 });

  test('one of which needed a retry: as the guide has it', () => {
    expect(judged(back(retried('ufs', 'upgrade'), v12))).toMatchObject({ findings: [] });
  });

  test('each of which needed one: the firmware', () => {
    expect(told(retried('ufs', 'downgrade', retried('ufs', 'upgrade')))).toEqual([['sequence.first-time', 'firmware']]);
  });
});

test('two sound upgrades whose first attempts broke off without a word: a doubt, the supply may have given way', () => {
  const broken = (step: 'upgrade' | 'downgrade', story?: Script): Script =>
    fetched('ufs', { step }, story)
      .say(both, 'START', 40)
      .reboots()
      .say(both, 'START', 50, 100, 'END,0')
      .reboots()
      .normal()
      .end()
      .after({ revision: step === 'upgrade' ? v13 : v12 });
  expect(told(broken('downgrade', broken('upgrade')))).toEqual([['sequence.first-time', 'undecided']]);
});

describe('room on UFS', () => {
  const kept = [{ name: 'keep-me.bin', size: 3001, checksum: '1a2b' }];
  const left = (story: Script, free: number, revision: string): Script =>
    story.normal().end().after({ revision }, { ufs: kept, sd: kept, ufsFree: free });
  const trip = (first: number, second: number): Script =>
    left(flashed('http', { step: 'downgrade' }, left(flashed('http'), first, v13)), second, v12);

  test('a package that is kept until the next one comes: in order', () => {
    expect(told(trip(800_000, 800_000))).toEqual([]);
  });

  test('a package more with each upgrade: the firmware', () => {
    expect(told(trip(800_000, 600_000))).toEqual([['sequence.room', 'firmware']]);
  });
});
