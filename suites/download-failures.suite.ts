import { check, keepFiles, ownServer, pair, servers, slowRate, unit } from '../harness/jest/suite.js';

/** The way to the module fails: the old version goes on, and the next try is as good as the first. */
describe.each(servers)('download over %s', (source) => {
  const covers = [source === 'ftp' ? 'DG-16' : 'DG-17', 'DH-04', 'DH-09'];
  const needs = [source, ...ownServer(source)];
  const fails = [
    { name: 'refuse' },
    { name: 'wrong-password' },
    { name: 'not-found' },
    { name: 'stall', percent: 40 },
    { name: 'reset', percent: 60 },
    { name: 'server-gone', percent: 30 },
  ] as const;
  for (const fault of fails) {
    const where = 'percent' in fault ? ` at ${String(fault.percent)} %` : '';
    check(`${fault.name}${where}: the download fails and the old version goes on`, { needs, covers }, async () => {
      await keepFiles(1501);
      const upgrade = await unit.upgrade(pair.upgrade, { from: source, fault });
      expect(upgrade).toConform();
      expect(upgrade).toEndAs('download-failed');
    });
  }

  // The client may notice, or the recovery: guide 4 and 5 leave it open. Never may a wrong version come of it.
  for (const fault of [
    { name: 'truncate', percent: 70 },
    { name: 'corrupt', percent: 50 },
  ] as const) {
    check(
      `${fault.name} at ${String(fault.percent)} %: noticed, and the old version goes on`,
      { needs: [...needs, 'restorable-failures'], covers: [...covers, 'DG-18'] },
      async () => {
        const upgrade = await unit.upgrade(pair.upgrade, { from: source, fault });
        expect(upgrade).toConform();
        expect(upgrade).toEndAs('download-failed', 'rolled-back', 'retrying');
      },
    );
  }

  check('slow, but within the limit: works', { needs, covers: ['DH-09', 'DH-08'] }, async () => {
    const upgrade = await unit.upgrade(pair.upgrade, { from: source, fault: { name: 'slow', rate: slowRate(pair.upgrade) } });
    expect(upgrade).toConform();
    expect(upgrade).toEndAs('upgraded');
  });

  check('a failed download does not spoil the next', { needs, covers }, async () => {
    const failed = [];
    // Twice: what the first leaves behind, the second must not add to.
    for (let round = 0; round < 2; round += 1) {
      const broken = await unit.upgrade(pair.upgrade, { from: source, fault: { name: 'reset', percent: 80 } });
      expect(broken).toConform();
      failed.push(broken);
    }
    expect(failed).toConformTogether();
    const upgrade = await unit.upgrade(pair.upgrade, { from: source });
    expect(upgrade).toConform();
    expect(upgrade).toEndAs('upgraded');
  });
});
