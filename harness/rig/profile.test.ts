import { rigDefinition, type RigDefinition } from './schema.js';
import { maskedDefinition, maskImei, profileOf, secretsOf } from './profile.js';

function rig(changes: object = {}): RigDefinition {
  return rigDefinition.parse({
    name: 'ec25-a',
    module: 'EC25',
    unit: { imei: '861107030000001' },
    lines: { uart: { device: '/dev/ttyS1' } },
    power: { command: { powerKey: ['key', '{ms}'] } },
    network: { apn: 'internet' },
    delivery: { sd: true, ftp: { listen: '0.0.0.0:2121', advertise: 'lab:21' } },
    ...changes,
  });
}

test('limits are multiplied by the scale, and none falls under 500 ms', () => {
  const limits = { boot: '60s', download: '5m', upgrade: '20m' };
  expect(profileOf(rig({ limits })).limits).toEqual({
    boot: 60_000,
    download: 300_000,
    upgrade: 1_200_000,
    diagnosticsAlone: 1_200_000,
  });
  expect(profileOf(rig({ limits, timing: { scale: 0.002 } })).limits).toEqual({
    boot: 500,
    download: 600,
    upgrade: 2400,
    diagnosticsAlone: 2400,
  });
  expect(profileOf(rig({ limits: { ...limits, diagnosticsAlone: '3m' } })).limits.diagnosticsAlone).toBe(180_000);
  expect(() => rig({ limits: { ...limits, diagnosticsAlone: '59s' } })).toThrow('at least limits.boot');
});

test('lines and sources are those the rig has, in the order of the guide', () => {
  expect(profileOf(rig())).toMatchObject({ lines: ['uart'], sources: ['ftp', 'sd'], simulated: false });
  const simulated = rig({ lines: undefined, power: { simulated: {} } });
  expect(profileOf(simulated)).toMatchObject({ lines: ['at', 'uart'], simulated: true });
});

test('the definition in a report shows neither the whole IMEI nor a password', () => {
  const command = {
    supplyOn: ['pdu', '--user', 'lab', '--password', 'hunter2', 'on'],
    supplyOff: ['pdu', '--token=s3cret', 'off'],
    status: ['curl', 'http://lab:pass-word@10.0.0.1/status'],
  };
  const secret = rig({ power: { command } });
  expect(secretsOf(secret)).toEqual(['hunter2', 's3cret', 'pass-word']);
  const shown = JSON.stringify(maskedDefinition(secret));
  for (const hidden of ['861107030000001', 'hunter2', 's3cret', 'pass-word']) expect(shown).not.toContain(hidden);
  expect(maskedDefinition(secret)).toMatchObject({
    unit: { imei: maskImei('861107030000001') },
    power: { command: { supplyOn: ['pdu', '--user', 'lab', '--password', '***', 'on'] } },
  });
});
