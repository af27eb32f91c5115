/** A certificate as a program reads it (`certificate.json`). Types only. */
import type { Owner } from '../../journal/events.js';

export const certificateVerdicts = ['qualified', 'not-qualified', 'not-enough-evidence'] as const;
export type CertificateVerdict = (typeof certificateVerdicts)[number];

/** What a statement rests on: the first of them, and how many there are. */
export interface Rests {
  readonly tests: readonly string[];
  readonly trials: readonly string[];
  /** `<rig>#3 (ec25-a:412)`: the upgrade, and the rig and number of its event upgrade.start in the journal. */
  readonly upgrades: readonly string[];
  readonly of: { readonly tests: number; readonly trials: number; readonly upgrades: number };
}

export interface CriterionRow {
  readonly kind: 'requirement' | 'source' | 'units' | 'cuts' | 'failure-rate';
  /** `DG-13`, `ufs`, `updating`. */
  readonly id: string;
  readonly asked: string;
  readonly reached: string;
  readonly met: boolean;
  readonly rests: Rests;
}

/** Something that speaks against the firmware or the package. */
export interface Against {
  readonly owner: Owner;
  readonly rule: string | undefined;
  readonly requirement: string | undefined;
  readonly text: string;
  /** How often. */
  readonly count: number;
  readonly rests: Rests;
}

export interface CertifiedPackage {
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly from: string;
  readonly to: string;
  readonly preBuild: string | undefined;
  readonly postBuild: string | undefined;
  readonly warnings: readonly string[];
}

export interface CertifiedUnit {
  readonly rig: string;
  readonly module: string;
  /** Shortened. */
  readonly imei: string | undefined;
  readonly simulated: boolean;
  /** It went there and back without a finding. */
  readonly sound: boolean;
}

export interface Certificate {
  readonly format: 1;
  readonly verdict: CertificateVerdict;
  /** Only a part of a qualification: the others are in other runs, to be merged with it. */
  readonly partial: boolean;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
  readonly pair: {
    readonly name: string;
    readonly module: string;
    readonly upgrade: CertifiedPackage;
    readonly downgrade: CertifiedPackage;
  };
  readonly criteria: { readonly name: string; readonly file: string; readonly sha256: string };
  /** Requirements that the criteria except, with their reasons. */
  readonly excepted: readonly { readonly id: string; readonly why: string }[];
  readonly rows: readonly CriterionRow[];
  readonly against: readonly Against[];
  /** What keeps evidence from being enough, beside criteria that are not met. */
  readonly open: readonly string[];
  /** What was left out, with the reason and how often; what the criteria ask for is missing in `rows` then. */
  readonly skipped: readonly { readonly why: string; readonly count: number }[];
  readonly units: readonly CertifiedUnit[];
  /** Cuts of earlier runs that the ledger knew of, and whether the criteria let them count. */
  readonly earlier: {
    readonly counted: boolean;
    readonly runs: readonly { readonly run: string; readonly rig: string; readonly survived: number; readonly failed: number }[];
  };
  readonly run: {
    readonly id: string;
    readonly seed: number | undefined;
    readonly began: string;
    readonly ended: string | undefined;
    readonly harness: string;
    readonly host: string;
  };
}
