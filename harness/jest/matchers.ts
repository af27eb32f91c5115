/** Loaded into each suite by Jest: the matchers, and the baseline before and after each test. */
import type { Ending } from '../journal/events.js';
import type { Trial } from '../campaign/conduct.js';
import type { Upgrade } from '../module/types.js';
import { marked, printable } from './outcome.js';
import { trialMessage } from './trial-message.js';
import type { World } from './world.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    interface Matchers<R, T> {
      /** Every rule that applies to the upgrade holds. A failure names requirement, rule, what was expected, what was seen, and the journal's lines. */
      toConform(): R;
      /** The upgrade ended so (docs/verdicts.md lists the endings). */
      toEndAs(...endings: Ending[]): R;
      /** Several upgrades, taken together, hold what only a sequence can show: the way there and back, a retry count that starts afresh. */
      toConformTogether(): R;
      /** The trial of power cuts was valid, and the module did what it must. */
      toSurvive(): R;
    }
  }
}

function world(): World {
  if (globalThis.dfota === undefined) throw new Error('no rig in this environment');
  return globalThis.dfota;
}

expect.extend({
  toConform(upgrade: Upgrade) {
    return verdictOf(world().judge(upgrade));
  },
  toConformTogether(upgrades: readonly Upgrade[]) {
    return verdictOf(world().judgeSequence(upgrades));
  },
  toSurvive(trial: Trial & { readonly text: string }) {
    const said = `${trial.id} ${trial.outcome}: ${trial.why ?? 'as it must'}\n  achieved: ${trial.achieved}\n${trial.text}`;
    return {
      pass: trial.outcome === 'survived',
      message: () => trialMessage(trial, printable(said), world().cuts.only !== undefined),
    };
  },
  toEndAs(upgrade: Upgrade, ...endings: Ending[]) {
    const judgement = world().judge(upgrade);
    const met = judgement.ending !== undefined && endings.includes(judgement.ending);
    const said = `expected the upgrade to end as ${endings.join(' or ')}, it ended as ${judgement.ending ?? 'undecided'}`;
    const outcome = judgement.result === 'invalid' || judgement.result === 'inconclusive' ? judgement.result : undefined;
    const text = printable(`${said}\n${judgement.text}`);
    return { pass: met, message: () => (outcome === undefined ? text : marked(outcome, text)) };
  },
});

function verdictOf(judgement: { result: string; text: string }): jest.CustomMatcherResult {
  const text = printable(judgement.text);
  return {
    pass: judgement.result === 'pass',
    message: () =>
      judgement.result === 'invalid' || judgement.result === 'inconclusive' ? marked(judgement.result, text) : text,
  };
}

// The harness's own limits end every wait; Jest's is only the net under them, and the longest that a timer can hold.
jest.setTimeout(2 ** 31 - 1);

beforeEach(() => world().baseline('before the test'));
afterEach(() => world().baseline('after the test'));
