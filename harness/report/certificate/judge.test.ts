import type { EventBody, EventType, JournalEvent } from '../../journal/events.js';
import { both, fault, fetched, script, sound, v13, type Script, type StartOptions } from '../../verdict/testing/script.js';
import { evidenceOf } from './evidence.js';
import { certificatePage } from './page.js';
import {
  certified,
  criteriaText,
  ended,
  journalOf,
  qualification,
  sha256,
  sourceOf,
  trialEnd,
  type Story,
} from './testing/qualifying.js';
import { certificateText, concluded } from './text.js';
import type { Certificate } from './types.js';

const row = ({ rows }: Certificate, id: string): Certificate['rows'][number] => {
  const found = rows.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
};
const earlier = (change: object = {}) => [{ run: 'before', rig: 'ec25-b', phase: 'updating', survived: 5, failed: 0, ...change }];
const criteria = (change: (text: string) => string): Story => ({
  asked: { criteria: { file: 'c.yaml', text: change(criteriaText) } },
});
const counting = (text: string): string => text.replace('cuts: {', 'cuts: { earlier: true,');

test('all that was asked for was seen, and nothing speaks against it: qualified', () => {
  const certificate = certified(journalOf());
  expect(certificate.verdict).toBe('qualified');
  expect(certificate.reasons).toEqual([
    'all 7 criteria are met, and nothing speaks against the firmware or the packages',
    '2 of 2 cuts survived: failure rate < 78 % (95 %)',
  ]);
  expect(row(certificate, 'DG-13')).toMatchObject({
    asked: 'After END,0 normal mode follows, on the new version',
    reached: 'kept 2 times',
    met: true,
    rests: { tests: ['round-trip: ufs'], upgrades: [expect.stringMatching(/^u1 \(ec25-a:\d+\)$/), expect.any(String)] },
  });
  expect(row(certificate, 'DG-02')).toMatchObject({ reached: 'kept 1 time', rests: { tests: ['identity: AT+QFOTADL=?'] } });
  expect(row(certificate, 'ufs')).toMatchObject({ reached: '1 sound upgrade, 1 sound downgrade', met: true });
  expect(row(certificate, 'units')).toMatchObject({ reached: '1: 861107*******01 on ec25-a', met: true });
  expect(row(certificate, 'updating')).toMatchObject({
    reached: '2 valid, 0 failed',
    rests: { trials: ['ec25-a/1', 'ec25-a/2'] },
  });
  expect(row(certificate, 'failure rate')).toMatchObject({ asked: 'failure rate < 80 % (95 %)', met: true });
  expect(certificate.run).toMatchObject({ id: 'night', seed: 7, harness: '0.1.0 (abc)' });
  // The whole IMEI stands nowhere in it.
  expect(JSON.stringify(certificate)).not.toContain('861107030000001');
});

test('a run that was not to qualify anything has none', () => {
  expect(evidenceOf(sourceOf(journalOf().filter(({ type }) => type !== 'qualification')), ['ec25-a'])).toBeUndefined();
});

const otherImei = (story: Script): Script => sound('ufs', {}, story).after({ revision: v13, imei: '000000000000000' });

test.each<[string, Story, RegExp]>([
  ['a verdict that fails', { upgrade: otherImei, upgradeResult: 'fail', roundTrip: 'failed' }, /^DH-03: IMEI/],
  // Whatever the run took it for at the time.
  ['a verdict that fails when it is judged again', { upgrade: otherImei }, /^DH-03: IMEI/],
  [
    'a test that failed by its own word',
    { more: ended('limits: a port', 'failed', 'ended as upgraded\nmore') },
    /^ec25-a: ended as upgraded$/,
  ],
  [
    'a cut that was not survived',
    { more: [trialEnd(3, { outcome: 'failed', owner: 'firmware', why: 'silent' })] },
    /not survived: silent/,
  ],
  [
    'an earlier cut that was not survived and counts',
    { asked: { criteria: { file: 'c', text: counting(criteriaText) }, earlier: earlier({ failed: 1 }) } },
    /earlier runs.*before/,
  ],
])('%s: not qualified', (_, story, reason) => {
  const certificate = certified(journalOf(story));
  expect([certificate.verdict, certificate.reasons[0]]).toEqual(['not-qualified', expect.stringMatching(reason)]);
  expect(certificate.against.length).toBeGreaterThan(0);
});

test.each<[string, Story, RegExp]>([
  [
    'a requirement that nothing exercised',
    criteria((text) => text.replace('DG-13', 'DG-16')),
    /^DG-16 .*: not covered: no test that names it ran$/,
  ],
  [
    'a source that nothing came over',
    criteria((text) => text.replace('[ufs]', '[ufs, http]')),
    /^a sound upgrade and downgrade over http: 0 sound upgrades, 0/,
  ],
  ['too few units', criteria((text) => text.replace('units: 1', 'units: 2')), /^2 units with a sound .*: 1: 861107/],
  ['too few cuts', criteria((text) => text.replace('updating: 2', 'updating: 3')), /^3 valid cuts in phase updating: 2 valid/],
  ['cuts in another phase', criteria((text) => text.replace('updating: 2', 'start: 1')), /^1 valid cut in phase start: 0 valid/],
  ['a bound that is not proved', criteria((text) => text.replace('0.8', '0.7')), /^failure rate < 70 % .*: 2 of 2 cuts survived/],
  [
    'a confidence that is not reached',
    criteria((text) => text.replace('0.8', '0.8, confidence: 0.99')),
    /^failure rate < 80 % \(99 %\)/,
  ],
  [
    'cuts of earlier runs that do not count',
    { asked: { criteria: { file: 'c', text: criteriaText.replace('updating: 2', 'updating: 7') }, earlier: earlier() } },
    /^7 valid cuts/,
  ],
  [
    'an upgrade in doubt',
    {
      upgrade: (story) => fetched('ufs', {}, story).reboots().normal().end().after({ revision: v13 }),
      upgradeResult: 'inconclusive',
      roundTrip: 'inconclusive',
    },
    /over ufs: 0 sound upgrades/,
  ],
  ['an upgrade of a spoilt package', { upgrade: (story) => sound('ufs', { contents: 'corrupt' }, story) }, /./],
  ['a test that the rig spoilt', { more: ended('limits: a port', 'invalid', 'USB') }, /^ec25-a: limits: a port: invalid: USB$/],
  [
    'a fault of the rig',
    { more: [{ type: 'rig.fault', what: 'no USB' }, ...ended('limits: a port', 'invalid', 'USB')] },
    /^ec25-a: no USB$/,
  ],
  ['a test in doubt', { more: ended('limits: a port', 'inconclusive', 'USB') }, /^ec25-a: limits: a port: undecided: USB$/],
  ['a test that was broken off', { more: ended('limits: a port', 'invalid').slice(0, 1) }, /1 test invalid/],
  ['a rig that was set aside', { more: [{ type: 'rig.aside', reason: 'silent' }] }, /^ec25-a was set aside: silent$/],
  ['power that may not be safe', { powerSafe: false }, /may not be in its safe state/],
  ['a run that was interrupted', { more: [{ type: 'run.interrupted', signal: 'SIGINT' }] }, /interrupted/],
  [
    'a cut that was not survived by nobody knows whose fault',
    { more: [trialEnd(3, { outcome: 'failed', owner: 'undecided', why: 'silent' })] },
    /^ec25-a\/3: a cut was not survived, and whose fault/,
  ],
  [
    'other files than those that were looked into',
    {
      asked: {
        packages: { ...qualification().packages, downgrade: { ...qualification().packages.upgrade, sha256: 'cd'.repeat(32) } },
      },
    },
    /other packages.*ec25-a/,
  ],
])('%s: not enough evidence', (_, story, reason) => {
  const certificate = certified(journalOf(story));
  expect(certificate.verdict === 'qualified' ? certificate : certificate.reasons).toContainEqual(expect.stringMatching(reason));
  expect(certificate.verdict).not.toBe('qualified');
  if (certificate.against.length === 0) expect(certificate.verdict).toBe('not-enough-evidence');
});

test('a rig that stayed silent, and lines that cannot be read, leave it open', () => {
  expect(certified(journalOf(), ['ec25-a', 'ec25-b'])).toMatchObject({
    verdict: 'not-enough-evidence',
    reasons: [expect.stringContaining('ec25-b did not get ready')],
  });
  expect(certified(sourceOf(journalOf(), 1))).toMatchObject({
    verdict: 'not-enough-evidence',
    open: [expect.stringContaining('1 line of the journal')],
  });
  expect(certified(sourceOf(journalOf(), 0, true)).verdict).toBe('not-enough-evidence');
});

const needed = new Set<EventType>([
  'verdict',
  'test.end',
  'trial.end',
  'rig.start',
  'rig.ready',
  'rig.end',
  'upgrade.start',
  'run.end',
]);
const whole = journalOf();
const places = whole.flatMap(({ type }, index) => (needed.has(type) ? [index] : []));

test.each(places.map((index) => [whole[index]?.type, index] as const))(
  'without its %s (event %i) the run qualifies nothing',
  (_, index) => {
    expect(certified(whole.toSpliced(index, 1)).verdict).not.toBe('qualified');
  },
);

test('whatever is cut off at its end, the run qualifies nothing', () => {
  for (let length = 2; length < whole.length; length += 1)
    expect(certified(whole.slice(0, length)).verdict).not.toBe('qualified');
});

test('cuts of earlier runs count where the criteria say so, and those of this very run only once', () => {
  const seven = counting(criteriaText).replace('updating: 2', 'updating: 7');
  const asked = { criteria: { file: 'c', text: seven }, earlier: earlier() };
  expect(certified(journalOf({ asked }))).toMatchObject({
    verdict: 'qualified',
    earlier: { counted: true, runs: [{ run: 'before', survived: 5 }] },
  });
  const elsewhere = { ...asked, earlier: earlier({ phase: 'start' }) };
  expect(row(certified(journalOf({ asked: elsewhere })), 'updating')).toMatchObject({ reached: '2 valid, 0 failed' });
  const own = { ...asked, earlier: earlier({ run: 'night' }) };
  expect(certified(journalOf({ asked: own }))).toMatchObject({ verdict: 'not-enough-evidence', earlier: { runs: [] } });
});

test.each<[string, object]>([
  ['of another package', { package: 'cd'.repeat(32) }],
  ['from another revision', { revision: v13 }],
  ['that came too late', { outcome: 'missed' }],
  ['without proof', { outcome: 'invalid' }],
  ['that nobody knows the owner of', { outcome: 'failed', owner: 'undecided' }],
])('a cut %s is none of the valid ones', (_, change) => {
  const three = criteria((text) => text.replace('updating: 2', 'updating: 3'));
  expect(certified(journalOf({ ...three, more: [trialEnd(3)] })).verdict).toBe('qualified');
  expect(row(certified(journalOf({ ...three, more: [trialEnd(3, change)] })), 'updating')).toMatchObject({
    met: false,
    reached: '2 valid, 0 failed',
  });
});

test('cuts that were not survived in earlier runs speak against it only where the criteria count them', () => {
  const failed = earlier({ failed: 1 });
  expect(certified(journalOf({ asked: { earlier: failed } }))).toMatchObject({
    verdict: 'qualified',
    earlier: { counted: false, runs: [{ failed: 1 }] },
  });
});

test('what the rig did wrong is not held against the firmware, whatever else was', () => {
  const rigFailed = [trialEnd(3, { outcome: 'failed', owner: 'rig', why: 'the switch' })];
  expect(certified(journalOf({ more: rigFailed })).against).toEqual([]);
});

test('a requirement may be excepted with its reason; a skip is told and is no pass', () => {
  const skip = ended('limits: SD', 'skipped', 'the rig has no SD card');
  const story = {
    ...criteria((text) => text.replace('[DG-13, DH-03, DG-02] }', '[DG-13, DG-16], except: { DG-16: no FTP here } }')),
    more: skip,
  };
  const certificate = certified(journalOf(story));
  expect(certificate).toMatchObject({
    verdict: 'qualified',
    excepted: [{ id: 'DG-16', why: 'no FTP here' }],
    skipped: [{ why: 'the rig has no SD card', count: 1 }],
  });
  const page = certificatePage(certificate);
  expect(page).toContain('DG-16: no FTP here');
  expect(page).toContain('1 test left out: the rig has no SD card');
});

test('units that are simulated are told as such in the reasons', () => {
  const simulated = journalOf().map((event): JournalEvent =>
    event.type === 'rig.start' ? { ...event, profile: { ...event.profile, simulated: true } } : event,
  );
  expect(certified(simulated).reasons).toContain('no real module took part: all units are simulated');
  expect(certified(journalOf()).reasons.join()).not.toContain('simulated');
  expect(certificatePage(certified(simulated))).toContain('on simulated units alone');
  expect(certificatePage(certified(journalOf()))).not.toContain('on simulated units alone');
});

test('a requirement that was broken once is not met, however often it was kept', () => {
  const certificate = certified(journalOf({ upgrade: otherImei }));
  expect(row(certificate, 'DH-03')).toMatchObject({ met: false, reached: 'broken 1 of 2 times' });
});

const inDoubt = (story: Script): Script => fetched('ufs', {}, story).reboots().normal().end().after({ revision: v13 });

test.each<[string, Story]>([
  ['an upgrade in which power was cut', { upgrade: (s) => fetched('ufs', {}, s).say(both, 'START', 40).cut().flashes() }],
  ['an upgrade that is held against the firmware', { upgrade: otherImei }],
  ['an upgrade of a spoilt package', { upgrade: (s) => sound('ufs', { contents: 'corrupt' }, s) }],
  ['an upgrade in doubt', { upgrade: inDoubt }],
  ['an upgrade with no room left beside the package', { upgrade: (s) => sound('ufs', { noRoom: true }, s) }],
])('%s is no sound one, and its unit has seen none', (_, story) => {
  const certificate = certified(journalOf(story));
  expect(row(certificate, 'ufs')).toMatchObject({ met: false, reached: '0 sound upgrades, 1 sound downgrade' });
  expect(row(certificate, 'units')).toMatchObject({ met: false, reached: 'none' });
  expect(certificate.units).toMatchObject([{ rig: 'ec25-a', sound: false }]);
});

test('an upgrade through a server that was made slow is no sound one', () => {
  const http = criteria((text) => text.replace('[ufs]', '[http]'));
  const through = (options: StartOptions): Certificate =>
    certified(journalOf({ ...http, upgrade: (s) => sound('http', options, s) }));
  expect(row(through({}), 'http')).toMatchObject({ reached: '1 sound upgrade, 0 sound downgrades' });
  expect(row(through({ fault: fault('slow') }), 'http')).toMatchObject({ reached: '0 sound upgrades, 0 sound downgrades' });
});

test('what an upgrade in doubt has put to the test is not kept by it', () => {
  expect(row(certified(journalOf({ upgrade: inDoubt })), 'DG-13')).toMatchObject({ reached: 'kept 1 time' });
});

test('a run that was merged in is not counted once more from the ledger', () => {
  const seven = counting(criteriaText).replace('updating: 2', 'updating: 7');
  const events = journalOf({ asked: { criteria: { file: 'c', text: seven }, earlier: earlier() } });
  const [first] = events;
  if (first === undefined) throw new Error('no journal');
  const note: JournalEvent = { n: 1, t: 0, at: first.at, type: 'note', text: 'merged from reports/a: run before, seed 3' };
  expect(certified(events).verdict).toBe('qualified');
  expect(certified([...events.slice(0, -1), note, ...events.slice(-1)])).toMatchObject({
    verdict: 'not-enough-evidence',
    earlier: { runs: [] },
  });
});

test('the same unit on two rigs is one unit', () => {
  const twice = criteria((text) => text.replace('units: 1', 'units: 2'));
  const second = (imei: string, steps = 2): JournalEvent[] => {
    const story = script({ name: 'ec25-b' }).event({ type: 'rig.ready', took: 1 });
    story.event({ type: 'test.start', test: 'round-trip: ufs', suite: 'round-trip', requirements: [] });
    const trip = [
      ['upgrade', 'u1'],
      ['downgrade', 'u2'],
    ] as const;
    for (const [step, upgrade] of trip.slice(0, steps)) {
      sound('ufs', { step }, story).event({ type: 'verdict', upgrade, result: 'pass', ending: 'upgraded', findings: [] });
    }
    const last: EventBody[] = [
      { type: 'test.end', test: 'round-trip: ufs', status: 'passed' },
      { type: 'rig.end', powerSafe: true, why: '' },
    ];
    for (const body of last) story.event(body);
    const events = journalOf(twice);
    const own = JSON.parse(JSON.stringify(story.events).replaceAll('861107030000001', imei)) as JournalEvent[];
    return [...events.slice(0, -1), ...own, ...events.slice(-1)];
  };
  const rigs = ['ec25-a', 'ec25-b'];
  expect(row(certified(second('861107030000001'), rigs), 'units')).toMatchObject({
    met: false,
    reached: expect.stringMatching(/^1:/) as string,
  });
  // Nor does another unit with an upgrade alone make a second one.
  expect(row(certified(second('861107030000002', 1), rigs), 'units')).toMatchObject({
    met: false,
    reached: expect.stringMatching(/^1:/) as string,
  });
  expect(row(certified(second('861107030000002'), rigs), 'units')).toMatchObject({
    met: true,
    reached: expect.stringMatching(/^2:/) as string,
  });
});

test('parts with other criteria or packages do not make one qualification', () => {
  const [first, asked, ...rest] = journalOf();
  const other = (change: Parameters<typeof qualification>[0]): JournalEvent[] =>
    first === undefined || asked === undefined ? [] : [first, asked, { ...asked, ...qualification(change) }, ...rest];
  expect(certified(other({ run: 'b' })).verdict).toBe('qualified');
  expect(certified(other({ criteria: { file: 'c.yaml', text: `${criteriaText}# other` } }))).toMatchObject({
    open: [expect.stringContaining('different criteria')],
  });
  const packages = { ...qualification().packages, upgrade: { ...qualification().packages.upgrade, sha256: 'ef'.repeat(32) } };
  expect(certified(other({ packages })).verdict).toBe('not-enough-evidence');
});

test.each([
  ['qualified', 0, 0],
  ['qualified', 1, 1],
  ['qualified', 130, 130],
  ['not-qualified', 0, 1],
  ['not-qualified', 3, 1],
  ['not-qualified', 130, 130],
  ['not-enough-evidence', 0, 3],
  ['not-enough-evidence', 2, 3],
  ['not-enough-evidence', 3, 3],
] as const)('%s after a run that would end with %i ends with %i', (verdict, before, after) => {
  const certificate = { ...certified(journalOf()), verdict };
  expect(concluded({ exit: before, reason: 'why' }, certificate).exit).toBe(after);
  expect(concluded({ exit: before, reason: 'why' }, undefined)).toEqual({ exit: before, reason: 'why' });
});

test('hostile words are shown and never obeyed, on the page as in the summary', () => {
  const evil = '<script>alert(1)</script>"\u202e\u001b[31m';
  const story: Story = {
    ...criteria((text) => text.replace('name: least', `name: '<img src=x>'`)),
    more: [
      ...ended(`limits: ${evil}`, 'failed', evil),
      ...ended('limits: b', 'skipped', evil),
      { type: 'rig.fault', what: evil },
    ],
  };
  const certificate = certified(journalOf(story));
  const page = certificatePage(certificate);
  expect(page).not.toMatch(/<script|<img|\u202e|\u001b/);
  expect(page).toContain('&lt;script&gt;alert(1)');
  expect(page).toContain("default-src 'none'");
  expect(certificateText(certificate)).not.toMatch(/[\u202e\u001b]/);
  expect(page.replace(/<p class="detail">[^]*$/, '')).not.toMatch(/https?:/);
  expect(page).toContain(sha256);
});

test('a qualification in parts is whole when every part is in it', () => {
  const [first, asked, ...rest] = journalOf({ asked: { part: { index: 1, of: 2 } } });
  if (first === undefined || asked === undefined) throw new Error('no journal');
  const one = certified([first, asked, ...rest]);
  expect(one).toMatchObject({
    verdict: 'not-enough-evidence',
    partial: true,
    reasons: ['part 2 of the 2 parts of this qualification is not in it'],
  });
  // It does not fail its build for what another agent has.
  expect(concluded({ exit: 0, reason: 'all conform' }, one)).toEqual({ exit: 0, reason: 'all conform' });
  expect(concluded({ exit: 0, reason: 'all conform' }, { ...one, verdict: 'not-qualified' }).exit).toBe(1);
  const other = { ...asked, ...qualification({ run: 'b', part: { index: 2, of: 2 } }) } as JournalEvent;
  expect(certified([first, asked, other, ...rest])).toMatchObject({ verdict: 'qualified', partial: false });
  const twice = { ...other, ...qualification({ run: 'b', part: { index: 1, of: 2 } }) } as JournalEvent;
  expect(certified([first, asked, twice, ...rest]).verdict).toBe('not-enough-evidence');
});

test('a phase in which a cut was not survived is not met, however many were', () => {
  const certificate = certified(journalOf({ more: [trialEnd(3, { outcome: 'failed', owner: 'firmware', why: 'silent' })] }));
  expect(row(certificate, 'updating')).toMatchObject({
    met: false,
    reached: '3 valid, 1 failed',
    rests: { trials: ['ec25-a/3', 'ec25-a/1', 'ec25-a/2'] },
  });
});

test('a way over which only one of the two was seen is not met, nor is one by a file that is not the pair’s', () => {
  const http = criteria((text) => text.replace('[ufs]', '[http]'));
  const certificate = certified(journalOf({ ...http, upgrade: (story) => sound('http', {}, story) }));
  expect(row(certificate, 'http')).toMatchObject({ met: false, reached: '1 sound upgrade, 0 sound downgrades' });
  expect(certificate.verdict).toBe('not-enough-evidence');
  const other = journalOf().map((event): JournalEvent =>
    event.type === 'upgrade.start' || event.type === 'delivery.publish'
      ? (JSON.parse(JSON.stringify(event).replaceAll(sha256, 'cd'.repeat(32))) as JournalEvent)
      : event,
  );
  expect(row(certified(other), 'ufs')).toMatchObject({ met: false, reached: '0 sound upgrades, 0 sound downgrades' });
});
