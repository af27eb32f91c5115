import fc from 'fast-check';
import { AnswerReader, finalOf, unsolicited } from './answer-reader.js';

/** Feeds lines until the result; gives what each part came to. */
function read(command: string, lines: readonly string[], prefixes?: readonly string[]) {
  const reader = new AnswerReader(command, prefixes);
  const others: string[] = [];
  for (const line of lines) {
    const { final, others: more } = reader.read(line);
    others.push(...more.map(({ text }) => text));
    if (final !== undefined) return { result: final.result, code: final.code, lines: reader.lines, others };
  }
  return { result: undefined, code: undefined, lines: reader.lines, others };
}

test.each([
  ['OK', { result: 'OK' }],
  ['\0\0OK ', { result: 'OK' }],
  ['ERROR', { result: 'ERROR' }],
  ['+CME ERROR: 407', { result: '+CME ERROR', code: '407' }],
  ['+CME ERROR: SIM not inserted', { result: '+CME ERROR', code: 'SIM not inserted' }],
  ['+CMS ERROR: 500', { result: '+CMS ERROR', code: '500' }],
  ['CONNECT', { result: 'CONNECT' }],
  ['CONNECT 150000000', { result: 'CONNECT' }],
  ['NO CARRIER', { result: 'ERROR', kept: 'NO CARRIER' }],
  ['ABORTED', { result: 'ERROR', kept: 'ABORTED' }],
  ['OKAY', undefined],
  ['NOT OK', undefined],
  ['CONNECTED', undefined],
])('%j is the result %j', (line, final) => {
  expect(finalOf(line)).toEqual(final);
});

describe('an answer', () => {
  test('has the information lines, not the echo, not the URCs in between', () => {
    expect(read('AT+CREG?', ['AT+CREG?', '+QIND: "FOTA","UPDATING",7', '+CREG: 0,1', '+CEREG: 1', 'OK'])).toEqual({
      result: 'OK',
      code: undefined,
      lines: ['+CREG: 0,1'],
      others: ['+QIND: "FOTA","UPDATING",7', '+CEREG: 1'],
    });
  });

  test('of ATI, AT+CGSN or AT+CSUB has bare lines, but neither RDY nor a power-down', () => {
    const { lines, others } = read('ATI', ['ATI', 'Quectel', 'RDY', 'EC25', 'Revision: EC25EFAR06A03M4G', 'POWERED DOWN', 'OK']);
    expect(lines).toEqual(['Quectel', 'EC25', 'Revision: EC25EFAR06A03M4G']);
    expect(others).toEqual(['RDY', 'POWERED DOWN']);
    expect(read('AT+CGSN', ['861107030000001', 'OK']).lines).toEqual(['861107030000001']);
    expect(read('AT+CSUB', ['SubEdition: V01', 'OK']).lines).toEqual(['SubEdition: V01']);
    expect(read('AT+CREG?', ['junk', '+CREG: 0,1', 'OK'])).toMatchObject({ lines: ['+CREG: 0,1'], others: ['junk'] });
  });

  test('takes +CFUN: as the answer when it was asked, as a report of the boot when it was set', () => {
    expect(read('AT+CFUN?', ['+CFUN: 1', 'OK']).lines).toEqual(['+CFUN: 1']);
    expect(read('AT+CPIN?', ['+CPIN: READY', '+QUSIM: 1', 'OK'])).toMatchObject({
      lines: ['+CPIN: READY'],
      others: ['+QUSIM: 1'],
    });
    expect(read('AT+CFUN=1,1', ['+CFUN: 1', 'OK'])).toMatchObject({ lines: [], others: ['+CFUN: 1'] });
  });

  test('takes the prefixes that it was given instead of its own', () => {
    const outcome = read('AT+X', ['+Y: 1', '+X: 2', 'bare', 'OK'], ['+Y:']);
    expect(outcome).toMatchObject({ lines: ['+Y: 1'], others: ['+X: 2', 'bare'] });
  });

  test.each([
    ['OK+QIND: "FOTA","START"', [], ['+QIND: "FOTA","START"']],
    ['+QIND: "FOTA","START"OK', [], ['+QIND: "FOTA","START"']],
    ['+QIND: "FOTA","UPDATING",12OK', [], ['+QIND: "FOTA","UPDATING",12']],
    ['OK+QIURC: "recv",1', [], ['+QIURC: "recv",1']],
    ['+CSQ: 20,99OK', ['+CSQ: 20,99'], []],
    ['+CSQ: 20,99+QIND: "FOTA","END",0OK', ['+CSQ: 20,99'], ['+QIND: "FOTA","END",0']],
  ])('whose parts are glued is taken apart: %s', (line, lines, others) => {
    const outcome = read('AT+CSQ', [line, 'OK']);
    expect(outcome).toMatchObject({ result: 'OK', lines });
    expect(outcome.others).toEqual(others);
  });

  test('an echo glued to a URC is still the echo', () => {
    expect(read('AT+CSQ', ['+QIND: "FOTA","UPDATING",12AT+CSQ', '+CSQ: 20,99', 'OK'])).toMatchObject({
      lines: ['+CSQ: 20,99'],
      others: ['+QIND: "FOTA","UPDATING",12'],
    });
  });

  test('never throws, and every line is either part of it or something else', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('OK', '+QIND: "FOTA","START"', '+CSQ: 1,2', 'RDY', 'AT+CSQ', '+QIND: "FOTA","END",504OK', 'A"', '"FOTA"'),
    );
    fc.assert(
      fc.property(fc.constantFrom('AT+CSQ', 'ATI', 'AT+CFUN?'), line, line, (command, first, second) => {
        const reader = new AnswerReader(command);
        const { final, others } = reader.read(first + second);
        const kept = [...reader.lines, ...others.map(({ text }) => text)].join('');
        for (const character of kept) expect(first + second).toContain(character);
        expect(final !== undefined || kept !== '' || /^[\0\s]*$/.test(first + second) || (first + second).includes('AT')).toBe(
          true,
        );
        unsolicited(first);
      }),
      { numRuns: 500 },
    );
  });
});
