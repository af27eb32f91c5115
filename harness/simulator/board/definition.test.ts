import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../module/options.js';
import { readBoard } from './definition.js';

const dir = mkdtempSync(join(tmpdir(), 'board-'));
afterAll(() => rmSync(dir, { recursive: true }));

function read(board: unknown): ReturnType<typeof readBoard> {
  const path = join(dir, 'board.json');
  writeFileSync(path, typeof board === 'string' ? board : JSON.stringify(board));
  return readBoard(path);
}

const usb = { udc: 'dummy_udc.0', gadget: 'a' };

test('a wire is a number on the chip, or says where it is and at which level it acts', () => {
  const gpio = { chip: 'bench', supply: 5, status: { line: 2, activeLow: true }, powerKey: { chip: 'other', line: 0 } };
  expect(read({ usb, uart: '/dev/ttyS1', gpio })).toEqual({
    ...usb,
    uart: '/dev/ttyS1',
    wires: {
      supply: { chip: 'bench', line: 5, activeLow: false },
      powerKey: { chip: 'other', line: 0, activeLow: false },
      status: { chip: 'bench', line: 2, activeLow: true },
    },
  });
});

test('wires and UART may be missing', () => {
  expect(read({ usb })).toEqual({ ...usb, uart: undefined, wires: {} });
});

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['no USB place', { gpio: {} }],
  ['an unknown wire', { usb, gpio: { chip: 'bench', suply: 5 } }],
  ['a line without a chip', { usb, gpio: { supply: 5 } }],
  ['a line by name', { usb, gpio: { chip: 'bench', supply: 'VBAT' } }],
  ['an unknown key of a line', { usb, gpio: { chip: 'bench', supply: { line: 5, invert: true } } }],
  ['half a line', { usb, gpio: { chip: 'bench', supply: { line: 1.5 } } }],
  ['a UART that is no path', { usb, uart: 3 }],
])('%s is refused', (_what, board) => {
  expect(() => read(board)).toThrow(UsageError);
});
