import { play } from './testing/play.js';
import { testBench, type TestBench } from './testing/test-bench.js';

jest.setTimeout(120_000);

let bench: TestBench;
afterEach(() => bench.close());

test('a rig that may cut power takes it: normal mode, and no report of an upgrade', async () => {
  bench = testBench({ rig: { safety: { powerCuts: true } } });
  const unit = await bench.open();
  await expect(unit.restart('to see')).resolves.toEqual({ ready: true, stayed: true, reports: [] });
  expect(bench.power.done).toContain('supply off');
});

test('without leave to cut power the module is told to reboot', async () => {
  bench = testBench();
  const unit = await bench.open();
  bench.module.override = (command) => {
    if (command !== 'AT+CFUN=1,1') return 'default';
    play([
      [10, () => bench.module.leave()],
      [30, () => bench.module.boot()],
    ]);
    return ['OK'];
  };
  await expect(unit.restart('to see')).resolves.toEqual({ ready: true, stayed: true, reports: [] });
  expect(bench.power.done).not.toContain('supply off');
});

test('a recovery that a restart leads into is told', async () => {
  bench = testBench({ rig: { safety: { powerCuts: true } } });
  const unit = await bench.open();
  bench.power.onPowered = () => {
    bench.module.report('"START"', 'uart');
    bench.module.report('"END",0', 'uart');
    bench.module.boot();
  };
  await expect(unit.restart('to see')).resolves.toEqual({
    ready: true,
    stayed: true,
    reports: ['+QIND: "FOTA","START"', '+QIND: "FOTA","END",0'],
  });
});

test('a unit that stays away is not ready', async () => {
  bench = testBench({ rig: { safety: { powerCuts: true } }, limits: { boot: 1_500 } });
  const unit = await bench.open();
  bench.power.onPowered = () => undefined;
  await expect(unit.restart('to see')).resolves.toEqual({ ready: false, stayed: false, reports: [] });
});

test('a unit that restarts again by itself does not stay', async () => {
  bench = testBench({ rig: { safety: { powerCuts: true } } });
  const unit = await bench.open();
  bench.power.onPowered = () => {
    bench.module.boot();
    play([
      [600, () => bench.module.leave()],
      [30, () => bench.module.boot()],
    ]);
  };
  await expect(unit.restart('to see')).resolves.toEqual({ ready: true, stayed: false, reports: [] });
});
