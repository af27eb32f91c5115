import type { Cancel, Clock } from '../base/clock.js';
import type { JournalEvent } from '../journal/events.js';
import type { Report, Urc } from '../at/types.js';
import { Overtaken } from '../power/types.js';
import type { CutPoint } from './cut.js';

export interface TriggerOptions {
  readonly points: readonly CutPoint[];
  /** The rig's `timing.scale`: delays are those of a real module. */
  readonly scale: number;
  readonly clock: Clock;
  /**
   * Writes the supply line and nothing else; returns when it was written, monotonic ms. Called in the same tick as the read that brought the
   * triggering bytes, before they are in the journal, when the point has no delay. Throws Overtaken when the switch is being given back:
   * then nothing fires any more.
   */
  readonly strike: () => number;
  /**
   * Writes the cut down, in the same tick as `strike`, when the triggering bytes are in the journal. `since` is when they were read, or the end of
   * the point's delay.
   */
  readonly fire: (index: number, since: number, written: number) => void;
}

/** Looks at the clock until a delay is over: far more than a millisecond has. */
const mostLooks = 100_000;

/**
 * Waits for the points of a trial, one after the other: the first is armed at once, each further one by `next`, when power is back. Nothing is
 * awaited or written between the trigger and `strike`.
 */
export class Trigger {
  readonly #options: TriggerOptions;
  #index = 0;
  #armed = true;
  #pending: Cancel | undefined;
  #silence: Cancel | undefined;

  constructor(options: TriggerOptions) {
    this.#options = options;
    this.#listenForSilence();
  }

  /** How many points have fired. */
  get fired(): number {
    return this.#armed || this.#pending !== undefined ? this.#index : Math.min(this.#index + 1, this.#options.points.length);
  }

  /** For each report as soon as it was read (`t`). A strike is written down by what is returned, once the report is in the journal. */
  onEarlyReport(report: Report, t: number): (() => void) | undefined {
    const point = this.#point();
    if (point === undefined || point.delay > 0 || !reaches(point, report)) return undefined;
    const index = this.#index;
    const written = this.#strike();
    this.#armed = false;
    if (written === undefined) return undefined;
    return () => {
      this.#options.fire(index, t, written);
    };
  }

  /** For each URC, synchronously. */
  onUrc(urc: Urc): void {
    const point = this.#point();
    if (point !== undefined && urc.report !== undefined && reaches(point, urc.report)) this.#set(urc.t);
  }

  /** For each event of the run. */
  onEvent(event: JournalEvent): void {
    const point = this.#point();
    if (point === undefined) return;
    if (point.anchor === 'usb-leaves' && (event.type === 'line.gone' || event.type === 'line.lost') && event.line === 'at')
      this.#set(event.t);
    if (point.anchor === 'ready' && event.type === 'module.ready') this.#set(event.t);
    if (point.anchor === 'silence' && event.type === 'line.rx') this.#listenForSilence();
  }

  /** Bytes of the package that our server has handed out. */
  onSent(sent: number, size: number): void {
    const point = this.#point();
    if (point?.anchor === 'download' && size > 0 && (sent * 100) / size >= (point.percent ?? 0))
      this.#set(this.#options.clock.now());
  }

  /** Power is back: the next point is armed. */
  next(): void {
    this.#index += 1;
    this.#armed = this.#index < this.#options.points.length;
    this.#listenForSilence();
  }

  /** Nothing fires any more. */
  stop(): void {
    this.#armed = false;
    this.#pending?.();
    this.#pending = undefined;
    this.#silence?.();
  }

  #point(): CutPoint | undefined {
    return this.#armed ? this.#options.points[this.#index] : undefined;
  }

  #set(since: number): void {
    const { points, scale, clock } = this.#options;
    const index = this.#index;
    const delay = (points[index]?.delay ?? 0) * scale;
    this.#armed = false;
    this.#silence?.();
    if (delay <= 0) {
      this.#fire(index, since);
      return;
    }
    const due = since + delay;
    this.#pending = clock.after(Math.max(0, due - clock.now()), () => {
      this.#pending = undefined;
      // A timer may come a millisecond early.
      for (let looks = 0; clock.now() < due && looks < mostLooks; looks += 1);
      this.#fire(index, due);
    });
  }

  #fire(index: number, since: number): void {
    const written = this.#strike();
    if (written !== undefined) this.#options.fire(index, since, written);
  }

  /** Undefined when it comes too late: whoever waits for the upgrade hears of that, a timer or a listener could not. */
  #strike(): number | undefined {
    try {
      return this.#options.strike();
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      this.stop();
      return undefined;
    }
  }

  /** Counts from the last byte on any line; the delay of the point is the length of the silence. */
  #listenForSilence(): void {
    this.#silence?.();
    const point = this.#point();
    if (point?.anchor !== 'silence') return;
    const { scale, clock } = this.#options;
    const index = this.#index;
    const length = point.delay * scale;
    const began = clock.now();
    this.#silence = clock.after(length, () => {
      this.#armed = false;
      this.#fire(index, began + length);
    });
  }
}

/** The report that a point waits for, or a later one of the same kind: percentages skip. */
function reaches(point: CutPoint, report: Report): boolean {
  switch (point.anchor) {
    case 'download-start':
      return report.kind === 'download-start';
    case 'download-end':
      return report.kind === 'download-end' && report.code === 0;
    case 'start':
      return report.kind === 'start';
    case 'updating':
      return (
        (report.kind === 'updating' || report.kind === 'restore') &&
        report.percent !== undefined &&
        report.percent >= (point.percent ?? 0)
      );
    case 'end':
      return report.kind === 'end' && report.code === 0;
    case 'failed-end':
      return report.kind === 'end' && report.code !== undefined && report.code !== 0;
    default:
      return false;
  }
}
