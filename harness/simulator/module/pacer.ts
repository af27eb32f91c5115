import type { Flash, FlashOp } from '../core/flash.js';
import type { Step } from '../core/steps.js';
import type { Epoch } from './epoch.js';

/** Seconds a flash operation takes that is not part of an upgrade's plan. */
const QUICK_SECONDS = 0.02;
/** Milliseconds by which the steps may be behind their time and catch up: timers are no finer. What this process stood still beyond that, the module did. */
const CATCH_UP_MS = 5;

/** Gives the steps of a boot their time, and tears the operation under way when the power goes. */
export class Pacer {
  private current: { readonly op: FlashOp; readonly started: number; readonly due: number } | undefined;
  private secondsPerUnit = QUICK_SECONDS;
  private cancelled = false;

  constructor(
    private readonly flash: Flash,
    private readonly epoch: Epoch,
    private readonly scale: number,
    private readonly flashSeconds: number,
  ) {}

  /** Runs a sequence to its end; steps that are neither operations nor waits go to `onStep`. */
  run<T>(steps: Generator<Step, T, void>, onStep: (step: Step) => void, onDone: (result: T) => void): void {
    this.next(steps, onStep, onDone, performance.now());
  }

  /** The power is gone. Says whether an operation was torn: at its very start or end it counts as not begun or as finished. */
  cut(): boolean {
    this.cancelled = true;
    const current = this.current;
    this.current = undefined;
    if (current === undefined) return false;
    const fraction = (performance.now() - current.started) / Math.max(0.001, current.due - current.started);
    if (fraction < 0.2) return false;
    if (fraction > 0.8) {
      this.flash.perform(current.op);
      return false;
    }
    this.flash.tear(current.op, (fraction - 0.2) / 0.6);
    return true;
  }

  /** Nothing goes on from here, until the power goes. */
  stall(): void {
    this.cancelled = true;
  }

  private next<T>(
    steps: Generator<Step, T, void>,
    onStep: (step: Step) => void,
    onDone: (result: T) => void,
    from: number,
  ): void {
    let now = from;
    let told = false;
    while (!this.cancelled && this.epoch.alive) {
      const { value, done } = steps.next();
      if (done === true) return onDone(value);
      if (value.kind === 'plan') this.secondsPerUnit = this.flashSeconds / value.total;
      const seconds = value.kind === 'work' ? value.seconds : value.kind === 'op' ? this.secondsOf(value.weight) : 0;
      if (value.kind !== 'op' && value.kind !== 'work') {
        onStep(value);
        told = true;
        continue;
      }
      const due = now + seconds * 1000 * this.scale;
      if (value.kind === 'op') this.current = { op: value.op, started: now, due };
      const finish = (): void => {
        if (value.kind !== 'op') return;
        this.current = undefined;
        this.flash.perform(value.op);
      };
      const wait = due - performance.now();
      if (wait > 0) {
        this.epoch.after(wait / 1000 / this.scale, () => {
          if (this.cancelled) return;
          finish();
          this.next(steps, onStep, onDone, due);
        });
        return;
      }
      finish();
      now = Math.max(due, performance.now() - CATCH_UP_MS);
      if (!told) continue;
      // Whoever hears a report may answer it, with the power switch as well, before the next one.
      setImmediate(() => {
        if (!this.cancelled && this.epoch.alive) this.next(steps, onStep, onDone, now);
      });
      return;
    }
  }

  private secondsOf(weight: number): number {
    return weight > 0 ? weight * this.secondsPerUnit : QUICK_SECONDS;
  }
}
