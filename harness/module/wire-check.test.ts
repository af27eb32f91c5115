/** What is tried of a wire when no cut is allowed. `rigs-check.test.ts` tries every wire on simulated rigs, all of which have a supply. */
import { systemClock } from '../base/clock.js';
import { Secrets } from '../base/secrets.js';
import { testBench, type TestBench } from './testing/test-bench.js';
import { WireCheck } from './wire-check.js';

let bench: TestBench | undefined;
afterEach(() => bench?.close());

/** VBUS of a rig with a line over the module’s USB, which leaves and comes back with VBUS. */
async function vbusOf({ supply, powerCuts }: { supply: boolean; powerCuts: boolean }) {
  const opened = testBench({
    roles: ['at'],
    wires: { supply, vbus: true, powerKey: true, reset: false, status: true },
    rig: { safety: { powerCuts } },
  });
  bench = opened;
  const { rig, power, module } = opened;
  module.boot();
  await opened.open();
  const vbus = power.vbus.bind(power);
  power.vbus = async (on, why) => {
    await vbus(on, why);
    if (on) module.enter();
    else module.lines.at?.unplug();
  };
  const check = new WireCheck({
    ...opened,
    rig: { ...rig, lines: { at: { usb: { path: '1-1', interface: 2 }, baudRate: 115_200 } } },
    clock: systemClock,
    secrets: new Secrets(),
  });
  try {
    const row = await check.vbus();
    return { row, done: power.done.filter((what) => what.startsWith('vbus')) };
  } finally {
    check.close();
  }
}

test('VBUS is left alone without a supply wire: it may be what feeds the unit, and no cut is allowed', async () => {
  const { row, done } = await vbusOf({ supply: false, powerCuts: false });
  expect(row).toMatchObject({ check: 'VBUS cuts', result: 'not tried' });
  expect(row.seen).toMatch(/no supply wire.*safety\.powerCuts is false/);
  expect(done).toEqual([]);
});

test.each([
  [{ supply: true, powerCuts: false }, 'the supply is a wire of its own'],
  [{ supply: true, powerCuts: true }, 'cuts are allowed'],
])('VBUS is tried with %j: %s', async (rig) => {
  const { row, done } = await vbusOf(rig);
  expect(row).toMatchObject({ check: 'VBUS cuts', result: 'ok' });
  expect(done).toEqual(['vbus off', 'vbus on']);
});

test('that PWRKEY switches off needs a witness: with no line open and no STATUS nothing was seen', async () => {
  const opened = testBench({
    roles: ['at'],
    wires: { supply: true, vbus: false, powerKey: true, reset: false, status: false },
  });
  bench = opened;
  opened.module.boot();
  await opened.open();
  opened.module.lines.at?.unplug();
  const check = new WireCheck({ ...opened, clock: systemClock, secrets: new Secrets() });
  try {
    await opened.lines.at?.port.command('AT', { deadline: 50 });
    const row = await check.powerKey();
    expect(row).toMatchObject({ check: 'PWRKEY off, on', result: 'FAILED' });
    expect(row.seen).toMatch(/PWRKEY does not switch the unit off/);
    // Nobody presses on: it toggles.
    expect(opened.power.done.filter((what) => what.startsWith('powerKey'))).toHaveLength(1);
  } finally {
    check.close();
  }
});
