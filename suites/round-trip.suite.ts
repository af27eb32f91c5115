import { check, hasServerLog, pair, sources, unit } from '../harness/jest/suite.js';

/** The main job: there and back again, over every way by which a package can reach the module. */
const orderOf = { ftp: 'DG-07', http: 'DG-08', ufs: 'DG-09', sd: 'DG-09' };

describe.each(sources)('round trip over %s', (source) => {
  check(
    'v12 → v13 → v12',
    {
      needs: [source],
      covers: [
        'DG-01',
        orderOf[source],
        ...(hasServerLog(source) ? ['DG-10'] : []),
        'DG-11',
        'DG-12',
        'DG-13',
        'DG-14',
        'DH-03',
        'DH-04',
        'DH-08',
      ],
    },
    async () => {
      const trip = [];
      for (const step of [pair.upgrade, pair.downgrade]) {
        const upgrade = await unit.upgrade(step, { from: source });
        expect(upgrade).toConform();
        expect(upgrade).toEndAs('upgraded');
        trip.push(upgrade);
      }
      expect(trip).toConformTogether();
    },
  );
});
