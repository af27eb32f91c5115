/**
 * Narrowing a window of failing cuts by repeated trials. A trial is noisy: a cut inside the window may be survived by luck, one outside may
 * fail for another reason. So every window [from, to] on a grid has a probability, each trial moves them, the next trial is made where it
 * tells most, and what is left over is the uncertainty that the report states. Pure.
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
  /** How likely a cut inside the window fails, and one outside it. */
  readonly inside?: number;
  readonly outside?: number;
}

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
  /** Both edges are known to one step. */
  readonly settled: boolean;
}

interface Weighted {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/** What the probes so far say; undefined while none has failed. */
export function failingWindow(probes: readonly Probe[], options: NarrowingOptions): FailingWindow | undefined {
  if (!probes.some((probe) => probe.failed)) return undefined;
  const windows = posterior(probes, options);
  const best = windows.reduce((a, b) => (b.weight > a.weight ? b : a));
  const from = edge(windows, (window) => window.from, best.from);
  const to = edge(windows, (window) => window.to, best.to);
  const count = (wanted: boolean): { failed: number; of: number } => {
    const chosen = probes.filter((probe) => (probe.at >= best.from && probe.at <= best.to) === wanted);
    return { failed: chosen.filter((probe) => probe.failed).length, of: chosen.length };
  };
  const settled = from.to - from.from <= options.step && to.to - to.from <= options.step;
  return { from, to, inside: count(true), outside: count(false), settled };
}

/** Where the next cut tells most about the window's edges. */
export function nextProbe(probes: readonly Probe[], options: NarrowingOptions): number {
  const { inside = 0.95, outside = 0.02 } = options;
  const windows = posterior(probes, options);
  const points = grid(options);
  // The chance that a point lies in the window: weights come in at a window's left edge and go out behind its right one.
  const steps = new Array<number>(points.length + 1).fill(0);
  const indexOf = (place: number): number => Math.round((place - options.low) / options.step);
  for (const window of windows) {
    steps[indexOf(window.from)]! += window.weight;
    steps[indexOf(window.to) + 1]! -= window.weight;
  }
  let best = { at: options.low, gain: -Infinity };
  let chance = 0;
  for (const [index, at] of points.entries()) {
    chance = Math.min(1, Math.max(0, chance + (steps[index] ?? 0)));
    // What the outcome is worth: its own entropy less the noise that no window explains.
    const fails = chance * inside + (1 - chance) * outside;
    const gain = entropy(fails) - (chance * entropy(inside) + (1 - chance) * entropy(outside));
    if (gain > best.gain + 1e-12) best = { at, gain };
  }
  return best.at;
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

function posterior(probes: readonly Probe[], options: NarrowingOptions): Weighted[] {
  const { inside = 0.95, outside = 0.02 } = options;
  const points = grid(options);
  // What a window gains over "no window at all" by each grid point inside it, summed up from the left.
  const gains = new Array<number>(points.length).fill(0);
  for (const { at, failed } of probes) {
    const index = Math.min(points.length - 1, Math.max(0, Math.round((at - options.low) / options.step)));
    gains[index]! += Math.log(failed ? inside : 1 - inside) - Math.log(failed ? outside : 1 - outside);
  }
  const windows: { from: number; to: number; log: number }[] = [];
  points.forEach((from, start) => {
    let log = 0;
    for (let end = start; end < points.length; end += 1) {
      log += gains[end] ?? 0;
      windows.push({ from, to: points[end] ?? from, log });
    }
  });
  const highest = windows.reduce((most, window) => Math.max(most, window.log), -Infinity);
  const total = windows.reduce((sum, window) => sum + Math.exp(window.log - highest), 0);
  return windows.map(({ from, to, log }) => ({ from, to, weight: Math.exp(log - highest) / total }));
}

/** The shortest range of places that holds the edge with 95 %. */
function edge(windows: readonly Weighted[], place: (window: Weighted) => number, at: number): Edge {
  const weights = new Map<number, number>();
  for (const window of windows) weights.set(place(window), (weights.get(place(window)) ?? 0) + window.weight);
  const places = [...weights].sort(([a], [b]) => a - b);
  let best = { from: places[0]?.[0] ?? at, to: places.at(-1)?.[0] ?? at };
  places.forEach(([from], start) => {
    let sum = 0;
    for (const [to, weight] of places.slice(start)) {
      sum += weight;
      if (sum >= 0.95) {
        if (to - from < best.to - best.from) best = { from, to };
        return;
      }
    }
  });
  return { at, ...best };
}

function entropy(chance: number): number {
  return chance <= 0 || chance >= 1 ? 0 : -(chance * Math.log2(chance) + (1 - chance) * Math.log2(1 - chance));
}
