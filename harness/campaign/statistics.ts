/** What a number of power cuts proves. Only valid trials count: neither missed nor invalid ones. */

const usual = 0.95;

export interface Survival {
  readonly valid: number;
  readonly failed: number;
}

/**
 * One-sided upper bound of the failure rate, of 95 % unless told otherwise. Without failures 1 − 0.05^(1/n); with failures Clopper–Pearson. 1 when
 * nothing was tried.
 */
export function upperBound({ valid, failed }: Survival, confidence = usual): number {
  if (valid <= 0 || failed >= valid) return 1;
  if (failed === 0) return 1 - (1 - confidence) ** (1 / valid);
  // The rate at which `failed` or fewer failures have a chance of 5 %; the chance falls as the rate grows.
  let [low, high] = [failed / valid, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(failed, valid, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** Chance of at most `failed` failures in `valid` trials at the given rate. */
function atMost(failed: number, valid: number, rate: number): number {
  let sum = 0;
  let logCombinations = 0;
  for (let count = 0; count <= failed; count += 1) {
    if (count > 0) logCombinations += Math.log((valid - count + 1) / count);
    sum += Math.exp(logCombinations + count * Math.log(rate) + (valid - count) * Math.log1p(-rate));
  }
  return Math.min(1, sum);
}

/** How many valid cuts without a failure it takes to bound the failure rate below `bound`. */
export function cutsFor(bound: number, confidence = usual): number {
  // The quotient may come out a hair above a whole number.
  return Math.ceil(Math.log(1 - confidence) / Math.log(1 - bound) - 1e-9);
}

/** `failure rate < 1.5 % (95 %)`: what these trials prove. */
export function boundText(survival: Survival, confidence = usual): string {
  return `failure rate < ${percentUp(upperBound(survival, confidence))} % (${String(Number((confidence * 100).toPrecision(6)))} %)`;
}

/** `198 of 198 cuts survived: failure rate < 1.5 % (95 %)`: this, and never more. */
export function survivalText(survival: Survival, confidence = usual): string {
  const { valid, failed } = survival;
  if (valid === 0) return 'no valid cut: nothing is known of the failure rate';
  return `${String(valid - failed)} of ${String(valid)} cuts survived: ${boundText(survival, confidence)}`;
}

/** Rounded up to two significant digits, so that the text never says more than the figures. */
function percentUp(rate: number): string {
  const percent = rate * 100;
  if (percent >= 10) return String(Math.min(100, Math.ceil(percent - 1e-9)));
  const digits = Math.max(0, 1 - Math.floor(Math.log10(percent)));
  const factor = 10 ** digits;
  return (Math.ceil(percent * factor - 1e-9) / factor).toFixed(digits);
}
