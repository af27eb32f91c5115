import type { Teardown } from '../base/teardown.js';
import type { RigDefinition } from '../rig/schema.js';
import { openPower, type OpenPowerOptions } from './open.js';
import type { RigPower } from './types.js';

/** Time for the slowest of switches to be left safe, ms. */
const closeWithin = 120_000;

/**
 * Opens the switch of a rig, and has it left safe whatever ends first: the use of the rig, by `teardown`, or the process. Rejects as
 * `openPower` does.
 */
export async function holdPower(rig: RigDefinition, teardown: Teardown, options: OpenPowerOptions): Promise<RigPower> {
  const power = await openPower(rig, options);
  // The last moments of a process that ends otherwise than planned: what can be done without waiting.
  const lastMoment = (): void => {
    power.closeNow();
  };
  process.on('exit', lastMoment);
  teardown.defer(
    'power',
    async () => {
      await power.close();
      process.off('exit', lastMoment);
      if (!power.safe) throw new Error('power could not be left in its safe state');
    },
    closeWithin,
  );
  return power;
}
