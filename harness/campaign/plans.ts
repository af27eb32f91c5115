/**
 * Plans of power cuts: pure and seeded, so that a plan can be printed, counted and repeated. What a plan is worth: phase boundaries find faults
 * of the state machine, a sweep finds windows, stratified random bounds a failure rate, sequences reach into recovery from a cut.
 */
import { seeded } from '../base/random.js';
import type { Source } from '../journal/events.js';
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

/** One second, two, four … after the phase began, up to `until` ms: a cheap look at every order of magnitude. */
export function logSpaced(source: Source, anchor: CutPoint['anchor'], until: number): readonly CutTrial[] {
  const trials: CutTrial[] = [];
  for (let delay = 1000; delay <= until; delay *= 2) trials.push(trial(source, at(anchor, delay)));
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

/** Trials of the power-cut suite under a common title. */
export interface PlanPart {
  readonly title: string;
  readonly trials: readonly CutTrial[];
  /** How many there are was chosen by the user, not by the suite. */
  readonly random: boolean;
}

/** The power-cut suite: what it always cuts over these sources, then `random` cuts more. */
export function powerCutPlan(from: readonly Source[], random: number, seed: number): readonly PlanPart[] {
  return [
    ...from.map((source) => ({ title: `power cut at a boundary over ${source}`, trials: boundaries(source), random: false })),
    { title: 'power cut at log-spaced percentages', trials: smoke('ufs'), random: false },
    { title: 'power cut at random, in strata', trials: stratified(from, random, seed), random: true },
  ];
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
