import fc from 'fast-check';
import { Secrets } from '../base/secrets.js';
import { SecretMasker } from './secret-masker.js';

function masker(...secrets: string[]): SecretMasker {
  const known = new Secrets();
  for (const secret of secrets) known.add(secret);
  return new SecretMasker(known);
}

/** Cuts the text at the given places. */
function cut(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((place, index) => text.slice(place, places[index] ?? text.length));
}

/** Few letters, so that parts of secrets abound. */
const letters = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), minLength, maxLength });

describe('a secret in a stream of chunks', () => {
  test('is masked when it lies within a chunk, twice and at either end', () => {
    expect(masker('pa55word').push('pa55word:pa55word')).toBe('***:***');
  });

  test('is masked when it is cut in two or into single characters', () => {
    const two = masker('pa55word');
    expect([two.push('user:pa55'), two.push('word@host')]).toEqual(['user:', '***@host']);
    const many = masker('pa55word');
    const shown = [...'x:pa55word@'].map((character) => many.push(character));
    expect(shown.join('|')).toBe('x|:|p|a||||||***|@');
  });

  test('a tail that only begins like one is held back, then written as it was', () => {
    const one = masker('123456');
    expect([one.push('+QIND: 123'), one.push('99\r\n')]).toEqual(['+QIND: ', '12399\r\n']);
  });

  test('a stream that ends in the middle of one does not show the part', () => {
    const one = masker('pa55word');
    expect([one.push('user:pa55w'), one.flush(), one.flush()]).toEqual(['user:', '***', '']);
  });

  test('letters beyond ASCII are recognised as the bytes that a line carries', () => {
    expect(masker('schlüssel').push(Buffer.from('<schlüssel>').toString('latin1'))).toBe('<***>');
  });

  test('overlapping secrets leave nothing of either', () => {
    expect(masker('abcde', 'deabc').push('xabcdeabcx')).toBe('x***x');
  });

  test('without any secret in it a stream passes whole, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(letters(4, 9), { maxLength: 3 }),
        letters(0, 60),
        fc.array(fc.nat(), { maxLength: 12 }),
        (secrets, text, at) => {
          fc.pre(!secrets.some((secret) => text.includes(secret)));
          const one = masker(...secrets);
          const shown = cut(text, at).map((chunk) => one.push(chunk));
          const rest = one.flush();
          const whole = shown.join('');
          // Only a tail that may have become a secret is left out, and then it is marked.
          expect(text.startsWith(whole)).toBe(true);
          expect(rest).toBe(whole.length === text.length ? '' : '***');
          const tail = text.slice(whole.length);
          expect(tail === '' || secrets.some((secret) => secret.includes(tail))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('no part of three or more characters of one that straddles a border is written in clear', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), minLength: 4, maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('.', ',', '0'), maxLength: 10 }),
        fc.string({ unit: fc.constantFrom('.', ',', '0'), maxLength: 10 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (secret, before, after, at) => {
          const one = masker(secret);
          const events = [...cut(before + secret + after, at).map((chunk) => one.push(chunk)), one.flush()];
          const shown = events.join('');
          for (let start = 0; start + 3 <= secret.length; start += 1) {
            expect(shown).not.toContain(secret.slice(start, start + 3));
          }
          // What is around it stays.
          expect(shown.startsWith(before)).toBe(true);
          expect(shown.endsWith(`***${after}`)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
