import { UserError } from '../base/errors.js';
import { powerTiming } from './timing.js';
import { HeldClock } from './testing/held-clock.js';
import { journalFor, powerText, type MemoryJournal } from './testing/rigs.js';
import { WiredPower } from './wired-power.js';
import { WireFault, type Outcome, type Wires } from './wires.js';

const timing = powerTiming(0.01);

let clock: HeldClock;
let journal: MemoryJournal;
/** What was done to the wires, with the length of the journal at that moment. */
let moved: string[];
let outcome: () => Promise<Outcome>;

function open(powerCuts = true, vbus = true): WiredPower {
  const wires: Wires = {
    kind: 'gpio',
    has: { supply: true, vbus, powerKey: false, reset: false, status: false },
    set(wire, on) {
      moved.push(`${wire} ${on ? 'on' : 'off'} (${String(journal.events.length)})`);
      return outcome();
    },
    press: () => Promise.resolve({}),
    status: () => Promise.resolve(false),
    onStatus: () => () => undefined,
    makeSafeNow: () => undefined,
    close: () => Promise.resolve(),
  };
  return new WiredPower(wires, { rig: 'bench', powerCuts, timing, closeWithin: 60_000, journal, clock });
}

beforeEach(() => {
  clock = new HeldClock();
  journal = journalFor(clock);
  moved = [];
  outcome = () => Promise.resolve({});
});

test('a strike moves the wires and writes nothing; the cut writes it down and moves nothing again', async () => {
  const power = open();
  clock.advance(7);
  expect(power.strike()).toBe(clock.now());
  expect(moved).toEqual(['supply off (0)', 'vbus off (0)']);
  expect(journal.events).toEqual([]);
  power.cut('test');
  expect(moved).toHaveLength(2);
  expect(powerText(journal)).toEqual(['do 1 supply off', 'do 2 vbus off']);
  await power.settled();
  expect(powerText(journal).slice(2)).toEqual(['done 1', 'done 2']);
  power.cut('again');
  expect(moved).toHaveLength(4);
  await power.settled();
});

test('a strike that is repeated before its cut moves the wires once', () => {
  const power = open(true, false);
  power.strike();
  power.strike();
  expect(moved).toEqual(['supply off (0)']);
});

test('what goes wrong on the wire shows as of any cut', async () => {
  outcome = () => Promise.reject(new WireFault('the line is held', {}));
  const power = open(true, false);
  power.strike();
  power.cut('test');
  await expect(power.settled()).rejects.toThrow('the line is held');
  expect(powerText(journal)).toEqual([
    'do 1 supply off',
    'done 1: the line is held',
    'fault: power cut failed: the line is held',
  ]);
});

test('a rig that allows no cuts is not struck', () => {
  expect(() => open(false).strike()).toThrow(UserError);
  expect(moved).toEqual([]);
});

test('a strike that nobody came to write down is undone at the end: the supply is back on', async () => {
  const power = open();
  power.strike();
  const closed = power.close();
  await clock.waitFor(timing.off);
  clock.advance(timing.off);
  await closed;
  expect(moved.map((text) => text.replace(/ \(.*/, ''))).toEqual(['supply off', 'vbus off', 'supply on', 'vbus on']);
  expect(power.safe).toBe(true);
});
