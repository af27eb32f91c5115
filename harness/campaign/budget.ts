/** How many power cuts to make, and what they can prove: said before the first one is made. Pure. */
import { UserError } from '../base/errors.js';
import { boundText, survivalText, upperBound, type Survival } from './statistics.js';

/** What was asked for; with several of them, the first that is reached ends the campaign. */
export interface CutBudget {
  readonly cuts?: number | undefined;
  /** Go on until the failure rate is known to be below this (0.02: 2 %), should all cuts be survived. */
  readonly untilBound?: number | undefined;
  /** ms of wall time. */
  readonly budget?: number | undefined;
}

/** What is known of one rig. */
export interface RigCost {
  /** What a trial costs on this rig, with the way back and the restore, ms; undefined when none was made. */
  readonly meanTrial: number | undefined;
  /** Trials that the suite makes anyway, before the random ones; default 0. */
  readonly planned?: number;
  /** Random ones that it makes, where that does not follow from what was asked for: none, or what a pattern of names leaves of them. */
  readonly random?: number;
  /** The rig's `timing.scale`. */
  readonly scale: number;
}

export interface CutFacts extends RigCost {
  /** Valid trials of this package from this revision so far. */
  readonly survival: Survival;
}

/** Cuts of several rigs add up: they try the same package. */
export interface TogetherFacts {
  readonly survival: Survival;
  readonly rigs: readonly (RigCost & { readonly name: string })[];
}

/** A trial of which nothing is known: an upgrade and its way back of a real module, and what the harness adds however fast the module is, ms. */
const realTrial = 12 * 60_000;
const overhead = 3000;

/** Counts above this are nonsense, or beyond a lifetime. */
const most = 1_000_000;

/** ms that a trial on this rig takes, as far as is known; one at the least, whatever a ledger says. */
export const trialTime = ({ meanTrial, scale }: RigCost): number => Math.max(1, meanTrial ?? realTrial * scale + overhead);

/** How many random cuts to make, and what the campaign proves then. Throws a UserError for a request that cannot be meant. */
export function planCuts(request: CutBudget, facts: CutFacts): { readonly count: number; readonly says: string } {
  const { untilBound } = request;
  check(request);
  const needed = untilBound === undefined ? undefined : cutsUntil(untilBound, facts.survival);
  return planOne(request, facts, needed);
}

export interface NightPlan {
  /** Random cuts of each rig, in the order given. */
  readonly counts: readonly number[];
  /** What it comes to, a sentence for each rig and one for all. */
  readonly says: readonly string[];
}

/** The same for several rigs with one package: what the bound needs is shared out so that all are done at the same time. */
export function planTogether(request: CutBudget, { survival, rigs }: TogetherFacts): NightPlan {
  const [only] = rigs;
  if (only === undefined) return { counts: [], says: [] };
  if (rigs.length === 1) {
    const { count, says } = planCuts(request, { ...only, survival });
    return { counts: [count], says: [`${only.name}: ${says}`] };
  }
  check(request);
  const { untilBound, budget } = request;
  const needed = untilBound === undefined ? undefined : cutsUntil(untilBound, survival);
  const affordable = (rig: RigCost): number => (budget === undefined ? Infinity : Math.floor(budget / trialTime(rig)));
  // What some make anyway the others need not.
  const settled = rigs.reduce((sum, rig) => sum + (rig.random === undefined ? 0 : madeBy(rig, rig.random, affordable(rig))), 0);
  const open = rigs.filter(({ random }) => random === undefined);
  const shares = needed === undefined ? [] : sharesOf(Math.max(0, needed - settled), open.map(trialTime));
  const each = rigs.map((rig) => {
    const { count } = planOne(request, { ...rig, survival }, shares[open.indexOf(rig)]);
    const time = trialTime(rig);
    const all = madeBy(rig, count, affordable(rig));
    return { count, all, took: all * time, name: rig.name, known: rig.meanTrial !== undefined };
  });
  const total = each.reduce((sum, { all }) => sum + all, 0);
  const longest = Math.max(...each.map(({ took }) => took));
  const short =
    needed !== undefined && total < needed ? `; ${String(needed)} cuts would be needed for ${percent(untilBound)} %` : '';
  return {
    counts: each.map(({ count }) => count),
    says: [
      ...each.map(({ name, all, count, took, known }) => {
        const own = all > count ? ` (${String(all - count)} of the suite's own plan, ${String(count)} at random)` : '';
        return `${name}: ${cutsText(all)}${own}, about ${duration(took)}${known ? '' : ' (an estimate: no trial is known of this rig yet)'}`;
      }),
      `together: ${cutsText(total)}, about ${duration(longest)}: ${proofText(survival, total)}${short}`,
    ],
  };
}

const madeBy = ({ planned = 0 }: RigCost, random: number, affordable: number): number => Math.min(planned + random, affordable);

/** Whole cuts for each, in inverse proportion to what one takes, and as many as needed in all. */
function sharesOf(needed: number, times: readonly number[]): readonly number[] {
  if (times.length === 0) return [];
  const made = (time: number): number[] => times.map((each) => Math.floor(time / each));
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  let [low, high] = [0, needed * Math.max(...times)];
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (sum(made(middle)) >= needed) high = middle;
    else low = middle;
  }
  const shares = made(high);
  // Several rigs may have come to a whole cut at the same moment.
  for (let index = 0; sum(shares) > needed; index = (index + 1) % shares.length) {
    if ((shares[index] ?? 0) > 0) shares[index] = (shares[index] ?? 0) - 1;
  }
  return shares;
}

function planOne(
  { cuts, untilBound, budget }: CutBudget,
  facts: CutFacts,
  needed: number | undefined,
): { readonly count: number; readonly says: string } {
  const { survival, meanTrial, planned = 0, random } = facts;
  const each = trialTime(facts);
  const affordable = budget === undefined ? undefined : Math.min(most, Math.floor(budget / each));
  // What the suite makes anyway counts for the bound, and takes of the time.
  const limits = [cuts, less(needed, planned), less(affordable, planned)].filter((limit) => limit !== undefined);
  const count = random === undefined ? Math.min(...limits) : Math.min(random, less(affordable, planned) ?? random);
  const unknown =
    meanTrial === undefined ? ` (an estimate: no trial is known of this rig yet, so ${duration(each)} for each)` : '';

  if (needed === 0 && planned === 0) {
    return { count, says: `no cut is needed: ${survivalText(survival)}, ${percent(untilBound)} % was asked for` };
  }
  if (affordable === 0) {
    return { count, says: `no cut: one takes about ${duration(each)}, longer than the ${duration(budget ?? 0)} given${unknown}` };
  }
  const all = madeBy(facts, count, affordable ?? Infinity);
  if (all === 0) return { count, says: 'no cut: --plan, --cuts or -t leaves none' };
  const proof = proofText(survival, all);
  const short =
    needed !== undefined && all < needed ? `; ${String(needed)} cuts would be needed for ${percent(untilBound)} %` : '';
  const own = planned === 0 ? '' : ` (${String(planned)} of the suite's own plan, ${String(count)} at random)`;
  const left = planned > all ? `; the plan alone has ${String(planned)}: what the time is too short for is left out` : '';
  const says = `${cutsText(all)}${own}, about ${duration(all * each)}${unknown}: ${proof}${short}${left}`;
  return { count, says };
}

const cutsText = (count: number): string => `${String(count)} ${count === 1 ? 'cut' : 'cuts'}`;

function proofText({ valid, failed }: Survival, more: number): string {
  const lost = failed === 0 ? '' : ` (${String(failed)} of them failed)`;
  const earlier = valid === 0 ? '' : `, with the ${String(valid)} of earlier nights${lost}`;
  return `if all survive${earlier}, ${boundText({ valid: valid + more, failed })}`;
}

function less(limit: number | undefined, planned: number): number | undefined {
  return limit === undefined ? undefined : Math.max(0, limit - planned);
}

function check({ cuts, untilBound, budget }: CutBudget): void {
  const wrong = (asked: string, seen: unknown): never => {
    throw new UserError('the size of the campaign cannot be meant so', { asked, seen: String(seen) });
  };
  if (cuts === undefined && untilBound === undefined && budget === undefined) {
    wrong('--cuts N, --until-bound RATE or --budget TIME', 'none of them');
  }
  // None at random, beside what else there is to go by.
  const least = untilBound === undefined && budget === undefined ? 1 : 0;
  if (cuts !== undefined && !(Number.isInteger(cuts) && cuts >= least && cuts <= most))
    wrong(`--cuts from ${String(least)} to ${String(most)}`, cuts);
  if (untilBound !== undefined && !(untilBound > 0 && untilBound < 1)) {
    wrong('--until-bound above 0 and below 1, for example 0.02 for 2 %', untilBound);
  }
  if (budget !== undefined && !(Number.isFinite(budget) && budget > 0))
    wrong('--budget longer than no time, for example 8h', budget);
}

/** How many more cuts, all of them survived, it takes until the bound is reached. */
function cutsUntil(bound: number, { valid, failed }: Survival): number {
  // The bound may come out a hair above the one it was computed from.
  const reached = (more: number): boolean => upperBound({ valid: valid + more, failed }) <= bound * (1 + 1e-9);
  if (reached(0)) return 0;
  let [low, high] = [0, 1];
  while (!reached(high)) {
    if (high > most) {
      throw new UserError('the bound cannot be reached', {
        asked: `a failure rate below ${percent(bound)} %`,
        seen: `${String(failed)} of ${String(valid)} cuts failed so far; it would take more than ${String(most)} more`,
      });
    }
    [low, high] = [high, high * 2];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}

const percent = (rate = 0): string => String(Number((rate * 100).toPrecision(6)));

/** `45 s`, `12 min`, `8 h`, `2.5 h`, `3 days`: two digits are enough for a forecast. */
export function duration(ms: number): string {
  const units = [
    ['s', 1000, 90],
    ['min', 60_000, 90],
    ['h', 3_600_000, 48],
    ['days', 86_400_000, Infinity],
  ] as const;
  const [name, size] = units.find(([, size, until]) => ms / size < until) ?? units[3];
  const value = ms / size;
  return `${String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ${name}`;
}
