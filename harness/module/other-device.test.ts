import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { watchUsb } from '../usb/monitor.js';
import { fakeBus } from '../usb/testing/fake-bus.js';
import { fold } from '../verdict/fold.js';
import { judge } from '../verdict/judge.js';
import { play } from './testing/play.js';
import { testBench } from './testing/test-bench.js';

jest.setTimeout(120_000);

const four = { 0: undefined, 1: undefined, 2: undefined, 3: undefined };

test.each([
  ['emergency-download', { id: '05c6:9008', name: 'QUSB_BULK' }, '05c6:9008 (QUSB_BULK) at usb 1-1.4'],
  ['dump', { interfaces: { 0: undefined } }, '2c7c:0125 at usb 1-1.4, interface 0 alone'],
] as const)(
  'a module that comes back as %s ends the watch long before its limit, and the verdict is its own',
  async (kind, device, detail) => {
    const directory = mkdtempSync(join(tmpdir(), 'other-device-'));
    const bus = fakeBus(directory);
    const bench = testBench();
    bus.plug({ path: '1-1.4', interfaces: four });
    const usb = watchUsb([{ path: '1-1.4', interface: 2 }], { ...bus, clock: systemClock, journal: bench.journal });
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
              bus.unplug('1-1.4');
            },
          ],
          [40, () => bus.plug({ path: '1-1.4', ...device })],
        ]);
      };
      const upgrade = await unit.upgrade(bench.pair.upgrade, { from: 'http' });
      expect(bench.events('upgrade.end')).toMatchObject([{ why: 'other-device', detail: `${kind}: ${detail}` }]);
      const [record] = fold(upgrade.events);
      if (record === undefined) throw new Error('no record');
      const judgement = judge(record);
      expect(judgement).toMatchObject({ result: 'fail', ending: kind });
      expect(judgement.findings).toContainEqual(expect.objectContaining({ rule: 'device.mode', owner: 'firmware' }));
    } finally {
      await usb.close();
      await bench.close();
      rmSync(directory, { recursive: true });
    }
  },
);
