import { pause, type Clock } from '../../base/clock.js';
import { hasCode } from '../../base/errors.js';
import { requestFlag, requestType, type GpioLine, type GpioValue } from './binding.js';
import { newDescriptor, type gpioDescriptors } from './descriptors.js';
import { holderOf, lineFault } from './faults.js';
import { consumerName, hasEnded, lineKey, orphanedGuard, runPid, turned } from './guard-message.js';
import type { GpioWire, WiredLine } from './lines.js';

/** An output that is ours. */
export interface TakenLine extends WiredLine {
  readonly descriptor: number;
  /** As it stands now, logical. */
  readonly found: GpioValue;
  /** The level it had while nobody held it; undefined when a guardian held it. */
  readonly free: GpioValue | undefined;
}

export interface TakeOptions {
  readonly rig: string;
  readonly clock: Clock;
  readonly descriptors: typeof gpioDescriptors;
  /** How long the guardian of an earlier run may take, ms: it may be giving the supply its least time off. */
  readonly within: number;
}

/** Between a guardian's letting go and our request a line follows its resistor: no turn of the event loop lies between. ms */
const spin = 30;
const again = 5;
const askAgain = 100;
/** How long a line is asked for that nobody holds, although the kernel says that it is in use: it may have been let go of in between, ms */
const freeFor = 100;
/** A supply that falls back for a moment is worse than a key. */
const order: readonly GpioWire[] = ['supply', 'vbus', 'powerKey', 'reset'];

/**
 * Requests lines as outputs without changing a level: a supply is driven as it stands, a key is let go. Lines that the guardian of an
 * earlier run holds are asked for, and keep the electrical level at which it held them. Rejects with a WireFault when somebody else has one.
 */
export async function takeOutputs(lines: readonly WiredLine[], options: TakeOptions): Promise<TakenLine[]> {
  const { clock, within } = options;
  const deadline = clock.now() + within;
  const taken: TakenLine[] = [];
  const known = options.descriptors('gpio-linehandle');
  let pending = [...lines].sort((one, other) => order.indexOf(one.wire) - order.indexOf(other.wire));
  /** Electrical levels, by `lineKey`: the wires, and what their levels mean, may be others by now. */
  const held = new Map<string, GpioValue>();
  const foundFree = new Map<string, number>();
  const mayComeFree = (wired: WiredLine): boolean => {
    const key = lineKey(wired);
    if (held.has(key) || mayBeGuarded(wired)) return true;
    const since = foundFree.get(key) ?? clock.now();
    foundFree.set(key, since);
    return !wired.line.used && clock.now() - since < freeFor;
  };
  let nextAsk = Number.NEGATIVE_INFINITY;
  for (;;) {
    const until = clock.now() + (held.size === 0 ? 0 : spin);
    do {
      pending = pending.filter((wired) => {
        try {
          const line = request(wired, held.get(lineKey(wired)), known, options);
          known.add(line.descriptor);
          taken.push(line);
          return false;
        } catch (error) {
          const wait = hasCode(error, 'EBUSY') && clock.now() < deadline && mayComeFree(wired);
          if (!wait) throw lineFault(wired, 'take', error);
          return true;
        }
      });
      if (pending.length === 0) return taken;
    } while (clock.now() < until);
    if (clock.now() >= nextAsk) {
      nextAsk = clock.now() + askAgain;
      for (const [key, level] of askFor(pending)) held.set(key, level);
      if (held.size > 0) continue;
    }
    await pause(clock, again);
  }
}

/** A held line is requested first of all: it may have been let go of just now. */
function request(
  wired: WiredLine,
  driven: GpioValue | undefined,
  known: ReadonlySet<number>,
  { rig, descriptors }: TakeOptions,
): TakenLine {
  const { wire, line, flags } = wired;
  const held = driven === undefined ? undefined : turned(driven, flags);
  const free = held === undefined ? lookAt(line, flags) : undefined;
  const found = wire === 'supply' || wire === 'vbus' ? (held ?? free ?? 0) : 0;
  const consumer = consumerName(process.pid, wire, rig);
  line.lineRequest({ consumer, requestType: requestType.output, flags }, found);
  return { ...wired, descriptor: newDescriptor('gpio-linehandle', descriptors, known), found, free };
}

/** Asks the guardians that hold these lines to let go of them; the electrical levels of all that they hold. */
function askFor(lines: readonly WiredLine[]): Map<string, GpioValue> {
  const levels = new Map<string, GpioValue>();
  const runs = new Set(lines.map((wired) => runPid(holderOf(wired))));
  for (const run of runs) {
    const guard = run === undefined ? undefined : orphanedGuard(run);
    if (guard === undefined) continue;
    try {
      process.kill(guard.pid, 'SIGTERM');
    } catch {
      // It has just ended; or it is another user's, and the line stays in use.
    }
    for (const [key, level] of guard.driven) levels.set(key, level);
  }
  return levels;
}

/** The run that held the line has ended, so its guardian has it, or will have it in a moment. */
function mayBeGuarded(wired: WiredLine): boolean {
  const run = runPid(holderOf(wired));
  return run !== undefined && (run === process.pid || hasEnded(run) || orphanedGuard(run) !== undefined);
}

/** The logical level of a line that nobody holds, without touching it. */
function lookAt(line: GpioLine, flags: number): GpioValue {
  line.lineRequest({ consumer: 'dfota look', requestType: requestType.asIs, flags: flags & requestFlag.activeLow });
  try {
    return line.getValue() === 1 ? 1 : 0;
  } finally {
    line.release();
  }
}
