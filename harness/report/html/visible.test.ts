import fc from 'fast-check';
import type { JournalEvent } from '../../journal/events.js';
import { showableJson } from './details.js';
import { Identities } from './identities.js';
import { shown } from './visible.js';

describe('what does not print is shown', () => {
  test.each([
    ['a control character', 'a\u0000b\u001b[31mc', 'a\\x00b\\x1b[31mc'],
    ['an override of the direction', 'exe.\u202egpj', 'exe.\\u202egpj'],
    ['an invisible blank', 'a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['a tag', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['the end of a line', 'one\r\ntwo\u2028three', 'one\\r\\ntwo\\u2028three'],
  ])('%s', (_name, text, wanted) => {
    expect(shown(text)).toBe(wanted);
  });

  test('letters of any script, and symbols, stay as they are', () => {
    for (const text of ['plain ASCII <img src=x>', 'Ünïcode → ½', '漢字', 'שלום', '👍']) expect(shown(text)).toBe(text);
  });

  test('nothing that is given out can hide or turn anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(shown(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test('no text of a page escapes it, however deep it lies', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const back = JSON.parse(showableJson({ a: [{ b: text, why: text }] })) as { a: [{ b: string; why: string }] };
        expect(back.a[0].b).toBe(shown(text));
        expect(back.a[0].why).not.toMatch(/[^\P{Cc}\n\t]/u);
      }),
    );
  });
});

describe('identities', () => {
  const imei = '861107030000001';
  const event = (identity: object): JournalEvent => ({
    n: 1,
    t: 1,
    at: '',
    type: 'module.identity',
    when: 'check',
    identity,
  });

  test('an IMEI, an ICCID and an IMSI keep their last four digits, wherever they stand', () => {
    const identities = new Identities(true);
    expect(identities.mask(`IMEI ${imei}, +QCCID: 89882806660300000001, 262011234567890`)).toBe(
      'IMEI •••••••••••0001, +QCCID: ••••••••••••••••0001, •••••••••••7890',
    );
  });

  test('a digest, a time and a size are none', () => {
    const text = `3640${'1'.repeat(20)}abc 15696032.651 0.23900000005960464 4203817 2026-11-22T21:55:48.779Z`;
    expect(new Identities(true).mask(text)).toBe(text);
  });

  test('a read that cuts a known number in two gives neither half away', () => {
    const identities = new Identities(true);
    identities.learn(event({ imei }));
    expect(identities.maskBytes('\r\n8611070300')).toBe('\r\n••••••0300');
    expect(identities.maskBytes('123456')).toBe('123456');
  });

  test('they stay when that is asked for', () => {
    expect(new Identities(false).mask(imei)).toBe(imei);
  });
});
