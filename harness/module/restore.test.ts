import { RigFault } from '../base/errors.js';
import type { Unit } from './types.js';
import { play, recovery } from './testing/play.js';
import { newRevision, oldRevision } from './testing/scripted-module.js';
import { testBench, type TestBench, type TestBenchOptions } from './testing/test-bench.js';

// Several rungs, each of which waits out its limit.
jest.setTimeout(120_000);

let bench: TestBench;
let unit: Unit;
const setUp = async (options: TestBenchOptions = {}, more: Parameters<TestBench['open']>[0] = {}): Promise<void> => {
  bench = testBench({ limits: { boot: 600, upgrade: 1_500 }, ...options });
  unit = await bench.open(more);
  bench.power.done.length = 0;
  bench.module.commands.length = 0;
};
afterEach(() => bench.close());
const rungs = (): [string, boolean][] => bench.events('restore.rung').map(({ rung, ok }) => [rung, ok]);

test('a healthy unit at its baseline costs one look', async () => {
  await setUp();
  await unit.restore('before a test');
  expect(rungs()).toEqual([]);
  expect(bench.power.done).toEqual([]);
  expect(bench.module.commands.length).toBeLessThan(14);
});

test('packages that were left behind are deleted, other files stay', async () => {
  await setUp();
  await unit.upload('ufs', 'other-name.zip', Buffer.from('a package under another name'));
  bench.module.ufs.set('upgrade.zip', Buffer.from('left by an earlier run'));
  bench.module.sd.set('downgrade.zip', Buffer.from('likewise'));
  bench.module.ufs.set('calibration.bin', Buffer.from('not ours'));
  await unit.restore('after a test');
  expect([...bench.module.ufs.keys()]).toEqual(['calibration.bin']);
  expect([...bench.module.sd.keys()]).toEqual([]);
  expect(rungs()).toEqual([]);
});

test('the new version is brought back by the downgrade package', async () => {
  await setUp();
  bench.module.revision = newRevision;
  bench.module.onUpgrade = (target) => {
    expect(target).toBe('/data/ufs/downgrade.zip');
    play(recovery(bench.module, oldRevision));
  };
  await unit.restore('after a test');
  expect(rungs()).toEqual([['downgrade', true]]);
  expect(bench.module.revision).toBe(oldRevision);
});

test('when one source fails the next is tried', async () => {
  await setUp();
  bench.module.revision = newRevision;
  const targets: string[] = [];
  bench.module.onUpgrade = (target) => {
    targets.push(target);
    if (targets.length === 1) return ['ERROR'];
    play(recovery(bench.module, oldRevision));
    return undefined;
  };
  await unit.restore('after a test');
  expect(targets).toEqual(['/data/ufs/downgrade.zip', '/media/card/downgrade.zip']);
  expect(rungs()).toEqual([['downgrade', true]]);
});

test('a silent unit is waited for, then switched off and on', async () => {
  await setUp();
  bench.module.answering = false;
  await unit.restore('after a test');
  expect(rungs()).toEqual([
    ['wait', false],
    ['power-key', true],
  ]);
  expect(bench.power.done).toContain('powerKey press');
});

test('one that comes up meanwhile needs no more than the wait', async () => {
  await setUp();
  bench.module.leave();
  play([[800, () => bench.module.boot()]]);
  await unit.restore('after a test');
  expect(rungs()).toEqual([['wait', true]]);
  expect(bench.power.done).toEqual([]);
});

describe('the supply of a unit that is stuck', () => {
  const stuck = (): void => {
    bench.module.answering = false;
    bench.power.onPowered = () => {
      bench.module.enter();
    };
  };

  test('is not cut on a rig that does not allow it, and the reason says so', async () => {
    await setUp();
    stuck();
    const aside: unknown = await unit.restore('after a test').catch((error: unknown) => error);
    expect((aside as RigFault).explanation.hint).toContain('safety.powerCuts');
    expect(bench.power.done).not.toContain('supply off');
  });

  test('is cycled on one that does', async () => {
    await setUp({ rig: { safety: { powerCuts: true } } });
    stuck();
    await expect(unit.restore('after a test')).rejects.toBeInstanceOf(RigFault);
    expect(bench.power.done).toContain('supply off');
  });
});

test('another CFUN is mended by a wait or a reboot', async () => {
  await setUp();
  bench.module.cfun = '4';
  await unit.restore('after a test');
  expect(rungs()).toEqual([['wait', true]]);
  expect(bench.module.cfun).toBe('1');
});

test('a lost IMEI goes up the whole ladder; the restore command mends it', async () => {
  const flashed: string[] = [];
  await setUp(
    {},
    {
      restoreCommand: (why) => {
        flashed.push(why);
        bench.module.imei = '861107030000001';
        return Promise.resolve();
      },
    },
  );
  bench.module.imei = '000000000000000';
  bench.module.override = (command) => {
    if (command !== 'AT+CFUN=1,1') return 'default';
    play([
      [10, () => bench.module.leave()],
      [30, () => bench.module.boot()],
    ]);
    return ['OK'];
  };
  await unit.restore('after a test');
  expect(flashed).toEqual(['after a test']);
  expect(rungs()).toEqual([
    ['wait', false],
    ['reboot', false],
    ['power-key', false],
    ['restore-command', true],
  ]);
});

describe('another unit in the place of the rig’s', () => {
  const foreign = '861107030000002';
  const changes = /QFOTADL|CFUN=|QICSGP=1,|QFUPL|QFDEL|CPIN=/;

  test('is left alone: no file is deleted, no rung climbed; the rig is set aside, and stays so', async () => {
    const flashed: string[] = [];
    await setUp({}, { restoreCommand: (why) => Promise.resolve(void flashed.push(why)) });
    Object.assign(bench.module, { imei: foreign, revision: newRevision });
    bench.module.ufs.set('upgrade.zip', Buffer.from('of its owner'));
    await expect(unit.restore('before a test')).rejects.toMatchObject({ explanation: { seen: `IMEI ${foreign}` } });
    expect(rungs()).toEqual([['aside', false]]);
    expect(bench.power.done).toEqual([]);
    expect(flashed).toEqual([]);
    expect(bench.module.ufs.has('upgrade.zip')).toBe(true);
    expect(bench.module.commands.map(String).filter((command) => changes.test(command))).toEqual([]);
    expect(bench.events('rig.aside')).toMatchObject([{ reason: `the unit is another one: IMEI ${foreign}` }]);
    bench.module.imei = '861107030000001';
    await expect(unit.restore('before the next')).rejects.toThrow('the unit is another one');
  });

  test('is found also when it answers only after a rung, before its settings are touched', async () => {
    await setUp();
    const { module } = bench;
    Object.assign(module, { imei: foreign, cfun: '4' });
    let silent = true;
    module.override = (command) => (command === 'AT' && silent ? [] : 'default');
    const on = bench.power.on.bind(bench.power);
    bench.power.on = async (...why: Parameters<typeof on>) => {
      silent = false;
      await on(...why);
    };
    module.commands.length = 0;
    await expect(unit.restore('before a test')).rejects.toMatchObject({ explanation: { seen: `IMEI ${foreign}` } });
    expect(module.commands.map(String).filter((command) => changes.test(command))).toEqual([]);
  });

  test('is none whose IMEI was garbled once', async () => {
    await setUp();
    let asked = 0;
    bench.module.override = (command) => (command === 'AT+CGSN' && (asked += 1) === 1 ? [foreign, 'OK'] : 'default');
    await unit.restore('before a test');
    expect(rungs()).toEqual([]);
  });
});

test('a version that is neither goes straight to the restore command', async () => {
  await setUp(
    {},
    {
      restoreCommand: () => {
        bench.module.revision = oldRevision;
        return Promise.resolve();
      },
    },
  );
  bench.module.revision = 'EC25EFAR06A99M4G';
  await unit.restore('after a test');
  expect(rungs()).toEqual([['restore-command', true]]);
});

describe('after the restore command, without STATUS', () => {
  const wires = { supply: true, vbus: false, powerKey: true, reset: false, status: false };
  const flash = (how: () => void) => async () => {
    await setUp(
      { wires, roles: ['at'] },
      {
        restoreCommand: async () => {
          const gone = new Promise<void>((resolve) => {
            bench.journal.subscribe(({ type }) => {
              if (type === 'line.gone') resolve();
            });
          });
          bench.module.revision = oldRevision;
          bench.module.leave();
          // What it said before is heard by then.
          await gone;
          how();
        },
      },
    );
    bench.module.revision = 'EC25EFAR06A99M4G';
    const on = jest.spyOn(bench.power, 'on');
    await unit.restore('after a test');
    expect(rungs()).toEqual([['restore-command', true]]);
    return on.mock.calls;
  };

  test('a unit that the flash tool has started is known to run: PWRKEY would switch it off', async () => {
    const calls = await flash(() => {
      play([[100, () => bench.module.boot()]]);
    })();
    expect(calls).toEqual([['after a test', { running: true }]]);
  });

  test('one that stays silent for as long as a boot may take is off', async () => {
    const calls = await flash(() => {
      bench.power.isOn = false;
    })();
    expect(calls).toEqual([['after a test', { running: false }]]);
  });
});

test('when nothing helps the rig is set aside, and stays so', async () => {
  await setUp({}, { restoreCommand: () => Promise.reject(new RigFault('the flash tool failed')) });
  bench.module.revision = 'EC25EFAR06A99M4G';
  const first: unknown = await unit.restore('after a test').catch((error: unknown) => error);
  expect(first).toMatchObject({ exitCode: 3, explanation: { seen: 'runs EC25EFAR06A99M4G' } });
  expect(bench.events('rig.aside')).toHaveLength(1);
  expect(bench.events('restore.rung')[0]?.detail).toContain('the flash tool failed');
  bench.module.commands.length = 0;
  await expect(unit.restore('before the next test')).rejects.toBe(first);
  expect(bench.module.commands).toEqual([]);
});
