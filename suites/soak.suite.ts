import { anySource, check, drift, pair, soak, sources, unit } from '../harness/jest/suite.js';

/** Round trips in a row, until their number or the time is used up, and how the times of boot, download and flash drift over them. */
describe('soak', () => {
  check(
    `round trips over every source, ${soak.says}`,
    { needs: [anySource], covers: ['DG-13', 'DG-14', 'DH-03', 'DH-04', 'DH-06', 'DH-08'] },
    async () => {
      let before;
      for (let trip = 0; soak.goesOn(trip); trip += 1) {
        const source = soak.sourceOf(trip, sources);
        for (const step of [pair.upgrade, pair.downgrade]) {
          const upgrade = await unit.upgrade(step, { from: source });
          expect(upgrade).toConform();
          expect(upgrade).toEndAs('upgraded');
          // What only a sequence shows, it shows from one upgrade to the next: thousands need not be kept.
          if (before !== undefined) expect([before, upgrade]).toConformTogether();
          drift.add(upgrade);
          before = upgrade;
        }
      }
      drift.tell();
    },
  );
});
