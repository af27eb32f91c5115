import { messageOf } from '../base/errors.js';
import type { Conductor, Trial } from '../campaign/conduct.js';
import { isFlashing, type CutTrial } from '../campaign/cut.js';
import {
  failingWindow,
  nextProbe,
  unexplored,
  windowText,
  type FailingWindow,
  type NarrowingOptions,
  type Probe,
} from '../campaign/narrowing.js';
import { achievedPercent } from '../campaign/trial.js';
import type { Journal } from '../journal/journal.js';
import type { Package, Upgrade } from '../module/types.js';
import { outcomeOf } from './outcome.js';

export interface TrialsOptions {
  readonly conductor: Pick<Conductor, 'run'>;
  readonly journal: Journal;
  /** Most trials that narrowing one failing window may take; 0 for none. */
  readonly narrow: number;
  readonly textOf: (upgrade: Upgrade) => string;
  readonly baseline: (why: string) => Promise<void>;
  /** This trial of the test that runs now, if it was made before the run was resumed; given once. */
  readonly earlier: (trial: CutTrial) => Trial | undefined;
  /** What the run's cuts came to before it was resumed. */
  readonly probesBefore: readonly Probe[];
  /** Why no further trial may begin, or undefined while one may. */
  readonly timeUp: () => string | undefined;
}

const scale: NarrowingOptions = { low: 0, high: 100, step: 1 };
/** A firmware that fails anywhere is not worth a night of narrowing. */
const mostWindows = 3;

/** The trials of one session. What they achieved is kept, so that a failing window is narrowed once and from all that is known. */
export class Trials {
  readonly #probes: Probe[];
  readonly #windows: FailingWindow[] = [];
  #narrowings = 0;

  constructor(private readonly options: TrialsOptions) {
    this.#probes = [...options.probesBefore];
  }

  async run(trial: CutTrial, step: Package): Promise<Trial & { readonly text: string }> {
    const done = this.options.earlier(trial) ?? (await this.#once(trial, step));
    const text = this.options.textOf(done.upgrade);
    const at = isFlashing(trial) && done.outcome === 'failed' ? achievedPercent(done.record) : undefined;
    if (at === undefined) return { ...done, text };
    const range = unexplored(at, this.#windows, scale);
    const ended = range === undefined || this.options.narrow === 0 ? undefined : await this.#narrow(trial, step, range);
    const known = this.#windows.find(({ from, to }) => at >= from.from && at <= to.to);
    const told = [...(known === undefined ? [] : [windowText(known)]), ...(ended === undefined ? [] : [ended]), text];
    return { ...done, text: told.join('\n') };
  }

  async #once(trial: CutTrial, step: Package): Promise<Trial> {
    const done = await this.options.conductor.run(trial, step);
    const at = isFlashing(trial) ? achievedPercent(done.record) : undefined;
    if (at !== undefined && (done.outcome === 'failed' || done.outcome === 'survived')) {
      this.#probes.push({ at, failed: done.outcome === 'failed' });
    }
    return done;
  }

  /** Repeats and bisects under noise until both edges are known to a percentage; resolves with why it ended earlier, if it did. */
  async #narrow(trial: CutTrial, step: Package, range: NarrowingOptions): Promise<string | undefined> {
    const { journal, narrow } = this.options;
    if (this.#narrowings >= mostWindows) return `not narrowed: cuts fail in more than ${String(mostWindows)} places`;
    this.#narrowings += 1;
    const own = (): Probe[] => this.#probes.filter(({ at }) => at >= range.low && at <= range.high);
    const settled = (): boolean => failingWindow(own(), range)?.settled === true;
    let ended: string | undefined;
    for (let count = 0; count < narrow && !settled() && ended === undefined; count += 1) {
      ended = await this.#probe(trial, step, nextProbe(own(), range));
    }
    if (ended === undefined && !settled()) ended = `narrowing ended after ${String(narrow)} trials, as --narrow says`;
    const window = failingWindow(own(), range);
    if (window !== undefined) {
      this.#windows.push(window);
      journal.write({ type: 'note', text: `narrowed: ${windowText(window)}${ended === undefined ? '' : `; ${ended}`}` });
    }
    return ended;
  }

  /** One more cut. That the firmware failed is known already: what goes wrong from here on ends the narrowing, and spoils no verdict. */
  async #probe(trial: CutTrial, step: Package, percent: number): Promise<string | undefined> {
    const up = this.options.timeUp();
    if (up !== undefined) return `narrowing ended early: ${up}`;
    try {
      await this.options.baseline('narrowing a failing window');
      await this.#once({ source: trial.source, points: [{ anchor: 'updating', percent, delay: 0 }] }, step);
      return undefined;
    } catch (error) {
      const { why = '' } = outcomeOf([messageOf(error)]);
      return `narrowing ended early: ${why.split('\n')[0] ?? ''}`;
    }
  }
}
