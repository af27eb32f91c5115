import { pause, systemClock } from '../base/clock.js';
import { openLine } from '../line/line.js';
import { makeBench, type Bench } from '../line/testing/bench.js';
import { linkedTerminal, type LinkedTerminal } from '../line/testing/pseudo-terminal.js';
import type { Line } from '../line/types.js';
import { openAtPort } from './port.js';
import { ok, scriptedModule, type ScriptedModule } from './testing/scripted-module.js';
import type { AtPort, Urc } from './types.js';

const deadline = 10_000;
/** Short, for answers that are meant not to come. */
const soon = 60;
let bench: Bench;
let terminal: LinkedTerminal;
let unit: ScriptedModule;
let line: Line;
let port: AtPort;
let urcs: string[];

/** The port is open, at once or later. */
function connected(of: AtPort = port): Promise<void> {
  if (of.connected) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = of.onConnection((state) => {
      if (state !== 'open') return;
      stop();
      resolve();
    });
  });
}

function urc(text: string): Promise<Urc | undefined> {
  return port.waitUrc((each) => each.text === text, deadline);
}

beforeEach(async () => {
  bench = makeBench();
  terminal = linkedTerminal(bench.directory, 'ttyAT');
  unit = scriptedModule(terminal);
  line = openLine({ device: terminal.path, baudRate: 115_200 }, 'at', bench);
  port = openAtPort(line, bench);
  urcs = [];
  port.onUrc(({ text }) => urcs.push(text));
  await connected();
});

afterEach(async () => {
  await port.close();
  await line.close();
  terminal.close();
  bench.close();
});

describe('a command', () => {
  test('is answered with its lines, result and time; both are in the journal', async () => {
    unit.answer = () => ok('+CREG: 0,1');
    const answer = await port.command('AT+CREG?', { deadline });
    expect(answer).toMatchObject({ command: 'AT+CREG?', result: 'OK', lines: ['+CREG: 0,1'], ok: true });
    expect(bench.events('at.command')).toMatchObject([{ line: 'at', id: 1, text: 'AT+CREG?', deadline }]);
    expect(bench.events('at.answer')).toMatchObject([{ line: 'at', id: 1, result: 'OK', lines: ['+CREG: 0,1'] }]);
  });

  test.each([
    ['\r\nERROR\r\n', { result: 'ERROR', ok: false }],
    ['\r\n+CME ERROR: 407\r\n', { result: '+CME ERROR', code: '407', ok: false }],
    ['\r\n+CMS ERROR: 500\r\n', { result: '+CMS ERROR', code: '500', ok: false }],
    ['\r\nNO CARRIER\r\n', { result: 'ERROR', lines: ['NO CARRIER'], ok: false }],
    ['\nOK\n', { result: 'OK', ok: true }],
    ['\r\r\nOK\r\r\n', { result: 'OK', ok: true }],
    ['\r\nCONNECT\r\n', { result: 'CONNECT', ok: true }],
  ])('may end in %j', async (text, expected) => {
    unit.answer = () => text;
    expect(await port.command('AT+X=1', { deadline })).toMatchObject(expected);
  });

  test('waits for its turn; echo may be on, off, or change', async () => {
    unit.answer = (command) => {
      unit.echo = !unit.echo;
      return ok(command.replace(/^AT(\+\w+)\?$/, '$1: 1'));
    };
    const answers = await Promise.all(['AT+A?', 'AT+B?', 'AT+C?', 'AT+D?'].map((text) => port.command(text, { deadline })));
    expect(answers.map(({ lines }) => lines)).toEqual([['+A: 1'], ['+B: 1'], ['+C: 1'], ['+D: 1']]);
    expect(bench.journal.events.filter(({ type }) => /^at\./.test(type)).map(({ type }) => type)).toEqual(
      Array.from({ length: 4 }, () => ['at.command', 'at.answer']).flat(),
    );
    expect(urcs).toEqual([]);
  });

  test('gets its answer byte by byte, URCs in between', async () => {
    unit.answer = () => undefined;
    const answer = port.command('AT+CSQ', { deadline });
    await unit.received(1);
    for (const byte of Buffer.from('AT+CSQ\r\r\n\r\n+QIND: "FOTA","START"\r\n+CSQ: 20,99\r\n\r\nOK+QIND: "FOTA","END",0\r\n')) {
      const length = bench.received().length;
      terminal.write(Buffer.from([byte]));
      await bench.until(() => bench.received().length > length);
    }
    expect(await answer).toMatchObject({ result: 'OK', lines: ['+CSQ: 20,99'] });
    expect(urcs).toEqual(['+QIND: "FOTA","START"', '+QIND: "FOTA","END",0']);
  });

  test('does not get what began before it went out: half an OK, half a URC', async () => {
    unit.answer = () => 'K\r\n' + ok('+CSQ: 20,99');
    terminal.write('\r\nO');
    await bench.until(() => bench.received().endsWith('O'));
    expect(await port.command('AT+CSQ', { deadline })).toMatchObject({ lines: ['+CSQ: 20,99'] });
    unit.answer = () => 'DATING",5\r\n' + ok('bare');
    terminal.write('+QIND: "FOTA","UP');
    await bench.until(() => bench.received().endsWith('UP'));
    expect(await port.command('AT+GMR', { deadline })).toMatchObject({ lines: ['bare'] });
    expect(urcs).toEqual(['OK', '+QIND: "FOTA","UPDATING",5']);
  });

  test('sent with a password shows none in the journal, and is recognised in the echo', async () => {
    bench.secrets.add('pa55word');
    unit.echo = true;
    const command = 'AT+QFOTADL="ftp://u:pa55word@h:21/a.zip"';
    expect(await port.command(command, { deadline })).toMatchObject({ command, lines: [], result: 'OK' });
    expect(unit.commands).toEqual([command]);
    expect(JSON.stringify(bench.journal.events)).not.toContain('pa55');
  });
});

describe('a late answer', () => {
  test('is not taken for the next command, with the echo off', async () => {
    unit.answer = (command) => (command === 'AT+SLOW' ? undefined : command === 'AT' ? ok('+LATE: 1') + ok() : ok('+CSQ: 20,99'));
    expect(await port.command('AT+SLOW', { deadline: soon })).toMatchObject({ result: 'timeout', ok: false });
    // The slow answer comes just in front of the next one: here, of the AT that asks for it.
    expect(await port.command('AT+CSQ', { deadline })).toMatchObject({ result: 'OK', lines: ['+CSQ: 20,99'] });
    expect(unit.commands).toEqual(['AT+SLOW', 'AT', 'AT+CSQ']);
    expect(urcs).toEqual(['+LATE: 1', 'OK']);
  });

  test('is waited out when the answer to the AT comes some time behind it', async () => {
    let own = Promise.resolve();
    unit.answer = (command) => {
      if (command === 'AT') {
        terminal.write('\r\nOK\r\n');
        own = pause(systemClock, 20).then(() => {
          terminal.write(ok());
        });
      } else if (command === 'AT+CSQ') {
        void own.then(() => {
          terminal.write(ok('+CSQ: 20,99'));
        });
      }
      return undefined;
    };
    await port.command('AT+SLOW', { deadline: soon });
    expect(await port.command('AT+CSQ', { deadline })).toMatchObject({ result: 'OK', lines: ['+CSQ: 20,99'] });
  });

  test('that comes before anything else is sent needs no AT', async () => {
    unit.answer = (command) => (command === 'AT+SLOW' ? undefined : ok());
    await port.command('AT+SLOW', { deadline: soon });
    const late = urc('OK');
    terminal.write('\r\nOK\r\n');
    await late;
    expect((await port.command('AT+CSQ', { deadline })).ok).toBe(true);
    expect(unit.commands).toEqual(['AT+SLOW', 'AT+CSQ']);
  });

  test('of a dumb module: nothing is sent until it answers AT again', async () => {
    unit.answer = () => undefined;
    await port.command('AT+SLOW', { deadline: soon });
    expect(await port.command('AT+QFOTADL="x"', { deadline: soon })).toMatchObject({ result: 'timeout' });
    expect(unit.commands).toEqual(['AT+SLOW', 'AT']);
    expect(bench.events('note')).toMatchObject([{ text: expect.stringContaining('was not sent') as string }]);
    // AT itself may always be asked: it is how a boot is waited for.
    expect(await port.command('AT', { deadline: soon })).toMatchObject({ result: 'timeout' });
    unit.answer = () => ok();
    expect((await port.command('AT', { deadline })).ok).toBe(true);
    expect((await port.command('AT+CSQ', { deadline })).ok).toBe(true);
    expect(unit.commands.slice(2)).toEqual(['AT', 'AT', 'AT+CSQ']);
  });
});

describe('a device that leaves', () => {
  test('settles what waits as lost, and what is asked while it is away', async () => {
    unit.answer = () => undefined;
    const answers = [port.command('AT+A', { deadline }), port.command('AT+B', { deadline })];
    await unit.received(1);
    terminal.unplug();
    expect((await Promise.all(answers)).map(({ result }) => result)).toEqual(['lost', 'lost']);
    expect(port.connected).toBe(false);
    expect((await port.command('AT', { deadline })).result).toBe('lost');
    // Only what went out is a command in the journal.
    expect(bench.events('at.command').map(({ text }) => text)).toEqual(['AT+A']);
  });

  test('is open again as soon as it is back; its first reports are heard', async () => {
    const states: string[] = [];
    port.onConnection((state) => states.push(state));
    const heard = port.waitUrc(({ report }) => report?.kind === 'start', deadline);
    terminal.write('\r\n+QIND: "FOTA","UPD');
    await bench.until(() => bench.received().includes('UPD'));
    terminal.unplug();
    terminal.replug();
    terminal.write('\r\n+QIND: "FOTA","START"\r\n');
    expect(await heard).toMatchObject({ role: 'at', report: { kind: 'start' } });
    expect(states).toEqual(['lost', 'open']);
    // What was cut off is kept as a line of its own.
    expect(urcs[0]).toContain('+QIND: "FOTA","UPD');
    expect((await port.command('AT', { deadline })).ok).toBe(true);
  });

  test('closing the port leaves the line to its opener', async () => {
    await port.close();
    expect((await port.command('AT', { deadline })).result).toBe('lost');
    expect((await line.open({ within: deadline })).open).toBe(true);
  });
});

describe('a URC', () => {
  test('reaches its listener in the tick of the read, one a report', () => {
    return new Promise<void>((resolve) => {
      const seen: string[] = [];
      let tick = 0;
      // The journal's event is the read; a listener in a later tick would see the count changed.
      bench.journal.subscribe(({ type }) => {
        if (type === 'line.rx') {
          const mine = ++tick;
          queueMicrotask(() => {
            expect(seen).toEqual([`${String(mine)} +QIND: "FOTA","UPDATING",16`, `${String(mine)} +QIND: "FOTA","UPDATING",17`]);
            resolve();
          });
        }
      });
      port.onUrc(({ text }) => seen.push(`${String(tick)} ${text}`));
      terminal.write('+QIND: "FOTA","UPDATING",16+QIND: "FOTA","UPDATING",17\r\n');
    });
  });

  test('has the time of its last byte and its report', async () => {
    const before = systemClock.now();
    terminal.write('\r\nRDY\r\njunk\r\n');
    const junk = await urc('junk');
    expect(junk?.report).toBeUndefined();
    expect(junk?.t).toBeGreaterThanOrEqual(before);
    expect(urcs).toEqual(['RDY', 'junk']);
  });

  test('that never comes ends the wait without one', async () => {
    expect(await port.waitUrc(() => true, 10)).toBeUndefined();
  });
});
