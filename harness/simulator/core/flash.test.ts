import { Dice } from './bytes.js';
import { Flash, PAGE_SIZE, PAGES_PER_BLOCK, toPages, treeDigest } from './flash.js';

const page = (fill: number): Uint8Array => new Uint8Array(PAGE_SIZE).fill(fill);

test('a page programmed twice holds the AND of both', () => {
  const flash = new Flash(1);
  flash.perform({ kind: 'program', page: 0, data: page(0x0f) });
  flash.perform({ kind: 'program', page: 0, data: page(0x3c) });
  expect(Buffer.from(flash.page(0)).equals(Buffer.from(page(0x0c)))).toBe(true);
  flash.perform({ kind: 'erase', block: 0 });
  expect(flash.isErased(0)).toBe(true);
});

test('a torn page is neither erased nor what was written, wherever it was torn', () => {
  const dice = new Dice('torn');
  for (let i = 0; i <= 50; i++) {
    const data = i % 2 === 0 ? dice.bytes(PAGE_SIZE) : page(0xff);
    const flash = new Flash(1);
    flash.tear({ kind: 'program', page: 3, data }, i / 50);
    expect(flash.isErased(3)).toBe(false);
    expect(Buffer.from(flash.page(3)).equals(data)).toBe(false);
    expect(flash.isErased(2)).toBe(true);
  }
});

test('a torn erase leaves no page that counts as erased', () => {
  for (const fraction of [0, 0.5, 1]) {
    const flash = new Flash(1);
    for (let i = 0; i < PAGES_PER_BLOCK; i++) flash.perform({ kind: 'program', page: i, data: page(i) });
    flash.tear({ kind: 'erase', block: 0 }, fraction);
    for (let i = 0; i < PAGES_PER_BLOCK; i++) expect(flash.isErased(i)).toBe(false);
  }
});

test('a snapshot is not touched by what comes after it', () => {
  const flash = new Flash(2);
  flash.perform({ kind: 'program', page: 1, data: page(1) });
  const before = flash.dump();
  const snapshot = flash.snapshot();
  flash.perform({ kind: 'erase', block: 0 });
  flash.perform({ kind: 'program', page: 1, data: page(2) });
  flash.restore(snapshot);
  expect(flash.dump().equals(before)).toBe(true);
});

test('what is read from an image file is what was written, the erased pages among it', () => {
  const flash = new Flash(2);
  flash.perform({ kind: 'program', page: 5, data: page(7) });
  flash.tear({ kind: 'erase', block: 1 }, 0.3);
  const again = Flash.load(flash.dump());
  expect(again.dump().equals(flash.dump())).toBe(true);
  for (let i = 0; i < flash.pageCount; i++) expect(again.isErased(i)).toBe(flash.isErased(i));
});

test('the tree digest sees every byte and the size', () => {
  const content = new Dice('digest').bytes(5000);
  const digest = treeDigest(toPages(content), content.length);
  const other = Buffer.from(content);
  other[4999] = (other[4999] ?? 0) ^ 1;
  expect(treeDigest(toPages(other), other.length)).not.toBe(digest);
  expect(treeDigest(toPages(Buffer.from(content)), content.length)).toBe(digest);
  expect(treeDigest(toPages(content), content.length - 1)).not.toBe(digest);
});
