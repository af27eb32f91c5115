/** The value that `percent` of the sorted values do not exceed (nearest rank). */
export function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

export const figures = ['p50', 'p99', 'max'];

/** Of one round's times, in µs. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { p50: percentile(sorted, 50), p99: percentile(sorted, 99), max: sorted.at(-1) };
}

export function median(values) {
  return percentile(
    [...values].sort((a, b) => a - b),
    50,
  );
}

/**
 * Each figure is the median over the rounds; so is each ratio, of what subject and floor reached in the same round: what else the machine does
 * comes and goes, and slows both.
 */
export function overRounds(rounds, floor) {
  const each = (of) => Object.fromEntries(figures.map((figure) => [figure, median(of(figure))]));
  return {
    ...each((figure) => rounds.map((round) => round[figure])),
    ...(floor === undefined
      ? {}
      : { ratio: each((figure) => rounds.map((round, index) => round[figure] / floor[index][figure])) }),
  };
}
