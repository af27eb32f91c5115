/** When a unit that cannot be opened has its supply told off to find out why, and when it is let alone. */
import { systemClock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import { seeded } from '../base/random.js';
import { Secrets } from '../base/secrets.js';
import { openUnitExplained } from './open-unit.js';
import { testBench, type TestBench } from './testing/test-bench.js';

let bench: TestBench;
beforeEach(() => {
  const safety = { powerCuts: true };
  bench = testBench({ limits: { boot: 600, upgrade: 600 }, rig: { safety } });
});
afterEach(() => bench.close());

async function fault(): Promise<RigFault> {
  const { rig, profile, pair, lines, power, journal } = bench;
  const found = await openUnitExplained({
    ...{ rig, profile, pair, lines, power, journal },
    ...{ servers: {}, clock: systemClock, secrets: new Secrets(), random: seeded(1) },
  }).catch((error: unknown) => error);
  expect(found).toBeInstanceOf(RigFault);
  return found as RigFault;
}
/** Times the supply was told off by whoever looks for an inverted line; the restore ladder cycles. */
const looked = (): number => bench.events('power.do').filter(({ why }) => why === 'proof that the supply cuts').length;

test('one that is silent whatever is done', async () => {
  bench.module.leave();
  bench.power.onPowered = () => undefined;
  expect((await fault()).message).toMatch(/does not come up/);
  expect(looked()).toBeGreaterThan(0);
}, 60_000);

test('another unit is let alone, also when it falls silent', async () => {
  bench.module.imei = '861107030000002';
  bench.module.override = (command) => {
    if (command === 'AT+CFUN?') setTimeout(() => bench.module.leave(), 1);
    return 'default';
  };
  expect((await fault()).message).toMatch(/the unit is another one/);
  expect(looked()).toBe(0);
}, 60_000);

test('one that reports a recovery has power', async () => {
  bench.module.leave();
  bench.power.onPowered = () => undefined;
  const reports = setInterval(() => bench.module.report('"UPDATING",5', 'uart'), 100);
  const { message, explanation } = await fault().finally(() => {
    clearInterval(reports);
  });
  expect(message).toMatch(/does not come up/);
  expect(explanation.seen).toMatch(/recovery; last report/);
  expect(looked()).toBe(0);
}, 60_000);
