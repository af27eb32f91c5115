import type { Conductor, Trial } from '../campaign/conduct.js';
import type { CutTrial } from '../campaign/cut.js';
import { failingWindow, nextProbe, windowText, type FailingWindow, type Probe } from '../campaign/narrowing.js';
import { achievedPercent } from '../campaign/trial.js';
import type { Journal } from '../journal/journal.js';
import type { Package, Upgrade } from '../module/types.js';

export interface TrialsOptions {
  readonly conductor: Conductor;
  readonly journal: Journal;
  /** Most trials that narrowing may take; 0 for none. */
  readonly narrow: number;
  readonly textOf: (upgrade: Upgrade) => string;
  readonly baseline: (why: string) => Promise<void>;
}

const scale = { low: 0, high: 100, step: 1 };

/** The trials of one session. What they achieved is kept, so that a failing window is narrowed once and from all that is known. */
export class Trials {
  readonly #probes: Probe[] = [];
  #narrowed: FailingWindow | undefined;

  constructor(private readonly options: TrialsOptions) {}

  async run(trial: CutTrial, step: Package): Promise<Trial & { readonly text: string }> {
    const done = await this.#once(trial, step);
    const text = this.options.textOf(done.upgrade);
    if (done.outcome !== 'failed' || !isFlashing(trial)) return { ...done, text };
    if (this.#narrowed === undefined && this.options.narrow > 0) this.#narrowed = await this.#narrow(trial, step);
    const known = failingWindow(this.#probes, scale);
    return { ...done, text: known === undefined ? text : `${windowText(known)}\n${text}` };
  }

  async #once(trial: CutTrial, step: Package): Promise<Trial> {
    const done = await this.options.conductor.run(trial, step);
    const at = isFlashing(trial) ? achievedPercent(done.record) : undefined;
    if (at !== undefined && (done.outcome === 'failed' || done.outcome === 'survived')) {
      this.#probes.push({ at, failed: done.outcome === 'failed' });
    }
    return done;
  }

  /** Repeats and bisects under noise until both edges are known to a percentage, or the trials run out. */
  async #narrow(trial: CutTrial, step: Package): Promise<FailingWindow | undefined> {
    const { journal, baseline, narrow } = this.options;
    for (let count = 0; count < narrow; count += 1) {
      if (failingWindow(this.#probes, scale)?.settled === true) break;
      await baseline('narrowing a failing window');
      const percent = nextProbe(this.#probes, scale);
      await this.#once({ source: trial.source, points: [{ anchor: 'updating', percent, delay: 0 }] }, step);
    }
    const window = failingWindow(this.#probes, scale);
    if (window !== undefined) journal.write({ type: 'note', text: `narrowed: ${windowText(window)}` });
    return window;
  }
}

/** One cut at a reported percentage: what can be narrowed. */
function isFlashing({ points }: CutTrial): boolean {
  return points.length === 1 && points[0]?.anchor === 'updating';
}
