import * as fc from 'fast-check';
import type { Sighting } from './ports.js';
import { newRevision, oldRevision, reenumerates, rehearsalTiming, rehearse, said } from './testing/rehearsal.js';

const fota = (t: number, rest: string): Sighting => said(t, `+QIND: "FOTA",${rest}`);
const s = 1000;
const always = Number.POSITIVE_INFINITY;

/** A sound upgrade over HTTP: 20 s download, 10 minutes of flashing. */
const sound: readonly Sighting[] = [
  fota(1 * s, '"HTTPSTART"'),
  fota(20 * s, '"HTTPEND",0'),
  ...reenumerates(30 * s, 45 * s),
  fota(50 * s, '"START"'),
  ...[1, 20, 50, 90, 100].map((percent) => fota((60 + percent * 5) * s, `"UPDATING",${String(percent)}`)),
  fota(570 * s, '"END",0'),
  ...reenumerates(575 * s, 590 * s),
  said(591 * s, 'RDY'),
];

describe('a sound upgrade', () => {
  test('ends in normal mode, once the new version was read', () => {
    const { stop, t } = rehearse({
      sightings: sound,
      answers: [
        { from: 0, to: 30 * s, revision: oldRevision },
        { from: 592 * s, to: always, revision: newRevision },
      ],
    });
    expect(stop).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
    expect(t).toBeGreaterThanOrEqual(592 * s);
    expect(t).toBeLessThan(600 * s);
  });

  test('a module that answers on, before it reboots, is not taken for the end', () => {
    const { t } = rehearse({
      sightings: sound,
      answers: [
        { from: 0, to: 30 * s, revision: oldRevision },
        { from: 592 * s, to: always, revision: newRevision },
      ],
    });
    expect(t).toBeGreaterThan(30 * s);
  });

  test('is left alone while it reports progress', () => {
    const chatter = Array.from({ length: 500 }, (_, second) =>
      fota((51 + second) * s, `"UPDATING",${String(Math.floor(second / 5))}`),
    );
    const { probes } = rehearse({
      sightings: [...sound.filter(({ t }) => t <= 50 * s || t >= 570 * s), ...chatter],
      answers: [{ from: 592 * s, to: always, revision: newRevision }],
    });
    expect(probes.filter((t) => t > 52 * s && t < 550 * s)).toEqual([]);
  });

  test('RDY in mid-update is no end', () => {
    const { stop, t } = rehearse({
      sightings: [...sound, said(200 * s, 'RDY'), said(201 * s, '+CPIN: READY')],
      answers: [{ from: 592 * s, to: always, revision: newRevision }],
    });
    expect(stop.why).toBe('normal-mode');
    expect(t).toBeGreaterThan(590 * s);
  });

  test('all reports lost: the line leaving is the witness, the new version the end', () => {
    const { stop } = rehearse({
      sightings: [...reenumerates(30 * s, 45 * s), ...reenumerates(575 * s, 590 * s)],
      answers: [{ from: 592 * s, to: always, revision: newRevision }],
    });
    expect(stop).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
  });

  test('UART alone, START and RDY lost: silence is the witness', () => {
    const { stop } = rehearse(
      {
        sightings: [],
        answers: [
          { from: 0, to: 10 * s, revision: oldRevision },
          { from: 400 * s, to: always, revision: newRevision },
        ],
      },
      { local: true, main: 'uart' },
    );
    expect(stop).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
  });

  test('the line glitches in mid-download: the watch goes on', () => {
    const { stop, t } = rehearse({
      sightings: [...reenumerates(5 * s, 6 * s), ...sound],
      answers: [
        { from: 0, to: 30 * s, revision: oldRevision },
        { from: 592 * s, to: always, revision: newRevision },
      ],
    });
    expect(stop.why).toBe('normal-mode');
    expect(t).toBeGreaterThan(590 * s);
  });
});

describe('a module that stays', () => {
  const answersOn = [{ from: 0, to: always, revision: oldRevision }];

  test('ERROR and quiet: refused', () => {
    const { stop, t } = rehearse({ sightings: [], answers: answersOn, result: '+CME ERROR' });
    expect(stop.why).toBe('refused');
    expect(t).toBeGreaterThanOrEqual(rehearsalTiming.quiet);
  });

  test('ERROR, and yet it reboots: watched to the end', () => {
    const { stop, t } = rehearse({
      sightings: [...reenumerates(3 * s, 20 * s), fota(22 * s, '"START"'), fota(60 * s, '"END",0'), said(70 * s, 'RDY')],
      answers: [{ from: 72 * s, to: always, revision: newRevision }],
      result: 'ERROR',
    });
    expect(stop.why).toBe('normal-mode');
    expect(t).toBeGreaterThan(72 * s);
  });

  test('a late boot report after ERROR is no reboot', () => {
    const { stop } = rehearse({ sightings: [said(2 * s, '+QIND: PB DONE')], answers: answersOn, result: 'ERROR' });
    expect(stop.why).toBe('refused');
  });

  test.each(['"FTPEND",601', '"HTTPEND",702', '"HTTPEND",505'])('%s and quiet: the download failed', (end) => {
    const { stop, t } = rehearse({ sightings: [fota(9 * s, end)], answers: answersOn });
    expect(stop.why).toBe('download-failed');
    expect(t).toBeGreaterThanOrEqual(19 * s);
  });

  test('a failed download, and yet it reboots into recovery: watched on', () => {
    const { stop } = rehearse({
      sightings: [
        fota(9 * s, '"HTTPEND",701'),
        ...reenumerates(12 * s, 20 * s),
        fota(22 * s, '"START"'),
        fota(90 * s, '"END",0'),
        said(99 * s, 'RDY'),
      ],
      answers: [{ from: 100 * s, to: always, revision: newRevision }],
    });
    expect(stop.why).toBe('normal-mode');
  });

  test('no end of the download within its limit: said, with what it answers', () => {
    const { stop, t } = rehearse({ sightings: [fota(1 * s, '"FTPSTART"')], answers: answersOn });
    expect(stop.why).toBe('limit');
    expect(stop.detail).toMatch(/the download.*"FTPSTART".*answers AT in normal mode/);
    expect(t).toBeGreaterThanOrEqual(rehearsalTiming.limits.download);
    expect(t).toBeLessThan(rehearsalTiming.limits.download + 5 * s);
  });

  test('a download that ended well, but no reboot ever', () => {
    const { stop } = rehearse({ sightings: [fota(9 * s, '"FTPEND",0')], answers: answersOn });
    expect(stop).toMatchObject({ why: 'limit' });
    expect(stop.detail).toMatch(/the wait for the reboot into recovery.*answers AT in normal mode/);
  });
});

describe('attempts', () => {
  const failing = (count: number, each = 100 * s): Sighting[] =>
    Array.from({ length: count }, (_, index) => [
      fota(60 * s + index * each, '"START"'),
      fota(70 * s + index * each, '"UPDATING",30'),
      fota(80 * s + index * each, '"END",504'),
    ]).flat();
  const leaves = [fota(5 * s, '"HTTPEND",0'), ...reenumerates(10 * s, 40 * s)];

  test('five failures and the old version: over when nothing more comes', () => {
    const { stop, t } = rehearse({
      sightings: [...leaves, ...failing(5), ...reenumerates(490 * s, 500 * s), said(502 * s, 'RDY')],
      answers: [{ from: 503 * s, to: always, revision: oldRevision }],
    });
    expect(stop).toMatchObject({ why: 'normal-mode', detail: `runs ${oldRevision}` });
    expect(t).toBeGreaterThanOrEqual(502 * s + rehearsalTiming.settle);
  });

  test('normal mode for a moment between two attempts is not the end', () => {
    const between = Array.from({ length: 4 }, (_, index) => ({
      from: (85 + 100 * index) * s,
      to: (88 + 100 * index) * s,
      revision: oldRevision,
    }));
    const { t } = rehearse(
      {
        sightings: [
          ...leaves,
          ...failing(5),
          ...[0, 1, 2, 3].map((index) => fota((89 + 100 * index) * s, '"START"')),
          said(502 * s, 'RDY'),
        ],
        answers: [...between, { from: 503 * s, to: always, revision: oldRevision }],
      },
      { profile: { firmware: { retries: 20, reading: 'either', afterRetries: 'rolled-back' } } },
    );
    expect(t).toBeGreaterThan(503 * s);
  });

  test('an END said twice is one failure', () => {
    const twice = failing(6).flatMap((sighting) =>
      sighting.kind === 'urc' && sighting.text.includes('END') ? [sighting, sighting] : [sighting],
    );
    const { stop } = rehearse({
      sightings: [...leaves, ...twice, said(700 * s, 'RDY')],
      answers: [{ from: 701 * s, to: always, revision: oldRevision }],
    });
    expect(stop.why).toBe('normal-mode');
  });

  test('more attempts than any reading of five allows: stopped', () => {
    const { stop } = rehearse({ sightings: [...leaves, ...failing(50)], answers: [] });
    expect(stop).toMatchObject({ why: 'limit' });
    expect(stop.detail).toContain('7 attempts were seen');
  });

  test('an attempt that stands still is stopped at its limit, which is told with the last report', () => {
    const { stop, t } = rehearse({ sightings: [...leaves, fota(60 * s, '"START"'), fota(65 * s, '"UPDATING",41')], answers: [] });
    expect(stop.why).toBe('limit');
    expect(stop.detail).toMatch(/recovery and reboot.*"UPDATING",41.*for one attempt/);
    expect(t).toBe(60 * s + rehearsalTiming.limits.upgrade);
  });

  test('silent for ever: stopped', () => {
    const { stop } = rehearse({ sightings: [], answers: [] }, { local: true });
    expect(stop.why).toBe('limit');
  });
});

describe('another device in its place', () => {
  const { boot, upgrade } = rehearsalTiming.limits;
  const emergency = (t: number): Sighting => ({
    kind: 'device',
    t,
    device: 'emergency-download',
    detail: '05c6:9008',
    doubtful: false,
  });
  const alone = (t: number): Sighting => ({ kind: 'device', t, device: 'dump', detail: 'interface 0 alone', doubtful: true });
  const left = (t: number): Sighting => ({ kind: 'device-left', t });
  const leaving: readonly Sighting[] = [
    fota(5 * s, '"HTTPEND",0'),
    { kind: 'lost', t: 10 * s, role: 'at' },
    { kind: 'gone', t: 10 * s, role: 'at' },
  ];
  const returns = (t: number): readonly Sighting[] => [
    { kind: 'appeared', t, role: 'at' },
    { kind: 'open', t, role: 'at' },
  ];
  const well = { from: 592 * s, to: always, revision: newRevision };

  test('emergency download is believed after as long as a start may take', () => {
    const { stop, t } = rehearse({ sightings: [...leaving, emergency(30 * s)], answers: [] });
    expect(stop).toMatchObject({ why: 'other-device', detail: 'emergency-download: 05c6:9008' });
    expect(t).toBe(30 * s + boot);
  });

  test('emergency download stays, whatever leaves another place on the bus', () => {
    const at = (sighting: Sighting, path: string): Sighting => ({ ...sighting, path }) as Sighting;
    const story = [...leaving, at(emergency(30 * s), '1-1'), at(left(40 * s), '1-2')];
    expect(rehearse({ sightings: story, answers: [] }).stop.why).toBe('other-device');
    const gone = [...leaving, at(emergency(30 * s), '1-1'), at(left(40 * s), '1-1')];
    expect(rehearse({ sightings: gone, answers: [] }).stop.why).not.toBe('other-device');
  });

  test('emergency download that it leaves by itself is none, however long the start after it takes', () => {
    const { stop } = rehearse({
      sightings: [...leaving, emergency(580 * s), left(580 * s + boot - 1), ...returns(580 * s + boot + 50 * s)],
      answers: [{ ...well, from: 580 * s + boot + 51 * s }],
    });
    expect(stop.why).toBe('normal-mode');
  });

  test('the diagnostics port alone throughout a recovery is none, with the UART silent', () => {
    const { stop } = rehearse({
      sightings: [...leaving, alone(30 * s), left(580 * s), ...returns(591 * s)],
      answers: [well],
    });
    expect(stop.why).toBe('normal-mode');
  });

  test('the diagnostics port alone is a dump at the end of the time for a recovery', () => {
    const before = { from: 0, to: 10 * s, revision: oldRevision };
    const { stop, t } = rehearse({ sightings: [...leaving, alone(30 * s)], answers: [before] });
    expect(stop).toMatchObject({ why: 'other-device', detail: 'dump: interface 0 alone' });
    expect(t).toBe(10 * s + upgrade);
  });

  test('it is one earlier where the rig says so, and not by a moment too early', () => {
    const timing = { ...rehearsalTiming, limits: { ...rehearsalTiming.limits, diagnosticsAlone: 200 * s } };
    expect(rehearse({ sightings: [...leaving, alone(30 * s)], answers: [] }, { timing }).t).toBe(230 * s);
    const { stop } = rehearse(
      { sightings: [...leaving, alone(30 * s), left(229 * s), ...returns(591 * s)], answers: [well] },
      { timing },
    );
    expect(stop.why).toBe('normal-mode');
  });

  test('what came too short before the end of an attempt is not called by its name', () => {
    const { stop } = rehearse({ sightings: [...leaving, alone(10 * s + upgrade - boot + 1)], answers: [] });
    expect(stop.why).toBe('limit');
  });

  test('a report of the upgrade on the UART, or a cut, begins the wait anew', () => {
    for (const sign of [said(80 * s, '+QIND: "FOTA","UPDATING",40', 'uart'), said(80 * s, 'RDY', 'uart')]) {
      expect(rehearse({ sightings: [...leaving, emergency(30 * s), sign], answers: [] }).t).toBe(80 * s + boot);
    }
    const cut: readonly Sighting[] = [
      { kind: 'power', t: 80 * s, wire: 'supply', action: 'off' },
      { kind: 'power', t: 83 * s, wire: 'supply', action: 'on' },
    ];
    expect(rehearse({ sightings: [...leaving, emergency(30 * s), ...cut], answers: [] }).t).toBe(83 * s + boot);
  });
});

describe('power cut in mid-watch', () => {
  const supply = (t: number, action: 'on' | 'off'): Sighting => ({ kind: 'power', t, wire: 'supply', action });

  test('in recovery: the watch goes on, however long the supply is off', () => {
    const off = 100 * s;
    const on = off + 2 * rehearsalTiming.limits.upgrade;
    const { stop } = rehearse({
      sightings: [
        fota(5 * s, '"HTTPEND",0'),
        ...reenumerates(10 * s, 40 * s),
        fota(60 * s, '"START"'),
        supply(off, 'off'),
        ...reenumerates(off + 1, on + 15 * s),
        supply(on, 'on'),
        fota(on + 20 * s, '"START"'),
        fota(on + 90 * s, '"END",0'),
        said(on + 120 * s, 'RDY'),
      ],
      answers: [{ from: on + 121 * s, to: always, revision: newRevision }],
    });
    expect(stop).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
  });

  test('in the download: over with the old version in normal mode, without waiting for the download', () => {
    const { stop, t } = rehearse({
      sightings: [
        fota(1 * s, '"FTPSTART"'),
        supply(5 * s, 'off'),
        ...reenumerates(5 * s + 1, 25 * s),
        supply(8 * s, 'on'),
        said(26 * s, 'RDY'),
      ],
      answers: [{ from: 26 * s, to: always, revision: oldRevision }],
    });
    expect(stop).toMatchObject({ why: 'normal-mode', detail: `runs ${oldRevision}` });
    expect(t).toBeLessThan(60 * s);
  });

  test('a cut that nobody ends is told as such', () => {
    const { stop } = rehearse({ sightings: [supply(5 * s, 'off')], answers: [] });
    expect(stop.why).toBe('limit');
    expect(stop.detail).toContain('the supply is off');
  });
});

test('whatever a module does, the watch stops, within its deadline and without running on the spot', () => {
  const role = fc.constantFrom('at' as const, 'uart' as const);
  const time = fc.integer({ min: 0, max: 20_000 * s });
  const line = fc.oneof(
    fc.constantFrom(
      ...[
        '"START"',
        '"END",0',
        '"END",504',
        '"END"',
        '"UPDATING",5',
        '"HTTPSTART"',
        '"HTTPEND",0',
        '"HTTPEND",701',
        '"HTTPEND"',
        '"RESTORE",1%',
        '"x"',
      ].map((rest) => `+QIND: "FOTA",${rest}`),
      'RDY',
      '+CPIN: READY',
      '+QIND: PB DONE',
      'POWERED DOWN',
      'FOTA??',
    ),
    fc.string(),
  );
  const sighting: fc.Arbitrary<Sighting> = fc.oneof(
    fc.tuple(time, line, role).map(([t, text, on]) => said(t, text, on)),
    fc.record({ kind: fc.constantFrom('open' as const, 'lost' as const, 'appeared' as const, 'gone' as const), t: time, role }),
    fc.record({
      kind: fc.constant('power' as const),
      t: time,
      wire: fc.constantFrom('supply' as const, 'powerKey' as const),
      action: fc.constantFrom('on' as const, 'off' as const, 'press' as const),
    }),
    fc.record({
      kind: fc.constant('device' as const),
      t: time,
      device: fc.constantFrom('dump' as const, 'emergency-download' as const),
      detail: fc.string(),
      doubtful: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('device-left' as const), t: time }),
  );
  const span = fc
    .tuple(time, fc.integer({ min: 1, max: 1000 * s }), fc.constantFrom(oldRevision, newRevision, 'other'))
    .map(([from, length, revision]) => ({ from, to: from + length, revision }));
  fc.assert(
    fc.property(
      fc.array(sighting, { maxLength: 60 }),
      fc.array(span, { maxLength: 8 }),
      fc.constantFrom('OK', 'ERROR', '+CME ERROR', 'timeout', 'lost'),
      fc.boolean(),
      (sightings, answers, result, local) => {
        const { t, steps, stop } = rehearse({ sightings, answers, result }, { local });
        const cuts = sightings.filter((one) => one.kind === 'power' && one.wire === 'supply' && one.action === 'off').length;
        expect(t).toBeLessThanOrEqual(rehearsalTiming.limits.upgrade * (7 + cuts) + rehearsalTiming.probe);
        expect(steps).toBeLessThan(20_000);
        expect(stop.detail).not.toBe('');
      },
    ),
    { numRuns: 300 },
  );
});
