/** What the harness and its guardian tell each other, a line each; both are of one version. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { requestFlag, type GpioValue } from './binding.js';

export type GuardedWire = 'powerKey' | 'reset' | 'supply' | 'vbus';

export interface GuardedLine {
  readonly wire: GuardedWire;
  /** Device file of its chip. */
  readonly path: string;
  readonly offset: number;
  /** libgpiod's request flags. */
  readonly flags: number;
  /** Logical level that it had while nobody held it; undefined when it was taken over from another guardian. */
  readonly free: GpioValue | undefined;
}

/** The first line. Descriptors come with the process: 3 is the slate, 4 and on the lines in this order. */
export interface Watch {
  readonly rig: string;
  /** The process that holds the lines. */
  readonly pid: number;
  /** What to require for node-libgpiod. */
  readonly library: string;
  /** Least time without supply before it comes on again, ms. */
  readonly off: number;
  /** File to which it appends what it did after a death. */
  readonly log: string;
  readonly lines: readonly GuardedLine[];
}
export const slateDescriptor = 3;
export const firstLineDescriptor = 4;

/** `end`: the harness has let go of its lines. */
export type GuardMessage = { readonly watch: Watch } | { readonly end: true };

/** Shown to others who want a line; the kernel keeps 31 bytes. */
export const consumerName = (pid: number, wire: string, rig: string): string =>
  `dfota:${String(pid)} ${wire} ${rig}`.slice(0, 31);

/** The run of a line's consumer. A guardian holds lines under the name of its run. */
export function runPid(consumer: string | undefined): number | undefined {
  const pid = Number(/^dfota:(\d+) /.exec(consumer ?? '')?.[1]);
  return pid > 1 ? pid : undefined;
}

/** The electrical level of a logical one under these request flags, and the other way round. */
export const turned = (level: GpioValue, flags: number): GpioValue =>
  (flags & requestFlag.activeLow) === 0 ? level : level === 1 ? 0 : 1;

/** A line, whatever wire a definition makes of it: `gpiochip0/5`. */
export const lineKey = ({ path, offset }: Pick<GuardedLine, 'path' | 'offset'>): string =>
  `${encodeURIComponent(basename(path))}/${String(offset)}`;

/**
 * How a guardian that holds lines after its run has ended calls itself, as ps shows it: the run, and the lines with their electrical levels,
 * which stay true when the next run has another definition. `dfota-guard after 1234 supply=gpiochip0/5:1`
 */
export function guardTitle(
  run: number,
  held: readonly (Pick<GuardedLine, 'wire' | 'path' | 'offset'> & { readonly driven: GpioValue })[],
): string {
  return [`dfota-guard after ${String(run)}`, ...held.map((line) => `${line.wire}=${lineKey(line)}:${String(line.driven)}`)].join(
    ' ',
  );
}

export interface OrphanedGuard {
  readonly pid: number;
  /** Electrical, by `lineKey`. */
  readonly driven: ReadonlyMap<string, GpioValue>;
}

/** The guardian that holds the lines of a run that has ended. Nobody else is found, whatever name he gave a line. */
export function orphanedGuard(run: number): OrphanedGuard | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let title: string;
    try {
      title = readFileSync(`/proc/${name}/cmdline`, 'latin1').replace(/\0.*$/s, '');
    } catch {
      continue;
    }
    const [, after, rest = ''] = /^dfota-guard after (\d+)((?: \w+=[^ =:]+:[01])*)$/.exec(title) ?? [];
    if (Number(after) !== run) continue;
    const held = [...rest.matchAll(/=([^ =:]+):([01])/g)];
    return { pid: Number(name), driven: new Map(held.map(([, key = '', level]) => [key, level === '1' ? 1 : 0])) };
  }
  return undefined;
}

/** A process that has ended, zombie or not, has nothing open any more. */
export function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'latin1'));
  } catch {
    return true;
  }
}
