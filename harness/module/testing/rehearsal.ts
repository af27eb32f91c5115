import { readReports } from '../../at/report.js';
import type { LineRole } from '../../journal/events.js';
import type { Sighting } from '../ports.js';
import { timingOf, type Timing } from '../timing.js';
import { WatchState, type Step, type WatchOptions } from '../watch-state.js';

/** What a module of a rehearsal does, in virtual ms after the command's answer. */
export interface Script {
  readonly sightings: readonly Sighting[];
  /** Spans in which AT is answered, with the version that runs. */
  readonly answers: readonly { readonly from: number; readonly to: number; readonly revision: string }[];
  /** Result of AT+QFOTADL; default OK. */
  readonly result?: string;
}

export const oldRevision = 'EC25EFAR06A12M4G';
export const newRevision = 'EC25EFAR06A13M4G';
export const rehearsalTiming: Timing = timingOf({ limits: { boot: 60_000, download: 300_000, upgrade: 1_200_000 }, scale: 1 });

/** One line said on a port at `t`. */
export function said(t: number, text: string, role: LineRole = 'at'): Sighting {
  return { kind: 'urc', t, role, text, report: readReports(text).reports[0]?.report };
}

/** The USB devices leave at `t` and are back, and open, at `back`. */
export function reenumerates(t: number, back: number): readonly Sighting[] {
  return [
    { kind: 'lost', t, role: 'at' },
    { kind: 'gone', t, role: 'at' },
    { kind: 'appeared', t: back, role: 'at' },
    { kind: 'open', t: back, role: 'at' },
  ];
}

export interface Rehearsed {
  readonly stop: Extract<Step, { do: 'stop' }>;
  readonly t: number;
  readonly probes: readonly number[];
  readonly steps: number;
}

/** Plays a script against the watch in virtual time; throws when the watch runs on the spot. */
export function rehearse(script: Script, options: Partial<WatchOptions> = {}): Rehearsed {
  const timing = options.timing ?? rehearsalTiming;
  const state = new WatchState({
    profile: { firmware: { retries: 5, reading: 'either', afterRetries: 'rolled-back' } },
    timing,
    local: false,
    target: newRevision,
    main: 'at',
    ...options,
  });
  const pending = [...script.sightings].sort((a, b) => a.t - b.t);
  const probes: number[] = [];
  let t = 0;
  const advance = (to: number): void => {
    for (let next = pending[0]; next !== undefined && next.t <= to; next = pending[0]) {
      pending.shift();
      state.saw(next);
    }
    t = Math.max(t, to);
  };
  const running = (): string | undefined => script.answers.find(({ from, to }) => t >= from && t < to)?.revision;
  state.answered(script.result ?? 'OK', 0);
  for (let steps = 1; steps < 100_000; steps += 1) {
    const step = state.next(t);
    switch (step.do) {
      case 'stop':
        return { stop: step, t, probes, steps };
      case 'wait':
        advance(Math.min(step.until, pending[0]?.t ?? step.until));
        break;
      case 'probe': {
        probes.push(t);
        const { disturbed } = state;
        const ok = running() !== undefined;
        advance(t + (ok ? 2 : timing.probe));
        if (state.disturbed === disturbed) state.probed(ok, 'at', t);
        break;
      }
      case 'version': {
        const { disturbed } = state;
        const revision = running();
        advance(t + 2);
        if (state.disturbed === disturbed) state.version(revision, t);
      }
    }
  }
  throw new Error(`the watch does not stop (at ${String(t)} ms)`);
}
