import type { Behaviour } from '../behaviour.js';

/** Every deviation by which a module can be started (`--defect NAME`). */
export const DEFECTS: readonly Behaviour[] = [];
