import { scaledDeadline } from '../base/clock.js';

/**
 * Times of the EC25's and EC21's power wires, in milliseconds on a rig of scale 1. Sources: domain.md, "Times on real modules", which
 * has the vendor's least values; the values used are chosen clear of them.
 */
const table = {
  /** PWRKEY low to switch on: at least 100 in some editions of the vendor's guides, at least 500 in others; clear of both. */
  keyOn: 600,
  /** PWRKEY low to switch off: at least 650. */
  keyOff: 800,
  /** RESET_N low: 150 to 460. */
  reset: 300,
  /** VBAT stable before PWRKEY: at least 30. */
  settle: 100,
  /** Supply off before it comes on again: about 3 s, or capacitors keep the module half alive. */
  off: 3000,
  /** STATUS rises at the earliest 2.5 s after PWRKEY: until then a low STATUS says nothing. */
  statusRise: 5000,
  /** Power-down after PWRKEY takes at least 29.5 s, at times minutes: until then a high STATUS says nothing. */
  powerDown: 180_000,
} as const;

export interface PowerTiming {
  readonly keyOn: number;
  readonly keyOff: number;
  readonly reset: number;
  readonly settle: number;
  readonly off: number;
  readonly statusRise: number;
  readonly powerDown: number;
  /** Between two looks at STATUS where no edge is reported. */
  readonly look: number;
}

/** No pulse is shorter, whatever the scale: a timer has no finer grain. */
const shortestPulse = 2;

/** The times of a rig. Pulses follow the scale; the two waits for STATUS are deadlines, and floored like any other. */
export function powerTiming(scale: number): PowerTiming {
  const pulse = (ms: number): number => Math.max(shortestPulse, Math.round(ms * scale));
  return {
    keyOn: pulse(table.keyOn),
    keyOff: pulse(table.keyOff),
    reset: pulse(table.reset),
    settle: pulse(table.settle),
    off: pulse(table.off),
    statusRise: scaledDeadline(table.statusRise, scale),
    powerDown: scaledDeadline(table.powerDown, scale),
    look: Math.max(50, Math.round(500 * scale)),
  };
}
