/** What is said before the first cut is what is then made: whatever `--plan` and `-t` leave of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutId } from '../../campaign/cut.js';
import { defaultPlan, type PlanPartName } from '../../campaign/plans.js';
import { sourcesOf } from '../../rig/profile.js';
import { command } from '../plan.js';
import { planCampaign, saidOfShare } from './campaign.js';
import { jobsOf } from './jobs.js';

const root = join(__dirname, '..', '..', '..');
const files = {
  rigs: [join(root, 'rigs', 'simulated-ec25.yaml')],
  packages: [join(root, 'rigs', 'packages', 'simulated-ec25.yaml')],
};
const jobs = jobsOf(files);
const [job] = jobs;

const folder = mkdtempSync(join(tmpdir(), 'planning-'));
const before = { ...process.env };
beforeAll(() => {
  Object.assign(process.env, { DFOTA_STATE: folder, DFOTA_LEDGER: join(folder, 'ledger.sqlite') });
});
afterAll(() => {
  process.env = before;
  rmSync(folder, { recursive: true, force: true });
});

interface Options {
  readonly plan?: readonly PlanPartName[];
  readonly pattern?: string;
  readonly cuts?: number;
  readonly untilBound?: number;
  readonly budget?: number;
  readonly shard?: { readonly index: number; readonly of: number };
}

/** What is said, and how many cuts there are that the rig makes: all, and those at random. */
async function planned({ plan = defaultPlan, pattern, cuts, untilBound, budget, shard }: Options) {
  const asked = { suites: ['power-cut'], plan: [...plan], pattern, cut: undefined, shard, untilBound, budget, cuts: cuts ?? 8 };
  const { says, cuts: of } = await planCampaign(asked, cuts !== undefined, 7, jobs);
  const all = of.get('simulated-ec25') ?? [];
  const has = job === undefined ? [] : sourcesOf(job.rig.definition);
  const chosen = new RegExp(pattern ?? '', 'i');
  const made = all.filter(({ title, cut }) => has.includes(cut.source) && chosen.test(`${title} ${cutId(cut)}`));
  return { says, all: made.length, random: made.filter(({ title }) => title.includes('at random')).length };
}

test.each<[string, Options]>([
  ['a budget', { cuts: 0, budget: 2 * 3600_000 }],
  ['a bound', { cuts: 0, untilBound: 0.1 }],
])('no random cut is made where --cuts 0 refuses them, with %s', async (_, options) => {
  const { says, all, random } = await planned(options);
  expect(random).toBe(0);
  expect(all).toBeGreaterThan(0);
  expect(says[0]).toContain(`${String(all)} cuts (${String(all)} of the suite's own plan, 0 at random)`);
});

test('nor are any with --cuts 0 alone, of which nothing is said', async () => {
  expect(await planned({ cuts: 0 })).toMatchObject({ random: 0, says: [] });
});

const leftOut = 'simulated-ec25 makes no cut at random: --plan or -t leaves them out';

test.each<[string, Options]>([
  ['--cuts alone', { cuts: 40 }],
  ['--until-bound alone', { untilBound: 0.02 }],
  ['a plan without a random part', { cuts: 40, plan: ['smoke'] }],
  ['such a plan, and a bound', { untilBound: 0.02, plan: ['smoke', 'boundaries'] }],
  ['a pattern that leaves no random cut', { cuts: 40, pattern: 'log-spaced' }],
  ['such a pattern, and a bound', { untilBound: 0.1, pattern: 'log-spaced' }],
  ['a pattern that leaves some of them', { cuts: 40, pattern: 'at random.*ufs' }],
  ['such a pattern, and a bound', { untilBound: 0.1, pattern: 'at random.*ufs' }],
  ['a pattern that leaves all of them', { untilBound: 0.05, pattern: 'at random' }],
])('%s: as many are made as are promised', async (_, options) => {
  const { says, all, random } = await planned(options);
  const [, promised = '', own = '0', atRandom = promised] =
    /^simulated-ec25: (\d+) cuts?(?: \((\d+) of the suite's own plan, (\d+) at random\))?, /.exec(says[0] ?? '') ?? [];
  expect({ promised: Number(promised), own: Number(own), atRandom: Number(atRandom) }).toEqual({
    promised: all,
    own: all - random,
    atRandom: random,
  });
  expect(says.includes(leftOut)).toBe(random === 0);
});

test('a bound is reached by those that the pattern leaves, or it is said that it is not', async () => {
  const some = await planned({ untilBound: 0.1, pattern: 'at random.*ufs' });
  expect(some.says[0]).toMatch(/if all survive, failure rate < (?:10|9\.\d+) % \(95 %\)$/);
  const none = await planned({ untilBound: 0.1, pattern: 'log-spaced' });
  expect(none.says[0]).toMatch(/; 29 cuts would be needed for 10 %$/);
});

test('a pattern that leaves nothing at all: no cut, and no bound', async () => {
  const { says } = await planned({ cuts: 40, plan: ['smoke'], pattern: 'round trip' });
  expect(says).toEqual(['simulated-ec25: no cut: --plan, --cuts or -t leaves none', leftOut]);
});

test('a share says that the others make the rest; where nothing is said of the plan, nothing is said of its share', () => {
  const share = 'Of these, share 2 of 3 makes its part; the other shares make the rest';
  expect(saidOfShare(['40 cuts'], { index: 2, of: 3 })).toEqual(['40 cuts', share]);
  expect(saidOfShare([], { index: 2, of: 3 })).toEqual([]);
  expect(saidOfShare(['40 cuts'], undefined)).toEqual(['40 cuts']);
});

test('all shares have one plan, in the order of the plan', async () => {
  const whole = await planned({ cuts: 40 });
  for (const index of [1, 2]) expect(await planned({ cuts: 40, shard: { index, of: 2 } })).toEqual(whole);
});

describe('dfota plan', () => {
  interface Shares {
    readonly agents: number;
    readonly cuts: number;
    readonly each: number;
  }

  /** What the command prints for a program. */
  async function printed(
    options: Readonly<Record<string, unknown>>,
  ): Promise<{ says: string[]; random: number; shares?: Shares }> {
    let text = '';
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((data) => {
      text += String(data);
      return true;
    });
    try {
      const common = {
        ...{ rig: files.rigs, packages: files.packages, plan: [...defaultPlan] },
        ...{ seed: 7, agents: 1, list: false, json: true },
      };
      await command.handler({ ...common, _: [], $0: 'dfota', ...options } as never);
    } finally {
      write.mockRestore();
    }
    const { says, rigs, shares } = JSON.parse(text) as { says: string[]; rigs: { cuts: { title: string }[] }[]; shares?: Shares };
    return {
      says,
      ...(shares === undefined ? {} : { shares }),
      random: rigs[0]?.cuts.filter(({ title }) => title.includes('at random')).length ?? -1,
    };
  }

  test('without a size plans the random cuts that dfota run makes without one', async () => {
    expect((await printed({})).random).toBe((await planned({})).random);
    expect((await planned({})).random).toBe(8);
  });

  test('for several agents plans what they have time for together, and says the size that each share is to be given', async () => {
    const hours = 3600_000;
    const alone = await printed({ budget: '3h' });
    const { shares, random } = await printed({ budget: '1h', agents: 3 });
    expect(alone.shares).toBeUndefined();
    expect(random).toBe(alone.random);
    expect(shares).toMatchObject({ agents: 3, cuts: random });
    expect(shares?.each).toBeGreaterThan(0.9 * hours);
    expect(shares?.each).toBeLessThanOrEqual(hours);
    // What each share then plans with that size.
    expect((await planned({ cuts: shares?.cuts ?? 0, shard: { index: 3, of: 3 } })).random).toBe(random);
  });

  test('with a size plans those of the size, and with --cuts 0 none', async () => {
    expect((await printed({ cuts: 3 })).random).toBe(3);
    expect((await printed({ cuts: 0 })).random).toBe(0);
    expect((await printed({ untilBound: 0.02 })).random).toBe((await planned({ untilBound: 0.02 })).random);
  });
});
