import fc from 'fast-check';
import { readReports } from './report.js';
import type { Report } from './types.js';

const read = (line: string): Report[] => readReports(line).reports.map(({ report }) => report);
const updating = (percent: number | undefined): Report => ({ kind: 'updating', percent });

describe('readReports', () => {
  test.each<[string, Report]>([
    ['+QIND: "FOTA","FTPSTART"', { kind: 'download-start', protocol: 'ftp' }],
    ['+QIND: "FOTA" "FTPSTART"', { kind: 'download-start', protocol: 'ftp' }],
    ['+QIND: "FOTA","FTPEND",0', { kind: 'download-end', protocol: 'ftp', code: 0 }],
    ['+QIND: "FOTA","FTPEND" 601', { kind: 'download-end', protocol: 'ftp', code: 601 }],
    ['+QIND: "FOTA" ,"HTTPSTART"', { kind: 'download-start', protocol: 'http' }],
    ['+QIND: "FOTA","HTTPEND" 701', { kind: 'download-end', protocol: 'http', code: 701 }],
    ['+QIND: "FOTA","HTTPSSTART"', { kind: 'download-start', protocol: 'https' }],
    ['+QIND: "FOTA","HTTPSEND",0', { kind: 'download-end', protocol: 'https', code: 0 }],
    ['+QIND: "FOTA","START"', { kind: 'start' }],
    ['+QIND:"FOTA","START"', { kind: 'start' }],
    ['+QIND: "FOTA","UPDATING", 1', updating(1)],
    ['+QIND: "FOTA","UPDATING" 37', updating(37)],
    ['+QIND: "FOTA","UPDATING" ,37', updating(37)],
    ['+QIND: "FOTA","UPDATING",1%', updating(1)],
    ['+QIND: "FOTA","UPDATING",255', updating(255)],
    ['+QIND: "FOTA","UPDATING",-1', updating(-1)],
    ['+QIND: "FOTA","UPDATING","12"', updating(12)],
    ['+QIND: FOTA,UPDATING,12', updating(12)],
    ['+qind: "fota","updating",12', updating(12)],
    ['+QIND: "FOTA","UPDATING",', updating(undefined)],
    ['+QIND: "FOTA","UPDATING"', updating(undefined)],
    ['+QIND: "FOTA","UPDATING', updating(undefined)],
    ['ND: "FOTA","UPDATING",13', updating(13)],
    ['"FOTA","UPDATING",13', updating(13)],
    ['OTA","UPDATING",13', updating(13)],
    ['A","END",504', { kind: 'end', code: 504 }],
    ['"UPDATING",13', updating(13)],
    ['\x00\xff\x80+QIND: "FOTA","UPDATING",13', updating(13)],
    ['+QIND: "FOTA","END",0', { kind: 'end', code: 0 }],
    ['+QIND: "FOTA" ,"END" ,504', { kind: 'end', code: 504 }],
    ['+QIND: "FOTA","END",', { kind: 'end', code: undefined }],
    ['+QIND: "FOTA","RESTORE",1%', { kind: 'restore', percent: 1 }],
    [
      '+QIND: "FOTA","Last upgrade was not finished,continue upgrade"',
      { kind: 'text', text: 'Last upgrade was not finished,continue upgrade' },
    ],
    ['+QIND: "FOTA","DOWNLOADING",50', { kind: 'text', text: 'DOWNLOADING' }],
    ['+QIND: "FOTA","UPDA', { kind: 'text', text: 'UPDA' }],
    ['+QIND: "FOTA",', { kind: 'text', text: '' }],
    ['RDY', { kind: 'boot', name: 'RDY', value: undefined }],
    ['\x00\x00RDY', { kind: 'boot', name: 'RDY', value: undefined }],
    ['+CFUN: 1', { kind: 'boot', name: 'CFUN', value: '1' }],
    ['+CPIN: READY', { kind: 'boot', name: 'CPIN', value: 'READY' }],
    ['+CPIN: SIM PIN', { kind: 'boot', name: 'CPIN', value: 'SIM PIN' }],
    ['+QUSIM: 1', { kind: 'boot', name: 'QUSIM', value: '1' }],
    ['+QIND: SMS DONE', { kind: 'boot', name: 'SMS DONE', value: undefined }],
    ['+QIND: PB DONE', { kind: 'boot', name: 'PB DONE', value: undefined }],
    ['POWERED DOWN', { kind: 'powered-down' }],
  ])('%j', (line, report) => {
    expect(read(line)).toEqual([report]);
  });

  test.each<[string, Report[], string]>([
    ['+QIND: "FOTA","UPDATING",16+QIND: "FOTA","UPDATING",17', [updating(16), updating(17)], ''],
    ['OK+QIND: "FOTA","FTPSTART"', [{ kind: 'download-start', protocol: 'ftp' }], 'OK'],
    [
      '+QIND: "FOTA","END",0RDY',
      [
        { kind: 'end', code: 0 },
        { kind: 'boot', name: 'RDY', value: undefined },
      ],
      '',
    ],
    ['OKRDY', [{ kind: 'boot', name: 'RDY', value: undefined }], 'OK'],
    ['+CSQ: 20,99+QIND: "FOTA","UPDATING",4', [updating(4)], '+CSQ: 20,99'],
    ['+QIND: "FOTA","UPDA+QIND: "FOTA","UPDATING",17', [{ kind: 'text', text: 'UPDA' }, updating(17)], ''],
    [
      '+CPIN: READY+QUSIM: 1',
      [
        { kind: 'boot', name: 'CPIN', value: 'READY' },
        { kind: 'boot', name: 'QUSIM', value: '1' },
      ],
      '',
    ],
    ['+QIND: "FOTA","START"+QIND: "FOTA","END",0', [{ kind: 'start' }, { kind: 'end', code: 0 }], ''],
  ])('glued together: %j', (line, reports, rest) => {
    expect(read(line)).toEqual(reports);
    expect(readReports(line).rest.trim()).toBe(rest);
  });

  test.each([
    'OK',
    '',
    '+QIND: "csq",20,99',
    '+QIND: "act","LTE"',
    'AT+QFOTADL="ftp://test:***@lab.example.net:21/FOTA/END/update-v12-to-v13.zip"',
    'AT+QFOTADL="/data/ufs/RDY.zip"',
    '+QFLST: "UFS:FOTA.zip",200000',
    '+QFLST: "UFS:RDY",2',
    '+QIND: "DATA","END",0',
    '"END",0',
    'ALREADY',
    'Revision: EC25EFAR06A12M4G',
  ])('is not a report: %j', (line) => {
    expect(readReports(line)).toEqual({ reports: [], rest: line });
  });

  /** Pieces of real lines in any order and any state of repair. */
  const garbled = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '+QIND: ',
          '"FOTA"',
          ',',
          '"UPDATING"',
          '"END"',
          '"START"',
          '12',
          'RDY',
          'OK',
          '%',
          ' ',
          '+CPIN: READY',
          'QIND',
          '\x00',
          '"',
          '-',
          'A"',
          'HTTPSEND',
        ),
        fc.string({ unit: 'binary', maxLength: 8 }),
      ),
      { maxLength: 16 },
    )
    .map((pieces) => pieces.join(''));

  test('never throws and accounts for every character', () => {
    fc.assert(
      fc.property(garbled, (line) => {
        const { reports, rest } = readReports(line);
        let left = line;
        let before = '';
        for (const { text } of reports) {
          const at = left.indexOf(text);
          expect(at).toBeGreaterThanOrEqual(0);
          expect(text).not.toBe('');
          before += left.slice(0, at);
          left = left.slice(at + text.length);
        }
        expect(reports.reduce((sum, { text }) => sum + text.length, rest.length)).toBe(line.length);
        expect((before + left).length).toBe(rest.length);
      }),
      { numRuns: 500 },
    );
  });

  test('a whole report is found whatever stands in front of it and behind it', () => {
    // Behind: nothing that would read as more digits, a fraction or a closing mark of the number itself.
    const behind = fc.constantFrom('', 'OK', 'RDY', '\x00', '+QIND: "csq",20,99', ' ');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), fc.nat(100), behind, (front, percent, tail) => {
        fc.pre(!/[+q":]/i.test(front));
        expect(read(`${front}+QIND: "FOTA","UPDATING",${String(percent)}${tail}`)).toContainEqual(updating(percent));
      }),
    );
  });

  test.each([' ', '"', '+QIND: ', '+QIND: "FOTA",', 'D', ',', '+QIND: "FOTA","', 'A"'])(
    'a long line of %j is read without delay',
    (piece) => {
      const line = piece.repeat(65_536 / piece.length);
      expect(() => readReports(line)).not.toThrow();
    },
  );
});
