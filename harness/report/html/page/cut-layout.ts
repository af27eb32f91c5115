/** Where each cut stands on the map. Zones without a percentage are columns beside the flashing; every percentage is a column within it. */
import type { Outcome, TrialColumns, Zone } from '../data.js';

export const rowsOfMap = [
  'failed',
  'not-attributed',
  'invalid',
  'missed',
  'unfinished',
  'survived',
] as const satisfies readonly Outcome[];

export interface Bin {
  readonly zone: Zone;
  readonly percent: number | undefined;
  /** Middle and width on the map. */
  readonly x: number;
  readonly width: number;
}

export interface Stack {
  readonly bin: Bin;
  readonly trials: readonly number[];
}

export interface MapLayout {
  readonly bins: readonly Bin[];
  readonly flash: { readonly from: number; readonly to: number };
  readonly rows: readonly { readonly outcome: Outcome; readonly stacks: readonly Stack[]; readonly most: number }[];
  readonly asked: readonly Stack[];
  readonly askedMost: number;
}

const before: readonly Zone[] = ['download', 'reboot', 'start'];
const after: readonly Zone[] = ['retry', 'end', 'after', 'unknown'];

export const zoneNames: Readonly<Record<Zone, string>> = {
  download: 'download',
  reboot: 'reboot',
  start: 'START',
  flash: 'flashing',
  retry: 'retry',
  end: 'END',
  after: 'after END',
  unknown: 'not placed',
};

/** A missed cut is shown where it was asked: it achieved nothing. */
function placed(trials: TrialColumns, trial: number): { zone: Zone; percent: number | null } {
  const asked = { zone: trials.askedZone[trial] ?? 'unknown', percent: trials.askedPercent[trial] ?? null };
  const achieved = { zone: trials.achievedZone[trial] ?? 'unknown', percent: trials.achievedPercent[trial] ?? null };
  const outcome = trials.outcome[trial];
  return outcome === 'missed' || achieved.zone === 'unknown' ? asked : achieved;
}

export function layOut(trials: TrialColumns, chosen: readonly number[], width: number): MapLayout {
  const places = chosen.map((trial) => ({
    trial,
    at: placed(trials, trial),
    asked: { zone: trials.askedZone[trial] ?? 'unknown', percent: trials.askedPercent[trial] ?? null },
  }));
  const used = new Set<Zone>(places.flatMap(({ at, asked }) => [at.zone, asked.zone]));
  const left = before.filter((zone) => used.has(zone));
  const right = after.filter((zone) => used.has(zone));
  const zoneWidth = Math.max(22, Math.min(76, (width * 0.42) / Math.max(1, left.length + right.length)));
  const gap = 10;
  const from = left.length * zoneWidth + (left.length > 0 ? gap : 0);
  const to = width - right.length * zoneWidth - (right.length > 0 ? gap : 0);
  const step = (to - from) / 101;
  const bins = new Map<string, Bin>();
  left.forEach((zone, index) => bins.set(zone, { zone, percent: undefined, x: (index + 0.5) * zoneWidth, width: zoneWidth }));
  right.forEach((zone, index) =>
    bins.set(zone, { zone, percent: undefined, x: to + gap + (index + 0.5) * zoneWidth, width: zoneWidth }),
  );
  for (let percent = 0; percent <= 100; percent += 1)
    bins.set(`flash ${String(percent)}`, { zone: 'flash', percent, x: from + (percent + 0.5) * step, width: step });
  const binOf = ({ zone, percent }: { zone: Zone; percent: number | null }): Bin | undefined =>
    bins.get(zone === 'flash' ? `flash ${String(Math.round(percent ?? 0))}` : zone);

  const stack = (entries: readonly { readonly trial: number; readonly bin: Bin | undefined }[]): readonly Stack[] => {
    const stacks = new Map<Bin, number[]>();
    for (const { trial, bin } of entries) {
      if (bin === undefined) continue;
      const own = stacks.get(bin);
      if (own === undefined) stacks.set(bin, [trial]);
      else own.push(trial);
    }
    return [...stacks].map(([bin, own]) => ({ bin, trials: own }));
  };
  const most = (stacks: readonly Stack[]): number => stacks.reduce((high, { trials: own }) => Math.max(high, own.length), 0);
  const rows = rowsOfMap.flatMap((outcome) => {
    const own = places.filter(({ trial }) => trials.outcome[trial] === outcome);
    if (own.length === 0 && outcome !== 'failed' && outcome !== 'survived') return [];
    const stacks = stack(own.map(({ trial, at }) => ({ trial, bin: binOf(at) })));
    return [{ outcome, stacks, most: most(stacks) }];
  });
  const asked = stack(places.map(({ trial, asked: wanted }) => ({ trial, bin: binOf(wanted) })));
  return { bins: [...bins.values()], flash: { from, to }, rows, asked, askedMost: most(asked) };
}
