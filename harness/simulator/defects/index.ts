import type { Behaviour } from '../behaviour.js';
import { AFTERWARDS } from './afterwards.js';
import { ATTEMPTS } from './attempts.js';
import { CUTS } from './cuts.js';
import { DOWNLOAD } from './download.js';
import { HABITS } from './habits.js';
import { HEALTH } from './health.js';
import { LIMIT_DEFECTS } from './limits.js';
import { PACKAGES } from './packages.js';
import { REPORTS } from './reports.js';
import { RIG } from './rig.js';
import { VOICES } from './voices.js';

/** Every deviation by which a module can be started (`--defect NAME`). */
export const DEFECTS: readonly Behaviour[] = [
  ...ATTEMPTS,
  ...PACKAGES,
  ...REPORTS,
  ...HEALTH,
  ...AFTERWARDS,
  ...LIMIT_DEFECTS,
  ...DOWNLOAD,
  ...CUTS,
  ...VOICES,
  ...HABITS,
  ...RIG,
];
