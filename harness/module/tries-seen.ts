import type { Report } from '../at/types.js';
import type { LineRole, RigProfile } from '../journal/events.js';

/** Counts the attempts of the recovery that can be told from the reports, whichever line carried them, and the cuts we made. */
export class TriesSeen {
  readonly #starts = new Map<LineRole, number>();
  readonly #failures = new Map<LineRole, number>();
  readonly #ended = new Set<LineRole>();
  #cuts = 0;

  /** True when the report begins or ends an attempt. */
  heard(report: Report, role: LineRole): boolean {
    if (report.kind !== 'end') {
      if (report.kind === 'start') add(this.#starts, role);
      this.#ended.delete(role);
      return report.kind === 'start';
    }
    // An END that follows another with nothing between is the same one again.
    if (this.#ended.has(role)) return false;
    this.#ended.add(role);
    if (report.code !== 0) add(this.#failures, role);
    return true;
  }

  /** The harness cut the supply. */
  cut(): void {
    this.#cuts += 1;
  }

  /** Attempts for certain: a report lost on one line may have come on the other. */
  get count(): number {
    return Math.max(0, ...this.#starts.values(), ...this.#failures.values());
  }

  /**
   * Attempts after which there is nothing more to learn: "five" can be read as five and the first one, and one more proves too many.
   * A cut may or may not use up an attempt.
   */
  allowed(firmware: RigProfile['firmware']): number {
    return firmware.retries + 2 + this.#cuts;
  }
}

function add(counts: Map<LineRole, number>, role: LineRole): void {
  counts.set(role, (counts.get(role) ?? 0) + 1);
}
