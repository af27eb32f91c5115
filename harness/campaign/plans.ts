/**
 * Plans of power cuts: pure and seeded, so that a plan can be printed, counted and repeated. What a plan is worth: phase boundaries find faults
 * of the state machine, a sweep finds windows, stratified random bounds a failure rate, sequences reach into recovery from a cut.
 */
import { seeded } from '../base/random.js';
import { sources, type Source } from '../journal/events.js';
import { cutId, hasDownload, type CutPoint, type CutTrial } from './cut.js';

const trial = (source: Source, ...points: CutPoint[]): CutTrial => ({ source, points });
const at = (anchor: CutPoint['anchor'], delay = 0): CutPoint => ({ anchor, delay });
const updating = (percent: number, delay = 0): CutPoint => ({ anchor: 'updating', percent, delay });

/** Each boundary between two phases of an upgrade over this source. */
export function boundaries(source: Source): readonly CutTrial[] {
  const download = hasDownload(source)
    ? [at('download-start'), { anchor: 'download', percent: 50, delay: 0 } as const, at('download-end'), at('download-end', 500)]
    : [];
  return [...download, at('usb-leaves'), at('start'), updating(1), at('end'), at('end', 500), at('end', 5000)].map((point) =>
    trial(source, point),
  );
}

/** One second, two, four … (by `factor`) after the phase began, up to `until` ms: a cheap look at every order of magnitude. */
export function logSpaced(source: Source, anchor: CutPoint['anchor'], until: number, factor = 2): readonly CutTrial[] {
  const trials: CutTrial[] = [];
  for (let delay = 1000; delay <= until; delay *= factor) trials.push(trial(source, at(anchor, delay)));
  return trials;
}

/** The percentages 1, 2, 4 … 64 and 99. */
export function smoke(source: Source): readonly CutTrial[] {
  return [1, 2, 4, 8, 16, 32, 64, 99].map((percent) => trial(source, updating(percent)));
}

/** Every `step` per cent of the flashing, 0 to 100. */
export function sweep(source: Source, step = 1): readonly CutTrial[] {
  const trials: CutTrial[] = [];
  for (let percent = 0; percent <= 100; percent += step) trials.push(trial(source, updating(percent)));
  return trials;
}

/**
 * `count` cuts, spread evenly over the percentages and at random within each stratum, with a random delay up to `spread` ms, over the given
 * sources in turn. The same seed gives the same cuts, no two of them alike: each is a test of its own, with its id for a name.
 */
export function stratified(from: readonly Source[], count: number, seed: number, spread = 2000): readonly CutTrial[] {
  const random = seeded(seed, 'stratified cuts');
  const drawn = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const low = (index * 100) / count;
    for (let wider = 0; ; wider += 1) {
      const percent = Math.min(100, Math.floor(low + random.next() * (100 / count)));
      // Where all delays of a stratum are taken, further ones are allowed.
      const cut = trial(from[index % from.length] ?? 'ufs', updating(percent, random.int(0, spread + wider)));
      if (drawn.has(cutId(cut))) continue;
      drawn.add(cutId(cut));
      return cut;
    }
  });
}

/** Parts that a plan of the power-cut suite can have (`--plan`). */
export const planParts = ['again', 'boundaries', 'seconds', 'smoke', 'sweep', 'random'] as const;
export type PlanPartName = (typeof planParts)[number];

/** Without `--plan`: all but the sweep, which takes a day on a real module. */
export const defaultPlan: readonly PlanPartName[] = ['again', 'boundaries', 'seconds', 'smoke', 'random'];

/** Of the random cuts. */
export const randomTitle = 'power cut at random, in strata';

/** Trials of the power-cut suite under a common title. */
export interface PlanPart {
  readonly part: PlanPartName;
  readonly title: string;
  readonly trials: readonly CutTrial[];
}

export interface PlanWish {
  /** In any order; the plan has them in its own. */
  readonly parts: readonly PlanPartName[];
  /** How many random cuts. */
  readonly random: number;
  readonly seed: number;
  /** Cuts that failed on earlier nights: made first. */
  readonly failed?: readonly CutTrial[];
}

/** Seconds after a phase began: where practice cuts by hand (1 and 2 s into a download), and log-spaced in the flashing. */
function seconds(from: readonly Source[], local: Source): readonly CutTrial[] {
  return [
    ...from.filter(hasDownload).flatMap((source) => logSpaced(source, 'download-start', 2000)),
    ...logSpaced(local, 'start', 256_000, 4),
  ];
}

/**
 * The power-cut suite of a rig that has the sources `has`. Boundaries stand there for every source, so that those the rig lacks are skipped and
 * told; all else is made over what it has.
 */
export function powerCutPlan(has: readonly Source[], { parts, random, seed, failed = [] }: PlanWish): readonly PlanPart[] {
  const from: readonly Source[] = has.length === 0 ? ['ufs'] : has;
  // The flashing is the same whatever brought the package: over the way that takes no network.
  const local = from.includes('ufs') ? 'ufs' : (from.at(-1) ?? 'ufs');
  const all: readonly PlanPart[] = [
    { part: 'again', title: 'power cut that failed before', trials: failed },
    ...sources.map(
      (source) => ({ part: 'boundaries', title: `power cut at a boundary over ${source}`, trials: boundaries(source) }) as const,
    ),
    { part: 'seconds', title: 'power cut seconds after a phase began', trials: seconds(from, local) },
    { part: 'smoke', title: 'power cut at log-spaced percentages', trials: smoke(local) },
    { part: 'sweep', title: 'power cut at every percentage', trials: sweep(local) },
    { part: 'random', title: randomTitle, trials: stratified(from, random, seed) },
  ];
  return withoutDoubles(all.filter(({ part, trials }) => parts.includes(part) && trials.length > 0));
}

/** A cut that stands in several parts is made once, in the first of them. */
function withoutDoubles(plan: readonly PlanPart[]): readonly PlanPart[] {
  const known = new Set<string>();
  const once = (cut: CutTrial): boolean => {
    const id = cutId(cut);
    return !known.has(id) && known.add(id).size > 0;
  };
  return plan.map((part) => ({ ...part, trials: part.trials.filter(once) })).filter(({ trials }) => trials.length > 0);
}

/** `depth` cuts in a row, one in each attempt: at START, at a random percentage, or seconds into the attempt. */
export function sequence(source: Source, depth: number, seed: number): CutTrial {
  const random = seeded(seed, `sequence of ${String(depth)}`);
  const points = Array.from({ length: depth }, (): CutPoint => {
    const kind = random.int(0, 3);
    if (kind === 0) return at('start', random.int(0, 900));
    return updating(random.int(1, 97), random.int(0, 1500));
  });
  return trial(source, ...points);
}
