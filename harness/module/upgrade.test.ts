import type { Urc } from '../at/types.js';
import type { Unit } from './types.js';
import { play, recovery } from './testing/play.js';
import { newRevision, oldRevision } from './testing/scripted-module.js';
import { testBench, type TestBench, type TestBenchOptions } from './testing/test-bench.js';

jest.setTimeout(120_000);

let bench: TestBench;
let unit: Unit;
const setUp = async (options: TestBenchOptions = {}): Promise<void> => {
  bench = testBench(options);
  unit = await bench.open();
};
afterEach(() => bench.close());

const end = (): { why: string; detail?: string | undefined } => {
  const [event, ...others] = bench.events('upgrade.end');
  expect(others).toEqual([]);
  if (event === undefined) throw new Error('no upgrade.end');
  return event;
};
const after = (): string | undefined => bench.events('module.identity').find(({ when }) => when === 'after')?.identity.revision;

test('another unit in the place of the rig’s is not upgraded, and no file is put on it', async () => {
  await setUp();
  bench.module.imei = '861107030000002';
  bench.module.commands.length = 0;
  await expect(unit.upgrade(bench.pair.upgrade, { from: 'ufs' })).rejects.toMatchObject({
    message: 'the unit is another one',
    explanation: { asked: 'IMEI 861107030000001', seen: 'IMEI 861107030000002' },
  });
  expect(bench.module.commands.map(String)).toEqual(['AT+CGSN', 'AT+CGSN']);
  expect(bench.events('upgrade.start')).toEqual([]);
});

test('a unit that lost its IMEI is no other one', async () => {
  await setUp();
  bench.module.imei = '000000000000000';
  bench.module.onUpgrade = () => {
    play(recovery(bench.module));
  };
  await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
  expect(after()).toBe(newRevision);
});

describe('over HTTP', () => {
  test('download, recovery, new version: everything is in the events, in order', async () => {
    await setUp();
    bench.module.onUpgrade = () => {
      play([
        [20, () => bench.module.report('"HTTPSTART"')],
        [30, () => bench.module.report('"HTTPEND",0')],
        ...recovery(bench.module),
      ]);
    };
    const upgrade = await unit.upgrade(bench.pair.upgrade, { from: 'http' });
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
    expect(bench.events('upgrade.start')[0]).toMatchObject({
      step: 'upgrade',
      source: 'http',
      target: 'http://127.0.0.1:8080/upgrade.zip',
      targetLength: 33,
      intent: 'valid',
    });
    const types = upgrade.events.map(({ type, ...event }) => ('when' in event ? `${type} ${event.when}` : type));
    const order = [
      'upgrade.start',
      'module.identity before',
      'module.files before',
      'module.ready',
      'module.identity after',
      'module.files after',
      'upgrade.end',
    ];
    expect(types.filter((type) => order.includes(type))).toEqual(order);
    expect(upgrade.events.some((event) => event.type === 'at.command' && event.text.startsWith('AT+QFOTADL='))).toBe(true);
    expect(upgrade.events.some((event) => event.type === 'line.rx' && event.data.includes('"UPDATING",50'))).toBe(true);
  });

  test('a failed download ends as one, after the quiet time', async () => {
    await setUp();
    bench.module.onUpgrade = () => {
      play([
        [20, () => bench.module.report('"HTTPSTART"')],
        [30, () => bench.module.report('"HTTPEND",714')],
      ]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'http' });
    expect(end().why).toBe('download-failed');
    expect(after()).toBe(oldRevision);
  });

  test('a download that never ends is stopped at its limit, which says what the module does', async () => {
    await setUp({ limits: { download: 700 } });
    bench.module.onUpgrade = () => {
      play([[20, () => bench.module.report('"HTTPSTART"')]]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'http' });
    expect(end().why).toBe('limit');
    expect(end().detail).toMatch(/in the download, .*"HTTPSTART".*answers AT in normal mode/);
  });

  test('ERROR and quiet: refused, with the version after it', async () => {
    await setUp();
    bench.module.onUpgrade = () => ['+CME ERROR: 3'];
    const upgrade = await unit.upgrade(bench.pair.upgrade, {
      from: 'http',
      intent: 'beyond-limit',
      address: { target: 'tftp://x/y' },
    });
    expect(end().why).toBe('refused');
    expect(after()).toBe(oldRevision);
    expect(upgrade.events[0]?.type).not.toBe('upgrade.end');
  });

  test('a file system without room for the package is told', async () => {
    await setUp();
    bench.module.ufsTotal = 5_000;
    bench.module.onUpgrade = () => ['ERROR'];
    await unit.upgrade(bench.pair.upgrade, { from: 'http' });
    expect(bench.events('upgrade.start')[0]).toMatchObject({ noRoom: true });
  });
});

describe('from UFS', () => {
  test('a module that still answers AT after OK is watched until it has rebooted', async () => {
    await setUp();
    let before = 0;
    bench.module.onUpgrade = (target) => {
      expect(target).toBe('/data/ufs/upgrade.zip');
      expect([...bench.module.ufs.keys()]).toEqual(['upgrade.zip']);
      const asked = bench.module.commands.length;
      play([[1300, () => (before = bench.module.commands.length - asked)], ...recovery(bench.module)]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(before).toBeGreaterThanOrEqual(2);
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
    // What the module leaves is cleared away.
    expect([...bench.module.ufs.keys()]).toEqual([]);
  });

  test('five failed attempts, then the old version', async () => {
    await setUp();
    const { module } = bench;
    bench.module.onUpgrade = () => {
      play([
        [20, () => module.leave()],
        [30, () => module.enter()],
        ...Array.from({ length: 5 }, () => [
          [30, () => module.report('"START"')] as const,
          [20, () => module.report('"UPDATING",30')] as const,
          [20, () => module.report('"END",504')] as const,
          [20, () => module.leave()] as const,
          [20, () => module.enter()] as const,
        ]).flat(),
        [20, () => module.boot(oldRevision)],
      ]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${oldRevision}` });
  });

  test('normal mode between two attempts is not the end', async () => {
    await setUp();
    const { module } = bench;
    module.onUpgrade = () => {
      play([
        [20, () => module.leave()],
        [40, () => module.enter()],
        [20, () => module.report('"START"')],
        [20, () => module.report('"END",505')],
        [20, () => module.leave()],
        [20, () => module.boot(oldRevision)],
        [250, () => module.leave()],
        [20, () => module.enter()],
        [20, () => module.report('"START"')],
        [20, () => module.report('"END",0')],
        [20, () => module.leave()],
        [40, () => module.boot(newRevision)],
      ]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
  });

  test('RDY in mid-update, garbled lines and a second END change nothing', async () => {
    await setUp();
    const { module } = bench;
    module.onUpgrade = () => {
      const [leave, enter, start, ...rest] = recovery(module);
      play([
        ...[leave, enter, start].filter((act) => act !== undefined),
        [10, () => module.say('RDY')],
        [10, () => module.print('\r\n\xff\0ND: "FOTA","UPDA')],
        [10, () => module.print('TING",2\r\n+QIND: "FOTA","UPDATING",3+QIND: "FOTA" "UPDATING", 4%\r\n')],
        [10, () => module.print(Buffer.from(Array.from({ length: 600 }, (_, index) => (index * 7) % 256)))],
        [10, () => module.say('+QIND: "FOTA",')],
        ...rest,
        [5, () => module.report('"END",0')],
      ]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
  });

  test('silent for ever: stopped at the limit, which says where', async () => {
    await setUp({ limits: { upgrade: 900 } });
    bench.module.onUpgrade = () => {
      play([
        [20, () => bench.module.leave()],
        [20, () => bench.module.enter()],
        [20, () => bench.module.report('"START"')],
      ]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end().why).toBe('limit');
    expect(end().detail).toMatch(/in recovery and reboot, .*"START".*for one attempt/);
    expect(after()).toBeUndefined();
  });

  test('the ports vanish while the command is under way', async () => {
    await setUp();
    bench.module.override = (command) => (command.startsWith('AT+QFOTADL=') ? 'silent' : 'default');
    play([]);
    const stopWaiting = bench.journal.subscribe((event) => {
      if (event.type !== 'at.command' || !event.text.startsWith('AT+QFOTADL=')) return;
      stopWaiting();
      play(recovery(bench.module));
    });
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(bench.events('at.answer').some(({ result }) => result === 'lost')).toBe(true);
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
  });

  test('a line that was open before is waited for, though the other one answers already', async () => {
    await setUp();
    const { module, lines } = bench;
    module.onUpgrade = () => {
      play([
        ...recovery(module).slice(0, -1),
        [
          40,
          () => {
            module.revision = newRevision;
            module.answering = true;
            module.say(['RDY', '+CFUN: 1', '+CPIN: READY', '+QUSIM: 1', '+QIND: SMS DONE', '+QIND: PB DONE']);
          },
        ],
        [
          1_000,
          () => {
            module.enter();
          },
        ],
      ]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end().why).toBe('normal-mode');
    expect(lines.at?.port.connected).toBe(true);
  });

  test('the module reboots once more while it is read back: watched on', async () => {
    await setUp();
    const { module } = bench;
    module.onUpgrade = () => {
      play(recovery(module, newRevision));
      let read = false;
      module.override = (command) => {
        if (command === 'AT+QCCID' && module.revision === newRevision && !read) {
          read = true;
          module.leave();
          play([[40, () => module.boot(newRevision)]]);
          return 'silent';
        }
        return 'default';
      };
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end().why).toBe('normal-mode');
    expect(bench.events('note').map(({ text }) => text)).toContainEqual(expect.stringContaining('goes on after normal-mode'));
    expect(bench.events('module.identity').filter(({ when }) => when === 'after')).toHaveLength(1);
    expect(after()).toBe(newRevision);
  });

  test('an ICCID that comes up late is waited for; an IMEI that is withheld for good is told', async () => {
    await setUp({ limits: { boot: 1_500 } });
    const { module } = bench;
    module.onUpgrade = () => {
      play(recovery(module, newRevision));
      let asked = 0;
      module.override = (command) => {
        if (module.revision !== newRevision) return 'default';
        if (command === 'AT+CGSN') return ['+CME ERROR: 100'];
        return command === 'AT+QCCID' && (asked += 1) === 1 ? ['+CME ERROR: 14'] : 'default';
      };
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    const read = bench.events('module.identity').find(({ when }) => when === 'after');
    expect(read?.identity.iccid).toBe('89860000000000000001');
    expect(read?.withheld).toEqual({ imei: '+CME ERROR: 100' });
  });

  test('a power cut by an observer, and the supply restored by it: the same upgrade goes on', async () => {
    await setUp({ limits: { upgrade: 3_000 } });
    const { module, power } = bench;
    module.onUpgrade = () => {
      play([
        [20, () => module.leave()],
        [20, () => module.enter()],
        [20, () => module.report('"START"')],
        [20, () => module.report('"UPDATING",41')],
      ]);
    };
    power.onPowered = () => {
      play([
        [30, () => module.enter()],
        [20, () => module.report('"START"')],
        [20, () => module.report('"END",0')],
        [20, () => module.leave()],
        [20, () => module.boot(newRevision)],
      ]);
    };
    let cut: Urc | undefined;
    const raw: string[] = [];
    await unit.upgrade(bench.pair.upgrade, {
      from: 'ufs',
      observer: {
        onEvent: (event) => {
          if (event.type === 'line.rx' && cut === undefined && event.data.includes('UPDATING')) raw.push(event.data);
        },
        onUrc: (urc) => {
          if (cut !== undefined || urc.report?.kind !== 'updating') return;
          cut = urc;
          power.cut('test');
          play([[700, () => power.restored('test')]]);
        },
      },
    });
    expect(cut?.report).toMatchObject({ percent: 41 });
    // The bytes were there before the line that they make was read.
    expect(raw).not.toEqual([]);
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
  });

  test('an interrupted run leaves the upgrade as interrupted', async () => {
    bench = testBench();
    const abort = new AbortController();
    unit = await bench.open({ signal: abort.signal });
    bench.module.onUpgrade = () => {
      play([[50, () => abort.abort(new Error('SIGINT'))]]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end().why).toBe('interrupted');
  });
});

describe('on a rig with a UART alone', () => {
  test('START is the witness of the reboot', async () => {
    await setUp({ roles: ['uart'] });
    bench.module.onUpgrade = () => {
      play(recovery(bench.module));
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
    expect(bench.module.commands).toContain('AT+QURCCFG="urcport","uart1"');
  });

  test('with every report lost the silence is', async () => {
    await setUp({ roles: ['uart'] });
    const { module } = bench;
    module.onUpgrade = () => {
      play([
        [20, () => module.leave()],
        [
          2000,
          () => {
            module.revision = newRevision;
            module.answering = true;
          },
        ],
      ]);
    };
    await unit.upgrade(bench.pair.upgrade, { from: 'ufs' });
    expect(end()).toMatchObject({ why: 'normal-mode', detail: `runs ${newRevision}` });
    expect(bench.events('module.ready').at(-1)).toMatchObject({ how: 'answer' });
  });
});
