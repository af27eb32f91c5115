import fc from 'fast-check';
import { openLine } from '../line/line.js';
import { makeBench } from '../line/testing/bench.js';
import { linkedTerminal } from '../line/testing/pseudo-terminal.js';
import { systemClock } from '../base/clock.js';
import { Dialogue } from './dialogue.js';
import { Exchange, type Kind } from './exchange.js';
import { openAtPort } from './port.js';
import { ok, scriptedModule } from './testing/scripted-module.js';

const whole = [
  '\r\n+QIND: "FOTA","UPDATING",14\r\n',
  '+QIND: "FOTA","UPDATING",16+QIND: "FOTA","UPDATING",17\r\n',
  '\r\nOK\r\n',
  'OK+QIND: "FOTA","END",0\r\n',
  '\r\nCONNECT\r\n',
  '\r\n+CME ERROR: 58\r\n',
  '\r\nRDY\r\n',
  "^boot.rom'v'!\\n\r\n",
  '\0\0\0',
  '\r',
  '\n',
  'A',
  '+QFDWL: 5,1\r\n',
];

/** What a module in trouble sends: random bytes, lines cut short, glued, repeated. */
const garbage = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.constantFrom(...whole),
      fc.tuple(fc.constantFrom(...whole), fc.nat(20), fc.nat(20)).map(([text, from, to]) => text.slice(from, from + to)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('200 garbled streams and 1 MB without a line end: nothing throws, nothing is lost, the next command works', async () => {
  const bench = makeBench();
  const terminal = linkedTerminal(bench.directory, 'ttyAT');
  const unit = scriptedModule(terminal);
  unit.answer = (command) => (command === 'AT+CSQ' ? ok('+CSQ: 20,99') : ok());
  const line = openLine({ device: terminal.path, baudRate: 115_200 }, 'at', bench);
  const port = openAtPort(line, bench);
  const longest = { urc: 0 };
  port.onUrc(({ text }) => (longest.urc = Math.max(longest.urc, text.length)));
  await bench.event('line.open');
  try {
    let sent = '';
    let received = '';
    bench.journal.subscribe((event) => {
      if (event.type === 'line.rx') received += event.data;
    });
    const arrived = (): Promise<void> => bench.until(() => received.length >= sent.length);
    const run = async (text: string): Promise<void> => {
      sent += text;
      terminal.write(text);
      await arrived();
      const answer = await port.command('AT+CSQ', { deadline: 10_000 });
      sent += ok('+CSQ: 20,99');
      expect(answer).toMatchObject({ result: 'OK', lines: ['+CSQ: 20,99'] });
      await arrived();
      expect(received.length).toBe(sent.length);
    };
    await fc.assert(fc.asyncProperty(garbage, run), { numRuns: 200, endOnFailure: true });
    await run('x'.repeat(1024 * 1024));
    expect(received).toBe(sent);
    expect(longest.urc).toBeLessThanOrEqual(65_536);
  } finally {
    await port.close();
    await line.close();
    terminal.close();
    bench.close();
  }
});

test('whatever comes while a command waits, however it is cut: nothing throws, and an OK that ends a line ends the wait', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Kind>('command', 'upload', 'download'),
      garbage,
      fc.array(fc.nat(), { maxLength: 20 }),
      (kind, text, cuts) => {
        const dialogue = new Dialogue({ other: () => undefined, final: () => undefined });
        const exchange = new Exchange('AT+QFLST', kind, { deadline: 60_000 }, systemClock);
        exchange.acknowledging = kind === 'upload';
        dialogue.begin(exchange);
        const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
        [0, ...places].forEach((place, index) => {
          dialogue.receive(Buffer.from(text.slice(place, places[index] ?? text.length), 'latin1'));
        });
        dialogue.receive(Buffer.from('\r\nOK\r\n'));
        // In the middle of a download an OK is data like any other.
        expect(exchange.settled).toBe(!exchange.receiving);
        dialogue.giveUpDownload(exchange);
        expect(exchange.receiving).toBe(false);
        dialogue.finish();
        exchange.end('lost');
      },
    ),
    { numRuns: 1000 },
  );
});

test('the same conversation, cut in any way, gives the same answer and URCs', () => {
  const text =
    'AT+CSQ\r\r\n\r\n+QIND: "FOTA","UPDATING",1\r\n\r\n+CSQ: 20,99\r\n+CREG: 1\r\n\r\nOK\r\n\r\n+QIND: "FOTA","END",0\r\n';
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 30 }), (cuts) => {
      const others: string[] = [];
      const dialogue = new Dialogue({ other: ({ text: other }) => others.push(other), final: () => undefined });
      const exchange = new Exchange('AT+CSQ', 'command', { deadline: 60_000 }, systemClock);
      dialogue.begin(exchange);
      const places = [...new Set(cuts)].sort((a, b) => a - b);
      [0, ...places].forEach((place, index) => {
        dialogue.receive(Buffer.from(text.slice(place, places[index] ?? text.length), 'latin1'));
      });
      expect(exchange.settled).toBe(true);
      expect(exchange.reader.lines).toEqual(['+CSQ: 20,99']);
      expect(others).toEqual(['+QIND: "FOTA","UPDATING",1', '+CREG: 1', '+QIND: "FOTA","END",0']);
    }),
    { numRuns: 300 },
  );
});
