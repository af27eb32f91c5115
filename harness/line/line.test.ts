import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { seeded } from '../base/random.js';
import { pathFinder } from './device-finder.js';
import { openLine, watchLine } from './line.js';
import { makeBench, openTerminals, type Bench } from './testing/bench.js';
import { linkedTerminal, openPseudoTerminal, type LinkedTerminal } from './testing/pseudo-terminal.js';
import { LineLost, type Line, type LineStream } from './types.js';

const within = 10_000;
let bench: Bench;
let unit: LinkedTerminal;
const lines: Line[] = [];

beforeEach(() => {
  bench = makeBench();
  unit = linkedTerminal(bench.directory, 'ttyAT');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(lines.splice(0).map((line) => line.close()));
  unit.close();
  bench.close();
});

function lineAt(device: string): Line {
  const line = openLine({ device, baudRate: 115_200 }, 'at', bench);
  lines.push(line);
  return line;
}

/** What a listener is given, and a wait for it. */
function collect(stream: LineStream): { text(): string; until(wanted: string): Promise<void> } {
  let text = '';
  const checks = new Set<() => void>();
  stream.onData((chunk) => {
    text += chunk.toString('latin1');
    for (const check of [...checks]) check();
  });
  return {
    text: () => text,
    until: (wanted) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!text.includes(wanted)) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
  };
}

const types = (): string[] => bench.journal.events.map(({ type }) => type);

describe('an open line', () => {
  test('writes what it receives to the journal before any listener has it', async () => {
    const stream = await lineAt(unit.path).open({ within });
    const journalAtListener: string[] = [];
    const heard = collect(stream);
    stream.onData(() => journalAtListener.push(bench.received()));
    unit.write('RDY\r\n\0\xff');
    await heard.until('RDY');
    expect(journalAtListener[0]).toBe(heard.text());
  });

  test('carries every byte value both ways', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const received = new Promise<Buffer>((resolve) => {
      let bytes = Buffer.alloc(0);
      unit.onData((chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (bytes.length >= 256) resolve(bytes);
      });
    });
    const stream = await lineAt(unit.path).open({ within });
    await stream.write(all);
    expect(await received).toEqual(all);
    unit.write(all);
    await bench.until(() => bench.received().length >= 256);
    expect(Buffer.from(bench.received(), 'latin1')).toEqual(all);
    expect(bench.events('line.tx')).toMatchObject([{ size: 256, data: all.toString('latin1') }]);
  });

  test('loses nothing that came before it was opened, nor before the first listener', async () => {
    unit.write('RDY\r\n');
    const stream = await lineAt(unit.path).open({ within });
    unit.write('+CFUN: 1\r\n');
    await bench.until(() => bench.received().includes('+CFUN: 1\r\n'));
    expect(collect(stream).text()).toBe('RDY\r\n+CFUN: 1\r\n');
  });

  test('writes bulk data by size and digest alone', async () => {
    unit.onData(() => undefined);
    const stream = await lineAt(unit.path).open({ within });
    await stream.write(Buffer.alloc(100_000, 0x55), { journal: 'digest' });
    const [event] = bench.events('line.tx');
    expect(event?.data).toBeUndefined();
    expect(event).toMatchObject({ size: 100_000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  test('reads on while a write waits for room: a module that echoes does not stop an upload', async () => {
    unit.onData((chunk) => {
      unit.write(chunk);
    });
    const stream = await lineAt(unit.path).open({ within });
    const data = Buffer.alloc(200_000, 'x');
    await stream.write(data, { journal: 'digest' });
    await bench.until(() => bench.received().length >= data.length);
    expect(bench.received()).toBe(data.toString());
  });

  test('masks a secret that the echo brings in two chunks, and hands it on as it was', async () => {
    bench.secrets.add('pa55word');
    const stream = await lineAt(unit.path).open({ within });
    const heard = collect(stream);
    unit.write('ftp://u:pa55');
    await heard.until('pa55');
    unit.write('word@h\r\n');
    await heard.until('@h\r\n');
    expect(heard.text()).toBe('ftp://u:pa55word@h\r\n');
    expect(bench.received()).toBe('ftp://u:***@h\r\n');
  });

  test('closes once, without waiting for output that nobody takes', async () => {
    const line = lineAt(unit.path);
    const stream = await line.open({ within });
    // More than the terminal takes: its other side does not read.
    const stuck = stream.write(Buffer.alloc(300_000));
    await Promise.all([expect(stuck).rejects.toThrow(LineLost), stream.close(), stream.close()]);
    expect(await stream.ended).toEqual({ how: 'closed', why: 'closed by the harness' });
    expect(bench.events('line.closed')).toHaveLength(1);
    await expect(stream.write('AT\r')).rejects.toThrow(LineLost);
    expect((await line.open({ within })).open).toBe(true);
  });

  test('a defect in one listener keeps nothing from the others', async () => {
    const uncaught = new Promise<unknown>((resolve) => {
      jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
        try {
          task();
        } catch (error) {
          resolve(error);
        }
      });
    });
    const stream = await lineAt(unit.path).open({ within });
    stream.onData(() => {
      throw new Error('defect');
    });
    const heard = collect(stream);
    unit.write('one');
    expect(await uncaught).toMatchObject({ message: 'defect' });
    unit.write('two');
    await heard.until('onetwo');
  });
});

describe('a device that leaves and comes back', () => {
  test('is lost, gone, appeared and open again, with the time from appearance to reading', async () => {
    const line = lineAt(unit.path);
    const seen: string[] = [];
    line.watch((change) => seen.push(`${change} ${String(line.present)}`));
    const first = await line.open({ within });
    unit.unplug();
    expect((await first.ended).how).toBe('lost');
    await bench.event('line.gone');
    const next = line.open({ within });
    unit.replug();
    expect((await next).open).toBe(true);
    expect(first.open).toBe(false);
    expect(types()).toEqual(['line.appeared', 'line.open', 'line.lost', 'line.gone', 'line.appeared', 'line.open']);
    expect(seen).toEqual(['gone false', 'appeared true']);
    const [cold, warm] = bench.events('line.open');
    expect(cold).not.toHaveProperty('sinceAppeared');
    expect(warm?.sinceAppeared).toBeGreaterThan(0);
    expect(warm?.path).toBe(unit.path);
    expect(warm?.device).toBe(unit.terminal?.path);
  });

  test('takes what the device had printed before its link went', async () => {
    const stream = await lineAt(unit.path).open({ within });
    unit.terminal?.write('POWERED DOWN\r\n');
    rmSync(unit.path);
    await stream.ended;
    expect(bench.received()).toBe('POWERED DOWN\r\n');
  });

  test('is lost when its link leads elsewhere, though the old terminal still lives', async () => {
    const old = openPseudoTerminal();
    const path = join(bench.directory, 'link');
    symlinkSync(old.path, path);
    const line = lineAt(path);
    const stream = await line.open({ within });
    rmSync(path);
    symlinkSync(unit.path, path);
    expect((await stream.ended).how).toBe('lost');
    const again = await line.open({ within });
    unit.write('here');
    await bench.until(() => bench.received() === 'here');
    expect(again.open).toBe(true);
    old.close();
  });

  test('is noticed when only the terminal dies and the link stays', async () => {
    const line = lineAt(unit.path);
    const stream = await line.open({ within });
    unit.terminal?.close();
    expect(await stream.ended).toMatchObject({ how: 'lost' });
    await bench.event('line.gone');
    expect(line.present).toBe(false);
    const next = line.open({ within });
    unit.replug();
    expect((await next).open).toBe(true);
  });

  test('is noticed when nobody has it open', async () => {
    const line = lineAt(unit.path);
    unit.terminal?.close();
    await bench.event('line.gone');
    expect(line.present).toBe(false);
  });

  test('is found when another one stands in its place at once', async () => {
    const line = lineAt(unit.path);
    const stream = await line.open({ within });
    unit.unplug();
    unit.replug();
    await stream.ended;
    const next = await line.open({ within });
    unit.write('new');
    await bench.until(() => bench.received() === 'new');
    expect(next.open).toBe(true);
  });

  test('is found in a directory that does not exist yet, and in one that goes and comes', async () => {
    const path = join(bench.directory, 'serial', 'by-path', 'ttyAT');
    const line = lineAt(path);
    const opening = line.open({ within });
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(unit.path, path);
    const stream = await opening;
    rmSync(join(bench.directory, 'serial'), { recursive: true });
    expect((await stream.ended).how).toBe('lost');
    const again = line.open({ within });
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(unit.path, path);
    expect((await again).open).toBe(true);
  });

  test('whose node outlives its hang-up is gone, until the node changes', async () => {
    const real = pathFinder(unit.path);
    let shown = real.look();
    const line = watchLine({ path: unit.path, look: () => ({ ...shown, watch: real.look().watch }) }, 115_200, 'at', bench);
    lines.push(line);
    const stream = await line.open({ within });
    unit.terminal?.close();
    await stream.ended;
    await bench.event('line.gone');
    expect(line.present).toBe(false);
    const next = line.open({ within });
    unit.replug();
    shown = real.look();
    expect((await next).open).toBe(true);
    expect(bench.events('line.appeared')).toHaveLength(2);
  });

  test('a write that is under way is rejected, never left hanging', async () => {
    const stream = await lineAt(unit.path).open({ within });
    const stuck = stream.write(Buffer.alloc(300_000));
    unit.unplug();
    await expect(stuck).rejects.toThrow(LineLost);
  });

  test('60 unplugs, most of them while data streams, leave no descriptor behind', async () => {
    const random = seeded(20_260, 'unplugs');
    const line = lineAt(unit.path);
    await (await line.open({ within })).close();
    const before = openTerminals();
    for (let round = 0; round < 60; round += 1) {
      const stream = await line.open({ within });
      const flood = Buffer.alloc(random.int(0, 3) * 20_000, '+QIND: "FOTA","UPDATING",1\r\n');
      unit.write(flood);
      if (flood.length > 0) {
        const start = bench.received().length;
        const wanted = random.int(1, flood.length / 2);
        await bench.until(() => bench.received().length - start >= wanted);
      }
      if (random.int(0, 1) === 0) unit.unplug();
      else unit.terminal?.close();
      expect((await stream.ended).how).toBe('lost');
      unit.replug();
    }
    const last = await line.open({ within });
    await last.close();
    expect(openTerminals()).toBe(before);
    expect(bench.events('line.lost')).toHaveLength(60);
  });
});
