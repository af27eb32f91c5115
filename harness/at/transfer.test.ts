import { seeded } from '../base/random.js';
import { openLine } from '../line/line.js';
import { makeBench, type Bench } from '../line/testing/bench.js';
import { linkedTerminal, type LinkedTerminal } from '../line/testing/pseudo-terminal.js';
import type { Line } from '../line/types.js';
import { openAtPort } from './port.js';
import { ok, scriptedModule, type ScriptedModule } from './testing/scripted-module.js';
import type { AtPort } from './types.js';

const deadline = 10_000;
let bench: Bench;
let terminal: LinkedTerminal;
let unit: ScriptedModule;
let line: Line;
let port: AtPort;
const urcs: string[] = [];

beforeEach(async () => {
  bench = makeBench();
  terminal = linkedTerminal(bench.directory, 'ttyAT');
  unit = scriptedModule(terminal);
  line = openLine({ device: terminal.path, baudRate: 115_200 }, 'at', bench);
  port = openAtPort(line, bench);
  urcs.length = 0;
  port.onUrc(({ text }) => urcs.push(text));
  await opened();
});

afterEach(async () => {
  await port.close();
  await line.close();
  terminal.close();
  bench.close();
});

function opened(): Promise<void> {
  return new Promise((resolve) => {
    const stop = port.onConnection((state) => {
      if (state !== 'open') return;
      stop();
      resolve();
    });
  });
}

/** The module takes `size` bytes after CONNECT, tells each chunk, and ends with `end`. */
function takes(size: number, end: string, each: (total: number, chunk: Buffer) => void = () => undefined): { data(): Buffer } {
  let data = Buffer.alloc(0);
  unit.answer = (command) => {
    if (!command.startsWith('AT+QFUPL')) return ok();
    unit.raw = (chunk) => {
      data = Buffer.concat([data, chunk]);
      each(data.length, chunk);
      if (data.length < size) return;
      unit.raw = undefined;
      terminal.write(end);
    };
    return '\r\nCONNECT\r\n';
  };
  return { data: () => data };
}

const bytes = (size: number): Buffer => seeded(7, 'transfer').bytes(size);

describe('an upload', () => {
  test('carries raw bytes, written to the journal by digest', async () => {
    const data = bytes(60_000);
    const seen = takes(data.length, ok('+QFUPL: 60000,1a2b'));
    const answer = await port.upload('AT+QFUPL="a.zip",60000', data, { deadline, ackMode: false });
    expect(answer).toMatchObject({ result: 'OK', lines: ['+QFUPL: 60000,1a2b'] });
    expect(seen.data().equals(data)).toBe(true);
    const digests = bench.events('line.tx').filter(({ sha256 }) => sha256 !== undefined);
    expect(digests.reduce((sum, { size }) => sum + size, 0)).toBe(60_000);
    expect(bench.events('line.tx').filter(({ data: text }) => text !== undefined)).toHaveLength(1);
    expect((await port.command('AT', { deadline })).ok).toBe(true);
  });

  test.each([2500, 3072])('in ack mode sends 1,024 bytes for each A, with URCs in between (%d bytes)', async (size) => {
    const data = bytes(size);
    let acks = 0;
    let most = 0;
    const seen = takes(size, '\r\n+QIND: "FOTA","START"\r\n' + ok(`+QFUPL: ${String(size)},1`), (total) => {
      most = Math.max(most, total - acks * 1024);
      while (total >= (acks + 1) * 1024) {
        acks += 1;
        terminal.write(acks === 1 ? '\r\n+QIND: PB DONE\r\nA' : 'A');
      }
    });
    const answer = await port.upload('AT+QFUPL="a",1,5,1', data, { deadline, ackMode: true });
    expect(answer).toMatchObject({ result: 'OK', lines: [`+QFUPL: ${String(size)},1`] });
    expect(seen.data().equals(data)).toBe(true);
    expect(most).toBeLessThanOrEqual(1024);
    expect(urcs).toEqual(['+QIND: PB DONE', '+QIND: "FOTA","START"']);
  });

  test('in ack mode also takes an A for a last block that is shorter, glued to what follows', async () => {
    takes(100, 'A+QFUPL: 100,1\r\n\r\nOK\r\n');
    const answer = await port.upload('AT+QFUPL="a",100,5,1', bytes(100), { deadline, ackMode: true });
    expect(answer).toMatchObject({ result: 'OK', lines: ['+QFUPL: 100,1'] });
  });

  test('that is refused sends nothing', async () => {
    unit.answer = () => '\r\n+CME ERROR: 407\r\n';
    const answer = await port.upload('AT+QFUPL="a"', bytes(100), { deadline, ackMode: false });
    expect(answer).toMatchObject({ result: '+CME ERROR', code: '407' });
    expect(bench.events('line.tx')).toHaveLength(1);
  });

  test('that fails in the middle ends there, and the next command works', async () => {
    const seen = takes(2048, '\r\n+CME ERROR: 423\r\n', (total) => {
      if (total < 2048) terminal.write('A');
    });
    const answer = await port.upload('AT+QFUPL="a",9,5,1', bytes(8192), { deadline, ackMode: true });
    expect(answer).toMatchObject({ result: '+CME ERROR', code: '423' });
    expect(seen.data()).toHaveLength(2048);
    expect((await port.command('AT+CSQ', { deadline })).ok).toBe(true);
  });

  test('without its A times out; the line is usable again', async () => {
    takes(5000, '');
    const answer = await port.upload('AT+QFUPL="a",5000,5,1', bytes(5000), { deadline: 60, ackMode: true });
    expect(answer.result).toBe('timeout');
    unit.raw = undefined;
    unit.answer = () => ok();
    expect((await port.command('AT+CSQ', { deadline })).ok).toBe(true);
  });

  test('into a module that stops reading times out; what is unsent is thrown away', async () => {
    takes(400_000, '', () => terminal.terminal?.hang(true));
    const answer = await port.upload('AT+QFUPL="a"', bytes(400_000), { deadline: 100, ackMode: false });
    expect(answer.result).toBe('timeout');
    expect(bench.events('line.closed')).toHaveLength(1);
    unit.raw = undefined;
    unit.answer = () => ok();
    terminal.terminal?.hang(false);
    if (!port.connected) await opened();
    expect((await port.command('AT+CSQ', { deadline })).ok).toBe(true);
  });

  test('is lost with its device', async () => {
    takes(90_000, '', (total) => {
      if (total > 10_000) terminal.unplug();
    });
    expect((await port.upload('AT+QFUPL="a"', bytes(90_000), { deadline, ackMode: false })).result).toBe('lost');
  });
});

describe('a download', () => {
  const download = (pieces: readonly string[]): ReturnType<AtPort['download']> => {
    unit.answer = (command) => {
      if (!command.startsWith('AT+QFDWL')) return ok();
      void (async () => {
        for (const piece of pieces) {
          const length = bench.received().length;
          terminal.write(piece);
          await bench.until(() => bench.received().length >= length + piece.length);
        }
      })();
      return undefined;
    };
    return port.download('AT+QFDWL="a"', { deadline });
  };

  test('gives the bytes between CONNECT and the result, whatever they are', async () => {
    const data = `\nA\r\nOK\r\n\r\n+QFDWL: 3,1\r\n\0\xff${bytes(20_000).toString('latin1')}`;
    const answer = await download([`\r\nCONNECT\r\n${data}\r\n+QFDWL: ${String(data.length)},5a\r\n\r\nOK\r\n`]);
    expect(answer).toMatchObject({ result: 'OK', lines: [`+QFDWL: ${String(data.length)},5a`] });
    expect(answer.data.toString('latin1')).toBe(data);
    expect((await port.command('AT', { deadline })).ok).toBe(true);
  });

  test('is cut anywhere: after the \\r of CONNECT, in the trailer', async () => {
    const answer = await download(['\r\nCONN', 'ECT\r', '\n\nab', 'c\r\n+QF', 'DWL: 4', ',1\r', '\n\r\nO', 'K\r\n']);
    expect(answer).toMatchObject({ result: 'OK', lines: ['+QFDWL: 4,1'] });
    expect(answer.data.toString()).toBe('\nabc');
  });

  test('of a file that is not there is an error', async () => {
    const answer = await download(['\r\n+CME ERROR: 405\r\n']);
    expect(answer).toMatchObject({ result: '+CME ERROR', code: '405', data: Buffer.alloc(0) });
  });

  test('that lost bytes ends at the deadline with what came and the size that was told', async () => {
    unit.answer = () => '\r\nCONNECT\r\nabc\r\n+QFDWL: 10,1\r\n\r\nOK\r\n';
    const answer = await port.download('AT+QFDWL="a"', { deadline: 60 });
    expect(answer).toMatchObject({ result: 'OK', lines: ['+QFDWL: 10,1'] });
    expect(answer.data.toString()).toBe('abc');
  });
});
