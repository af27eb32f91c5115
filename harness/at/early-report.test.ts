import fc from 'fast-check';
import { openLine } from '../line/line.js';
import { makeBench, type Bench } from '../line/testing/bench.js';
import { linkedTerminal, type LinkedTerminal } from '../line/testing/pseudo-terminal.js';
import type { Line } from '../line/types.js';
import { Dialogue } from './dialogue.js';
import { Exchange } from './exchange.js';
import { openAtPort } from './port.js';
import { exactReport, readReports, searchReports } from './report.js';
import type { AtPort } from './types.js';

describe('a report of the recovery to the letter', () => {
  const body = fc.constantFrom('START', 'UPDATING', 'END', 'FTPEND', 'updating', 'RESTORE', 'Booting');
  const value = fc.constantFrom('', ',0', ',7', ',100', ',504', ',1234', ', 7', ',-1', ',"7"', ' 7', ',');
  const around = fc.constantFrom('', '\r\n', '\r', '\n', '\r\r\n', ' ', 'x', '\0', 'OK');

  test('is what the tolerant reader finds, alone in its line, and nothing else', () => {
    let found = 0;
    fc.assert(
      fc.property(around, body, value, around, (before, word, number, after) => {
        const text = `${before}+QIND: "FOTA","${word}"${number}${after}`;
        const exact = exactReport(text);
        if (exact === undefined) return;
        found += 1;
        const lines = text.split(/[\r\n]+/).filter((line) => line !== '');
        expect(lines).toHaveLength(1);
        expect(searchReports(lines[0] ?? '')).toEqual({ reports: [exact], rest: '' });
        expect(readReports(lines[0] ?? '')).toEqual({ reports: [exact], rest: '' });
      }),
      { numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(0);
    expect(exactReport('\r\n+QIND: "FOTA","UPDATING",41\r\n')?.report).toEqual({ kind: 'updating', percent: 41 });
    expect(exactReport('+QIND: "FOTA","END",0')?.report).toEqual({ kind: 'end', code: 0 });
    expect(exactReport('+QIND: "FOTA","START"\r')?.report).toEqual({ kind: 'start' });
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        exactReport(text);
      }),
    );
  });
});

describe('a preview', () => {
  const pieces = fc.array(
    fc.constantFrom('+QIND: "FOTA","UPDATING",4', '1', '\r\n', '\r', '\n', '+QIND: "FOTA","END",0\r\n', 'OK', 'RDY\r\n', '\xff'),
    { maxLength: 30 },
  );

  test('foretells the reports that the chunk brings, however lines are cut up, and changes nothing', () => {
    fc.assert(
      fc.property(pieces, (chunks) => {
        const told: unknown[] = [];
        const foretold: unknown[] = [];
        const dialogue = new Dialogue({
          other: ({ report }) => {
            if (report !== undefined) told.push(report);
          },
          final: () => undefined,
        });
        for (const chunk of chunks) {
          const bytes = Buffer.from(chunk, 'latin1');
          foretold.push(...dialogue.preview(bytes).map(({ report }) => report));
          dialogue.receive(bytes);
          expect(foretold).toEqual(told);
        }
      }),
    );
  });

  test('says nothing of bytes that may be the data of a transfer', () => {
    const dialogue = new Dialogue({ other: () => undefined, final: () => undefined });
    const chunk = Buffer.from('+QIND: "FOTA","END",0\r\n');
    const clock = { now: () => 0, wall: () => '', after: () => () => undefined };
    dialogue.begin(new Exchange('AT+QFDWL="f"', 'download', { deadline: 1 }, clock));
    expect(dialogue.preview(chunk)).toEqual([]);
    dialogue.begin(new Exchange('AT', 'command', { deadline: 1 }, clock));
    expect(dialogue.preview(chunk)).toHaveLength(1);
  });
});

describe('on a line', () => {
  let bench: Bench;
  let terminal: LinkedTerminal;
  let line: Line;
  let port: AtPort;
  beforeEach(async () => {
    bench = makeBench();
    terminal = linkedTerminal(bench.directory, 'ttyAT');
    line = openLine({ device: terminal.path, baudRate: 115_200 }, 'at', bench);
    port = openAtPort(line, bench);
    await new Promise<void>((resolve) => {
      port.onConnection(() => {
        resolve();
      });
    });
  });
  afterEach(async () => {
    await port.close();
    await line.close();
    terminal.close();
    bench.close();
  });

  test('a report is told before its bytes are in the journal; what that led to, after its URC', async () => {
    const order: string[] = [];
    port.onUrc(({ text }) => order.push(`urc ${text}`));
    bench.journal.subscribe(({ type }) => order.push(type));
    const then = new Promise<void>((resolve) => {
      const cancel = port.onEarlyReport((report, t) => {
        order.push(`early ${report.kind} ${t <= bench.clock.now() ? 'now' : 'in the future'}`);
        cancel();
        return () => {
          order.push('then');
          resolve();
        };
      });
    });
    terminal.write('\r\n+QIND: "FOTA","UPDATING",41\r\n');
    await then;
    expect(order).toEqual(['early updating now', 'line.rx', 'urc +QIND: "FOTA","UPDATING",41', 'then']);
  });
});
