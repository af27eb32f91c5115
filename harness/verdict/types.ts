import type {
  CommandIntent,
  DeliveryFault,
  Ending,
  EventOf,
  FileList,
  Identity,
  Owner,
  PackageFacts,
  RigProfile,
  Source,
} from '../journal/events.js';

/** Numbers of the journal's events (`n`), or of a log's lines, that something rests on. */
export type EventNumbers = readonly number[];

/** One report, merged from all lines that carried it. */
export interface SeenReport {
  readonly kind: 'download-start' | 'download-end' | 'start' | 'updating' | 'restore' | 'end' | 'text' | 'boot' | 'powered-down';
  /** Percentage, code, boot report's name or free text. */
  readonly value: number | string | undefined;
  readonly text: string;
  /** When it was first seen (monotonic ms; undefined in a log without times). */
  readonly t: number | undefined;
  /** Which lines carried it. */
  readonly lines: readonly string[];
  readonly events: EventNumbers;
  /** Every line's own sight of it; `order` compares within one record (monotonic ms, or the log's line). */
  readonly sightings: readonly { readonly line: string; readonly order: number; readonly event: number }[];
  readonly order: number;
  /** Of a download report. */
  readonly protocol: string | undefined;
  /** Its line was cut short or glued to another, so its number may lack digits. */
  readonly doubtful: boolean;
  /** It came between the command and its answer. */
  readonly early: boolean;
}

/** What one line could have witnessed. A report can be missed only on a line that was open and unbroken when it was due. */
export interface LineWatch {
  readonly line: string;
  /** Its device leaves the bus when the module reboots (not a UART of the host). */
  readonly reenumerates: boolean;
  /** Whenever it was lost, gone, appeared, opened or closed. */
  readonly breaks: readonly {
    readonly order: number;
    readonly event: number;
    readonly how: 'lost' | 'gone' | 'appeared' | 'open' | 'closed';
  }[];
  /** Upgrade reports that it carried. */
  readonly reports: number;
}

/** Power or reset taken from the module by the harness. */
export interface Cut {
  readonly t: number;
  /** When power came back, or `t` when it did not: what was read before this was said before power went. */
  readonly back: number;
  readonly event: number;
  /**
   * `download`: before its end was reported; `between`: from there to START; `recovery`: within an attempt; `retry`: after an END
   * other than 0; `after-end`: after END,0 and before normal mode; `normal`: in normal mode.
   */
  readonly phase: 'download' | 'between' | 'recovery' | 'retry' | 'after-end' | 'normal';
  /** Number of the attempt it fell into. */
  readonly attempt: number | undefined;
  /** Power was seen to go: STATUS fell, a device left. */
  readonly proven: boolean;
}

/** From one START (seen or inferred) to the next one, or to normal mode. */
export interface Attempt {
  readonly number: number;
  /** False: no START was seen, the attempt is inferred from percentages, an END or a fall of the percentage. */
  readonly startSeen: boolean;
  readonly started: number | undefined;
  readonly ended: number | undefined;
  readonly percentages: readonly {
    readonly percent: number | undefined;
    readonly t: number | undefined;
    readonly event: number;
  }[];
  /** Codes of its END reports, in order; more than one is a duplicate. */
  readonly ends: readonly (number | undefined)[];
  /** Power was cut during it. */
  readonly cut: boolean;
  /** It follows a cut, or an attempt that broke off without END: it may go on where that stood and show no percentage. */
  readonly resumed: boolean;
  readonly reports: readonly SeenReport[];
  readonly events: EventNumbers;
}

/** Everything about one AT+QFOTADL, folded from the journal. */
/** The module on the bus as something else than itself. */
export interface SeenDevice {
  readonly kind: 'emergency-download' | 'dump';
  /** A recovery or a start may look like it for a while. */
  readonly doubtful: boolean;
  readonly event: number;
  /** When it came, in ms. */
  readonly t: number;
  /** When it was gone, or the upgrade's end was written with it still there. */
  readonly until: number;
  readonly left: boolean;
}

export interface UpgradeRecord {
  readonly id: string;
  readonly rig: string | undefined;
  readonly profile: RigProfile | undefined;
  readonly source: Source | undefined;
  readonly target: string | undefined;
  readonly package: PackageFacts | undefined;
  readonly intent: CommandIntent;
  readonly fault: DeliveryFault | undefined;
  readonly faultStruck: boolean;
  readonly noRoom: boolean;
  /** Final result of the command itself. */
  readonly answer:
    | {
        readonly result: string;
        readonly code: string | undefined;
        readonly event: number;
        readonly line: string;
        readonly t: number;
      }
    | undefined;
  readonly reports: readonly SeenReport[];
  readonly download:
    | {
        readonly protocol: string;
        readonly started: number | undefined;
        readonly ended: number | undefined;
        readonly code: number | undefined;
        readonly startSeen: boolean;
        readonly endSeen: boolean;
      }
    | undefined;
  readonly attempts: readonly Attempt[];
  /** Times the lines' devices left, by line. */
  readonly departures: readonly { readonly line: string; readonly t: number; readonly event: number }[];
  readonly arrivals: readonly { readonly line: string; readonly t: number; readonly event: number }[];
  readonly powerActions: readonly EventOf<'power.do'>[];
  /** Power or reset actions of the harness between the command and the end. */
  readonly powerCuts: number;
  readonly cuts: readonly Cut[];
  readonly powerErrors: readonly EventOf<'power.done'>[];
  readonly requests: readonly {
    readonly request: EventOf<'server.request'>;
    readonly response: EventOf<'server.response'> | undefined;
  }[];
  readonly logins: readonly EventOf<'server.login'>[];
  readonly before: { readonly identity: Identity | undefined; readonly files: FileList | undefined };
  readonly after: {
    readonly identity: Identity | undefined;
    /** What it answered, by key of the identity, where it answered without the value. */
    readonly withheld: Readonly<Record<string, string>>;
    readonly files: FileList | undefined;
    readonly event: number | undefined;
  };
  readonly ready: { readonly t: number | undefined; readonly event: number } | undefined;
  /** When normal mode was first found after the last report of the recovery; `ready` is the last time. */
  readonly reached: { readonly t: number | undefined; readonly event: number } | undefined;
  readonly stopped:
    { readonly why: EventOf<'upgrade.end'>['why']; readonly detail: string | undefined; readonly event: number } | undefined;
  /** What was on the bus in the module's place, in its order. */
  readonly devices: readonly SeenDevice[];
  readonly rigFaults: readonly EventOf<'rig.fault'>[];
  readonly lags: readonly EventOf<'host.lag'>[];
  /** ms; undefined when it can't be told. */
  readonly times: {
    readonly download: number | undefined;
    readonly flash: number | undefined;
    readonly boot: number | undefined;
    readonly total: number | undefined;
  };
  /** Lines or bytes that could not be understood. */
  readonly notUnderstood: readonly {
    readonly text: string;
    readonly event: number;
    readonly line: string;
    readonly order: number;
  }[];
  /** False: read from a log without times; orders are then line numbers. */
  readonly timed: boolean;
  /** Read from a plain terminal log: nothing is known of the line's state, the servers or the rig. */
  readonly fromLog: boolean;
  readonly step: 'upgrade' | 'downgrade';
  readonly targetLength: number;
  /** Revisions: what the package leads from and to, as far as the pair names them, and what was read before and after. */
  readonly versions: {
    readonly from: string | undefined;
    readonly to: string | undefined;
    readonly before: string | undefined;
    readonly after: string | undefined;
  };
  readonly startedAt: { readonly t: number; readonly event: number };
  readonly stoppedAt: number | undefined;
  /** Lines that were watched, with their breaks. */
  readonly watches: readonly LineWatch[];
  readonly published: EventOf<'delivery.publish'> | undefined;
  readonly connections: readonly EventOf<'server.connection'>[];
  /** Our server had been reached by the same protocol earlier in the run: the way to it leads there. */
  readonly reachedBefore: boolean;
  /** Reboots or power-downs that the harness itself commanded over AT. */
  readonly commandedReboots: readonly { readonly t: number; readonly event: number }[];
  readonly events: EventNumbers;
}

/** One thing to be held against (or in doubt about) an upgrade. `events` are numbers of the rig's journal, or lines of a log. */
export interface Finding {
  readonly rule: string;
  readonly requirement: string;
  readonly owner: Owner;
  readonly text: string;
  readonly expected: string;
  readonly seen: string;
  readonly events: EventNumbers;
}

export interface Judgement {
  /** Undefined: the events do not tell how it ended. */
  readonly ending: Ending | undefined;
  /** `fail`: a firmware or package finding. `invalid`: a rig or harness finding. `inconclusive`: undecided. */
  readonly result: 'pass' | 'fail' | 'invalid' | 'inconclusive';
  readonly findings: readonly Finding[];
  /** Facts worth reporting that are neither good nor bad (retries observed, lost URCs …). */
  readonly observations: readonly { readonly id: string; readonly text: string; readonly events: EventNumbers }[];
  /** Requirements that this upgrade put to the test. */
  readonly exercised: readonly string[];
}
