import { explainSilence } from './switch-proof.js';
import type { OpenUnit } from './types.js';
import { openUnit, SilentUnit } from './unit.js';

/** `openUnit`; a unit that does not come up because its supply hangs on an inverted line is told as that. */
export const openUnitExplained: OpenUnit = async (options) => {
  try {
    return await openUnit(options);
  } catch (error) {
    if (!(error instanceof SilentUnit) || options.signal?.aborted === true) throw error;
    const explained = await explainSilence(options).catch(() => undefined);
    throw explained ?? error;
  }
};
