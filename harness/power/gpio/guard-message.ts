/** What the harness tells its guardian through a pipe, a JSON line each; the first is `watch`. Both ends are this version's. */
import type { GpioValue } from './binding.js';

export interface GuardedLine {
  readonly wire: 'powerKey' | 'reset' | 'supply' | 'vbus';
  /** Device file of its chip. */
  readonly path: string;
  readonly offset: number;
  /** libgpiod's request flags. */
  readonly flags: number;
  /** Logical level at which it is to be left. */
  readonly rest: GpioValue;
}

export interface Watch {
  readonly rig: string;
  /** The process that holds the lines. */
  readonly pid: number;
  /** What to require for node-libgpiod. */
  readonly library: string;
  /** Least time without supply before it comes on again, ms. */
  readonly off: number;
  /** File to which it appends what it did. */
  readonly log: string;
  readonly lines: readonly GuardedLine[];
}

export type GuardMessage =
  | { readonly watch: Watch }
  | { readonly rest: 'supply' | 'vbus'; readonly level: GpioValue }
  /** The lines were left safe: nothing to do any more. */
  | { readonly done: true };

/** How a guardian that holds a line signs it: with its process, so that the next run can ask it to let go, and its logical level. */
export const guardConsumer = (pid: number, wire: string, level: GpioValue): string =>
  `dfota-guard ${String(pid)} ${wire} ${String(level)}`;

/** Shown to others who want a line that a run holds; the kernel keeps 31 bytes. */
export const harnessConsumer = (pid: number, wire: string, rig: string): string =>
  `dfota:${String(pid)} ${wire} ${rig}`.slice(0, 31);

/** The guardian's process of such a signature. */
export const guardPid = (consumer: string | undefined): number | undefined => pidOf(/^dfota-guard (\d+) /, consumer);

/** The level at which it holds the line. */
export const guardLevel = (consumer: string | undefined): GpioValue => (consumer?.endsWith(' 1') === true ? 1 : 0);

/** The process of a run that holds a line. */
export const harnessPid = (consumer: string | undefined): number | undefined => pidOf(/^dfota:(\d+) /, consumer);

function pidOf(form: RegExp, consumer = ''): number | undefined {
  const pid = Number(form.exec(consumer)?.[1]);
  return pid > 1 ? pid : undefined;
}
