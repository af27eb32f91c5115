import {
  anyPackage,
  anyServer,
  anySource,
  check,
  fillStorage,
  keepFiles,
  gaveUp,
  leaveOut,
  pair,
  restart,
  servers,
  spoil,
  unit,
  wrongBase,
} from '../harness/jest/suite.js';

/** Packages that must not change the version, whatever becomes of them. */
describe('bad packages', () => {
  for (const contents of ['corrupt', 'truncated', 'not-a-zip', 'empty'] as const) {
    // A file of no bytes cannot be uploaded to the module; a server can hand it out.
    const from = contents === 'empty' ? anyServer : anySource;
    check(
      `${contents}: refused or retried, and the old version goes on`,
      { needs: [from, ...anyPackage(from), 'restorable-failures'], covers: ['DG-18', 'DG-15', 'DH-04', 'DH-05'] },
      async () => {
        await keepFiles(1501);
        const upgrade = await unit.upgrade(await spoil(pair.upgrade, contents), { from });
        expect(upgrade).toConform();
        expect(upgrade).toEndAs('rolled-back', 'rejected', 'download-failed', 'retrying');
      },
    );
  }

  check(
    'made for another version: refused, and the version does not change',
    { needs: [anySource, 'restorable-failures'], covers: ['DG-21', 'DG-01'] },
    async () => {
      const upgrade = await unit.upgrade(wrongBase(pair.downgrade), { from: anySource });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('rolled-back', 'rejected', 'download-failed', 'retrying');
    },
  );

  check(
    'after a package that was refused, a restart leads to the old version, and to no new attempt',
    { needs: [anySource, ...anyPackage(anySource), 'restorable-failures'], covers: ['DH-05', 'DG-15'] },
    async () => {
      const refused = await unit.upgrade(await spoil(pair.upgrade, 'corrupt'), { from: anySource });
      expect(refused).toConform();
      if (!gaveUp(refused)) leaveOut('the module still retries, as its profile says');
      expect(await restart('after a package that was refused')).toEqual([]);
      const { revision } = await unit.identity('check');
      expect(revision).toBe(pair.upgrade.fromRevision);
    },
  );

  check(
    'after a package that was refused, a sound one works',
    { needs: [anySource, ...anyPackage(anySource), 'restorable-failures'], covers: ['DH-05', 'DH-06'] },
    async () => {
      const refused = await unit.upgrade(await spoil(pair.upgrade, 'corrupt'), { from: anySource });
      expect(refused).toConform();
      const upgrade = await unit.upgrade(pair.upgrade, { from: anySource });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('upgraded');
      expect([refused, upgrade]).toConformTogether();
    },
  );
});

describe.each(servers)('no room for a package from %s', (source) => {
  check(
    'fails cleanly, or finds room elsewhere; never anything else',
    { needs: [source, 'ufs', 'restorable-failures'], covers: ['DG-19'] },
    async () => {
      const emptied = await fillStorage('ufs', { leaving: Math.floor(pair.upgrade.facts.size / 2) });
      try {
        const upgrade = await unit.upgrade(pair.upgrade, { from: source });
        expect(upgrade).toConform();
        expect(upgrade).toEndAs('download-failed', 'rejected', 'rolled-back', 'upgraded', 'retrying');
      } finally {
        await emptied();
      }
    },
  );
});
