import fc from 'fast-check';
import { fold } from '../fold.js';
import { judge } from '../judge.js';
import type { Judgement, UpgradeRecord } from '../types.js';
import { readTerminalLog } from './read-log.js';
import * as transcripts from './testing/transcripts.js';

const recordsOf = (log: string): UpgradeRecord[] => {
  const { events, timed } = readTerminalLog(log);
  return fold(events, { timed, fromLog: true });
};
const said = (record: UpgradeRecord | undefined): string[] =>
  (record?.reports ?? [])
    .filter(({ kind }) => kind !== 'boot')
    .map(({ kind, value }) => (value === undefined ? kind : `${kind} ${String(value)}`));
const judged = (log: string): Judgement => judge(recordsOf(log)[0] as UpgradeRecord);
const flash = ['start', 'updating 1', 'updating 2', 'updating 100', 'end 0'];

describe('transcripts', () => {
  test.each([
    ['the FTP example of the guide', transcripts.ftpGuide, 'ftp', ['download-start', 'download-end 0', ...flash]],
    ['the HTTP example of the guide', transcripts.httpGuide, 'http', ['download-start', 'download-end 0', ...flash]],
    ['the local example of the guide', transcripts.localGuide, 'ufs', flash],
    ['HTTPS on a sibling', transcripts.https, 'http', ['download-start', 'download-end 0', ...flash]],
    [
      'a restore that resumes',
      transcripts.resumedRestore,
      undefined,
      ['text Last upgrade was not finished,continue upgrade', 'restore 1', 'restore 2', 'restore 100', 'end 0'],
    ],
    ['a cut at the end', transcripts.cutAtEnd, undefined, ['start', 'end 0']],
    [
      'lines without head, without tail, and glued',
      transcripts.incomplete,
      undefined,
      [12, 13, 14, 15, 16, 17].map((percent) => `updating ${String(percent)}`),
    ],
  ])('%s', (_name, log, source, reports) => {
    const records = recordsOf(log);
    expect(records).toHaveLength(1);
    expect(records[0]?.source).toBe(source);
    expect(said(records[0])).toEqual(reports);
    expect(readTerminalLog(log).notUnderstood).toEqual([]);
    // No version was read back: nothing is claimed, and nobody blamed.
    expect(judged(log)).toMatchObject({ ending: undefined, result: 'inconclusive' });
    expect(judged(log).findings.every(({ owner }) => owner === 'undecided')).toBe(true);
  });

  test('every percentage of a real log, and the one line that is no report', () => {
    const [record] = recordsOf(transcripts.everyPercent);
    expect(record?.attempts[0]?.percentages).toHaveLength(37);
    expect(record?.attempts[0]?.ends).toEqual([0]);
    expect(record?.versions.after).toBe('AirM2M_780E_V1147_LTE_AT');
    expect(readTerminalLog(transcripts.everyPercent).notUnderstood.map(({ text }) => text)).toEqual(["^boot.rom'v'!"]);
  });

  test('rows of a syntax table are reports of several upgrades, since no command joins them', () => {
    expect(recordsOf(transcripts.syntaxRows).map(said)).toEqual([
      ['download-end 601'],
      ['updating 37', 'updating 37', 'end 504'],
      ['download-end 701'],
      ['end 504'],
    ]);
    expect(
      recordsOf(transcripts.syntaxRows).flatMap((record) => judge(record).findings.filter(({ owner }) => owner === 'firmware')),
    ).toEqual([]);
  });

  test('what was read before the upgrade is known', () => {
    expect(recordsOf(transcripts.https)[0]?.versions).toMatchObject({ before: 'EG18EAPAR01A08M4G', to: 'R01A13M4G' });
  });
});

const upgrade = (after: string): string[] => [
  'ATI',
  'Quectel',
  'EC25',
  'Revision: EC25EFAR06A12M4G',
  'OK',
  'AT+QFOTADL="ftp://test:secret@lab.example.net:21/update-v12-to-v13.zip"',
  'OK',
  '+QIND: "FOTA","FTPSTART"',
  '+QIND: "FOTA","FTPEND",0',
  '+QIND: "FOTA","START"',
  '+QIND: "FOTA","UPDATING",50',
  '+QIND: "FOTA","UPDATING",96',
  '+QIND: "FOTA","END",0',
  'RDY',
  'ATI',
  'Quectel',
  'EC25',
  `Revision: ${after}`,
  'OK',
];
const clock = (index: number): string => `12:00:${String(index).padStart(2, '0')}`;

describe('verdicts on logs', () => {
  test('a version that the package names: upgraded', () => {
    expect(judged(upgrade('EC25EFAR06A13M4G').join('\n'))).toMatchObject({ ending: 'upgraded', result: 'pass' });
  });

  test('END,0 and the old version: the firmware', () => {
    const judgement = judged(upgrade('EC25EFAR06A12M4G').join('\n'));
    expect(judgement).toMatchObject({ ending: 'rolled-back', result: 'fail' });
    expect(judgement.findings.map(({ rule, owner }) => [rule, owner])).toEqual([['version.after-end', 'firmware']]);
  });

  test('a third version: the firmware', () => {
    expect(judged(upgrade('EC25EFAR06A14M4G').join('\n'))).toMatchObject({ ending: 'wrong-version', result: 'fail' });
  });

  test('a name without versions: upgraded when the version changed', () => {
    const log = upgrade('EC25EFAR06A13M4G').join('\n').replace('update-v12-to-v13', 'update');
    expect(judged(log)).toMatchObject({ ending: 'upgraded', result: 'pass' });
  });

  test('a refused command', () => {
    expect(judged('AT+QFOTADL="/data/ufs/none.zip"\nERROR\n')).toMatchObject({ ending: 'rejected', result: 'pass' });
  });

  test('a failed download', () => {
    expect(judged('AT+QFOTADL="http://h/x.zip"\nOK\n+QIND: "FOTA","HTTPSTART"\n+QIND: "FOTA","HTTPEND",716\n')).toMatchObject({
      ending: 'download-failed',
    });
  });

  test('several upgrades in one log', () => {
    const log = [
      ...upgrade('EC25EFAR06A13M4G'),
      'AT+QFOTADL="/data/ufs/update-v13-to-v12.zip"',
      'OK',
      '+QIND: "FOTA","START"',
      '+QIND: "FOTA","END",0',
      'ATI',
      'Revision: EC25EFAR06A12M4G',
      'OK',
    ];
    expect(recordsOf(log.join('\n')).map(({ source, versions }) => [source, versions.before, versions.after])).toEqual([
      ['ftp', 'EC25EFAR06A12M4G', 'EC25EFAR06A13M4G'],
      ['ufs', 'EC25EFAR06A13M4G', 'EC25EFAR06A12M4G'],
    ]);
  });

  test('the password of a source is not repeated', () => {
    expect(JSON.stringify(readTerminalLog(upgrade('EC25EFAR06A13M4G').join('\n')))).not.toContain('secret');
  });
});

describe('ornaments', () => {
  const plain = upgrade('EC25EFAR06A13M4G');
  const isCommand = (line: string): boolean => line.startsWith('AT');
  const shapes: [string, (line: string, index: number) => string, boolean][] = [
    ['none, \\r\\n', (line) => `${line}\r`, false],
    ['minicom: \\r\\r\\n', (line) => `${line}\r\r`, false],
    ['bracketed clock', (line, index) => `[${clock(index)}.123] ${line}`, true],
    ['bracketed date and clock', (line, index) => `[2024-08-23 ${clock(index)}] ${line}`, true],
    ['QNavigator: date_clock:ms', (line, index) => `[2024-08-23_${clock(index)}:123]${line}`, true],
    ['ISO', (line, index) => `2024-08-23T${clock(index)}.123Z ${line}`, true],
    ['clock:ms', (line, index) => `${clock(index)}:123 ${line}`, true],
    ['seconds', (line, index) => `[  ${String(100 + index)}.123456] ${line}`, true],
    ['clock and arrows', (line, index) => `${clock(index)}.5 ${isCommand(line) ? '->' : '<-'} ${line}`, true],
    ['TX and RX', (line) => `${isCommand(line) ? 'TX' : 'RX'}: ${line}`, false],
    ['Send and Recv, clock', (line, index) => `[${clock(index)}] ${isCommand(line) ? 'Send' : 'Recv'}: ${line}`, true],
    ['SSCOM', (line, index) => `[${clock(index)}.123]${isCommand(line) ? `发→◇${line}□` : `收←◆${line}`}`, true],
    [
      'ModemManager',
      (line) => `ModemManager[12]: <debug> (ttyUSB2): ${isCommand(line) ? `--> '${line}<CR>'` : `<-- '<CR><LF>${line}<CR><LF>'`}`,
      false,
    ],
    ['terminators shown as \\r\\n', (line) => `${line}\\r\\n`, false],
    ['terminators shown as <CR><LF>', (line) => `${line}<CR><LF>`, false],
    ['terminators shown as ^M', (line) => `${line}^M`, false],
    ['terminators shown as \\x0d\\x0a', (line) => `${line}\\x0d\\x0a`, false],
    ['colours', (line) => `\u001b[32m${line}\u001b[0m`, false],
    ['curly quotes', (line) => line.replace(/"/g, '\u201d'), false],
  ];
  test.each(shapes)('%s', (_name, dress, timed) => {
    const log = plain.map((line, index) => dress(line, index)).join('\n');
    const read = readTerminalLog(log);
    expect(read.notUnderstood).toEqual([]);
    expect(read.timed).toBe(timed);
    const [record] = fold(read.events, { timed: read.timed, fromLog: true });
    expect(said(record)).toEqual(['download-start', 'download-end 0', 'start', 'updating 50', 'updating 96', 'end 0']);
    expect(judge(record as UpgradeRecord)).toMatchObject({ ending: 'upgraded', result: 'pass' });
    expect(record?.times.flash).toBe(timed ? 3000 : undefined);
  });

  test('times across midnight go on', () => {
    const log = '[23:59:58] +QIND: "FOTA","START"\n[23:59:59] +QIND: "FOTA","UPDATING",50\n[00:00:02] +QIND: "FOTA","END",0\n';
    expect(recordsOf(log)[0]?.times.flash).toBe(4000);
  });

  test('without a time on every report no time is claimed', () => {
    const log = '[12:00:00] +QIND: "FOTA","START"\n+QIND: "FOTA","UPDATING",50\n[12:00:05] +QIND: "FOTA","END",0\n';
    expect(readTerminalLog(log).timed).toBe(false);
  });
});

describe('any text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...upgrade('EC25EFAR06A13M4G'),
      ...transcripts.incomplete.split('\n'),
      '[12:00:01.123] ',
      '-> ',
      '\\r\\n',
      '^M',
      '#',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const anyLog = fc
    .array(fc.tuple(piece, fc.constantFrom('\n', '\r\n', '')), { maxLength: 30 })
    .map((parts) => parts.flat().join(''));

  test('is read, folded and judged without an error', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        for (const record of recordsOf(log)) judge(record);
      }),
    );
  });

  test('a junk line is listed, and changes nothing that was understood', () => {
    const lines = upgrade('EC25EFAR06A13M4G');
    fc.assert(
      fc.property(fc.nat(lines.length), fc.stringMatching(/^[u-z\x80-\xff][a-z\x80-\xff]{2,11}$/), (at, junk) => {
        const log = [...lines.slice(0, at), junk, ...lines.slice(at)].join('\n');
        expect(readTerminalLog(log).notUnderstood).toEqual([{ line: at + 1, text: junk }]);
        expect(said(recordsOf(log)[0])).toEqual(said(recordsOf(lines.join('\n'))[0]));
      }),
    );
  });
});
