import { pause, type Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { lineOf, openChip, requestType, type GpioBinding, type GpioValue } from './binding.js';
import { consumerName, type GuardedLine, type GuardedWire, type Watch } from './guard-message.js';
import type { SlateLine } from './slate.js';

/** A line whose descriptor the guardian has from the harness, and what the slate says of it. */
export interface Inherited extends GuardedLine, SlateLine {
  /** Closes the descriptor. */
  readonly letGo: () => void;
}

export interface DutyParts {
  readonly binding: GpioBinding;
  readonly clock: Clock;
  /** What was done, a line of text each. */
  readonly say: (text: string) => void;
}

/** A line that the guardian goes on holding. */
export interface HeldLine {
  readonly wire: GuardedWire;
  readonly level: GpioValue;
  readonly letGo: () => void;
}

/**
 * Once the harness has ended: lets the keys go at once and gives the supply back when it was off for long enough, VBAT before VBUS.
 * The harness' descriptors, which the guardian has inherited, keep each level until then. Lets go of the lines that are known to stay
 * as they are; resolves with the others, which stay held. Never rejects.
 *
 * A line is known to stay when it was free before the run, and had the level at which it is to be left: a resistor gives it that
 * level, or its driver keeps the last one.
 */
export async function leaveSafe(
  watch: Watch,
  lines: readonly Inherited[],
  { binding, clock, say }: DutyParts,
): Promise<HeldLine[]> {
  const held: HeldLine[] = [];
  let waited = false;
  for (const line of [...lines].sort((one, other) => order.indexOf(one.wire) - order.indexOf(other.wire))) {
    const isSupply = line.wire === 'supply' || line.wire === 'vbus';
    let now: HeldLine | undefined = { wire: line.wire, level: line.stands, letGo: line.letGo };
    if (line.stands !== line.rests) {
      if (isSupply && line.rests === 1 && !waited) {
        waited = true;
        await pause(clock, watch.off);
      }
      now = move(watch, line, binding, say);
    }
    if (now === undefined) continue;
    if (line.free === line.rests) now.letGo();
    else held.push(now);
  }
  return held;
}

const order: readonly GuardedWire[] = ['powerKey', 'reset', 'supply', 'vbus'];

/** The kernel takes orders for a line from whoever requested it: the inherited descriptor is given up for one of our own. */
function move(watch: Watch, { wire, path, offset, flags, rests, letGo }: Inherited, binding: GpioBinding, say: DutyParts['say']) {
  try {
    letGo();
    const line = lineOf(binding, openChip(binding, path), offset);
    line.lineRequest({ consumer: consumerName(watch.pid, wire, watch.rig), requestType: requestType.output, flags }, rests);
    say(
      wire === 'powerKey' || wire === 'reset'
        ? `${wire} let go`
        : `${wire} was ${rests === 1 ? 'off: switched on' : 'on: switched off'}`,
    );
    return {
      wire,
      level: rests,
      letGo: () => {
        line.release();
      },
    };
  } catch (error) {
    say(`${wire} could not be moved: ${messageOf(error)}`);
    return undefined;
  }
}
