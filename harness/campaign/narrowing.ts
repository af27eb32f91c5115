/**
 * Narrowing a window of failing cuts by repeated trials. A trial is noisy: a cut inside the window may be survived by luck, one outside may
 * fail for another reason. So every window [from, to] on a grid, with every rate at which cuts in it may fail, has a probability; each trial
 * moves them, the next trial is made where it tells most, and what is left over is the uncertainty that the report states. Pure.
 */
export interface Probe {
  /** Percentage (or a step of any other scale) at which the cut was achieved. */
  readonly at: number;
  readonly failed: boolean;
}

export interface NarrowingOptions {
  readonly low: number;
  readonly high: number;
  /** Width of a step of the scale: 1 for percentages. */
  readonly step: number;
}

// In Jest's sandbox a global costs more than the sum it is wanted for.
const { exp } = Math;

/** How likely a cut inside the window fails: which of these it is, is found out as well. */
const inside = [0.95, 0.6, 0.3] as const;
/** How likely each of them is beforehand: most windows fail nearly always, and some 17 trials must do for those. */
const likely = [0.7, 0.2, 0.1] as const;
/** How likely one outside it fails. */
const outside = 0.02;
/** A window that is so much less likely than the likeliest one counts for nothing (natural logarithm). */
const negligible = -40;

export interface Edge {
  /** Most likely place. */
  readonly at: number;
  /** With 95 % it lies between these. */
  readonly from: number;
  readonly to: number;
}

export interface FailingWindow {
  readonly from: Edge;
  readonly to: Edge;
  readonly inside: { readonly failed: number; readonly of: number };
  readonly outside: { readonly failed: number; readonly of: number };
  /** Both edges are known to one step, and no wide part between them is untried. */
  readonly settled: boolean;
}

/** Two windows that failed once each look like one that holds both, until something between them is tried: no wider gap than this, in steps. */
const widestGap = 8;

/** What the probes so far say; undefined while none has failed. */
export function failingWindow(probes: readonly Probe[], options: NarrowingOptions): FailingWindow | undefined {
  return probes.some((probe) => probe.failed) ? windowOf(probes, belief(probes, options), options) : undefined;
}

function windowOf(probes: readonly Probe[], { points, froms, tos, best }: Belief, options: NarrowingOptions): FailingWindow {
  const from = edge(points, froms, best.from);
  const to = edge(points, tos, best.to);
  const count = (wanted: boolean): { failed: number; of: number } => {
    const chosen = probes.filter((probe) => (probe.at >= best.from && probe.at <= best.to) === wanted);
    return { failed: chosen.filter((probe) => probe.failed).length, of: chosen.length };
  };
  const edgesKnown = from.to - from.from <= options.step && to.to - to.from <= options.step;
  const settled = edgesKnown && gapIn(probes, from.at, to.at, options) === undefined;
  return { from, to, inside: count(true), outside: count(false), settled };
}

/** Middle of the widest gap between cuts that were tried in the window; undefined when none is too wide. */
function gapIn(probes: readonly Probe[], from: number, to: number, { step }: NarrowingOptions): number | undefined {
  const tried = [from, ...probes.map(({ at }) => at).filter((at) => at > from && at < to), to].sort((a, b) => a - b);
  const gaps = tried.slice(1).map((at, index) => ({ at, width: at - (tried[index] ?? at) }));
  const widest = gaps.reduce((most, gap) => (gap.width > most.width ? gap : most), { at: to, width: 0 });
  return widest.width > widestGap * step ? widest.at - Math.floor(widest.width / 2 / step) * step : undefined;
}

/** Where the next cut tells most about the window's edges, or about what lies between them. */
export function nextProbe(probes: readonly Probe[], options: NarrowingOptions): number {
  const known = belief(probes, options);
  const window = probes.some((probe) => probe.failed) ? windowOf(probes, known, options) : undefined;
  if (window !== undefined && !window.settled) {
    const { from, to } = window;
    const gap = gapIn(probes, from.at, to.at, options);
    if (gap !== undefined && from.to - from.from <= options.step && to.to - to.from <= options.step) return gap;
  }
  return mostTelling(known, options.low);
}

function mostTelling({ points, within }: Belief, low: number): number {
  let best = { at: low, gain: -Infinity };
  points.forEach((at, index) => {
    const chances = within.map((chance) => chance[index] ?? 0);
    // What the outcome is worth: its own entropy less the noise that no window explains.
    const not = Math.max(0, 1 - sum(chances));
    const fails = sum(inside.map((rate, which) => rate * (chances[which] ?? 0))) + outside * not;
    const noise = sum(inside.map((rate, which) => entropy(rate) * (chances[which] ?? 0))) + entropy(outside) * not;
    const gain = entropy(fails) - noise;
    if (gain > best.gain + 1e-12) best = { at, gain };
  });
  return best.at;
}

/** Where another window may be, around a failing cut that none of the known ones explains; undefined when one of them does. */
export function unexplored(at: number, known: readonly FailingWindow[], scale: NarrowingOptions): NarrowingOptions | undefined {
  let { low, high } = scale;
  for (const { from, to } of known) {
    if (at >= from.from && at <= to.to) return undefined;
    if (to.to < at) low = Math.max(low, to.to + scale.step);
    else high = Math.min(high, from.from - scale.step);
  }
  return { low, high, step: scale.step };
}

/** `fails between 40 % and 45 %: 9 of 9 in, 0 of 24 out`, with the edges' uncertainty when there is some. */
export function windowText(window: FailingWindow, unit = '%'): string {
  const spot = ({ at, from, to }: Edge): string =>
    from === to ? `${String(at)} ${unit}` : `${String(at)} ${unit} (95 %: ${String(from)} to ${String(to)} ${unit})`;
  const { inside, outside } = window;
  return (
    `fails between ${spot(window.from)} and ${spot(window.to)}: ` +
    `${String(inside.failed)} of ${String(inside.of)} in, ${String(outside.failed)} of ${String(outside.of)} out`
  );
}

function grid({ low, high, step }: NarrowingOptions): number[] {
  return Array.from({ length: Math.floor((high - low) / step + 1e-9) + 1 }, (_, index) => low + index * step);
}

interface Belief {
  readonly points: readonly number[];
  /** Chance of each point to be the window's left edge, and its right one. */
  readonly froms: readonly number[];
  readonly tos: readonly number[];
  /** For each rate: chance of each point to lie in a window that fails at that rate. */
  readonly within: readonly (readonly number[])[];
  /** The most likely window, whatever its rate. */
  readonly best: { readonly from: number; readonly to: number };
}

/** Bayes' rule over all windows, none of them likelier than another beforehand, and rates. */
function belief(probes: readonly Probe[], options: NarrowingOptions): Belief {
  const points = grid(options);
  const size = points.length;
  // What a window gains over "no window at all" is the sum over the points inside it: a difference of two running sums.
  const sums = inside.map((chance, rate) => {
    const gains = new Float64Array(size);
    const prior = Math.log(likely[rate] ?? 0);
    for (const { at, failed } of probes) {
      const index = Math.min(size - 1, Math.max(0, Math.round((at - options.low) / options.step)));
      gains[index]! += Math.log(failed ? chance / outside : (1 - chance) / (1 - outside));
    }
    const running = new Float64Array(size + 1);
    for (let index = 0; index < size; index += 1) running[index + 1] = running[index]! + gains[index]!;
    return { running, prior };
  });
  const highest = Math.max(...sums.map(({ running, prior }) => prior + highestGain(running)));
  const [froms, tos, windows] = [new Float64Array(size), new Float64Array(size), new Float64Array(size * size)];
  const steps = sums.map(() => new Float64Array(size + 1));
  let total = 0;
  sums.forEach(({ running, prior }, rate) => {
    const own = steps[rate]!;
    for (let start = 0; start < size; start += 1) {
      const base = running[start]! + highest - prior;
      for (let end = start; end < size; end += 1) {
        const log = running[end + 1]! - base;
        if (log < negligible) continue;
        const weight = exp(log);
        total += weight;
        froms[start]! += weight;
        tos[end]! += weight;
        windows[start * size + end]! += weight;
        own[start]! += weight;
        own[end + 1]! -= weight;
      }
    }
  });
  const share = (weight: number): number => Math.min(1, Math.max(0, weight / total));
  const likeliest = windows.indexOf(windows.reduce((most, weight) => Math.max(most, weight), 0));
  return {
    points,
    froms: Array.from(froms, share),
    tos: Array.from(tos, share),
    within: steps.map((own) => {
      let height = 0;
      return Array.from(own.subarray(0, size), (step) => share((height += step)));
    }),
    best: { from: points[Math.floor(likeliest / size)] ?? options.low, to: points[likeliest % size] ?? options.high },
  };
}

/** The most that any window gains, from the running sums. */
function highestGain(running: Float64Array): number {
  let [lowest, most] = [Infinity, -Infinity];
  for (let index = 1; index < running.length; index += 1) {
    lowest = Math.min(lowest, running[index - 1]!);
    most = Math.max(most, running[index]! - lowest);
  }
  return most;
}

/** The shortest range of places that holds the edge with 95 %. */
function edge(points: readonly number[], weights: readonly number[], at: number): Edge {
  let best = { from: points[0] ?? at, to: points.at(-1) ?? at };
  points.forEach((from, start) => {
    let held = 0;
    for (let end = start; end < points.length; end += 1) {
      held += weights[end] ?? 0;
      if (held < 0.95) continue;
      const to = points[end] ?? at;
      if (to - from < best.to - best.from) best = { from, to };
      return;
    }
  });
  return { at, ...best };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function entropy(chance: number): number {
  return chance <= 0 || chance >= 1 ? 0 : -(chance * Math.log2(chance) + (1 - chance) * Math.log2(1 - chance));
}
