import type { AtPort, EarlyReportListener, Urc } from '../at/types.js';
import type { Clock } from '../base/clock.js';
import type { Random } from '../base/random.js';
import type { Secrets } from '../base/secrets.js';
import type { PackageServer } from '../delivery/types.js';
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
import type { Journal } from '../journal/journal.js';
import type { Line } from '../line/types.js';
import type { Power } from '../power/types.js';
import type { RigDefinition } from '../rig/schema.js';

/** A package as suites hand it about: where the file lies and what is known of it. */
export interface Package {
  readonly path: string;
  readonly facts: PackageFacts;
  readonly step: 'upgrade' | 'downgrade';
  /** Revision that ATI must show before and after, for example EC25EFAR06A12M4G. */
  readonly fromRevision: string;
  readonly toRevision: string;
}

/** The two packages of a run; the unit's baseline is where `upgrade` starts from. */
export interface Pair {
  readonly name: string;
  readonly upgrade: Package;
  readonly downgrade: Package;
}

/**
 * Looks on while an upgrade runs. All are called synchronously, before the harness does anything else with what was seen: a power
 * cut that hangs here loses no time. The watch notices power.do events by itself: supply may be cut and switched on again in mid-watch.
 */
export interface UpgradeObserver {
  /** Each line that is not part of an answer, parsed. */
  onUrc?(urc: Urc): void;
  /** Each report before it is in the journal or anything else has it, as `AtPort.onEarlyReport` tells it. */
  onEarlyReport?: EarlyReportListener;
  /** Bytes of the package that our server has handed out so far, and its size. */
  onSent?(sent: number, size: number): void;
  /** Each event of the run just after it was written, `line.rx` (raw bytes, before anything has parsed them) included. */
  onEvent?(event: JournalEvent): void;
}

export interface UpgradeOptions {
  readonly from: Source;
  readonly fault?: DeliveryFault;
  readonly observer?: UpgradeObserver;
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
    /** Makes the file's name so long that the whole source string has this many bytes. */
    readonly wholeLength?: number;
  };
}

/** One AT+QFOTADL and everything the harness saw of it; what it means is for `verdict/` to say. */
export interface Upgrade {
  readonly id: string;
  /** The run's events from just before the command to the end of the watch, identity and files before and after included. */
  readonly events: readonly JournalEvent[];
  readonly profile: RigProfile;
}

/** A restart outside of any upgrade, and what was seen of it. */
export interface Restart {
  readonly ready: boolean;
  /** It did not restart again by itself, for as long as a boot may take. */
  readonly stayed: boolean;
  readonly reports: readonly string[];
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
  /**
   * Takes its power and gives it back where the rig can and may, else reboots it by AT+CFUN=1,1, and waits for normal mode. Resolves with the
   * upgrade reports that came meanwhile; `ready` false: normal mode did not come within the limits.
   */
  restart(why: string): Promise<Restart>;
  /** Lets go of the lines' listeners. The lines, the power and the servers belong to the caller, who closes them after this. */
  close(): void;
}

/** A line of the rig and the AT dialogue on it. */
export interface UnitLine {
  readonly line: Line;
  readonly port: AtPort;
}

export interface UnitOptions {
  readonly rig: RigDefinition;
  readonly profile: RigProfile;
  readonly pair: Pair;
  /** At least one of them. */
  readonly lines: { readonly at?: UnitLine; readonly uart?: UnitLine };
  readonly power: Power;
  readonly servers: { readonly ftp?: PackageServer; readonly http?: PackageServer };
  readonly journal: Journal;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly random: Random;
  /** Where the SIM PIN is looked up (rig.sim.pinEnv); default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Last rung of the restore ladder: brings the unit to the baseline by a full flash (rig.restore.command, or a simulated unit's own
   * reflash). Rejects with a RigFault when that failed. Without it that rung is left out.
   */
  readonly restoreCommand?: (why: string) => Promise<void>;
  /** Upgrades that this rig made before the run was resumed: their names are not given again. Default 0. */
  readonly upgradesBefore?: number;
  /** Name of the test that runs now, for upgrade.start. */
  readonly currentTest?: () => string | undefined;
  /** Aborts waits: an upgrade under way ends as `interrupted`, anything else rejects with a RigFault. */
  readonly signal?: AbortSignal;
}

/**
 * Finds the unit, or powers it on, and brings it up: ready, its identity checked, URCs routed, SIM, APN and registration as the rig
 * says. It does not bring the unit to its baseline version: that is `restore`. Rejects with a RigFault (exit 3): no answer within the
 * limits, an identity that is not the rig's (before anything on the unit was changed), a SIM or network that does not come up.
 * Implemented by `openUnit` of `unit.ts`.
 */
export type OpenUnit = (options: UnitOptions) => Promise<Unit>;
