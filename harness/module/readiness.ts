import type { LineRole } from '../journal/events.js';
import type { Sighting } from './ports.js';
import type { Timing } from './timing.js';

export interface Ready {
  readonly t: number;
  readonly role: LineRole;
  /** A boot report was seen, or the module only answered. */
  readonly how: 'urc' | 'answer';
}

/**
 * Decides when to ask a module whether it is in normal mode, and when to believe it. Pure: time comes in with what is seen.
 *
 * Normal mode is: AT answered, either after a boot report or twice in a row. A boot report alone proves nothing, since RDY can
 * come in mid-update, where AT is not answered. A silent module is asked at growing intervals, since RDY may have been lost; one
 * that reports progress is left alone.
 */
export class Readiness {
  #due: number;
  #interval: number;
  #answers = 0;
  #booted = false;
  #elsewhereSince: number | undefined;
  #ready: Ready | undefined;

  constructor(
    private readonly timing: Timing,
    /** The line that normal mode must be seen on. */
    private readonly main: LineRole,
    start: number,
  ) {
    this.#interval = timing.firstProbe;
    this.#due = start;
  }

  get ready(): Ready | undefined {
    return this.#ready;
  }

  /** When the next AT is due, if a line is open by then. */
  get due(): number {
    return this.#due;
  }

  /** The module left, or is about other things: what it answered before no longer counts. */
  reset(next: number): void {
    this.#ready = undefined;
    this.#answers = 0;
    this.#booted = false;
    this.#elsewhereSince = undefined;
    this.#interval = this.timing.firstProbe;
    this.#due = next;
  }

  saw(sighting: Sighting): void {
    const { t } = sighting;
    switch (sighting.kind) {
      case 'open':
        if (this.#ready === undefined) this.#due = Math.min(this.#due, t + this.timing.firstProbe);
        return;
      case 'lost':
      case 'gone':
        if (sighting.role === this.main) this.reset(t + this.timing.longestPause);
        return;
      case 'power':
        this.reset(t + this.timing.longestPause);
        return;
      case 'urc':
        this.#heard(sighting.report, t);
        return;
      default:
    }
  }

  #heard(report: Extract<Sighting, { kind: 'urc' }>['report'], t: number): void {
    if (report === undefined) return;
    if (report.kind === 'boot') {
      // RDY begins a boot; the reports after it belong to a boot that may be answered already.
      if (report.name === 'RDY') this.reset(t);
      this.#booted = true;
      if (this.#ready === undefined) {
        this.#interval = this.timing.firstProbe;
        this.#due = Math.min(this.#due, t);
      }
      return;
    }
    this.reset(t + (report.kind === 'end' || report.kind === 'powered-down' ? this.timing.firstProbe : this.timing.longestPause));
  }

  /** The outcome of one AT on `role`. */
  probed(ok: boolean, role: LineRole, t: number): void {
    if (!ok) {
      this.#answers = 0;
      this.#ready = undefined;
      this.#elsewhereSince = undefined;
      this.#interval = Math.min(this.#interval * 2, this.timing.longestPause);
      this.#due = t + this.#interval;
      return;
    }
    this.#answers += 1;
    if (role !== this.main) {
      // The UART is up before the USB port; the port gets its time, then the UART has to do.
      this.#elsewhereSince ??= t;
      if (t - this.#elsewhereSince < this.timing.quiet) {
        this.#due = t + this.timing.firstProbe;
        return;
      }
    }
    if (this.#booted || this.#answers >= 2) {
      this.#ready = { t, role, how: this.#booted ? 'urc' : 'answer' };
      this.#due = Number.POSITIVE_INFINITY;
    } else {
      this.#due = t;
    }
  }

  /** Asks once more at `t`, whatever was answered before. */
  again(t: number): void {
    this.#ready = undefined;
    this.#due = t;
  }
}
