import fc from 'fast-check';
import { LineSplitter } from './line-splitter.js';

const texts = (splitter: LineSplitter, ...chunks: (string | Buffer)[]): string[] =>
  chunks.flatMap((chunk) => splitter.push(chunk)).map((line) => line.text);

describe('LineSplitter', () => {
  test.each([
    ['\\r\\n', 'a\r\nb\r\n'],
    ['\\n', 'a\nb\n'],
    ['\\r', 'a\rb\r'],
    ['\\r\\r\\n, as after an echo', 'a\r\r\nb\r\r\n'],
    ['blank lines in between', '\r\n\r\na\r\n \r\n\r\nb\r\n\r\n'],
  ])('ends lines at %s', (_name, text) => {
    const splitter = new LineSplitter();
    expect(texts(splitter, text)).toEqual(['a', 'b']);
    expect(splitter.pending).toBe('');
  });

  test('tells where in the chunk the data behind CONNECT begins', () => {
    const chunk = Buffer.from('AT+QFDWL="x"\r\r\nCONNECT\r\n\r\ndata', 'latin1');
    const connect = new LineSplitter().push(chunk).find((line) => line.text === 'CONNECT');
    expect(chunk.subarray(connect?.end).toString('latin1')).toBe('\r\ndata');
  });

  test('gives a line out as soon as its \\r has come', () => {
    const splitter = new LineSplitter();
    expect(texts(splitter, 'RDY\r')).toEqual(['RDY']);
    expect(texts(splitter, '\n+CFUN: 1\r\n')).toEqual(['+CFUN: 1']);
  });

  test('keeps every byte value', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index).filter((byte) => byte !== 10 && byte !== 13));
    expect(texts(new LineSplitter(), bytes, '\n')).toEqual([bytes.toString('latin1')]);
  });

  test('gives a line over the limit out in pieces and holds no more than the limit', () => {
    const splitter = new LineSplitter({ limit: 4 });
    expect(splitter.push('abcdefghij')).toEqual([
      { text: 'abcd', end: 4 },
      { text: 'efgh', end: 8 },
    ]);
    expect(splitter.pending).toBe('ij');
    expect(splitter.flush()).toBe('ij');
    expect(splitter.flush()).toBeUndefined();
  });

  test('refuses a limit that is none', () => {
    expect(() => new LineSplitter({ limit: 0 })).toThrow(TypeError);
  });

  const stream = fc.stringMatching(/^[a-c \r\n]{0,60}$/);

  test('chunk borders change nothing', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(60)), fc.integer({ min: 1, max: 9 }), (text, cuts, limit) => {
        const whole = new LineSplitter({ limit });
        const split = new LineSplitter({ limit });
        const borders = [0, ...cuts.filter((cut) => cut <= text.length).sort((a, b) => a - b), text.length];
        const chunks = borders.slice(1).map((border, index) => text.slice(borders[index], border));
        expect(texts(split, ...chunks)).toEqual(texts(whole, text));
        expect(split.flush()).toEqual(whole.flush());
      }),
    );
  });

  test('loses nothing but terminators and blanks, and never holds more than the limit', () => {
    fc.assert(
      fc.property(fc.array(stream), fc.integer({ min: 1, max: 9 }), (chunks, limit) => {
        const splitter = new LineSplitter({ limit });
        const seen = chunks.flatMap((chunk) => {
          const lines = texts(splitter, chunk);
          expect(splitter.pending.length).toBeLessThanOrEqual(limit);
          return lines;
        });
        const rest = splitter.flush() ?? '';
        const essence = (text: string): string => text.replace(/\s/g, '');
        expect(essence(seen.join('') + rest)).toBe(essence(chunks.join('')));
      }),
    );
  });
});
