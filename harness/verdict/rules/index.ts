import { commandRules } from './command.js';
import { downloadRules } from './download.js';
import { fetchRules } from './fetch.js';
import { orderRules } from './order.js';
import { outcomeRules } from './outcome.js';
import { powerRules } from './power.js';
import { recoveryRules } from './recovery.js';
import { restartRules } from './restart.js';
import { retryRules } from './retries.js';
import { rigRules } from './rig.js';
import type { Rule } from './rule.js';
import { timeRules } from './time.js';
import { unitRules } from './unit.js';

/** Every rule for one upgrade, in the order in which findings of equal weight are told. */
export const rules: readonly Rule[] = [
  ...rigRules,
  ...outcomeRules,
  ...unitRules,
  ...commandRules,
  ...retryRules,
  ...powerRules,
  ...fetchRules,
  ...downloadRules,
  ...orderRules,
  ...recoveryRules,
  ...restartRules,
  ...timeRules,
];
