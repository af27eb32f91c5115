import { readdirSync, readFileSync } from 'node:fs';

/** What the processes of a run take, by what they are. */
export type Kind = 'dfota' | 'rig' | 'simulator';

export interface Usage {
  /** Most bytes of one process, pages that it shares with others counted in part (PSS). */
  readonly bytes: number;
  /** Seconds of processor time of all of them. */
  readonly cpu: number;
  /** Most that were there at a time. */
  readonly processes: number;
  /** Most descriptors of one process. */
  readonly descriptors: number;
}

/** ms between two looks; reading the pages of a process takes some milliseconds of the very processors that are looked at. */
const every = 5000;
/** Ticks of a second in /proc/PID/stat, the same on every Linux that Node.js runs on. */
const ticks = 100;

/** Looks at a process and all below it until told to stop. */
export class UsageWatch {
  readonly #most = new Map<Kind, { bytes: number; processes: number; descriptors: number }>();
  readonly #cpu = new Map<number, { kind: Kind; seconds: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly root: number) {
    this.#timer = setInterval(() => {
      this.look();
    }, every);
  }

  /** Also to be called at moments that matter. */
  look(): void {
    const counts = new Map<Kind, number>();
    for (const pid of below(this.root)) {
      const seen = lookAt(pid);
      if (seen === undefined) continue;
      const { kind } = seen;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const most = this.#most.get(kind) ?? { bytes: 0, processes: 0, descriptors: 0 };
      most.bytes = Math.max(most.bytes, seen.bytes);
      most.descriptors = Math.max(most.descriptors, seen.descriptors);
      this.#most.set(kind, most);
      this.#cpu.set(pid, { kind, seconds: seen.seconds });
    }
    for (const [kind, count] of counts) {
      const most = this.#most.get(kind);
      if (most !== undefined) most.processes = Math.max(most.processes, count);
    }
  }

  /** What the largest process of each kind has at this moment. */
  now(): ReadonlyMap<Kind, { readonly bytes: number; readonly descriptors: number }> {
    const largest = new Map<Kind, { readonly bytes: number; readonly descriptors: number }>();
    for (const pid of below(this.root)) {
      const seen = lookAt(pid);
      if (seen !== undefined && seen.bytes > (largest.get(seen.kind)?.bytes ?? 0)) largest.set(seen.kind, seen);
    }
    return largest;
  }

  stop(): ReadonlyMap<Kind, Usage> {
    clearInterval(this.#timer);
    return new Map(
      [...this.#most].map(([kind, most]) => {
        const own = [...this.#cpu.values()].filter((process) => process.kind === kind);
        return [kind, { ...most, cpu: own.reduce((sum, { seconds }) => sum + seconds, 0) }];
      }),
    );
  }
}

interface Seen {
  readonly kind: Kind;
  readonly bytes: number;
  readonly seconds: number;
  readonly descriptors: number;
}

/** Undefined once the process has ended. */
function lookAt(pid: number): Seen | undefined {
  try {
    const words = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
    const kind = words.includes('jest') ? 'rig' : words.includes('simulator') ? 'simulator' : 'dfota';
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8'))?.[1];
    // The name in parentheses may hold blanks; the counting begins behind it.
    const [, rest = ''] = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').split(') ');
    const fields = rest.split(' ').map(Number);
    const seconds = ((fields[11] ?? 0) + (fields[12] ?? 0)) / ticks;
    const descriptors = readdirSync(`/proc/${String(pid)}/fd`).length;
    return { kind, bytes: Number(pss ?? 0) * 1024, seconds, descriptors };
  } catch {
    return undefined;
  }
}

/** The process and its descendants. */
function below(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, rest = ''] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ');
      const parent = Number(rest.split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has just ended.
    }
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}
