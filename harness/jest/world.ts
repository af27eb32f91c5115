import type { Random } from '../base/random.js';
import type { RigDefinition } from '../rig/schema.js';
import type { Package, Unit, Upgrade } from '../module/types.js';
import type { Source } from '../journal/events.js';
import type { CutTrial } from '../campaign/cut.js';
import type { Trial } from '../campaign/conduct.js';
import type { PlanGroup } from '../campaign/plan-file.js';
import type { Judgement } from '../verdict/types.js';

/** What the environment lends to the suites of one rig, across the border of Jest's sandbox. */
export interface World {
  readonly rig: RigDefinition;
  readonly unit: Unit;
  readonly pair: { readonly upgrade: Package; readonly downgrade: Package };
  /** A package made from a sound one that a module must refuse. */
  spoil(from: Package, contents: 'corrupt' | 'truncated' | 'not-a-zip' | 'empty'): Promise<Package>;
  /** Judges an upgrade, writes the verdict to the journal once, and gives the text for a failure message. */
  judge(upgrade: Upgrade): Judgement & { readonly text: string };
  /** Findings that only several upgrades show together (round trip, retry count). */
  judgeSequence(upgrades: readonly Upgrade[]): Judgement & { readonly text: string };
  /** Runs one trial of power cuts, with `step` spoilt first where the trial says so; a cut that fails within the flashing is narrowed once, and the window is in the text. */
  cut(trial: CutTrial, step: Package): Promise<Trial & { readonly text: string }>;
  /** The cuts of the power-cut suite, in order, or the one that `--cut` names. */
  readonly cuts: { readonly plan: readonly PlanGroup[]; readonly only: CutTrial | undefined };
  /** How long the soak suite goes on: its time begins with the first question, and one trip is always made. */
  readonly soak: { readonly says: string; goesOn(trip: number): boolean };
  /** How the times of boot, download and flash move over upgrades; `tell` notes it in the journal. */
  readonly drift: { add(upgrade: Upgrade): void; tell(): void };
  /** Why a test is left to another run that shares the work (`--shard`), or undefined when it is made here. */
  leaves(title: string, needs: readonly Need[]): string | undefined;
  /** Why the rig cannot do it, or undefined when it can. */
  lacks(need: Need): string | undefined;
  /** Ids and reasons of tests, told by `check` when a suite is read. */
  declare(test: { readonly title: string; readonly covers: readonly string[]; readonly skipped: string | undefined }): void;
  /** The test that runs now came to a verdict before the run was killed and resumed. */
  alreadyDone(): boolean;
  /** Notes a try of a test that did not count, before the next. */
  retried(title: string, number: number, why: string): void;
  /** Brings the unit to its baseline; a rig set aside makes the test a skip with that reason. */
  baseline(why: string): Promise<void>;
  random(label: string): Random;
  /** Fills a storage with a file of our own until only so many bytes are free; resolves with the way to undo it. */
  fill(storage: 'ufs' | 'sd', leaving: number): Promise<() => Promise<void>>;
  /** How often a test is tried when the rig or the harness, not the firmware, spoilt it. */
  readonly tries: number;
  readonly seed: number;
}

export type Server = Extract<Source, 'ftp' | 'http'>;

/** `own-…`: a server of ours, with its log, faults and count of bytes. `upload-…`: any package can be put there, under any name. */
export type Need = Source | `own-${Server}` | `upload-${Server}` | 'restorable-failures' | 'power-cuts' | 'network';

declare global {
  var dfota: World | undefined;
}
