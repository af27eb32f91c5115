/** Has a time moved, or is it noise? Pure. */

/** Two-sided p of the Mann–Whitney U test, by the normal approximation with correction for ties and continuity; 1 for too little. */
export function rankTest(one: readonly number[], other: readonly number[]): number {
  const [n, m] = [one.length, other.length];
  if (n === 0 || m === 0) return 1;
  const all = [...one.map((value) => ({ value, first: true })), ...other.map((value) => ({ value, first: false }))].sort(
    (a, b) => a.value - b.value,
  );
  let [rankSum, ties] = [0, 0];
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    const size = end - start;
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index += 1) if (all[index]?.first === true) rankSum += rank;
    ties += size ** 3 - size;
    start = end;
  }
  const u = rankSum - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * tail(z));
}

/** Chance that a normal variable is above z ≥ 0: Abramowitz and Stegun 26.2.17, good to 1e-7. */
function tail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return Math.max(0, (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly);
}

/** Holm's correction: which of several p values hold at this level, all taken together. */
export function holdTogether(values: readonly number[], level: number): readonly boolean[] {
  const order = values.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const held = values.map(() => false);
  for (const [rank, { p, index }] of order.entries()) {
    if (p > level / (values.length - rank)) break;
    held[index] = true;
  }
  return held;
}
