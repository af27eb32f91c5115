import { chmodSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RigFault } from '../base/errors.js';
import { openLine } from './line.js';
import { makeBench, type Bench } from './testing/bench.js';
import { linkedTerminal, type LinkedTerminal } from './testing/pseudo-terminal.js';
import type { Line } from './types.js';

const within = 10_000;
let bench: Bench;
let unit: LinkedTerminal;
const lines: Line[] = [];

beforeEach(() => {
  bench = makeBench();
  unit = linkedTerminal(bench.directory, 'ttyAT');
});

afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.close()));
  unit.close();
  bench.close();
});

function lineAt(device: string): Line {
  const line = openLine({ device, baudRate: 115_200 }, 'at', bench);
  lines.push(line);
  return line;
}

describe('a device that cannot be opened is a fault of the rig', () => {
  async function fault(opening: Promise<unknown>): Promise<RigFault> {
    const error: unknown = await opening.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RigFault);
    return error as RigFault;
  }

  test('missing: says what was looked for', async () => {
    const path = join(bench.directory, 'absent');
    const { explanation, message } = await fault(lineAt(path).open({ within: 20 }));
    expect(message).toContain('line at: no device');
    expect(explanation).toMatchObject({ asked: path, seen: `${path} does not exist` });
    const dangling = join(bench.directory, 'dangling');
    symlinkSync('absent', dangling);
    const second = await fault(lineAt(dangling).open({ within: 20 }));
    expect(second.explanation.seen).toBe(`${dangling} leads to ${path}, which does not exist`);
  });

  test('no serial device, or a circle of links', async () => {
    const path = join(bench.directory, 'file');
    writeFileSync(path, '');
    expect((await fault(lineAt(path).open({ within: 20 }))).explanation.seen).toContain('is not a serial device');
    const circle = join(bench.directory, 'circle');
    symlinkSync(circle, circle);
    expect((await fault(lineAt(circle).open({ within: 20 }))).explanation.seen).toContain('circle');
  });

  test('in use: two harnesses on one port, the second names the holder', async () => {
    await lineAt(unit.path).open({ within });
    const { message, explanation } = await fault(lineAt(unit.path).open({ within: 50 }));
    expect(message).toContain('is in use');
    expect(explanation.seen).toContain(`process ${String(process.pid)}`);
  });

  test('in use, then free: the one who waits gets it', async () => {
    const first = await lineAt(unit.path).open({ within });
    const waiting = lineAt(unit.path).open({ within });
    await first.close();
    expect((await waiting).open).toBe(true);
  });

  test('in use, then free and its node touched: the next try does not wait for its time', async () => {
    const first = await lineAt(unit.path).open({ within });
    // No timer of this line runs: only what happens to the node can make it try again.
    let count = 0;
    let failed: () => void = () => undefined;
    const clock = {
      ...bench.clock,
      after: (): (() => void) => {
        count += 1;
        failed();
        return () => undefined;
      },
    };
    const line = openLine({ device: unit.path, baudRate: 115_200 }, 'at', { ...bench, clock });
    lines.push(line);
    const waiting = line.open({ within });
    const asked = count;
    // The next timer is that of the try after the failed one.
    await new Promise<void>((resolve) => {
      failed = resolve;
      if (count > asked) resolve();
    });
    await first.close();
    const node = unit.terminal?.path ?? '';
    chmodSync(node, statSync(node).mode ^ 0o020);
    expect((await waiting).open).toBe(true);
  });

  test('a wait ends when it is stopped or the line is closed', async () => {
    const line = lineAt(join(bench.directory, 'absent'));
    const stop = new AbortController();
    const stopped = line.open({ within, signal: stop.signal });
    stop.abort();
    expect((await fault(stopped)).message).toContain('was stopped');
    const closed = line.open({ within });
    await line.close();
    await line.close();
    expect((await fault(closed)).message).toContain('closed');
    await fault(line.open({ within }));
  });

  test('two streams at a time are a mistake of the caller', async () => {
    const line = lineAt(unit.path);
    await line.open({ within });
    await expect(line.open({ within })).rejects.toThrow('open already');
  });
});
