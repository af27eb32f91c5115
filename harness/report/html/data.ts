/**
 * What the evidence page shows, computed from a journal alone. Types only: the page and the projection share nothing else.
 * Lists that grow with the night are columns, so that ten thousand trials stay small. Strings are safe to show: identities masked,
 * what does not print made visible (`shown`).
 */
import type { CommandIntent, Ending, Owner, PackageFacts, Source } from '../../journal/events.js';
import type { TestStatus } from '../result.js';

export type Outcome = 'survived' | 'failed' | 'missed' | 'invalid' | 'not-attributed' | 'unfinished';
/** `running`: of a run that is watched while it goes on, and in which nothing has failed. */
export type Verdict = 'passed' | 'failed' | 'invalid' | 'inconclusive' | 'interrupted' | 'nothing' | 'running';
export type UpgradeResult = 'pass' | 'fail' | 'invalid' | 'inconclusive';

/** Where on an upgrade's way a cut falls; `flash` has a percentage. */
export const zones = ['download', 'reboot', 'start', 'flash', 'retry', 'end', 'after', 'unknown'] as const;
export type Zone = (typeof zones)[number];

export interface ReportData {
  readonly format: 1;
  readonly kind: 'journal' | 'terminal log';
  /** The file's name without its folder. */
  readonly file: string;
  /** Version of the harness that made this page. */
  readonly madeBy: string;
  readonly identitiesMasked: boolean;
  /** What a reader has to know of the evidence itself: cut off, lines that are no events, verdicts that changed since. */
  readonly remarks: readonly string[];
  readonly unreadable: readonly { readonly line: number; readonly why: string; readonly text: string }[];
  /** What the run noted in words: a window it narrowed, whether a cut used an attempt up. */
  readonly notes: readonly { readonly rig: string; readonly text: string }[];
  readonly run: RunFacts | undefined;
  readonly headline: Headline;
  readonly rigs: readonly RigFacts[];
  readonly pairs: readonly PairFacts[];
  /** Every file that was sent, also what was spoilt on purpose. */
  readonly files: readonly SentFile[];
  readonly survival: readonly SurvivalRow[];
  readonly windows: readonly WindowFacts[];
  readonly requirements: readonly RequirementRow[];
  readonly groups: readonly FindingGroup[];
  readonly times: readonly TimeRow[];
  readonly tests: TestColumns;
  readonly upgrades: UpgradeColumns;
  readonly trials: TrialColumns;
  /** Indices of upgrades with more than one attempt. */
  readonly ladders: LadderColumns;
  readonly repeat: { readonly run: string | undefined; readonly base: string };
  /** Upgrades in one bundle of details. */
  readonly bundle: number;
  /** Only of a run that is watched while it goes on. */
  readonly live?: LiveFacts;
}

/** What the rigs of a run are doing at the moment. */
export interface LiveFacts {
  /** The journal so far has been read; before that the page lags behind. */
  readonly caughtUp: boolean;
  readonly rigs: readonly LiveRig[];
}

export interface LiveRig {
  readonly name: string;
  readonly test: string;
  /** `41 %`, `downloading over ftp`, `between tests` */
  readonly phase: string;
  /** `3 passed, 1 failed` */
  readonly counts: string;
  readonly ended: boolean;
  /** The upgrade under way. */
  readonly upgrade: UpgradeDetail | undefined;
}

/** What a live view is sent when something has come to its end. */
export interface LiveReport {
  readonly title: string;
  readonly data: ReportData;
}

export interface RunFacts {
  readonly id: string;
  readonly seed: number;
  readonly command: string;
  readonly harness: { readonly version: string; readonly commit: string | undefined; readonly node: string };
  readonly host: string;
  readonly began: string;
  readonly ended: string | undefined;
  /** How often the run was gone on with after it had been killed. */
  readonly resumed: number;
  readonly interrupted: string | undefined;
  readonly exit: number | undefined;
  readonly reason: string | undefined;
}

export interface Headline {
  readonly verdict: Verdict;
  /** One sentence. */
  readonly sentence: string;
  /** `198 of 198 cuts survived: failure rate < 1.6 % (95 %)`, or that none was made. */
  readonly survival: string;
  /** Cuts of sound packages. */
  readonly cuts: Counts;
  readonly began: string | undefined;
  readonly ended: string | undefined;
  readonly sources: readonly { readonly source: Source; readonly upgrades: number; readonly failed: number }[];
  readonly tests: Readonly<Record<TestStatus, number>>;
}

export interface RigFacts {
  readonly name: string;
  readonly module: string | undefined;
  readonly simulated: boolean;
  readonly scale: number | undefined;
  readonly lines: readonly string[];
  readonly firmware: string | undefined;
  readonly limits: { readonly boot: number; readonly download: number; readonly upgrade: number } | undefined;
  readonly ready: boolean;
  readonly faults: readonly { readonly text: string; readonly count: number }[];
  readonly aside: string | undefined;
  readonly powerSafe: boolean | undefined;
  /** What the switch's own proof told. */
  readonly proof: string | undefined;
  readonly restores: Readonly<Record<string, number>>;
  /** ms that the host stood still. */
  readonly lag: number;
  readonly pair: number | undefined;
  /** Name of the value, as it was first and last read. */
  readonly identity: readonly { readonly name: string; readonly first: string; readonly last: string }[];
  readonly tests: Readonly<Record<TestStatus, number>>;
  readonly upgrades: number;
  readonly survival: string | undefined;
  readonly verdict: Verdict;
}

export interface PairFacts {
  readonly name: string;
  readonly module: string;
  readonly from: string;
  readonly to: string;
  readonly upgrade: PackageFacts;
  readonly downgrade: PackageFacts;
}

/** One way of a pair. */
export interface StepFacts {
  readonly module: string;
  readonly way: 'upgrade' | 'downgrade';
  readonly from: string;
  readonly to: string;
}

export interface SentFile {
  readonly file: string;
  readonly sha256: string;
  readonly size: number;
  readonly contents: PackageFacts['contents'];
  readonly upgrades: number;
}

export interface Counts {
  readonly valid: number;
  readonly failed: number;
  readonly missed: number;
  readonly invalid: number;
  readonly notAttributed: number;
  readonly unfinished: number;
}

export interface SurvivalRow extends Counts {
  readonly package: string;
  readonly file: string;
  readonly contents: string;
  readonly revision: string;
  readonly rigs: readonly string[];
  readonly text: string;
  readonly phases: readonly (Counts & { readonly phase: string; readonly text: string })[];
}

/** A window of the flashing in which cuts fail. */
export interface WindowFacts {
  /** The module did not come back: silent, in emergency download or as a dump. */
  readonly dead: boolean;
  readonly endings: readonly string[];
  readonly rigs: readonly string[];
  /** What was flashed; undefined when the journal has no pair with the package. */
  readonly step?: StepFacts | undefined;
  /** Lowest and highest percentage at which a cut failed in it. */
  readonly lowest: number;
  readonly highest: number;
  /** Where it most likely begins and ends, and between what it does with 95 %. */
  readonly from: { readonly at: number; readonly from: number; readonly to: number };
  readonly to: { readonly at: number; readonly from: number; readonly to: number };
  /** Both edges are known well enough to be named. */
  readonly known: boolean;
  readonly inside: { readonly failed: number; readonly of: number };
  readonly outside: { readonly failed: number; readonly of: number };
  /** `fails between 40 % and 45 %: 9 of 9 in, 0 of 24 out` */
  readonly text: string;
  /** Percentages of all cuts that failed in it, in order. */
  readonly failedAt: readonly number[];
  /** First trial that fails in it. */
  readonly trial: number;
}

export interface RequirementRow {
  readonly id: string;
  readonly source: string;
  readonly text: string;
  readonly state: 'passed' | 'failed' | 'undecided' | 'not-covered';
  /** Upgrades and sequences that put it to the test and were sound, and those that failed it. */
  readonly passed: number;
  readonly failed: number;
  readonly undecided: number;
  /** Tests that name it. */
  readonly tests: number;
  readonly rules: readonly string[];
  readonly upgrade: number | undefined;
}

export interface FindingGroup {
  readonly owner: Owner;
  readonly rule: string;
  readonly title: string;
  readonly requirement: string;
  readonly text: string;
  readonly count: number;
  /** It made its upgrade what it is; an undecided one beside a failure does not. */
  readonly decides: boolean;
  /** Rows of the upgrades, in order. */
  readonly upgrades: readonly number[];
  /** Of findings without an upgrade: a test that failed by its own expectation, a fault of the rig. */
  readonly test: number | undefined;
}

export interface TimeRow {
  readonly what: 'download' | 'flash' | 'boot' | 'total';
  readonly rig: number;
  readonly source: Source | undefined;
  readonly n: number;
  readonly min: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly p95: number;
  readonly max: number;
  readonly limit: number | undefined;
  /** Up to 200 of them, evenly chosen, in order. */
  readonly values: readonly number[];
}

export interface TestColumns {
  readonly name: readonly string[];
  readonly suite: readonly string[];
  readonly rig: readonly number[];
  readonly status: readonly TestStatus[];
  readonly why: readonly string[];
  readonly requirements: readonly string[];
  readonly tries: readonly number[];
  /** Row of the upgrade that tells most: the first that failed, else the last; -1 for none. */
  readonly upgrade: readonly number[];
  readonly took: readonly (number | null)[];
}

export interface UpgradeColumns {
  readonly id: readonly string[];
  readonly rig: readonly number[];
  readonly test: readonly number[];
  readonly trial: readonly number[];
  /** Seconds after the first event of the journal. */
  readonly began: readonly number[];
  readonly source: readonly (Source | '')[];
  readonly step: readonly ('upgrade' | 'downgrade')[];
  readonly intent: readonly CommandIntent[];
  readonly contents: readonly PackageFacts['contents'][];
  readonly fault: readonly string[];
  readonly ending: readonly (Ending | 'undecided')[];
  readonly result: readonly UpgradeResult[];
  readonly attempts: readonly number[];
  readonly cuts: readonly number[];
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly download: readonly (number | null)[];
  readonly flash: readonly (number | null)[];
  readonly boot: readonly (number | null)[];
  readonly total: readonly (number | null)[];
  /** The finding that weighs most. */
  readonly finding: readonly string[];
  /** The run gave a verdict of it; one made only to bring the unit back counts for nothing. */
  readonly counts: readonly boolean[];
}

export interface TrialColumns {
  readonly id: readonly string[];
  readonly rig: readonly number[];
  readonly test: readonly number[];
  readonly upgrade: readonly number[];
  readonly cut: readonly string[];
  readonly source: readonly string[];
  readonly outcome: readonly Outcome[];
  readonly owner: readonly string[];
  /** Points asked; more than one are cuts in several attempts. */
  readonly points: readonly number[];
  readonly askedZone: readonly Zone[];
  readonly askedPercent: readonly (number | null)[];
  readonly asked: readonly string[];
  readonly achievedZone: readonly Zone[];
  readonly achievedPercent: readonly (number | null)[];
  readonly achieved: readonly string[];
  /** `STATUS fell after 1.6 ms, USB left after 1.3 ms` */
  readonly proof: readonly string[];
  readonly why: readonly string[];
}

/** One row for each upgrade of several attempts; its attempts are in `rungs`. */
export interface LadderColumns {
  readonly upgrade: readonly number[];
  readonly rungs: readonly (readonly Rung[])[];
}

export interface Rung {
  /** First and last percentage reported; null when none was. */
  readonly from: number | null;
  readonly to: number | null;
  /** `END 504`, `no END` */
  readonly end: string;
  /** Percentage at which power was cut in it; -1: cut, without one. */
  readonly cut: number | null;
  readonly startSeen: boolean;
  readonly took: number | null;
}

/** What is only needed when somebody looks at one upgrade; bundles of these are compressed. */
export interface UpgradeDetail {
  readonly id: string;
  readonly rig: string;
  readonly at: string;
  readonly target: string;
  readonly file: string;
  readonly sha256: string;
  readonly from: string;
  readonly to: string;
  readonly answer: string;
  readonly stopped: string;
  readonly timeline: Timeline;
  readonly rungs: readonly Rung[];
  readonly findings: readonly FindingDetail[];
  readonly observations: readonly string[];
  readonly identity: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  readonly notUnderstood: readonly { readonly n: number; readonly line: string; readonly text: string }[];
}

export interface FindingDetail {
  readonly rule: string;
  readonly title: string;
  readonly requirement: string;
  readonly owner: Owner;
  readonly text: string;
  readonly expected: string;
  readonly seen: string;
  readonly lines: readonly ExcerptLine[];
  /** Events named beyond those shown. */
  readonly more: number;
}

export interface ExcerptLine {
  readonly n: number;
  /** ms after the upgrade began. */
  readonly t: number;
  readonly type: string;
  readonly text: string;
  /** The finding names it; else it only stands beside one. */
  readonly named: boolean;
  /** Lines left out before it. */
  readonly gap: boolean;
}

export const lanes = ['report', 'at', 'usb', 'power', 'server', 'harness'] as const;
export type Lane = (typeof lanes)[number];

/** Times are ms after the upgrade began (line numbers, in a log without times). */
export interface Timeline {
  readonly timed: boolean;
  readonly span: number;
  readonly percents: { readonly t: readonly number[]; readonly percent: readonly number[]; readonly n: readonly number[] };
  readonly attempts: readonly { readonly from: number; readonly to: number; readonly number: number }[];
  readonly cuts: readonly { readonly t: number; readonly text: string }[];
  /** Wires and devices that are on or off; `start` is undefined where nothing was known before. */
  readonly levels: readonly {
    readonly name: string;
    readonly lane: Lane;
    readonly start: boolean | undefined;
    readonly t: readonly number[];
    readonly on: readonly boolean[];
  }[];
  readonly events: {
    readonly lane: readonly number[];
    readonly t: readonly number[];
    readonly took: readonly number[];
    readonly n: readonly number[];
    readonly tone: readonly Tone[];
    readonly label: readonly string[];
    readonly text: readonly string[];
  };
}

export type Tone = '' | 'good' | 'bad' | 'warn' | 'cut';
