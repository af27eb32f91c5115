import { answersAfter, endedWell, failedAttempts, isSpoilt, isWrongBase, runs, watchedToTheEnd } from './facts.js';
import { allowedAttempts } from './rules/retries.js';
import type { UpgradeRecord } from './types.js';

/**
 * Whether a power cut within an attempt uses that attempt up: no source settles it, so it is measured. What one upgrade tells:
 * - after as many cuts and failures as attempts are allowed, another attempt was made: no
 * - it was given up after fewer failures of its own than are allowed, and the cuts make up the difference: yes
 * - anything else, or a firmware that retries for ever, does not tell: undefined
 *
 * `alone`: attempts that this firmware made of a package that fails undisturbed, where that was seen; else the profile's reading decides.
 */
export function cutUsesAttempt(record: UpgradeRecord, alone?: number): boolean | undefined {
  const { profile, cuts } = record;
  if (profile === undefined || profile.firmware.afterRetries === 'retries-for-ever') return undefined;
  if (!watchedToTheEnd(record) || !answersAfter(record)) return undefined;
  // A cut between two attempts, or without proof, leaves open how many attempts it met.
  if (cuts.length === 0 || !cuts.every(({ phase, proven }) => phase === 'recovery' && proven)) return undefined;
  const { least, most } = alone === undefined ? allowedAttempts(profile.firmware) : { least: alone, most: alone };
  const own = failedAttempts(record).length;
  if (runs(record) === 'new') return endedWell(record) && cuts.length + own >= most ? false : undefined;
  if (runs(record) !== 'old') return undefined;
  if (own >= most) return false;
  return own < least && cuts.length + own >= least && cuts.length + own <= most ? true : undefined;
}

/** What several upgrades of one rig tell together. */
export interface CutUse {
  readonly yes: number;
  readonly no: number;
  /** Upgrades with a cut within an attempt; most of them do not tell. */
  readonly tried: number;
  readonly text: string;
}

/** Undefined when power was never cut within an attempt. */
export function cutUse(records: readonly UpgradeRecord[]): CutUse | undefined {
  const tried = records.filter(({ cuts }) => cuts.some(({ phase }) => phase === 'recovery'));
  if (tried.length === 0) return undefined;
  const alone = attemptsAlone(records);
  const told = tried.map((record) => cutUsesAttempt(record, alone));
  const [yes, no] = [true, false].map((answer) => told.filter((each) => each === answer).length) as [number, number];
  return { yes, no, tried: tried.length, text: `a cut used up an attempt: ${answerText(yes, no, tried)}` };
}

function answerText(yes: number, no: number, tried: readonly UpgradeRecord[]): string {
  const of = (count: number): string => `${String(count)} of ${String(yes + no)} trials that could tell`;
  if (yes > 0 && no > 0) return `not always (yes in ${of(yes)})`;
  if (yes > 0) return `yes (${of(yes)})`;
  if (no > 0) return `no (${of(no)})`;
  const count = `${String(tried.length)} ${tried.length === 1 ? 'trial' : 'trials'}`;
  const forEver = tried.every(({ profile }) => profile?.firmware.afterRetries === 'retries-for-ever');
  const why = forEver
    ? 'the firmware retries for ever, so no number of attempts is ever used up'
    : 'none had as many cuts and failures as there are attempts';
  return `could not be told (${count}: ${why})`;
}

/** How often a package that fails was tried undisturbed: the same number each time, or nothing is known. */
function attemptsAlone(records: readonly UpgradeRecord[]): number | undefined {
  const counts = new Set(
    records
      .filter((record) => (isSpoilt(record) || isWrongBase(record)) && record.powerCuts === 0 && runs(record) === 'old')
      .filter((record) => watchedToTheEnd(record) && failedAttempts(record).length === record.attempts.length)
      .map((record) => record.attempts.length)
      .filter((count) => count > 0),
  );
  return counts.size === 1 ? [...counts][0] : undefined;
}
