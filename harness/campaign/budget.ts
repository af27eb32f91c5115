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

export interface CutFacts {
  /** Valid trials of this package from this revision so far. */
  readonly survival: Survival;
  /** What a trial costs on this rig, with the way back and the restore, ms; undefined when none was made. */
  readonly meanTrial: number | undefined;
  /** Trials that the suite makes anyway, before the random ones; default 0. */
  readonly planned?: number;
  /** The rig's `timing.scale`. */
  readonly scale: number;
}

/** A trial of which nothing is known: an upgrade and its way back of a real module, and what the harness adds however fast the module is, ms. */
const realTrial = 12 * 60_000;
const overhead = 3000;

/** Counts above this are nonsense, or beyond a lifetime. */
const most = 1_000_000;

/** How many random cuts to make, and what the campaign proves then. Throws a UserError for a request that cannot be meant. */
export function planCuts(request: CutBudget, facts: CutFacts): { readonly count: number; readonly says: string } {
  const { cuts, untilBound, budget } = request;
  check(request);
  const { survival, meanTrial, planned = 0 } = facts;
  const each = meanTrial ?? realTrial * facts.scale + overhead;
  const needed = untilBound === undefined ? undefined : cutsUntil(untilBound, survival);
  const affordable = budget === undefined ? undefined : Math.min(most, Math.floor(budget / Math.max(each, 1)));
  // What the suite makes anyway counts for the bound, and takes of the time.
  const limits = [cuts, less(needed, planned), less(affordable, planned)].filter((limit) => limit !== undefined);
  const count = Math.min(...limits);
  const unknown =
    meanTrial === undefined ? ` (an estimate: no trial is known of this rig yet, so ${duration(each)} for each)` : '';

  if (needed === 0 && planned === 0) {
    return { count, says: `no cut is needed: ${survivalText(survival)}, ${percent(untilBound)} % was asked for` };
  }
  if (affordable === 0) {
    return { count, says: `no cut: one takes about ${duration(each)}, longer than the ${duration(budget ?? 0)} given${unknown}` };
  }
  const all = Math.min(planned + count, affordable ?? Infinity);
  const after = { valid: survival.valid + all, failed: survival.failed };
  const { valid, failed } = survival;
  const lost = failed === 0 ? '' : ` (${String(failed)} of them failed)`;
  const earlier = valid === 0 ? '' : `, with the ${String(valid)} of earlier nights${lost}`;
  const proof = `if all survive${earlier}, ${boundText(after)}`;
  const short =
    needed !== undefined && all < needed ? `; ${String(needed)} cuts would be needed for ${percent(untilBound)} %` : '';
  const own = planned === 0 ? '' : ` (${String(planned)} of the suite's own plan, ${String(count)} at random)`;
  const left = planned > all ? `; the plan alone has ${String(planned)}: what the time is too short for is left out` : '';
  const says = `${String(all)} ${all === 1 ? 'cut' : 'cuts'}${own}, about ${duration(all * each)}${unknown}: ${proof}${short}${left}`;
  return { count, says };
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
  if (cuts !== undefined && !(Number.isInteger(cuts) && cuts > 0 && cuts <= most))
    wrong(`--cuts from 1 to ${String(most)}`, cuts);
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
function duration(ms: number): string {
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
