import type { EventOf, JournalEvent } from '../journal/events.js';
import { powerWent } from './cut-proof.js';

const off: EventOf<'power.do'> = {
  n: 1,
  t: 1000,
  at: '2026-01-01T00:00:00.000Z',
  rig: 'ec25-a',
  type: 'power.do',
  id: 1,
  wire: 'supply',
  action: 'off',
  why: 'cut',
};
const events: readonly JournalEvent[] = [off, { ...off, n: 3, t: 5000, id: 2, action: 'on' }];
const departure = (line: string): { line: string; t: number } => ({ line, t: 1100 });
const went = (...lines: string[]): boolean => powerWent(off, { events, departures: lines.map(departure), reports: [], scale: 1 });

test('the module’s own USB device that leaves is a witness of a cut; an adapter of the UART that leaves is none', () => {
  expect(went('at')).toBe(true);
  expect(went('at', 'uart')).toBe(true);
  expect(went('uart')).toBe(false);
  expect(went()).toBe(false);
});
