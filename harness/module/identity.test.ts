import * as fc from 'fast-check';
import { RigFault } from '../base/errors.js';
import { checkIdentity, readIdentity, readSim, registered } from './identity.js';
import { askOf } from './testing/ask.js';

const sound = {
  ATI: ['Quectel', 'EC25', 'Revision: EC25EFAR06A12M4G', '', 'OK'],
  'AT+GMR': ['EC25EFAR06A12M4G', 'OK'],
  'AT+QGMR': ['EC25EFAR06A12M4G_30.203.30.203', 'OK'],
  'AT+CSUB': ['SubEdition: V01', 'OK'],
  'AT+CGSN': ['861107030000001', 'OK'],
  'AT+QCCID': ['+QCCID: 89860025128306012474', 'OK'],
  'AT+CPIN?': ['+CPIN: READY', 'OK'],
  'AT+CREG?': ['+CREG: 0,1', 'OK'],
  'AT+CEREG?': ['+CEREG: 2,5,"1A2B","01C3D4",7', 'OK'],
  'AT+QICSGP=1': ['+QICSGP: 1,"internet","","",1', 'OK'],
  'AT+CFUN?': ['+CFUN: 1', 'OK'],
};
const rig = { name: 'bench', module: 'EC25', unit: { imei: '861107030000001' } };

test('everything that a unit says of itself', async () => {
  expect(await readIdentity(askOf(sound))).toEqual({
    model: 'EC25',
    identity: {
      revision: 'EC25EFAR06A12M4G',
      qgmr: 'EC25EFAR06A12M4G_30.203.30.203',
      gmr: 'EC25EFAR06A12M4G',
      subEdition: 'V01',
      imei: '861107030000001',
      iccid: '89860025128306012474',
      sim: 'READY',
      registration: '1',
      epsRegistration: '5',
      apn: 'internet',
      apnContext: '1,1',
      cfun: '1',
    },
    withheld: {},
  });
});

test('what is answered without its value is withheld; silence, junk and a lost line are not', async () => {
  const { withheld } = await readIdentity(
    askOf({
      ...sound,
      'AT+CGSN': ['+CME ERROR: 100'],
      'AT+QCCID': ['ERROR'],
      'AT+QICSGP=1': ['OK'],
      'AT+CFUN?': ['timeout'],
      'AT+CREG?': ['+CR\u0007', 'OK'],
      'AT+CEREG?': ['lost'],
    }),
  );
  expect(withheld).toEqual({ imei: '+CME ERROR: 100', iccid: 'ERROR', apn: 'OK' });
});

test('a command that the module does not know leaves its field out, and no others', async () => {
  const { identity } = await readIdentity(askOf({ ...sound, 'AT+QGMR': ['ERROR'], 'AT+CSUB': ['+CME ERROR: 58'] }));
  expect(identity).not.toHaveProperty('qgmr');
  expect(identity).not.toHaveProperty('subEdition');
  expect(identity.imei).toBe('861107030000001');
});

test('a unit without an APN says so', async () => {
  const { identity } = await readIdentity(askOf({ ...sound, 'AT+QICSGP=1': ['+QICSGP: 1,"","","",0', 'OK'] }));
  expect(identity.apn).toBe('');
});

test.each([[['ERROR']], [['OK']], [['+CME ERROR: 3']], [['+QICSGP: 1', 'OK']]])(
  'a unit that answers %p does not tell its APN',
  async (answer) => {
    const { identity } = await readIdentity(askOf({ ...sound, 'AT+QICSGP=1': answer }));
    expect(identity).not.toHaveProperty('apn');
  },
);

test('the revision comes from GMR, then CGMR, when ATI does not tell it', async () => {
  const ati = ['Quectel', 'EC25', 'OK'];
  expect((await readIdentity(askOf({ ...sound, ATI: ati }))).identity.revision).toBe('EC25EFAR06A12M4G');
  const old = { ATI: ati, 'AT+CGMR': ['+QIND: PB DONE', 'EC25EFAR06A03M4G', 'OK'] };
  expect((await readIdentity(askOf(old))).identity.revision).toBe('EC25EFAR06A03M4G');
});

test.each([
  [['+CME ERROR: 10'], 'NOT INSERTED'],
  [['+CME ERROR: 13'], 'CME ERROR 13'],
  [['ERROR'], undefined],
  [['+CPIN: SIM PIN', 'OK'], 'SIM PIN'],
])('the SIM that answers %p', async (answer, sim) => {
  expect(await readSim(askOf({ 'AT+CPIN?': answer }))).toBe(sim);
});

test('registered is home or roaming on either network', () => {
  expect(registered({ registration: '2', epsRegistration: '1' })).toBe(true);
  expect(registered({ registration: '5' })).toBe(true);
  expect(registered({ registration: '3', epsRegistration: '0' })).toBe(false);
  expect(registered({})).toBe(false);
});

describe('the check against the rig', () => {
  const of = async (changes: Record<string, readonly string[]>): Promise<void> => {
    checkIdentity(await readIdentity(askOf({ ...sound, ...changes })), rig);
  };
  test("lets the rig's own unit through", async () => {
    await expect(of({})).resolves.toBeUndefined();
  });
  test.each([
    ['another IMEI', { 'AT+CGSN': ['861107030000002', 'OK'] }, 'IMEI 861107030000002'],
    ['no IMEI', { 'AT+CGSN': ['ERROR'] }, 'no readable answer to AT+CGSN'],
    ['an IMEI with a digit more', { 'AT+CGSN': ['8611070300000010', 'OK'] }, 'IMEI 8611070300000010'],
    ['another module', { ATI: ['Quectel', 'EC21', 'Revision: EC21EFAR06A12M4G', 'OK'] }, 'EC21'],
  ])('%s is a rig fault that says what was seen', async (_what, changes, seen) => {
    const fault: unknown = await of(changes).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(RigFault);
    expect(fault).toMatchObject({ exitCode: 3, explanation: { seen } });
    expect((fault as RigFault).explanation.hint).toContain('nothing on the unit was changed');
  });
});

test('whatever the module says, reading its identity does not throw', async () => {
  const lines = fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...Object.keys(sound)), lines), async (answers) => {
      const withResult = Object.fromEntries(Object.entries(answers).map(([key, value]) => [key, [...value, 'OK']]));
      await expect(readIdentity(askOf(withResult))).resolves.toHaveProperty('identity');
    }),
  );
});
