/** Cuts of one phase, as many as are wanted, no two alike. Pure and seeded. */
import { seeded } from '../base/random.js';
import type { Source } from '../journal/events.js';
import { cutId, hasDownload, type CutPoint, type CutTrial, type Phase } from './cut.js';
import { stratified } from './plans.js';

export interface PhaseWish {
  readonly phase: Phase;
  readonly count: number;
  /** Ways of the rig; those whose server is ours tell how far a download is. */
  readonly sources: readonly Source[];
  readonly own: readonly Source[];
  readonly seed: number;
}

/** How many there can be: END itself is one moment for each source. */
export function mostCuts(phase: Phase, sources: readonly Source[]): number {
  if (phase === 'end') return sources.length;
  // Each millisecond of the first second.
  if (phase === 'start') return 1000 * sources.length;
  if (phase === 'download') return sources.some(hasDownload) ? Infinity : 0;
  return sources.length === 0 ? 0 : Infinity;
}

/** Spread evenly over the phase, at random within each stratum, over the sources in turn; fewer than wanted where there cannot be so many. */
export function phaseCuts({ phase, count, sources, own, seed }: PhaseWish): readonly CutTrial[] {
  const number = Math.min(count, mostCuts(phase, sources));
  if (number <= 0) return [];
  if (phase === 'updating') return stratified(sources, number, seed);
  const random = seeded(seed, `cuts of phase ${phase}`);
  const from = phase === 'download' ? sources.filter(hasDownload) : sources;
  const known = new Set<string>();
  return Array.from({ length: number }, (_, index) => {
    const source = from[index % from.length] ?? 'ufs';
    const share = (index + random.next()) / number;
    for (let later = 0; ; later += 1) {
      const cut: CutTrial = { source, points: [pointOf(phase, share, index, source, own, later)] };
      if (known.has(cutId(cut))) continue;
      known.add(cutId(cut));
      return cut;
    }
  });
}

/** Times in ms of a real module. `later`: as many ms more, where the point is taken. */
function pointOf(phase: Phase, share: number, index: number, source: Source, own: readonly Source[], later: number): CutPoint {
  const ms = (from: number, to: number): number => Math.round(from + share * (to - from)) + later;
  switch (phase) {
    case 'download':
      // How far a download is, only a server of ours tells; the first second is long enough for every one.
      if (!own.includes(source)) return { anchor: 'download-start', delay: ms(0, 1000) };
      return { anchor: 'download', percent: Math.round(5 + share * 85), delay: later };
    case 'reboot':
      return hasDownload(source) && index % 2 === 1
        ? { anchor: 'download-end', delay: ms(0, 500) }
        : { anchor: 'usb-leaves', delay: ms(0, 1000) };
    case 'start':
      return { anchor: 'start', delay: ms(0, 900) % 1000 };
    case 'end':
      return { anchor: 'end', delay: 0 };
    case 'after-end':
      return { anchor: 'end', delay: ms(100, 5000) };
    case 'updating':
      return { anchor: 'updating', percent: Math.round(share * 99), delay: later };
  }
}
