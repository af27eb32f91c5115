import { both, fetched, flashed, profile, script, v13, type Script } from './testing/script.js';
import { judged, rulesOf } from './testing/stories.js';

const { boot, upgrade } = profile.limits;
const alone = { doubtful: true } as const;

/** Into recovery, away from the bus. */
const inRecovery = (story?: Script): Script => fetched('ftp', {}, story).say(['uart'], 'START').leaves();
/** Back by itself, on the new version. */
const comesBack = (story: Script): Script =>
  story.say(['uart'], 50, 100, 'END,0').wait(1000).returns().normal().end().after({ revision: v13 });

describe('the diagnostics port alone', () => {
  test('for all of a recovery: nothing against good firmware, and told', () => {
    const judgement = judged(comesBack(inRecovery().otherDevice('dump', { ...alone, left: 900_000 })));
    expect(judgement).toMatchObject({ result: 'pass', ending: 'upgraded', findings: [] });
    expect(judgement.observations).toContainEqual(
      expect.objectContaining({ id: 'diagnostics-alone', text: 'its single port was all of the module for 900.0 s' }),
    );
  });

  test('in several starts: nothing against good firmware', () => {
    const story = inRecovery()
      .otherDevice('dump', { ...alone, left: 60_000 })
      .wait(900)
      .otherDevice('dump', { ...alone, left: 3000 });
    expect(judged(comesBack(story))).toMatchObject({ result: 'pass', findings: [] });
  });

  test('that stays until the watch gives it up: a dump, of the firmware', () => {
    const judgement = judged(inRecovery().otherDevice('dump', alone).wait(upgrade).end('other-device'));
    expect(judgement).toMatchObject({ result: 'fail', ending: 'dump' });
    expect(rulesOf(judgement, 'firmware')).toEqual(['device.mode']);
  });

  test('when the limit runs out soon after it came: silent, and not called a dump', () => {
    const judgement = judged(inRecovery().wait(upgrade).otherDevice('dump', alone).wait(1000).end('limit', 'silence'));
    expect(judgement.ending).not.toBe('dump');
    expect(rulesOf(judgement)).not.toContain('device.mode');
    expect(judgement.result).toBe('fail');
  });

  test('all that USB ever has again, while the UART answers: the firmware, once that was long enough', () => {
    const told = (ms: number): string[] => {
      const story = inRecovery().otherDevice('dump', alone).say(['uart'], 50, 100, 'END,0').wait(ms);
      return rulesOf(judged(story.normal(['uart']).end().after({ revision: v13 })), 'firmware');
    };
    expect(told(boot)).not.toContain('device.mode');
    expect(told(upgrade)).toContain('device.mode');
  });

  test('believed after as long as the rig says', () => {
    const quick = script({ limits: { ...profile.limits, diagnosticsAlone: boot } });
    const story = inRecovery(quick).otherDevice('dump', alone).say(['uart'], 50, 100, 'END,0').wait(boot);
    expect(rulesOf(judged(story.normal(['uart']).end().after({ revision: v13 })), 'firmware')).toContain('device.mode');
  });
});

describe('ids of emergency download', () => {
  test('that stay: of the firmware', () => {
    const judgement = judged(inRecovery().otherDevice('emergency-download').wait(boot).end('other-device'));
    expect(judgement).toMatchObject({ result: 'fail', ending: 'emergency-download' });
  });

  test('that it leaves by itself, however late: not failed', () => {
    const judgement = judged(comesBack(inRecovery().otherDevice('emergency-download', { left: 2 * boot })));
    expect(rulesOf(judgement, 'firmware')).toEqual([]);
  });

  test('that it leaves by itself: neither passed nor failed', () => {
    const judgement = judged(comesBack(inRecovery().otherDevice('emergency-download', { left: 4000 })));
    expect(judgement).toMatchObject({ result: 'inconclusive', ending: 'upgraded' });
    expect(judgement.findings).toMatchObject([{ rule: 'device.mode', owner: 'undecided', seen: 'emergency-download for 4.0 s' }]);
  });

  test('of another place on the bus leave it where it is', () => {
    const story = flashed('ftp')
      .otherDevice('emergency-download')
      .event({ type: 'usb.left', path: '1-2', vendor: 1, product: 2 });
    expect(judged(story.wait(boot).end('other-device'))).toMatchObject({ result: 'fail', ending: 'emergency-download' });
  });

  test('an interrupted run does not know', () => {
    const judgement = judged(fetched('ftp').say(both, 'START').otherDevice('emergency-download').end('interrupted', 'SIGINT'));
    expect(rulesOf(judgement, 'firmware')).toEqual([]);
    expect(judgement.ending).not.toBe('emergency-download');
  });
});
