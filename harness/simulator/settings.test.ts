import { Bench, freshDir } from './testing/host.js';

jest.setTimeout(120_000);

const FAST = ['--scale', '0.004', '--flash-minutes', '3'];

let bench: Bench;
afterEach(async () => bench.stop());

test('a SIM with a PIN, no card in the slot, a network that comes and goes', async () => {
  bench = await Bench.start(freshDir(), ...FAST, '--pin', '1234', '--sd-size', '0', '--module', 'EC21');
  const uart = await bench.open('uart');
  await bench.powerOn();
  await uart.until(/RDY/);
  await uart.command('ATE0');
  expect(await uart.command('ATI')).toContain('\r\nEC21\r\nRevision: EC21EFAR06A12M4G');
  expect(await uart.command('AT+CPIN?')).toContain('+CPIN: SIM PIN');
  expect(await uart.command('AT+CPIN="9999"')).toContain('+CME ERROR: 16');
  expect(await uart.command('AT+CREG?')).toContain('+CREG: 0,2');
  expect(await uart.command('AT+CPIN="1234"')).toContain('OK');
  while (!(await uart.command('AT+CREG?')).includes('+CREG: 0,1'));
  await bench.control.do({ do: 'network', up: false });
  expect(await uart.command('AT+CREG?')).toContain('+CREG: 0,2');
  expect(await uart.command('AT+QFLDS="SD"')).toContain('+CME ERROR');
  expect(await uart.command('AT+QFOTADL="/media/card/u.zip"')).toContain('ERROR');
});

test('settings outlive a power cycle, a reboot by command keeps the power, and QPOWD turns off', async () => {
  bench = await Bench.start(freshDir(), ...FAST);
  const { at, uart } = await bench.ready();
  expect(await at.command('AT+QICSGP=1,1,"lab.apn","","",1')).toContain('OK');
  expect(await at.command('AT+QURCCFG="urcport","uart1"')).toContain('OK');
  uart.forget();
  expect(await at.command('AT+CFUN=1,1')).toContain('OK');
  await at.closed;
  await uart.until(/RDY[^]*PB DONE/);
  expect((await bench.control.do({ do: 'status' }))['on']).toBe(true);
  await bench.cut();
  uart.forget();
  await bench.powerOn();
  await uart.until(/RDY/);
  await uart.command('ATE0');
  expect(await uart.command('AT+QICSGP=1')).toContain('"lab.apn"');
  expect(await uart.command('AT+QURCCFG="urcport"')).toContain('"uart1"');
  expect(await uart.command('AT+QPOWD')).toContain('OK');
  await uart.until(/POWERED DOWN/);
  expect(await bench.control.do({ do: 'reflash' })).toMatchObject({ ok: true, revision: 'EC25EFAR06A12M4G' });
});

test('an upload that stalls ends with 421 and leaves no file; a package that is none is tried five times', async () => {
  bench = await Bench.start(freshDir(), ...FAST);
  const { at, uart } = await bench.ready();
  await at.command('AT+QFUPL="bad.zip",5,1');
  at.write('PK');
  await at.until(/\+CME ERROR: 421/);
  expect(await at.command('AT+QFLST="bad.zip"')).toContain('+CME ERROR: 405');
  await at.command('AT+QFUPL="bad.zip",5,65535');
  at.write('PKPKP');
  await at.until(/\+QFUPL: 5,\w+\r\n\r\nOK/);
  uart.forget();
  await at.command('AT+QFOTADL="/data/ufs/bad.zip"');
  await uart.until(/RDY/);
  expect(uart.text.match(/"START"/g)).toHaveLength(5);
  expect(uart.text.match(/"END",505/g)).toHaveLength(5);
  expect(uart.text).not.toContain('UPDATING');
  expect(await bench.control.do({ do: 'state' })).toMatchObject({
    flag: 'normal',
    outcome: 'given-up',
    revision: 'EC25EFAR06A12M4G',
  });
});
