/** The one source of time. Nothing else in the harness reads a clock. */
export interface Clock {
  /** Monotonic milliseconds with microsecond resolution; the same scale in every process of one machine. */
  now(): number;
  /** Wall time as ISO 8601 with milliseconds, UTC. */
  wall(): string;
  /** Calls back once after `ms` unless cancelled. */
  after(ms: number, callback: () => void): Cancel;
}

export type Cancel = () => void;

export const systemClock: Clock = {
  now: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  wall: () => new Date().toISOString(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after `ms`; for rungs and settle times of the harness, never for suites. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** No deadline falls under this, whatever `timing.scale` says: the host is not scaled. */
export const shortestDeadline = 500;

/** A deadline of `ms` on a rig of the given scale. */
export function scaledDeadline(ms: number, scale: number): number {
  return Math.max(shortestDeadline, ms * scale);
}
