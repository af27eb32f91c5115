import type {
  CommandIntent,
  DeliveryFault,
  FileList,
  Identity,
  JournalEvent,
  PackageFacts,
  RigProfile,
  Source,
} from '../journal/events.js';

/** A package as suites hand it about: where the file lies and what is known of it. */
export interface Package {
  readonly path: string;
  readonly facts: PackageFacts;
  readonly step: 'upgrade' | 'downgrade';
  /** Revision that ATI must show before and after, for example EC25EFAR06A12M4G. */
  readonly fromRevision: string;
  readonly toRevision: string;
}

export interface UpgradeOptions {
  readonly from: Source;
  readonly fault?: DeliveryFault;
  readonly intent?: CommandIntent;
  /** Parts of the address, or the whole source string, for the limits suite. */
  readonly address?: {
    readonly target?: string;
    readonly name?: string;
    readonly host?: string;
    readonly user?: string;
    readonly password?: string;
    readonly omitPort?: boolean;
    readonly port?: number;
  };
}

/** One AT+QFOTADL and everything the harness saw of it; what it means is for `verdict/` to say. */
export interface Upgrade {
  readonly id: string;
  /** The run's events from just before the command to the end of the watch, identity and files before and after included. */
  readonly events: readonly JournalEvent[];
  readonly profile: RigProfile;
}

/** The unit under test, as a suite sees it. */
export interface Unit {
  readonly profile: RigProfile;
  /** Runs one upgrade to its end: deliver, command, watch through all reboots and retries, read identity and files back. */
  upgrade(step: Package, options: UpgradeOptions): Promise<Upgrade>;
  identity(when?: 'before' | 'after' | 'check'): Promise<Identity>;
  files(when?: 'before' | 'after' | 'check'): Promise<FileList>;
  /** One command on the rig's AT line. */
  command(text: string): Promise<{ readonly result: string; readonly lines: readonly string[] }>;
  upload(source: 'ufs' | 'sd', name: string, data: Buffer, options?: { readonly ackMode?: boolean }): Promise<void>;
  remove(source: 'ufs' | 'sd', name: string): Promise<void>;
  /** Brings the unit to its baseline by the restore ladder; throws a RigFault when the last rung fails. */
  restore(why: string): Promise<void>;
}
