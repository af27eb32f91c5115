import type { Source } from '../../journal/events.js';
import type { UpgradeRecord } from '../../verdict/types.js';
import type { RigFacts, TimeRow } from './data.js';

const kinds = ['download', 'flash', 'boot', 'total'] as const;
const most = 200;

/** Times of upgrades that nothing disturbed: a cut, a fault on the way or a spoilt package makes a time of its own. */
export class Times {
  readonly #values = new Map<string, { what: TimeRow['what']; rig: number; source: Source | undefined; values: number[] }>();

  take(record: UpgradeRecord, ending: string | undefined, rig: number): void {
    const undisturbed = record.powerCuts === 0 && record.fault === undefined && record.package?.contents !== 'wrong-base';
    if (!undisturbed || ending === undefined || !ending.startsWith('upgraded')) return;
    for (const what of kinds) {
      const value = record.times[what];
      if (value === undefined) continue;
      // What the flashing and the boot take does not depend on where the package came from.
      const source = what === 'download' || what === 'total' ? record.source : undefined;
      const key = `${what} ${String(rig)} ${source ?? ''}`;
      const row = this.#values.get(key) ?? { what, rig, source, values: [] };
      this.#values.set(key, row);
      row.values.push(Math.round(value));
    }
  }

  rows(rigs: readonly Pick<RigFacts, 'limits'>[]): readonly TimeRow[] {
    return [...this.#values.values()]
      .map(({ what, rig, source, values }): TimeRow => {
        const sorted = [...values].sort((a, b) => a - b);
        const at = (share: number): number => quantile(sorted, share);
        const limits = rigs[rig]?.limits;
        const limit = what === 'total' ? undefined : limits?.[what === 'flash' ? 'upgrade' : what];
        const step = Math.max(1, sorted.length / most);
        const chosen = Array.from({ length: Math.min(most, sorted.length) }, (_, index) => sorted[Math.floor(index * step)] ?? 0);
        return {
          what,
          rig,
          source,
          n: sorted.length,
          min: at(0),
          q1: at(0.25),
          median: at(0.5),
          q3: at(0.75),
          p95: at(0.95),
          max: at(1),
          limit,
          values: chosen,
        };
      })
      .sort((a, b) => kinds.indexOf(a.what) - kinds.indexOf(b.what) || a.rig - b.rig);
  }
}

/** Linear between the two nearest; `sorted` is not empty. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return Math.round(low + (high - low) * (place - Math.floor(place)));
}
