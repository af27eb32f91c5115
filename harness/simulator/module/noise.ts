import type { Dice } from '../core/bytes.js';
import type { Line } from './line.js';
import type { ModuleOptions } from './options.js';

/** Noise comes no faster than this, in real milliseconds. */
const NOISE_MS = 10;

/** Bursts of noise on a badly laid line, whatever the module does; the answer ends them. */
export function makeNoise(line: Line, { behaviours, scale }: ModuleOptions, dice: Dice): () => void {
  const every = behaviours.ask('noiseSeconds', 0) * 1000 * scale;
  if (every === 0) return () => undefined;
  const timer = setInterval(() => line.write(dice.bytes(dice.whole(1, 12))), Math.max(NOISE_MS, every));
  return () => clearInterval(timer);
}
