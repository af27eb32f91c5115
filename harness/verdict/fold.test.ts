import { fold } from './fold.js';
import { both, refused, script, sound, v12, v13, fetched } from './testing/script.js';
import type { Script } from './testing/script.js';
import type { UpgradeRecord } from './types.js';

const recordOf = (story: Script): UpgradeRecord => fold(story.events)[0] as UpgradeRecord;
const said = (record: UpgradeRecord): string[] =>
  record.reports.filter((r) => r.kind !== 'boot').map((r) => `${r.kind}${r.value === undefined ? '' : ` ${String(r.value)}`}`);

describe('fold', () => {
  test('a whole upgrade over FTP', () => {
    const record = recordOf(sound('ftp'));
    expect(said(record)).toEqual([
      'download-start',
      'download-end 0',
      'start',
      'updating 0',
      'updating 12',
      'updating 37',
      'updating 64',
      'updating 96',
      'end 0',
    ]);
    expect(record.attempts).toHaveLength(1);
    expect(record.attempts[0]).toMatchObject({ startSeen: true, ends: [0], cut: false, resumed: false });
    expect(record.download).toMatchObject({ protocol: 'ftp', code: 0, startSeen: true, endSeen: true });
    expect(record.departures.map(({ line }) => line)).toEqual(['at', 'at']);
    expect(record.versions).toEqual({ from: v12, to: v13, before: v12, after: v13 });
    expect(record.answer?.result).toBe('OK');
    expect(record.stopped?.why).toBe('normal-mode');
    expect(record.requests).toHaveLength(1);
    expect(record.notUnderstood).toEqual([]);
    expect(record.times.boot).toBeGreaterThan(6000);
  });

  test('reports that USB lost are filled in by the UART, in their place', () => {
    const story = fetched('ufs').say(['uart'], 'START', 1, 2).say(both, 3, 4).say(['at'], 5).say(both, 'END,0');
    expect(said(recordOf(story))).toEqual([
      'start',
      'updating 1',
      'updating 2',
      'updating 3',
      'updating 4',
      'updating 5',
      'end 0',
    ]);
  });

  test('a report that the slower line carries after a later one of the faster line keeps its place', () => {
    const story = fetched('ufs').say(both, 'START', 3);
    story.rx('at', '+QIND: "FOTA","UPDATING",5').rx('uart', '+QIND: "FOTA","UPDATING",4', '+QIND: "FOTA","UPDATING",5');
    expect(said(recordOf(story))).toEqual(['start', 'updating 3', 'updating 4', 'updating 5']);
  });

  test('doubles of one line stay double, and do not begin another attempt', () => {
    const story = fetched('ufs')
      .rx('uart', ...Array.from({ length: 2 }, () => '+QIND: "FOTA","START"'))
      .say(['uart'], 7, 7, 'END,0', 'END,0');
    const record = recordOf(story);
    expect(said(record)).toEqual(['start', 'start', 'updating 7', 'updating 7', 'end 0', 'end 0']);
    expect(record.attempts.map(({ ends }) => ends)).toEqual([[0, 0]]);
  });

  test.each([5, 6])('%i failed attempts on both lines', (count) => {
    const record = recordOf(refused(count, 505, { contents: 'corrupt' }));
    expect(record.attempts.map(({ ends }) => ends)).toEqual(Array.from({ length: count }, () => [505]));
    expect(record.attempts.every(({ startSeen }) => startSeen)).toBe(true);
  });

  test('failed attempts without a START are inferred from END and from re-enumeration', () => {
    const story = fetched('ufs', { contents: 'corrupt' }, script({ lines: ['at'] }));
    for (let attempt = 0; attempt < 5; attempt += 1) story.say(['at'], 3, 'END,505').reboots();
    expect(recordOf(story).attempts.map(({ startSeen, ends }) => [startSeen, ends])).toEqual(
      Array.from({ length: 5 }, () => [false, [505]]),
    );
  });

  test('a fall without any sign of a new attempt is a fall within one', () => {
    expect(recordOf(fetched('ufs').say(both, 'START', 40, 20, 60, 'END,0')).attempts).toHaveLength(1);
  });

  test('USB that comes back in mid-attempt, while the UART goes on, begins no new attempt', () => {
    expect(recordOf(fetched('ufs').say(both, 'START', 40).reboots().say(both, 41, 'END,0')).attempts).toHaveLength(1);
  });

  test.each([
    ['a busy host', 110, 50, 315],
    ['a real module, which opens its USB late and has kept what it said', 3000, 400, 4000],
  ])(
    'what USB carries long after it is open is what the UART carried since it left: %s',
    (_, opensAfter, opened, spokenAfter) => {
      const story = script().start('ufs').command().leaves().wait(1000).rx('uart', '+QIND: "FOTA","START"').wait(opensAfter);
      story.event({ type: 'line.appeared', line: 'at', path: '/run/at', device: '/dev/ttyUSB2' }).wait(opened);
      story.event({ type: 'line.open', line: 'at', path: '/run/at', device: '/dev/ttyUSB2', sinceAppeared: opened });
      story.rx('uart', '+QIND: "FOTA","UPDATING",1', '+QIND: "FOTA","UPDATING",2').wait(spokenAfter);
      story.raw('at', '\r\n+QIND: "FOTA","START"\r\n\r\n+QIND: "FOTA","UPDATING",1\r\n').wait(700);
      story.rx('at', '+QIND: "FOTA","UPDATING",2').say(both, 3, 100, 'END,0').upgraded();
      const record = recordOf(story);
      expect(record.attempts).toMatchObject([{ startSeen: true, ends: [0], resumed: false }]);
      expect(record.attempts[0]?.percentages.map(({ percent }) => percent)).toEqual([1, 2, 3, 100]);
      expect(record.reports.filter(({ kind }) => kind === 'start').map(({ lines }) => lines)).toEqual([['uart', 'at']]);
    },
  );

  test('a START of a line that was away for two attempts is that of the third, also when the module doubles its reports', () => {
    const story = script().start('ufs').command().leaves().wait(1000);
    for (let attempt = 0; attempt < 2; attempt += 1) story.say(['uart'], 'START', 1, 'END,505').wait(30_000);
    story.rx('uart', '+QIND: "FOTA","START"', '+QIND: "FOTA","START"').wait(3000).returns().wait(2000);
    story.rx('at', '+QIND: "FOTA","START"', '+QIND: "FOTA","START"').say(both, 1, 100, 'END,0').upgraded();
    const record = recordOf(story);
    expect(record.attempts.map(({ ends }) => ends)).toEqual([[505], [505], [0]]);
    expect(record.attempts[2]?.reports.filter(({ kind }) => kind === 'start').map(({ lines }) => lines)).toEqual([
      ['uart', 'at'],
      ['uart', 'at'],
    ]);
  });

  test('a cut ends an attempt; the next one resumes it', () => {
    const record = recordOf(
      fetched('ufs').say(both, 'START', 40).cut().say(['uart'], 'START').say(both, 'END,0').reboots().normal().end(),
    );
    expect(record.attempts.map(({ cut, resumed, ends }) => [cut, resumed, ends])).toEqual([
      [true, false, []],
      [false, true, [0]],
    ]);
    expect(record.cuts).toMatchObject([{ phase: 'recovery', attempt: 1, proven: true }]);
    expect(record.powerCuts).toBe(1);
  });

  test('cuts are told apart by the phase they fell into', () => {
    const phases = (story: Script): (string | undefined)[] => recordOf(story).cuts.map(({ phase }) => phase);
    expect(phases(script().start('ftp').command().say(both, 'FTPSTART').cut())).toEqual(['download']);
    expect(phases(fetched('ftp').cut())).toEqual(['between']);
    expect(phases(fetched('ftp').say(both, 'START', 7, 'END,0').cut())).toEqual(['after-end']);
    expect(phases(fetched('ftp').say(both, 'START', 7, 'END,504').cut())).toEqual(['retry']);
  });

  test('a number that was cut short with its line is no number', () => {
    const story = fetched('ufs').say(['at'], 'START', 40).raw('at', '+QIND: "FOTA","END",50').leaves();
    const end = recordOf(story).reports.at(-1);
    expect(end).toMatchObject({ kind: 'end', value: undefined, doubtful: true });
  });

  test('a line that was lost and opened again without leaving the bus is no departure', () => {
    const story = script().start('ufs').command().event({ type: 'line.lost', line: 'at', why: 'read error' });
    story.event({ type: 'line.open', line: 'at', path: '/run/at', device: '/dev/ttyUSB2' });
    expect(recordOf(story).departures).toEqual([]);
  });

  test('rigs and upgrades of one journal are kept apart', () => {
    const one = sound('ftp').start('http', { step: 'downgrade' }).command('ERROR').end('refused').after({});
    const other = sound('ufs', {}, script({ name: 'ec25-b' }));
    const mixed = one.events.flatMap((event, index) => [event, ...other.events.slice(index, index + 1)]);
    expect(fold(mixed).map(({ rig, source, attempts }) => [rig, source, attempts.length])).toEqual([
      ['ec25-a', 'ftp', 1],
      ['ec25-b', 'ufs', 1],
      ['ec25-a', 'http', 0],
    ]);
  });

  test('a journal cut off in mid-upgrade gives a record that has not stopped', () => {
    const events = sound('ftp').events.slice(0, 20);
    expect(fold(events)).toHaveLength(1);
    expect(fold(events)[0]?.stopped).toBeUndefined();
  });

  test('lines that nobody understands are kept', () => {
    const story = fetched('ufs').rx('uart', '\x80\x13boo', '+QIND: "csq",20,99').say(both, 'START');
    expect(recordOf(story).notUnderstood).toMatchObject([{ text: '\x80\x13boo', line: 'uart' }]);
  });

  test.each([1, 3, 9, 1000])(
    'the content of a file that the harness reads back is no word of the module, in chunks of %i bytes',
    (chunk) => {
      const file = '\x80\x13boo\r\n+QIND: "FOTA","END",504\r\n\x00';
      const sent = `AT+QFDWL="a"\r\r\nCONNECT\r\n${file}\r\n+QFDWL: ${String(file.length)},1a2b\r\n\r\nOK\r\n+QIND: "FOTA","START"\r\n`;
      const story = fetched('ufs').event({ type: 'at.command', line: 'at', id: 77, text: 'AT+QFDWL="a"', deadline: 1 });
      for (let from = 0; from < sent.length; from += chunk)
        story.event({ type: 'line.rx', line: 'at', data: sent.slice(from, from + chunk) });
      const lines = [`+QFDWL: ${String(file.length)},1a2b`];
      const record = recordOf(story.event({ type: 'at.answer', line: 'at', id: 77, result: 'OK', lines, took: 1 }));
      expect(record.notUnderstood).toEqual([]);
      expect(said(record).filter((text) => /^(?:end|start)/.test(text))).toEqual(['start']);
    },
  );
});
