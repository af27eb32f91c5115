import { ReadlineParser } from 'serialport';
import { Dialogue } from '../../harness/at/dialogue.js';
import { LineSplitter } from '../../harness/at/line-splitter.js';
import { inTurns, table, times } from './table.js';

const rounds = 7;
/** Bytes of a read from a serial device at most; a burst of reports comes in several. */
const chunk = 4096;

/** What a module says in an upgrade, over and over: reports of the download, percentages, in between an answer. */
function stream(megabytes: number): readonly Buffer[] {
  const lines: string[] = [];
  for (let percent = 0; percent <= 100; percent += 1) {
    lines.push(`\r\n+QIND: "FOTA","UPDATING",${String(percent)}\r\n`);
    if (percent % 20 === 0) lines.push('\r\n+CREG: 0,1\r\n', '\r\nOK\r\n');
  }
  const once = Buffer.from(`\r\n+QIND: "FOTA","START"\r\n${lines.join('')}\r\n+QIND: "FOTA","END",0\r\n`);
  const all = Buffer.concat(Array.from({ length: Math.ceil((megabytes * 1e6) / once.length) }, () => once));
  return Array.from({ length: Math.ceil(all.length / chunk) }, (_, index) => all.subarray(index * chunk, (index + 1) * chunk));
}

/** MB/s of a stream of reports: lines only, and lines, answers and reports told apart. */
export async function parsing(): Promise<string> {
  const chunks = stream(8);
  const megabytes = chunks.reduce((sum, { length }) => sum + length, 0) / 1e6;
  let [peer, lines, reports] = [0, 0, 0];
  const seconds = await inTurns(rounds, [
    async () => {
      const parser = new ReadlineParser({ delimiter: '\r\n' });
      peer = 0;
      parser.on('data', (text: string) => {
        if (text !== '') peer += 1;
      });
      for (const each of chunks) parser.write(each);
      await new Promise<void>((resolve) => {
        parser.end(resolve);
      });
    },
    () => {
      const splitter = new LineSplitter();
      lines = 0;
      for (const each of chunks) lines += splitter.push(each).length;
    },
    () => {
      reports = 0;
      const dialogue = new Dialogue({
        other: ({ report }) => {
          if (report !== undefined) reports += 1;
        },
        final: () => undefined,
      });
      for (const each of chunks) dialogue.receive(each);
    },
  ]);
  if (peer !== lines || reports === 0) throw new Error(`the parsers do not agree: ${String(peer)}, ${String(lines)} lines`);
  const [floor = 0] = seconds;
  const names = ['node-serialport, ReadlineParser: lines', 'harness: lines', 'harness: lines, answers and reports read'];
  return table(
    `Parsing: ${megabytes.toFixed(1)} MB of reports in chunks of ${String(chunk)} bytes, ${String(lines)} lines, ${String(reports)} reports`,
    names.map((name, index) => ({
      program: name,
      'MB/s': (megabytes / (seconds[index] ?? 0)).toFixed(0),
      'to the parser of node-serialport': times(floor, seconds[index] ?? 0),
    })),
  );
}
