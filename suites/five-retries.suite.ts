import { anyPackage, anySource, check, cutId, cutTrial, pair, rig, seed, sequence, spoil, unit } from '../harness/jest/suite.js';

/** "Otherwise it enters recovery mode and retries to upgrade for consecutively five times" (guide 3). */
const { retries } = rig.firmware;

describe('power cut in each of several attempts, then let it finish', () => {
  for (let count = 1; count <= retries + 1; count += 1) {
    const cut = sequence(anySource, count, seed);
    const spent = count >= retries;
    const title = spent ? 'upgraded, or rolled back if cuts used the attempts up' : 'upgraded';
    check(
      `${String(count)} cuts: ${title} ${cutId(cut)}`,
      {
        needs: [anySource, 'power-cuts', ...(spent ? (['restorable-failures'] as const) : [])],
        covers: ['DG-20', 'DG-15', 'DH-05'],
      },
      async () => {
        const trial = await cutTrial(cut, pair.upgrade);
        expect(trial).toSurvive();
        expect(trial.upgrade).toEndAs(...(spent ? (['upgraded', 'rolled-back', 'retrying'] as const) : (['upgraded'] as const)));
      },
    );
  }
});

describe('power cut in every attempt, then while the old version is put back', () => {
  // Silent for longer than a start takes to its first report: neither START nor RDY came, so it is neither recovery nor normal mode.
  const beyond = sequence(anySource, retries, seed);
  const cut = { ...beyond, points: [...beyond.points, { anchor: 'silence', delay: 8500 } as const] };
  check(
    `the module comes back all the same ${cutId(cut)}`,
    { needs: [anySource, 'power-cuts', 'restorable-failures'], covers: ['DG-20', 'DH-05', 'DH-07'] },
    async () => {
      const trial = await cutTrial(cut, pair.upgrade);
      expect(trial).toSurvive();
      expect(trial.upgrade).toEndAs('upgraded', 'rolled-back', 'retrying');
    },
  );
});

describe('a package that cannot be applied', () => {
  check(
    'is tried as often as the firmware profile says, then the old version goes on',
    { needs: [anySource, ...anyPackage(anySource), 'restorable-failures'], covers: ['DG-15', 'DG-18', 'DH-05'] },
    async () => {
      const upgrade = await unit.upgrade(await spoil(pair.upgrade, 'corrupt'), { from: anySource });
      expect(upgrade).toConform();
    },
  );

  const between = { points: [{ anchor: 'failed-end', delay: 500 }], source: anySource, contents: 'corrupt' } as const;
  check(
    `a cut between two attempts does not set the count back ${cutId(between)}`,
    { needs: [anySource, ...anyPackage(anySource), 'power-cuts', 'restorable-failures'], covers: ['DG-15', 'DH-05'] },
    async () => {
      expect(await cutTrial(between, pair.upgrade)).toSurvive();
    },
  );

  check(
    'twice in a row: the count starts afresh',
    { needs: [anySource, ...anyPackage(anySource), 'restorable-failures'], covers: ['DH-06', 'DG-15'] },
    async () => {
      const twice = [];
      for (let round = 0; round < 2; round += 1) {
        const upgrade = await unit.upgrade(await spoil(pair.upgrade, 'corrupt'), { from: anySource });
        expect(upgrade).toConform();
        twice.push(upgrade);
      }
      expect(twice).toConformTogether();
    },
  );
});
