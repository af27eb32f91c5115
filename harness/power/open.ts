import type { Clock } from '../base/clock.js';
import type { Journal } from '../journal/journal.js';
import type { RigDefinition } from '../rig/schema.js';
import { commandWires } from './command.js';
import { openGpioWires } from './gpio/wires.js';
import type { SimulatedUnit } from './simulated/unit.js';
import { simulatedWires } from './simulated/wires.js';
import { powerTiming } from './timing.js';
import type { RigPower } from './types.js';
import { WiredPower } from './wired-power.js';
import type { Wires } from './wires.js';

export interface OpenPowerOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  /** The unit of a simulated rig, already started. */
  readonly simulated?: SimulatedUnit;
}

/** Opens the switch of a rig; nothing is switched yet. Rejects with a RigFault or a UserError when its wires cannot be had. */
export async function openPower(rig: RigDefinition, options: OpenPowerOptions): Promise<RigPower> {
  const { journal, clock } = options;
  const { scale } = rig.timing;
  const timing = powerTiming(scale);
  return new WiredPower(await openWires(rig, options, timing.off), {
    rig: rig.name,
    powerCuts: rig.safety.powerCuts,
    timing,
    // What may be under way and the least time off; then a program may take its whole time-out.
    closeWithin: 5000 + timing.off + timing.keyOff + 2 * (rig.power.command?.timeout ?? 0),
    journal,
    clock,
  });
}

async function openWires(rig: RigDefinition, { clock, simulated }: OpenPowerOptions, off: number): Promise<Wires> {
  const { command, gpio, simulated: definition } = rig.power;
  if (command !== undefined) return commandWires(command, clock);
  if (gpio !== undefined) return openGpioWires({ rig: rig.name, definition: gpio, off, clock });
  if (definition === undefined || simulated === undefined)
    throw new RangeError(`rig ${rig.name}: its simulated unit is not started`);
  return simulatedWires(simulated.control, clock);
}
