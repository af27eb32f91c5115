import type { UpgradeRecord } from '../verdict/types.js';

const measured = ['download', 'flash', 'boot', 'total'] as const;

/** How each time moved from the first third of the upgrades to the last: medians, a line each. Pure. */
export function driftText(upgrades: readonly UpgradeRecord['times'][]): readonly string[] {
  return measured.flatMap((name) => {
    const times = upgrades.map((of) => of[name]).filter((time) => time !== undefined);
    if (times.length < 2) return [];
    const part = Math.max(1, Math.floor(times.length / 3));
    const first = median(times.slice(0, part));
    const last = median(times.slice(-part));
    const change = first === 0 ? 0 : ((last - first) / first) * 100;
    const sign = change >= 0 ? '+' : '';
    return [
      `${name}: ${seconds(first)} s at first, ${seconds(last)} s at last (${sign}${change.toFixed(1)} %), over ${String(times.length)} upgrades`,
    ];
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
