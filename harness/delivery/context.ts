import type { Clock } from '../base/clock.js';
import type { Random } from '../base/random.js';
import type { Secrets } from '../base/secrets.js';
import type { Journal } from '../journal/journal.js';

/** What a server of one run works with. */
export interface DeliveryContext {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** Draws credentials, the unguessable folder and what a fault leaves open. */
  readonly random: Random;
  /** An empty folder of this server alone; what is published is copied into it. Its removal is the caller's. */
  readonly folder: string;
}

export type Protocol = 'ftp' | 'http';
