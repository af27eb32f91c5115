import { anySource, check, drift, pair, soak, sources, unit, type Upgrade } from '../harness/jest/suite.js';

/** Round trips in a row, until their number or the time is used up, and how the times of boot, download and flash drift over them. */
describe('soak', () => {
  // A try that did not count goes on with the trip in which the rig failed, not with the first.
  let trip = 0;
  const { doubts } = soak;
  check(
    `round trips over every source, ${soak.says}`,
    {
      needs: [anySource],
      covers: ['DG-13', 'DG-14', 'DH-03', 'DH-04', 'DH-06', 'DH-08'],
      progress: () => trip,
    },
    async () => {
      let before: Upgrade | undefined;
      const once = async (step: typeof pair.upgrade): Promise<void> => {
        const upgrade = await unit.upgrade(step, { from: soak.sourceOf(trip, sources) });
        expect(upgrade).toConform();
        expect(upgrade).toEndAs('upgraded');
        // What only a sequence shows, it shows from one upgrade to the next: thousands need not be kept.
        if (before !== undefined) expect([before, upgrade]).toConformTogether();
        drift.add(upgrade);
        before = upgrade;
      };
      for (; soak.goesOn(trip); trip += 1) {
        const decided = await doubts.allow(async () => {
          await once(pair.upgrade);
          await once(pair.downgrade);
        });
        if (!decided) before = undefined;
      }
      drift.tell();
      doubts.tell();
    },
  );
});
