import { openLine } from './line.js';
import { makeBench, type Bench } from './testing/bench.js';
import { linkedTerminal, type LinkedTerminal } from './testing/pseudo-terminal.js';
import type { Line, LineStream } from './types.js';

let bench: Bench;
let unit: LinkedTerminal;
let line: Line;
let stream: LineStream;

beforeEach(async () => {
  bench = makeBench();
  unit = linkedTerminal(bench.directory, 'ttyAT');
  line = openLine({ device: unit.path, baudRate: 115_200 }, 'at', bench);
  stream = await line.open({ within: 10_000 });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await line.close();
  unit.close();
  bench.close();
});

/** Errors that are thrown where nobody can catch them, as far as `count` of them. */
function uncaught(count: number): Promise<unknown[]> {
  const errors: unknown[] = [];
  return new Promise((resolve) => {
    jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task();
      } catch (error) {
        if (errors.push(error) === count) resolve(errors);
      }
    });
  });
}

describe('an arrival', () => {
  test('is told before the journal has the chunk; what it led to is written when journal and listeners have it', async () => {
    const order: string[] = [];
    const done = new Promise<void>((resolve) => {
      stream.onData(() => order.push(`heard, journal ${bench.received()}`));
      stream.onArrival((chunk) => {
        order.push(`arrived ${chunk.toString('latin1')}, journal ${bench.received()}`);
        return () => {
          order.push(`then, journal ${bench.received()}`);
          resolve();
        };
      });
      stream.onArrival(() => undefined);
    });
    unit.write('41');
    await done;
    expect(order).toEqual(['arrived 41, journal ', 'heard, journal 41', 'then, journal 41']);
  });

  test('what it led to is told even when the journal cannot be written', async () => {
    const errors = uncaught(1);
    jest.spyOn(bench.journal, 'write').mockImplementationOnce(() => {
      throw new Error('no space left on device');
    });
    const told = new Promise<void>((resolve) => stream.onArrival(() => resolve));
    unit.write('41');
    await told;
    expect(await errors).toMatchObject([{ message: 'no space left on device' }]);
  });

  test('a defect in its listener, or in what follows, keeps nothing from the others', async () => {
    const errors = uncaught(2);
    stream.onArrival(() => {
      throw new Error('listener');
    });
    stream.onArrival(() => () => {
      throw new Error('then');
    });
    const told = new Promise<void>((resolve) => stream.onArrival(() => resolve));
    unit.write('41');
    await told;
    expect(await errors).toMatchObject([{ message: 'listener' }, { message: 'then' }]);
    expect(bench.received()).toBe('41');
  });

  test('is told no more once cancelled', async () => {
    const heard: string[] = [];
    const cancel = stream.onArrival((chunk) => {
      heard.push(chunk.toString('latin1'));
      return undefined;
    });
    unit.write('one');
    await bench.until(() => bench.received() === 'one');
    cancel();
    unit.write('two');
    await bench.until(() => bench.received() === 'onetwo');
    expect(heard.join('')).toBe('one');
  });
});

test('a chunk that was handed out never changes, however much comes after it, on this line and another', async () => {
  const other = linkedTerminal(bench.directory, 'ttyUART');
  const second = openLine({ device: other.path, baudRate: 115_200 }, 'uart', bench);
  const streams = [stream, await second.open({ within: 10_000 })];
  const size = 200_000;
  const heard = streams.map(
    (each) =>
      new Promise<Buffer>((resolve) => {
        const kept: Buffer[] = [];
        let length = 0;
        each.onData((chunk) => {
          kept.push(chunk);
          length += chunk.length;
          if (length >= size) resolve(Buffer.concat(kept));
        });
      }),
  );
  const sent = Buffer.from(Array.from({ length: size }, (_, at) => (at * 2_654_435_761) >>> 24));
  const sentOther = Buffer.from(sent).reverse();
  unit.write(sent);
  other.write(sentOther);
  const [first, last] = await Promise.all(heard);
  expect(first?.equals(sent)).toBe(true);
  expect(last?.equals(sentOther)).toBe(true);
  await second.close();
  other.close();
});
