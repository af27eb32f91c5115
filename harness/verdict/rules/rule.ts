import type { Owner } from '../../journal/events.js';
import type { Finding, UpgradeRecord } from '../types.js';

/** What a rule holds against a record. */
export interface Held {
  readonly owner: Owner;
  readonly text: string;
  readonly expected: string;
  readonly seen: string;
  readonly events: readonly (number | undefined)[];
  /** When the rule serves several requirements. */
  readonly requirement?: string;
}

/** One thing a module (or a rig) must do. Pure; looks at nothing but the record. */
export interface Rule {
  /** `theme.name`; stable, since reports and ledgers name it. */
  readonly id: string;
  /** Requirements it serves; the first is named by its findings unless they name another. */
  readonly serves: readonly [string, ...string[]];
  readonly title: string;
  /** Who is to blame when it is broken, in the plain case. */
  readonly blames: Owner;
  /** The record puts it to the test. */
  applies(record: UpgradeRecord): boolean;
  check(record: UpgradeRecord): readonly Held[];
  /** Of `serves`, what this record puts to the test; default all. */
  exercises?(record: UpgradeRecord): readonly string[];
}

export function findingsOf(rule: Rule, record: UpgradeRecord): Finding[] {
  if (!rule.applies(record)) return [];
  return rule.check(record).map(({ owner, text, expected, seen, events, requirement }) => ({
    rule: rule.id,
    requirement: requirement ?? rule.serves[0],
    owner,
    text,
    expected,
    seen,
    events: [...new Set(events.filter((event) => event !== undefined))].sort((a, b) => a - b),
  }));
}
