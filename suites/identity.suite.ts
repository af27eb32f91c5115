import { anySource, check, keepFiles, pair, restart, rig, storages, unit } from '../harness/jest/suite.js';

/** What makes the unit this unit: it must be the same after an upgrade as before. */
describe('identity', () => {
  check('ATI names the version that the package is made for', { covers: ['DG-01'] }, async () => {
    const { revision } = await unit.identity('check');
    expect(revision).toBe(pair.upgrade.fromRevision);
  });

  check('the unit is the one of the rig', { covers: ['DH-03'] }, async () => {
    const { imei } = await unit.identity('check');
    expect(imei).toBe(rig.unit.imei);
  });

  check('AT+QFOTADL=? answers OK', { covers: ['DG-02'] }, async () => {
    const { result } = await unit.command('AT+QFOTADL=?');
    expect(result).toBe('OK');
  });

  check(
    'IMEI, ICCID, SIM, registration, APN, CFUN and files outlast an upgrade and a downgrade',
    { needs: [anySource], covers: ['DH-03', 'DH-04', 'DH-07', 'DG-14'] },
    async () => {
      const trip = [];
      await keepFiles(3001);
      for (const step of [pair.upgrade, pair.downgrade]) {
        const upgrade = await unit.upgrade(step, { from: anySource });
        expect(upgrade).toConform();
        expect(upgrade).toEndAs('upgraded');
        trip.push(upgrade);
      }
      expect(trip).toConformTogether();
      for (const storage of storages) await unit.remove(storage, 'keep-me.bin');
    },
  );

  check(
    'the new version outlasts a restart, and nothing is left to be upgraded',
    { needs: [anySource], covers: ['DG-13', 'DG-14'] },
    async () => {
      for (const step of [pair.upgrade, pair.downgrade]) {
        const upgrade = await unit.upgrade(step, { from: anySource });
        expect(upgrade).toConform();
        expect(upgrade).toEndAs('upgraded');
        expect(await restart('after an upgrade')).toEqual([]);
        const { revision } = await unit.identity('check');
        expect(revision).toBe(step.toRevision);
      }
    },
  );
});
