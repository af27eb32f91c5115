import type { Dice } from '../core/bytes.js';
import type { Line } from './line.js';
import type { SimModule } from './module.js';
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

/** How long the plug has no contact, in seconds before scaling. */
const WITHOUT_CONTACT = 1.5;

/** A USB plug that has no contact now and then, whatever the module does; the answer ends it. */
export function shakeUsb(module: Pick<SimModule, 'options' | 'usbContact'>, dice: Dice): () => void {
  const { behaviours, scale } = module.options;
  const every = behaviours.ask('looseUsbSeconds', 0) * 1000 * scale;
  let timer: NodeJS.Timeout | undefined;
  const shake = (contact: boolean): void => {
    const length = contact ? every * dice.between(0.5, 1.5) : WITHOUT_CONTACT * 1000 * scale;
    timer = setTimeout(() => {
      module.usbContact(!contact);
      shake(!contact);
    }, length);
  };
  if (every > 0) shake(true);
  return () => clearTimeout(timer);
}
