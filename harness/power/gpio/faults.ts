import { hasCode, messageOf } from '../../base/errors.js';
import { WireFault } from '../wires.js';
import { permissionHint } from './chips.js';
import type { WiredLine } from './lines.js';

/** A line that could not be requested, read or written, with who holds it and what to do. */
export function lineFault(wired: WiredLine, doing: string, error: unknown): WireFault {
  const { wire, text } = wired;
  const asked = `${doing} ${text}`;
  if (hasCode(error, 'EBUSY')) {
    const holder = holderOf(wired);
    return new WireFault(`power.gpio.${wire}: ${text} is in use`, {
      asked,
      seen:
        holder === undefined
          ? 'held by somebody without a name, or claimed by the chip’s pin multiplexer'
          : `held by "${holder}"`,
      hint: 'gpioinfo shows it; a driver (an LED, an SPI chip select) keeps its line for good, a program until it ends',
    });
  }
  if (hasCode(error, 'ENODEV', 'ENXIO', 'EIO', 'EREMOTEIO', 'ETIMEDOUT')) {
    const hint = 'is its adapter still plugged in, and has it power?';
    return new WireFault(`power.gpio.${wire}: ${text} does not react any more`, { asked, seen: messageOf(error), hint });
  }
  if (hasCode(error, 'EACCES')) {
    return new WireFault(`power.gpio.${wire}: ${text} may not be used`, { asked, seen: messageOf(error), hint: permissionHint });
  }
  if (hasCode(error, 'EINVAL', 'ENOTSUPP', 'EOPNOTSUPP')) {
    const hint = 'not every chip can do bias, open drain or edges; try without, with resistors on the wire instead';
    return new WireFault(`power.gpio.${wire}: ${text} cannot do what its definition asks`, {
      asked,
      seen: messageOf(error),
      hint,
    });
  }
  return new WireFault(`power.gpio.${wire}: ${text} could not be used`, { asked, seen: messageOf(error) });
}

/** What the holder of a line calls itself; undefined when nobody holds it, or without a name. */
export function holderOf({ line }: Pick<WiredLine, 'line'>): string | undefined {
  line.update();
  return line.used ? line.consumer : undefined;
}
