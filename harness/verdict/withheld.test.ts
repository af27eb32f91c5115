import type { Identity } from '../journal/events.js';
import { flashed, soundIdentity, v13, type Script } from './testing/script.js';
import { judged, rulesOf } from './testing/stories.js';

/** A sound upgrade, but that some of what the unit told before is not told any more. */
function without(keys: readonly (keyof Identity)[], withheld: Readonly<Record<string, string>> | undefined): Script {
  const identity: Identity = { ...soundIdentity, revision: v13 };
  for (const key of keys) Reflect.deleteProperty(identity, key);
  const story = flashed('ufs').normal().end();
  return story.event({
    type: 'module.identity',
    when: 'after',
    upgrade: 'u1',
    identity,
    ...(withheld === undefined ? {} : { withheld }),
  });
}

describe('what a unit told before an upgrade, and withholds after it', () => {
  test.each([
    ['identity.imei', ['imei'], { imei: '+CME ERROR: 100' }],
    ['identity.iccid', ['iccid'], { iccid: 'ERROR' }],
    ['identity.apn', ['apn'], { apn: 'OK' }],
    ['identity.registration', ['registration', 'epsRegistration'], { registration: 'ERROR', epsRegistration: 'ERROR' }],
  ] as const)('is held against the firmware: %s', (rule, keys, withheld) => {
    const judgement = judged(without(keys, withheld));
    expect([judgement.result, judgement.ending, rulesOf(judgement)]).toEqual(['fail', 'degraded', [rule]]);
    expect(judgement.findings[0]?.seen).toContain(Object.values(withheld)[0]);
  });

  test('without an answer nothing is known of it', () => {
    const judgement = judged(without(['imei'], undefined));
    expect([judgement.result, rulesOf(judgement, 'undecided')]).toEqual(['inconclusive', ['identity.imei']]);
  });

  test('one of two networks tells enough', () => {
    expect(judged(without(['registration'], { registration: 'ERROR' })).result).toBe('pass');
  });
});
