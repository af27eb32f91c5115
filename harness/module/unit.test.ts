import { RigFault, UserError } from '../base/errors.js';
import { checksum } from './checksum.js';
import { play } from './testing/play.js';
import { testBench, type TestBench } from './testing/test-bench.js';

jest.setTimeout(120_000);

let bench: TestBench;
afterEach(() => bench.close());

const fault = async (opening: Promise<unknown>): Promise<RigFault> => {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RigFault)) throw new Error(`no RigFault but ${String(error)}`);
  return error;
};
/** Commands that change something on the unit. */
const changes = (): string[] => bench.module.commands.filter((command) => /=(?!1$)/.test(command) && !command.endsWith('?'));

describe('opening a unit', () => {
  test('one that runs: identity checked, URCs routed, network as the rig says', async () => {
    bench = testBench();
    bench.module.apn = 'elsewhere';
    await bench.open();
    expect(bench.events('module.ready')).toHaveLength(1);
    expect(bench.events('module.identity')[0]).toMatchObject({ when: 'check', identity: { imei: '861107030000001' } });
    expect(changes()).toEqual(['AT+QURCCFG="urcport","usbat"', 'AT+QINDCFG="all",1', 'AT+QICSGP=1,1,"internet","","",1']);
    expect(bench.module.apn).toBe('internet');
  });

  test('one that is off is switched on', async () => {
    bench = testBench();
    bench.module.leave();
    bench.power.isOn = false;
    await bench.open();
    expect(bench.power.done).toContain('powerKey press');
    expect(bench.events('module.ready')[0]).toMatchObject({ line: 'at', how: 'urc' });
  });

  test.each([
    ['does not answer', 'open but silent', (command: string) => (command === 'AT' ? 'silent' : 'default')],
    [
      'leads to another unit',
      'IMEI 861107039999997',
      (command: string) => (command === 'AT+CGSN' ? ['861107039999997', 'OK'] : 'default'),
    ],
  ] as const)('a line that %s stops the run before anything is changed', async (what, seen, says) => {
    bench = testBench();
    bench.module.override = (command, role) => (role === 'uart' ? says(command) : 'default');
    const error = await fault(bench.open());
    expect(error.message).toBe(`rig bench: line uart ${what}`);
    expect(error.explanation.seen).toBe(seen);
    expect(changes()).toEqual([]);
  });

  test('a line of the definition that is not there stops the run', async () => {
    bench = testBench({ limits: { boot: 1_500 } });
    bench.module.lines.at?.unplug();
    const error = await fault(bench.open());
    expect(error.message).toBe('rig bench: line at is not there');
    expect(error.explanation.seen).toBe('absent');
  });

  test('digits that noise has changed are no other unit', async () => {
    bench = testBench();
    let read = 0;
    bench.module.override = (command, role) => {
      if (role !== 'uart' || command !== 'AT+CGSN') return 'default';
      read += 1;
      return [read === 1 ? '861107030000009' : '861107030000001', 'OK'];
    };
    await bench.open();
    expect(read).toBe(2);
  });

  test('without STATUS, one that answers is not touched with PWRKEY', async () => {
    bench = testBench({ wires: { supply: true, vbus: false, powerKey: true, reset: false, status: false } });
    await bench.open();
    expect(bench.power.done).toEqual([]);
  });

  test('without STATUS, one that only the UART hears as yet is running all the same: not touched with PWRKEY', async () => {
    bench = testBench({ wires: { supply: true, vbus: false, powerKey: true, reset: false, status: false } });
    const { at } = bench.module.lines;
    at?.unplug();
    play([[900, () => at?.replug()]]);
    await bench.open();
    expect(bench.power.done).toEqual([]);
  });

  test('one that is in recovery from an earlier run gets its time', async () => {
    bench = testBench({ limits: { boot: 600 } });
    const { module } = bench;
    module.leave();
    module.enter();
    const reports = Array.from({ length: 8 }, (_, index) => [150, () => module.report(`"UPDATING",${String(index)}`)] as const);
    play([...reports, [20, () => module.boot()]]);
    await bench.open();
    expect(bench.events('restore.rung')).toEqual([]);
  });

  test('another IMEI stops the run before anything is changed', async () => {
    bench = testBench();
    bench.module.imei = '861107030000002';
    // What the harness would set right on its own unit.
    Object.assign(bench.module, { apn: 'elsewhere', cfun: '4' });
    const error = await fault(bench.open());
    expect(error.exitCode).toBe(3);
    expect(error.explanation).toMatchObject({ asked: 'IMEI 861107030000001', seen: 'IMEI 861107030000002' });
    expect(changes()).toEqual([]);
  });

  test('another module stops the run before anything is changed', async () => {
    bench = testBench();
    bench.module.model = 'EC21';
    // What the harness would set right on its own unit.
    Object.assign(bench.module, { apn: 'elsewhere', cfun: '4' });
    expect((await fault(bench.open())).explanation.seen).toBe('EC21');
    expect(changes()).toEqual([]);
  });

  test('one that never answers is a rig fault, after what switches it off and on', async () => {
    bench = testBench({ limits: { boot: 600 } });
    bench.module.answering = false;
    bench.power.onPowered = () => {
      bench.module.enter();
    };
    const error = await fault(bench.open());
    expect(error.message).toContain('does not come up');
    expect(error.explanation.seen).toContain('line at open but silent');
    expect(bench.events('restore.rung').map(({ rung, ok }) => [rung, ok])).toEqual([['power-key', false]]);
    expect(changes()).toEqual([]);
  });

  test('one that does not register is a rig fault that says what to look at', async () => {
    bench = testBench({ limits: { boot: 600 } });
    bench.module.creg = '3';
    const error = await fault(bench.open());
    expect(error.message).toContain('does not register');
    expect(error.explanation.seen).toBe('CPIN READY, CREG 3, CEREG 3');
    expect(error.explanation.hint).toContain('subscription');
  });

  test('registration is waited for', async () => {
    bench = testBench();
    bench.module.creg = '2';
    play([[700, () => (bench.module.creg = '5')]]);
    await bench.open();
    expect(bench.module.creg).toBe('5');
  });

  test('a SIM PIN is entered, and is not in the journal', async () => {
    bench = testBench({ rig: { sim: { pinEnv: 'BENCH_PIN' } } });
    bench.module.sim = 'SIM PIN';
    await bench.open({ env: { BENCH_PIN: '4711' } });
    expect(bench.module.commands).toContain('AT+CPIN=4711');
    expect(bench.module.sim).toBe('READY');
    expect(JSON.stringify(bench.events('at.command'))).not.toContain('4711');
  });

  test('CFUN is set to full function', async () => {
    bench = testBench();
    bench.module.cfun = '4';
    await bench.open();
    expect(bench.module.cfun).toBe('1');
  });

  test('firmware without URC settings is noted, nothing more', async () => {
    bench = testBench();
    bench.module.override = (command) => (/QURCCFG|QINDCFG/.test(command) ? ['ERROR'] : 'default');
    await bench.open();
    expect(bench.events('note')).toHaveLength(2);
  });
});

describe('files', () => {
  const data = Buffer.from(Array.from({ length: 5_001 }, (_, index) => (index * 31) % 256));

  test.each([true, false])('upload with ack mode %p, list with contents, delete', async (ackMode) => {
    bench = testBench();
    const unit = await bench.open();
    await unit.upload('ufs', 'keep,me.bin', data, { ackMode });
    await unit.upload('sd', 'card.bin', data.subarray(0, 7), { ackMode });
    expect(bench.module.ufs.get('keep,me.bin')?.equals(data)).toBe(true);
    const files = await unit.files();
    expect(files.ufs).toEqual([{ name: 'keep,me.bin', size: 5_001, checksum: checksum(data) }]);
    expect(files.sd).toEqual([{ name: 'card.bin', size: 7, checksum: checksum(data.subarray(0, 7)) }]);
    await unit.remove('ufs', 'keep,me.bin');
    await unit.remove('ufs', 'keep,me.bin');
    expect(bench.module.ufs.size).toBe(0);
  });

  test('a file of that name is replaced', async () => {
    bench = testBench();
    const unit = await bench.open();
    await unit.upload('ufs', 'a.bin', Buffer.from('old'));
    await unit.upload('ufs', 'a.bin', data);
    expect(bench.module.ufs.get('a.bin')?.length).toBe(5_001);
  });

  test.each([
    ['a changed byte', (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.readUInt8(0) ^ 1]), bytes.subarray(1)])],
    ['lost words that cancel out', (bytes: Buffer) => bytes.subarray(0, 0)],
  ])('%s is noticed', async (_what, damage) => {
    bench = testBench();
    const unit = await bench.open();
    bench.module.damage = damage;
    await expect(unit.upload('ufs', 'a.bin', Buffer.from('abab'))).rejects.toMatchObject({ kind: 'damaged' });
  });

  test('no room is told before anything is sent', async () => {
    bench = testBench();
    const unit = await bench.open();
    bench.module.ufsTotal = 5_000;
    await expect(unit.upload('ufs', 'a.bin', data)).rejects.toMatchObject({
      kind: 'no-room',
      explanation: { asked: '5001 bytes', seen: '5000 bytes free on UFS' },
    });
    expect(bench.module.commands.some((command) => command.startsWith('AT+QFUPL'))).toBe(false);
  });

  test('a missing SD card is told apart, and is no error when files are listed', async () => {
    bench = testBench();
    const unit = await bench.open();
    bench.module.override = (command) => (command.includes('SD') ? ['+CME ERROR: 419'] : 'default');
    await expect(unit.upload('sd', 'a.bin', data)).rejects.toMatchObject({ kind: 'no-card' });
    expect(await unit.files()).not.toHaveProperty('sd');
  });

  test('what the module refuses is named', async () => {
    bench = testBench();
    const unit = await bench.open();
    bench.module.override = (command) => (command.startsWith('AT+QFUPL') ? ['+CME ERROR: 406'] : 'default');
    const error = await fault(unit.upload('ufs', 'x'.repeat(119), data));
    expect(error).toMatchObject({ kind: 'bad-name', explanation: { seen: '+CME ERROR: 406 (invalid file name)' } });
  });

  test.each(['', 'a"b', 'a\rAT+QPOWD'])('a name like %j is never sent', async (name) => {
    bench = testBench();
    const unit = await bench.open();
    await expect(unit.upload('ufs', name, data)).rejects.toBeInstanceOf(UserError);
  });
});
