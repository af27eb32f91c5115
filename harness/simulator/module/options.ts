import type { Behaviours } from '../behaviour.js';
import type { ModuleName } from '../core/image.js';
import type { Policy } from '../core/steps.js';

/** Everything that makes one simulated module differ from another. */
export interface ModuleOptions {
  /** The module's own directory: its flash, its files, its ports. */
  readonly dir: string;
  readonly module: ModuleName;
  readonly imei: string;
  /** Real seconds for one second of the module's. */
  readonly scale: number;
  /** How long a whole upgrade works on the flash, in minutes before scaling. */
  readonly flashMinutes: number;
  /** Seconds of silence after which a download gives up, before scaling. */
  readonly networkTimeout: number;
  readonly policy: Policy;
  /** Bytes. */
  readonly ufsSize: number;
  /** Bytes; 0 means that there is no card. */
  readonly sdSize: number;
  readonly apn: string;
  /** The PIN that the SIM asks for at each start; undefined when it asks for none. */
  readonly pin: string | undefined;
  readonly seed: number;
  readonly behaviours: Behaviours;
}

/** An error in what was asked on the command line or through the control socket. */
export class UsageError extends Error {}
