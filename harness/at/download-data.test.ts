import fc from 'fast-check';
import { DownloadData } from './download-data.js';

const nasty = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\r\nOK\r\n', '\r\n+QFDWL: 12,ab\r\n\r\nOK\r\n', '+QFDWL: 0,0', '\r\n', 'ERROR')
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts));

test('any data is found whole, however it is cut and whatever it holds', () => {
  fc.assert(
    fc.property(nasty, fc.array(fc.nat(), { maxLength: 8 }), (data, cuts) => {
      // Data that tells its own size at the right place cannot be told from the end by size alone.
      fc.pre(!/\+QFDWL: ?\d+,/.test(data.toString('latin1')) || !selfDescribing(data));
      const stream = `${data.toString('latin1')}\r\n+QFDWL: ${String(data.length)},1f\r\n\r\nOK\r\n`;
      const places = [...new Set(cuts.map((cut) => cut % stream.length))].sort((a, b) => a - b);
      const download = new DownloadData();
      let rest = '';
      [0, ...places].forEach((place, index) => {
        const piece = stream.slice(place, places[index] ?? stream.length);
        rest = rest === '' ? download.take(piece) : rest + piece;
      });
      expect(rest).toBe(`+QFDWL: ${String(data.length)},1f\r\n\r\nOK\r\n`);
      expect(download.data.equals(data)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

function selfDescribing(data: Buffer): boolean {
  return [...data.toString('latin1').matchAll(/\+QFDWL: ?(\d+),/g)].some(
    (match) =>
      Number(match[1]) <= match.index && /^[\r\n]{0,4}$/.test(data.toString('latin1').slice(Number(match[1]), match.index)),
  );
}

test('bytes that got lost show when nothing more comes: the trailer is handed on, the data is short', () => {
  const download = new DownloadData();
  expect(download.take('abc\r\n+QFDWL: 10,1f\r\n\r\nOK\r\n')).toBe('');
  expect(download.giveUp().trimStart()).toBe('+QFDWL: 10,1f\r\n\r\nOK\r\n');
  expect(download.data.toString()).toBe('abc');
  const cut = new DownloadData();
  cut.take('abcdef');
  expect([cut.giveUp(), cut.data.toString()]).toEqual(['', 'abcdef']);
});
