import { RigFault, UserError } from '../base/errors.js';
import { openPower } from './open.js';
import { ControlClient } from './simulated/control.js';
import { FakeUnit } from './testing/fake-unit.js';
import { HeldClock } from './testing/held-clock.js';
import { journalFor, powerText, rigWith, type MemoryJournal } from './testing/rigs.js';
import { Overtaken, type RigPower } from './types.js';

// Scale 0.01: pulses of 6 and 8 ms, 1 ms (floored to 2) for VBAT, 30 ms off; STATUS may lag by 500 and 1800 ms.
let unit: FakeUnit;
let clock: HeldClock;
let control: ControlClient;
let journal: MemoryJournal;
let power: RigPower;

async function open(rig = rigWith({ simulated: {} })): Promise<RigPower> {
  const simulated = { control, linePaths: { at: '', uart: '' }, pid: 0, route: none, reflash: none, close: none };
  return openPower(rig, { journal, clock, simulated });
}
const none = (): Promise<void> => Promise.resolve();

beforeEach(async () => {
  unit = new FakeUnit();
  await unit.listen();
  clock = new HeldClock();
  journal = journalFor(clock);
  control = await ControlClient.open(unit.path, clock);
  power = await open();
});
afterEach(() => {
  control.close();
  unit.close();
});

/** Lets the action run to its end, each of its waits over as soon as it begins. */
async function through(action: Promise<void>): Promise<void> {
  let ended = false;
  const outcome = action.finally(() => {
    ended = true;
  });
  outcome.catch(() => undefined);
  while (!ended) {
    clock.advance(1);
    // A round trip through the socket: whatever was on its way is done.
    await control.request({ do: 'network', up: true });
  }
  await outcome;
}
const received = (): string[] => unit.received.filter((request) => request !== 'network true');

describe('switching on', () => {
  test('a unit that is off: supply, VBUS, a look at STATUS, one pulse', async () => {
    await through(power.on('test'));
    expect(received()).toEqual(['supply on', 'vbus on', 'status', 'powerKey down', 'powerKey up']);
    expect(unit.running).toBe(true);
    expect(powerText(journal)).toEqual([
      'do 1 supply on',
      'done 1',
      'do 2 vbus on',
      'done 2',
      'status off asked',
      'do 3 powerKey press 6',
      'done 3',
    ]);
  });

  test('a unit whose STATUS is high is left alone: a pulse would switch it off', async () => {
    unit.running = true;
    await through(power.on('test'));
    expect(received()).toEqual(['supply on', 'vbus on', 'status']);
    expect(unit.running).toBe(true);
  });

  test('VBAT has its time to settle before the pulse', async () => {
    const on = power.on('test');
    await unit.has('vbus on');
    await clock.waitFor(2);
    clock.advance(1);
    await control.request({ do: 'network', up: true });
    expect(received()).not.toContain('powerKey down');
    await through(on);
    expect(received()).toContain('powerKey down');
  });

  test('asked again before STATUS has risen, it waits for STATUS instead of pressing again', async () => {
    // This unit needs its time from PWRKEY to STATUS.
    unit.answer = ({ do: what }) => (what === 'powerKey' ? {} : undefined);
    await through(power.on('first'));
    const again = power.on('second');
    await unit.has('status', 2);
    await clock.waitFor(50);
    unit.status(true);
    await again;
    expect(received().filter((request) => request === 'powerKey down')).toHaveLength(1);
  });

  test('a pulse that did nothing is repeated once STATUS has had its time', async () => {
    unit.answer = ({ do: what }) => (what === 'powerKey' ? {} : undefined);
    await through(power.on('first'));
    await through(power.on('second'));
    expect(received().filter((request) => request === 'powerKey down')).toHaveLength(2);
  });

  test('asked while the unit is still powering down, it waits until it is off, then presses', async () => {
    await through(power.on('first'));
    unit.answer = ({ do: what }) => (what === 'powerKey' ? {} : undefined);
    await through(power.pressPowerKey('off', 'test'));
    const again = power.on('second');
    await unit.has('status', 2);
    await clock.waitFor(50);
    expect(received().filter((request) => request === 'powerKey down')).toHaveLength(2);
    unit.status(false);
    await through(again);
    expect(received().filter((request) => request === 'powerKey down')).toHaveLength(3);
  });
});

describe('pulses', () => {
  test('are as wide as their purpose asks, and never shorter than asked', async () => {
    const press = power.pressPowerKey('off', 'test');
    await unit.has('powerKey down');
    await clock.waitFor(8);
    clock.advance(7);
    await control.request({ do: 'network', up: true });
    expect(received()).not.toContain('powerKey up');
    clock.advance(1);
    await press;
    expect(received()).toEqual(['powerKey down', 'powerKey up']);
  });

  test('a key whose press is refused is let go all the same', async () => {
    unit.answer = ({ do: what, down }) => (what === 'powerKey' && down === true ? { ok: false, error: 'stuck' } : undefined);
    await expect(power.pressPowerKey('on', 'test')).rejects.toThrow(RigFault);
    expect(received()).toEqual(['powerKey down', 'powerKey up']);
    expect(powerText(journal)).toEqual(['do 1 powerKey press 6', 'done 1: the simulated unit refused']);
  });

  test('a key that is down when the rig is closed is let go after its pulse', async () => {
    const press = power.pressReset('test');
    await unit.has('reset down');
    const closed = power.close();
    await clock.waitFor(3);
    clock.advance(3);
    await Promise.all([press, closed]);
    expect(received()).toEqual(['reset down', 'reset up']);
  });

  test('in the last moments of a process the keys are let go and the supply comes on, without waiting', async () => {
    power.cut('test');
    await power.settled();
    power.pressPowerKey('on', 'test').catch(() => undefined);
    await unit.has('powerKey down');
    power.closeNow();
    await unit.has('vbus on');
    expect(received()).toEqual(['supply off', 'vbus off', 'powerKey down', 'powerKey up', 'supply on', 'vbus on']);
  });
});

describe('the supply', () => {
  test('is off for its least time, however early it is asked for', async () => {
    await power.supply(false, 'test');
    const on = power.supply(true, 'test');
    await clock.waitFor(30);
    clock.advance(29);
    await control.request({ do: 'network', up: true });
    expect(received()).toEqual(['supply off', 'vbus off']);
    clock.advance(1);
    await on;
    expect(received()).toEqual(['supply off', 'vbus off', 'supply on', 'vbus on']);
  });

  test('a cycle may be asked to last longer, not shorter', async () => {
    const cycle = power.cycle('test', 100);
    await clock.waitFor(100);
    clock.advance(99);
    await control.request({ do: 'network', up: true });
    expect(received()).not.toContain('supply on');
    await through(cycle);
    expect(received().slice(2)).toEqual(['supply on', 'vbus on', 'status', 'powerKey down', 'powerKey up']);
    unit.received.length = 0;
    const short = power.cycle('test', 1);
    await clock.waitFor(1);
    clock.advance(1);
    await clock.waitFor(29);
    expect(received()).not.toContain('supply on');
    await through(short);
  });

  test('a switch that failed is a fault of the rig that says what was asked and seen', async () => {
    unit.answer = ({ do: what }) => (what === 'supply' ? { ok: false, error: 'relay stuck' } : undefined);
    const fault: unknown = await power.supply(true, 'test').catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(RigFault);
    expect((fault as RigFault).explanation).toMatchObject({ asked: '{"do":"supply","on":true}', seen: 'relay stuck' });
  });
});

describe('a cut', () => {
  test('is written to the switch before it returns, VBAT first', () => {
    const write = jest.spyOn(control['socket'], 'write');
    power.cut('test');
    expect(write.mock.calls.map(([text]) => (JSON.parse(String(text)) as { do: string }).do)).toEqual(['supply', 'vbus']);
    expect(powerText(journal)).toEqual(['do 1 supply off', 'do 2 vbus off']);
  });

  test('reaches the unit although a pulse is under way', async () => {
    const press = power.pressPowerKey('on', 'test');
    await unit.has('powerKey down');
    power.cut('test');
    await power.settled();
    expect(received()).toEqual(['powerKey down', 'supply off', 'vbus off']);
    await clock.waitFor(6);
    clock.advance(6);
    await press;
  });

  test('overtakes whatever waits to switch on: the unit stays off', async () => {
    await power.supply(false, 'test');
    const waiting = power.on('test');
    const queued = power.supply(true, 'test');
    await clock.waitFor(30);
    power.cut('test');
    clock.advance(30);
    await expect(waiting).rejects.toThrow(Overtaken);
    await expect(queued).rejects.toThrow(Overtaken);
    expect(received()).not.toContain('supply on');
    await through(power.on('after the cut'));
    expect(unit.running).toBe(true);
  });

  test('that fails shows in settled, or in the next action, and in the journal', async () => {
    unit.answer = ({ do: what }) => (what === 'supply' ? { ok: false, error: 'relay stuck' } : undefined);
    power.cut('test');
    await expect(power.settled()).rejects.toThrow(RigFault);
    power.cut('test');
    await expect(power.pressReset('test')).rejects.toThrow('refused');
    await power.settled();
    expect(powerText(journal).filter((line) => line.startsWith('fault'))).toEqual([
      'fault: power cut failed: the simulated unit refused',
      'fault: power cut failed: the simulated unit refused',
    ]);
  });

  test('is refused on a rig that does not allow it, before anything is switched', async () => {
    const rig = rigWith({ simulated: {} });
    power = await open({ ...rig, safety: { powerCuts: false } });
    expect(() => {
      power.cut('test');
    }).toThrow(UserError);
    await power.settled();
    expect(received()).toEqual([]);
  });
});

describe('closing', () => {
  test('switches on what was left off, after its least time, and nothing else', async () => {
    power.cut('test');
    await power.settled();
    const closed = power.close();
    await clock.waitFor(30);
    clock.advance(30);
    await closed;
    expect(received()).toEqual(['supply off', 'vbus off', 'supply on', 'vbus on']);
    await power.close();
    expect(received()).toHaveLength(4);
  });

  test('leaves an inverted supply line told off: that is what feeds the unit', async () => {
    await power.supply(false, 'proof');
    power.supplyInverted?.();
    await power.vbus(true, 'proof');
    unit.received.length = 0;
    const closed = power.close();
    await closed;
    expect(received()).toEqual([]);
    expect(power.safe).toBe(true);
  });

  test('tells an inverted supply line off that stands told on, at the end as in the last moments', async () => {
    await power.supply(true, 'proof');
    power.supplyInverted?.();
    unit.received.length = 0;
    power.closeNow();
    await unit.has('supply off');
    const closed = power.close();
    await clock.waitFor(30);
    clock.advance(30);
    await closed;
    expect(received()).toEqual(['supply off', 'supply off']);
    expect(powerText(journal).slice(-2)).toEqual(['do 3 supply off', 'done 3']);
  });

  test('leaves alone what was never switched off', async () => {
    await power.close();
    expect(received()).toEqual([]);
    expect(power.safe).toBe(true);
  });

  test('ends what waits, and refuses what comes later', async () => {
    await power.supply(false, 'test');
    const waiting = power.cycle('test', 60_000);
    await clock.waitFor(60_000);
    const closed = power.close();
    await expect(waiting).rejects.toThrow(Overtaken);
    await clock.waitFor(30);
    clock.advance(30);
    await closed;
    expect(received().at(-1)).toBe('vbus on');
    await expect(power.on('too late')).rejects.toThrow(Overtaken);
  });

  test('a trigger that fires once closing has begun, or after it, cuts nothing', async () => {
    power.cut('test');
    await power.settled();
    const closed = power.close();
    expect(() => power.strike()).toThrow(Overtaken);
    expect(() => {
      power.cut('late');
    }).toThrow(Overtaken);
    await clock.waitFor(30);
    clock.advance(30);
    await closed;
    expect(() => power.strike()).toThrow(Overtaken);
    expect(() => {
      power.cut('too late');
    }).toThrow(Overtaken);
    await control.request({ do: 'network', up: true });
    expect(received()).toEqual(['supply off', 'vbus off', 'supply on', 'vbus on']);
    expect(power.safe).toBe(true);
  });

  test('never throws: a switch that does not answer is written down', async () => {
    power.cut('test');
    await power.settled();
    unit.answer = () => 'silent';
    const closed = power.close();
    await clock.waitFor(30);
    clock.advance(60_000);
    await closed;
    expect(powerText(journal).at(-1)).toContain('fault: rig bench: power could not be left safe');
    expect(power.safe).toBe(false);
  });

  test('never throws: with a journal that cannot be written the supply still comes on', async () => {
    power.cut('test');
    await power.settled();
    journal.write = () => {
      throw new Error('no space left on device');
    };
    const closed = power.close();
    await clock.waitFor(30);
    clock.advance(30);
    await closed;
    expect(received()).toContain('supply on');
  });

  test('never throws: nor with a unit that is gone', async () => {
    power.cut('test');
    await power.settled();
    unit.hangUp();
    const closed = power.close();
    await clock.waitFor(30);
    clock.advance(30);
    await closed;
    expect(powerText(journal).at(-1)).toContain('fault');
  });
});

test('edges of STATUS reach the listeners and the journal', async () => {
  const edge = new Promise<boolean>((resolve) => {
    power.onStatus(resolve);
  });
  unit.status(true);
  expect(await edge).toBe(true);
  expect(powerText(journal)).toEqual(['status on edge']);
});
