/**
 * The watch over one AT+QFOTADL as a pure state machine: what is seen goes in with its time, what to do next comes out. `watch.ts`
 * drives it. It never throws, whatever a module does, and always comes to a stop within its deadlines.
 *
 *   answer ──ERROR──► refused ──quiet──► stop          (a report or a loss in the quiet window: it was not refused after all)
 *      └──OK──► download ──END,0──► leaving ──witness of a reboot──► away ──normal mode──► stop
 *                  └──END≠0──► failed ──quiet──► stop
 *
 * A module still answers AT for a while after END,0 (after OK for a local file): only a witness of the reboot takes it to `away`.
 */
import type { EventOf, LineRole, RigProfile } from '../journal/events.js';
import type { Report } from '../at/types.js';
import type { Sighting } from './ports.js';
import { Readiness } from './readiness.js';
import type { Timing } from './timing.js';
import { TriesSeen } from './tries-seen.js';

export type Why = EventOf<'upgrade.end'>['why'];

export type Step =
  | { readonly do: 'wait'; readonly until: number }
  /** One AT on the line that is open; without one, wait. */
  | { readonly do: 'probe'; readonly until: number }
  /** Read the running version. */
  | { readonly do: 'version' }
  | { readonly do: 'stop'; readonly why: Why; readonly detail: string };

export interface WatchOptions {
  readonly profile: Pick<RigProfile, 'firmware'>;
  readonly timing: Timing;
  /** No download phase. */
  readonly local: boolean;
  /** Revision that runs when the upgrade worked. */
  readonly target: string;
  readonly main: LineRole;
}

type Phase = 'answer' | 'refused' | 'download' | 'failed' | 'leaving' | 'away';

const phaseNames: Record<Phase, string> = {
  answer: 'the command',
  refused: 'the quiet time after ERROR',
  download: 'the download',
  failed: 'the quiet time after the failed download',
  leaving: 'the wait for the reboot into recovery',
  away: 'recovery and reboot',
};

/** Bare ATs without an answer, in a row, after which a module that is still on its line is taken to have left. */
const silentProbes = 2;

/** Readings of the version without one, in a row, after which it counts as unreadable. */
const readTries = 3;

export class WatchState {
  #phase: Phase = 'answer';
  #since = 0;
  #commanded = 0;
  /** Of the present phase. */
  #deadline = Number.POSITIVE_INFINITY;
  #unanswered = 0;
  #nextProbe = 0;
  /** What came while the command's answer was still out. */
  readonly #early: Sighting[] = [];
  readonly #readiness: Readiness;
  readonly #tries = new TriesSeen();
  /** A loss of the line in mid-download or a silence may have another cause than a reboot; the other witnesses may not. */
  #witness: 'none' | 'weak' | 'strong' = 'none';
  #leftFrom: Phase = 'answer';
  #patience: number;
  #attemptSince = 0;
  #disturbed = 0;
  #revision: { readonly text: string | undefined } | undefined;
  #unread = 0;
  /** When a probe after the phase's deadline was answered. */
  #answersAt = Number.NEGATIVE_INFINITY;
  #supplyOff = false;
  /** Something else than the module is in its place, since `t` without a break and without a word of the module. */
  #device: { t: number; readonly detail: string; readonly doubtful: boolean; readonly path: string | undefined } | undefined;
  #last: { readonly t: number; readonly text: string } | undefined;

  constructor(private readonly options: WatchOptions) {
    this.#readiness = new Readiness(options.timing, options.main, 0);
    this.#patience = options.timing.settle;
  }

  /** Time of the last report of an upgrade or of the last witness of a reboot: later than a stop, it undoes that stop. */
  get disturbed(): number {
    return this.#disturbed;
  }

  get ready(): Readiness['ready'] {
    return this.#readiness.ready;
  }

  /** The module has rebooted, or is taken to have. */
  get away(): boolean {
    return this.#phase === 'away';
  }

  /** When the present phase began: for `away` the first witness of the reboot. */
  get since(): number {
    return this.#since;
  }

  /** The answer to the command; from now on the watch runs. */
  answered(result: string, t: number): void {
    this.#commanded = t;
    const refused = result === 'ERROR' || result === '+CME ERROR' || result === '+CMS ERROR';
    if (refused) this.#enter('refused', t, this.options.timing.quiet);
    else if (this.options.local) this.#enter('leaving', t, this.options.timing.limits.upgrade);
    else this.#enter('download', t, this.options.timing.limits.download);
    for (const sighting of this.#early.splice(0)) this.saw(sighting);
  }

  saw(sighting: Sighting): void {
    if (this.#phase === 'answer') {
      this.#early.push(sighting);
      return;
    }
    this.#take(sighting);
    // After the state has changed: RDY as the first witness of a reboot is a boot report as well.
    this.#readiness.saw(sighting);
  }

  #take(sighting: Sighting): void {
    const { t } = sighting;
    switch (sighting.kind) {
      case 'urc':
        this.#last = { t, text: sighting.text };
        if (sighting.report !== undefined) this.#heard(sighting.report, sighting.role, t);
        else if (sighting.text.includes('FOTA')) this.#disturb(t);
        return;
      case 'lost':
      case 'gone':
        this.#last = { t, text: `the ${sighting.role} line left` };
        this.#lost(sighting.role, t);
        return;
      case 'power':
        this.#switched(sighting.wire, sighting.action, t);
        return;
      case 'device':
        this.#device = { t, detail: `${sighting.device}: ${sighting.detail}`, doubtful: sighting.doubtful, path: sighting.path };
        this.#leave('strong', t);
        return;
      case 'device-left':
        // The adapter of a UART is a device of the rig as well.
        if (sighting.path === undefined || this.#device?.path === undefined || sighting.path === this.#device.path)
          this.#device = undefined;
        return;
      default:
        if (sighting.role === 'at') this.#device = undefined;
        this.#last = { t, text: `the ${sighting.role} line ${sighting.kind === 'open' ? 'was opened' : 'came back'}` };
    }
  }

  #heard(report: Report, role: LineRole, t: number): void {
    const { limits, quiet } = this.options.timing;
    // What reports an upgrade is at work, whatever it looks like on the bus.
    if (this.#device !== undefined) this.#device.t = t;
    switch (report.kind) {
      case 'download-start':
        this.#disturb(t);
        if (this.#phase !== 'download') this.#enter('download', t, limits.download);
        return;
      case 'download-end':
        this.#disturb(t);
        if (report.code === 0) this.#enter('leaving', t, limits.upgrade);
        // A code that was lost on the way: the module leaves soon or stays.
        else if (report.code === undefined) this.#enter('leaving', t, limits.boot);
        else this.#enter('failed', t, quiet);
        return;
      case 'start':
      case 'updating':
      case 'restore':
      case 'end':
        if (this.#tries.heard(report, role)) this.#attemptSince = t;
        this.#leave('strong', t);
        return;
      case 'text':
        this.#disturb(t);
        return;
      case 'powered-down':
        this.#leave('strong', t);
        return;
      case 'boot':
        // The later boot reports (PB DONE …) come many seconds after a boot: one may still belong to the boot before the command.
        if (report.name === 'RDY') this.#leave('strong', t);
        else if (this.#phase === 'leaving') this.#nextProbe = Math.min(this.#nextProbe, t);
    }
  }

  #lost(role: LineRole, t: number): void {
    // A UART adapter that leaves says nothing of the module; its USB devices leaving in mid-download may be a bad cable.
    const inDownload = this.#phase === 'download' || (this.#phase === 'away' && this.#leftFrom === 'download');
    this.#leave(role === 'at' && !inDownload ? 'strong' : 'weak', t);
  }

  #switched(wire: 'supply' | 'powerKey' | 'reset', action: 'on' | 'off' | 'press', t: number): void {
    if (wire === 'supply') {
      this.#supplyOff = action === 'off';
      if (action === 'off') this.#tries.cut();
    }
    if (this.#device !== undefined) this.#device.t = t;
    this.#last = { t, text: `the harness switched ${wire} ${action}` };
    this.#attemptSince = t;
    this.#leave('strong', t);
  }

  #enter(phase: Phase, t: number, within: number): void {
    this.#phase = phase;
    this.#since = t;
    this.#deadline = t + within;
    this.#unanswered = 0;
    this.#nextProbe = t + this.options.timing.look;
  }

  /** A witness of a reboot: the module is in recovery or boots. */
  #leave(witness: 'weak' | 'strong', t: number): void {
    const { limits, settle } = this.options.timing;
    this.#disturb(t);
    const from = this.#phase;
    if (from !== 'away') {
      // Without a sure witness a module that answers on its old version may not have rebooted at all.
      this.#patience = from === 'download' ? Math.max(settle, this.#deadline - t) : Math.max(settle, limits.boot);
      this.#attemptSince = t;
      this.#readiness.reset(t + this.options.timing.firstProbe);
      this.#leftFrom = from;
      this.#enter('away', t, Number.POSITIVE_INFINITY);
      this.#witness = witness;
    }
    if (witness === 'strong') this.#witness = 'strong';
    if (this.#witness === 'strong') this.#patience = settle;
  }

  #disturb(t: number): void {
    this.#disturbed = Math.max(this.#disturbed, t);
    this.#revision = undefined;
    if (this.#readiness.ready !== undefined) this.#readiness.again(t + this.options.timing.firstProbe);
  }

  /** The outcome of a probe. */
  probed(ok: boolean, role: LineRole, t: number): void {
    this.#unanswered = ok ? 0 : this.#unanswered + 1;
    if (this.#phase === 'away') {
      this.#readiness.probed(ok, role, t);
      return;
    }
    if (this.#unanswered >= silentProbes) {
      this.#leave('weak', t);
      this.#last ??= { t, text: 'silence' };
      return;
    }
    this.#nextProbe = ok && this.#phase === 'leaving' ? t + this.options.timing.look : t;
    if (ok && t >= this.#deadline) this.#answersAt = t;
  }

  /** The running version as read back; undefined when it could not be read. */
  version(text: string | undefined, t: number): void {
    this.#unread = text === undefined ? this.#unread + 1 : 0;
    if (text !== undefined || this.#unread >= readTries) this.#revision = { text };
    else this.#readiness.again(t + this.options.timing.firstProbe);
  }

  next(t: number): Step {
    const whole = this.#commanded + this.options.timing.limits.upgrade * this.#tries.allowed(this.options.profile.firmware);
    if (t >= whole) return this.#limit(t, `${seconds(whole - this.#commanded)} in all`);
    if (this.#supplyOff) return { do: 'wait', until: whole };
    const step = this.#phase === 'away' ? this.#away(t) : this.#present(t);
    return step.do === 'wait' || step.do === 'probe' ? { ...step, until: Math.max(t, Math.min(step.until, whole)) } : step;
  }

  /** The module has not left yet, or not at all. */
  #present(t: number): Step {
    if (this.#answersAt >= this.#deadline) return this.#stayed(t);
    if (t >= this.#deadline) return { do: 'probe', until: t + this.options.timing.look };
    if (this.#phase !== 'leaving') return { do: 'wait', until: this.#deadline };
    if (t >= this.#nextProbe) return { do: 'probe', until: t + this.options.timing.look };
    return { do: 'wait', until: Math.min(this.#nextProbe, this.#deadline) };
  }

  #stayed(t: number): Step {
    if (this.#phase === 'refused') return { do: 'stop', why: 'refused', detail: 'nothing followed, and the module answers' };
    if (this.#phase === 'failed') return { do: 'stop', why: 'download-failed', detail: 'the module answers in normal mode' };
    return this.#limit(t, `${seconds(this.#deadline - this.#since)}; the module answers AT in normal mode`);
  }

  #away(t: number): Step {
    const { timing, profile, target } = this.options;
    const { ready } = this.#readiness;
    if (ready !== undefined) {
      if (this.#revision === undefined) return { do: 'version' };
      const { text } = this.#revision;
      if (text === target) return { do: 'stop', why: 'normal-mode', detail: `runs ${text}` };
      const settled = Math.max(this.#disturbed, this.#since) + this.#patience;
      if (t < settled) return { do: 'wait', until: settled };
      if (ready.t < settled) {
        this.#readiness.again(t);
        this.#revision = undefined;
      } else {
        return { do: 'stop', why: 'normal-mode', detail: `runs ${text ?? 'an unreadable version'}` };
      }
    }
    const allowed = this.#tries.allowed(profile.firmware);
    if (this.#tries.count >= allowed)
      return this.#limit(t, `${String(this.#tries.count)} attempts were seen, the last one goes on`);
    const deadline = this.#attemptSince + timing.limits.upgrade;
    const believed = this.#believed(deadline);
    if (t >= believed && this.#device !== undefined) return { do: 'stop', why: 'other-device', detail: this.#device.detail };
    if (t >= deadline) return this.#limit(t, `${seconds(timing.limits.upgrade)} for one attempt`);
    const device = Math.min(deadline, believed);
    if (t >= this.#readiness.due) return { do: 'probe', until: Math.min(device, t + timing.longestPause) };
    return { do: 'wait', until: Math.min(device, this.#readiness.due) };
  }

  /**
   * When what is in the module's place is taken for what it looks like: it has been there longer than a start may take, and, where it
   * may as well be a recovery, longer than that. The end of the attempt is soon enough for both.
   */
  #believed(deadline: number): number {
    if (this.#device === undefined) return Number.POSITIVE_INFINITY;
    const { boot, upgrade, diagnosticsAlone = upgrade } = this.options.timing.limits;
    const { t, doubtful } = this.#device;
    return t + boot >= deadline || !doubtful ? t + boot : Math.min(t + diagnosticsAlone, deadline);
  }

  #limit(t: number, limit: string): Step {
    const last =
      this.#last === undefined ? 'nothing was heard' : `last seen ${seconds(t - this.#last.t)} ago: ${this.#last.text}`;
    const off = this.#supplyOff ? '; the supply is off' : '';
    return {
      do: 'stop',
      why: 'limit',
      detail: `in ${phaseNames[this.#phase]}, ${seconds(t - this.#commanded)} after the command; ${last}${off}; limit ${limit}`,
    };
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
