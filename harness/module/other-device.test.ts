import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { watchUsb } from '../usb/monitor.js';
import { fakeBus, type FakeBus, type FakeDevice } from '../usb/testing/fake-bus.js';
import { fold } from '../verdict/fold.js';
import { judge } from '../verdict/judge.js';
import type { Judgement } from '../verdict/types.js';
import { play } from './testing/play.js';
import { newRevision } from './testing/scripted-module.js';
import { testBench, type TestBench } from './testing/test-bench.js';

jest.setTimeout(120_000);

const path = '1-1.4';
const four = { 0: undefined, 1: undefined, 2: undefined, 3: undefined };
type Device = Omit<FakeDevice, 'path'>;

/** An upgrade in which the module leaves for its recovery and comes back to the bus as something else; `then` is what follows. */
async function upgradeWith(
  device: Device,
  then: (bench: TestBench, bus: FakeBus) => (readonly [number, () => void])[],
): Promise<{ judgement: Judgement; stopped: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'other-device-'));
  const bus = fakeBus(directory);
  const bench = testBench();
  bus.plug({ path, interfaces: four });
  const usb = watchUsb([{ path, interface: 2 }], { ...bus, clock: systemClock, journal: bench.journal });
  try {
    const unit = await bench.open();
    bench.module.onUpgrade = () => {
      play([
        [20, () => bench.module.report('"HTTPSTART"')],
        [20, () => bench.module.report('"HTTPEND",0')],
        [
          20,
          () => {
            bench.module.leave();
            bus.unplug(path);
          },
        ],
        [40, () => bus.plug({ path, ...device })],
        ...then(bench, bus),
      ]);
    };
    const upgrade = await unit.upgrade(bench.pair.upgrade, { from: 'http' });
    const [end] = bench.events('upgrade.end');
    const [record] = fold(upgrade.events);
    if (record === undefined || end === undefined) throw new Error('no record');
    return { judgement: judge(record), stopped: `${end.why}: ${end.detail ?? ''}` };
  } finally {
    await usb.close();
    await bench.close();
    rmSync(directory, { recursive: true });
  }
}

const backAfter =
  (ms: number) =>
  (bench: TestBench, bus: FakeBus): (readonly [number, () => void])[] => [
    [ms, () => bus.unplug(path)],
    [
      40,
      () => {
        bus.plug({ path, interfaces: four });
        bench.module.boot(newRevision);
      },
    ],
  ];

test.each([
  ['emergency-download', { id: '05c6:9008', name: 'QUSB_BULK' }, '05c6:9008 (QUSB_BULK) at usb 1-1.4'],
  ['dump', { interfaces: { 0: undefined } }, '2c7c:0125 at usb 1-1.4, interface 0 alone'],
] as const)('a module that comes back as %s and stays so: the verdict is its own', async (kind, device, detail) => {
  const { judgement, stopped } = await upgradeWith(device, () => []);
  expect(stopped).toBe(`other-device: ${kind}: ${detail}`);
  expect(judgement).toMatchObject({ result: 'fail', ending: kind });
  expect(judgement.findings).toContainEqual(expect.objectContaining({ rule: 'device.mode', owner: 'firmware' }));
});

test('a recovery that shows the diagnostics port alone, longer than a start takes: good firmware is not blamed', async () => {
  const { judgement, stopped } = await upgradeWith({ interfaces: { 0: undefined } }, backAfter(2500));
  expect(stopped).toBe(`normal-mode: runs ${newRevision}`);
  expect(judgement.findings.map(({ rule }) => rule)).not.toContain('device.mode');
  expect(judgement.ending).toBe('upgraded-silently');
});

test('emergency download that the module leaves by itself is neither held against it nor passed', async () => {
  const { judgement, stopped } = await upgradeWith({ id: '05c6:9008' }, backAfter(300));
  expect(stopped).toBe(`normal-mode: runs ${newRevision}`);
  expect(judgement.findings).toContainEqual(expect.objectContaining({ rule: 'device.mode', owner: 'undecided' }));
});
