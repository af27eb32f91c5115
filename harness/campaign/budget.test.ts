import fc from 'fast-check';
import { UserError } from '../base/errors.js';
import { planCuts, planTogether, trialTime, type CutFacts } from './budget.js';
import { cutsFor, upperBound } from './statistics.js';

const none = { valid: 0, failed: 0 };
const real: CutFacts = { survival: none, meanTrial: 12 * 60_000, scale: 1 };
const hour = 3_600_000;

test.each([
  [
    { cuts: 40 },
    { ...real, survival: { valid: 158, failed: 0 } },
    40,
    '40 cuts, about 8 h: if all survive, with the 158 of earlier nights, failure rate < 1.6 % (95 %)',
  ],
  [{ budget: 8 * hour }, real, 40, '40 cuts, about 8 h: if all survive, failure rate < 7.3 % (95 %)'],
  [{ untilBound: 0.02 }, real, 149, '149 cuts, about 30 h: if all survive, failure rate < 2.0 % (95 %)'],
  [
    { untilBound: 0.02, budget: 8 * hour },
    real,
    40,
    '40 cuts, about 8 h: if all survive, failure rate < 7.3 % (95 %); 149 cuts would be needed for 2 %',
  ],
  [{ cuts: 1 }, { ...real, meanTrial: 9_500 }, 1, '1 cut, about 9.5 s: if all survive, failure rate < 95 % (95 %)'],
  [
    { cuts: 60 },
    { ...real, survival: { valid: 40, failed: 1 } },
    60,
    '60 cuts, about 12 h: if all survive, with the 40 of earlier nights (1 of them failed), failure rate < 4.7 % (95 %)',
  ],
  [
    { untilBound: 0.02 },
    { ...real, survival: { valid: 158, failed: 0 } },
    0,
    'no cut is needed: 158 of 158 cuts survived: failure rate < 1.9 % (95 %), 2 % was asked for',
  ],
  [{ budget: 600_000 }, real, 0, 'no cut: one takes about 12 min, longer than the 10 min given'],
  [
    { budget: hour },
    { ...real, meanTrial: undefined, scale: 0.05 },
    92,
    '92 cuts, about 60 min (an estimate: no trial is known of this rig yet, so 39 s for each): if all survive, failure rate < 3.3 % (95 %)',
  ],
  [
    { untilBound: 0.02 },
    { ...real, planned: 40 },
    109,
    "149 cuts (40 of the suite's own plan, 109 at random), about 30 h: if all survive, failure rate < 2.0 % (95 %)",
  ],
  [
    { cuts: 8 },
    { ...real, planned: 40 },
    8,
    "48 cuts (40 of the suite's own plan, 8 at random), about 9.6 h: if all survive, failure rate < 6.1 % (95 %)",
  ],
  [
    { budget: 8 * hour },
    { ...real, planned: 50 },
    0,
    "40 cuts (50 of the suite's own plan, 0 at random), about 8 h: if all survive, failure rate < 7.3 % (95 %); " +
      'the plan alone has 50: what the time is too short for is left out',
  ],
  [
    { untilBound: 0.02 },
    { ...real, survival: { valid: 158, failed: 0 }, planned: 40 },
    0,
    "40 cuts (40 of the suite's own plan, 0 at random), about 8 h: if all survive, with the 158 of earlier nights, failure rate < 1.6 % (95 %)",
  ],
])('%j of %j: %d', (request, facts, count, says) => {
  expect(planCuts(request, facts)).toEqual({ count, says });
});

test.each([
  [{}, 'none of them'],
  [{ cuts: 0 }, '0'],
  [{ cuts: 1.5 }, '1.5'],
  [{ untilBound: 2 }, '2'],
  [{ untilBound: 0 }, '0'],
  [{ budget: Number.NaN }, 'NaN'],
])('%j is refused', (request, seen) => {
  const plan = (): string => {
    try {
      return planCuts(request, real).says;
    } catch (error) {
      return error instanceof UserError ? `refused: ${error.explanation.seen ?? ''}` : 'a stack';
    }
  };
  expect(plan()).toBe(`refused: ${seen}`);
});

test('a bound out of reach is refused, not searched for ever', () => {
  expect(() => planCuts({ untilBound: 1e-9 }, real)).toThrow(UserError);
});

test('the bound is kept by the planned cuts and by no fewer, whatever failed before', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.005, max: 0.9, noNaN: true }), fc.nat(300), fc.nat(5), (untilBound, valid, failures) => {
      const survival = { valid, failed: Math.min(valid, failures) };
      const { count } = planCuts({ untilBound }, { ...real, survival });
      const after = (more: number): number => upperBound({ ...survival, valid: valid + more });
      expect(after(count)).toBeLessThanOrEqual(untilBound * 1.000001);
      if (count > 0) expect(after(count - 1)).toBeGreaterThan(untilBound);
      if (survival.failed === 0) expect(count).toBe(Math.max(0, cutsFor(untilBound) - valid));
    }),
  );
});

test('a budget is never overdrawn, and never left unused by a whole cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1000, max: 1e7 }), (budget, meanTrial) => {
      const { count } = planCuts({ budget }, { ...real, meanTrial });
      expect(count * meanTrial).toBeLessThanOrEqual(budget);
      if (count < 1_000_000) expect((count + 1) * meanTrial).toBeGreaterThan(budget);
    }),
  );
});

describe('several rigs with one package', () => {
  const rig = (name: string, minutes: number, planned = 0) => ({ name, meanTrial: minutes * 60_000, scale: 1, planned });

  test('share out what a bound needs so that all are done at the same time', () => {
    const { counts, says } = planTogether(
      { untilBound: 0.02 },
      { survival: none, rigs: [rig('a', 12), rig('b', 12), rig('c', 24)] },
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(149);
    expect(counts).toEqual([60, 60, 29].map((count) => expect.closeTo(count, -1) as number));
    expect(says.at(-1)).toBe('together: 149 cuts, about 12 h: if all survive, failure rate < 2.0 % (95 %)');
  });

  test('of which the ledger says that a trial takes no time have a plan all the same', () => {
    const { counts } = planTogether({ untilBound: 0.02 }, { survival: none, rigs: [rig('a', 0), rig('b', 0)] });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(149);
  });

  test('each makes what its time allows, and together they prove more', () => {
    const { counts, says } = planTogether({ budget: 8 * hour }, { survival: none, rigs: [rig('a', 12), rig('b', 24, 10)] });
    expect(counts).toEqual([40, 10]);
    expect(says).toEqual([
      'a: 40 cuts, about 8 h',
      "b: 20 cuts (10 of the suite's own plan, 10 at random), about 8 h",
      'together: 60 cuts, about 8 h: if all survive, failure rate < 4.9 % (95 %)',
    ]);
  });

  test('never more than the time, never fewer than needed when there is time', () => {
    const rigs = fc.array(fc.record({ minutes: fc.integer({ min: 1, max: 60 }), planned: fc.nat(50) }), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        rigs,
        fc.double({ min: 0.005, max: 0.5, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        (of, untilBound, hours) => {
          const facts = {
            survival: none,
            rigs: of.map(({ minutes, planned }, index) => rig(`rig-${String(index)}`, minutes, planned)),
          };
          const free = planTogether({ untilBound }, facts);
          const planned = of.map((each) => each.planned);
          const sum = free.counts.reduce((total, count, index) => total + count + (planned[index] ?? 0), 0);
          expect(sum).toBeGreaterThanOrEqual(cutsFor(untilBound));
          const timed = planTogether({ untilBound, budget: hours * hour }, facts);
          timed.counts.forEach((count, index) => {
            const time = trialTime(facts.rigs[index]!);
            if (count > 0) expect((count + (planned[index] ?? 0)) * time).toBeLessThanOrEqual(hours * hour);
            expect(count).toBeLessThanOrEqual(free.counts[index] ?? 0);
          });
        },
      ),
    );
  });

  test('one that makes none at random leaves its share of a bound to the others', () => {
    const rigs = [{ ...rig('a', 12, 20), random: 0 }, rig('b', 12), rig('c', 12)];
    const { counts, says } = planTogether({ untilBound: 0.02 }, { survival: none, rigs });
    expect(counts[0]).toBe(0);
    expect(counts.reduce((sum, count) => sum + count, 20)).toBe(149);
    expect(says[0]).toBe("a: 20 cuts (20 of the suite's own plan, 0 at random), about 4 h");
    const all = planTogether({ untilBound: 0.02 }, { survival: none, rigs: rigs.map((each) => ({ ...each, random: 0 })) });
    expect(all.says.at(-1)).toMatch(/^together: 20 cuts, .*; 149 cuts would be needed for 2 %$/);
  });

  test('one alone says what it always said', () => {
    const alone = planTogether({ cuts: 40 }, { survival: none, rigs: [rig('a', 12)] });
    expect(alone).toEqual({ counts: [40], says: [`a: ${planCuts({ cuts: 40 }, real).says}`] });
  });
});
