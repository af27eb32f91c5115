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
  return toldBy(factsOf(record), alone);
}

/** What of an upgrade the question rests on: small, so that those of a long run can be kept. */
interface Facts {
  /** Power was cut within an attempt. */
  readonly tried: boolean;
  readonly forEver: boolean;
  /** Attempts that the profile allows; undefined when this upgrade cannot tell. */
  readonly allowed: { readonly least: number; readonly most: number } | undefined;
  readonly cuts: number;
  /** Attempts that failed by themselves. */
  readonly own: number;
  readonly runs: ReturnType<typeof runs>;
  readonly endedWell: boolean;
  /** Attempts of a package that fails, where nothing disturbed them. */
  readonly alone: number | undefined;
}

function factsOf(record: UpgradeRecord): Facts {
  const { profile, cuts, attempts } = record;
  const forEver = profile?.firmware.afterRetries === 'retries-for-ever';
  // A cut between two attempts, or without proof, leaves open how many attempts it met.
  const clear = cuts.length > 0 && cuts.every(({ phase, proven }) => phase === 'recovery' && proven);
  const tells = profile !== undefined && !forEver && clear && watchedToTheEnd(record) && answersAfter(record);
  const own = failedAttempts(record).length;
  const undisturbed =
    (isSpoilt(record) || isWrongBase(record)) &&
    record.powerCuts === 0 &&
    runs(record) === 'old' &&
    watchedToTheEnd(record) &&
    own === attempts.length;
  return {
    tried: cuts.some(({ phase }) => phase === 'recovery'),
    forEver,
    allowed: tells ? allowedAttempts(profile.firmware) : undefined,
    cuts: cuts.length,
    own,
    runs: runs(record),
    endedWell: endedWell(record),
    alone: undisturbed && attempts.length > 0 ? attempts.length : undefined,
  };
}

function toldBy({ allowed, cuts, own, runs: version, endedWell: well }: Facts, alone: number | undefined): boolean | undefined {
  if (allowed === undefined) return undefined;
  const { least, most } = alone === undefined ? allowed : { least: alone, most: alone };
  if (version === 'new') return well && cuts + own >= most ? false : undefined;
  if (version !== 'old') return undefined;
  if (own >= most) return false;
  return own < least && cuts + own >= least && cuts + own <= most ? true : undefined;
}

/** What several upgrades of one rig tell together. */
export interface CutUse {
  readonly yes: number;
  readonly no: number;
  /** Upgrades with a cut within an attempt; most of them do not tell. */
  readonly tried: number;
  readonly text: string;
}

/** Takes the upgrades of one rig, one after the other. */
export class CutUses {
  readonly #tried: Facts[] = [];
  readonly #alone = new Set<number>();

  take(record: UpgradeRecord): void {
    const facts = factsOf(record);
    if (facts.tried) this.#tried.push(facts);
    if (facts.alone !== undefined) this.#alone.add(facts.alone);
  }

  /** Undefined when power was never cut within an attempt. */
  told(): CutUse | undefined {
    const tried = this.#tried;
    if (tried.length === 0) return undefined;
    // How often a package that fails was tried undisturbed: the same number each time, or nothing is known.
    const alone = this.#alone.size === 1 ? [...this.#alone][0] : undefined;
    const told = tried.map((facts) => toldBy(facts, alone));
    const [yes, no] = [true, false].map((answer) => told.filter((each) => each === answer).length) as [number, number];
    return { yes, no, tried: tried.length, text: `a cut used up an attempt: ${answerText(yes, no, tried)}` };
  }
}

export function cutUse(records: Iterable<UpgradeRecord>): CutUse | undefined {
  const uses = new CutUses();
  for (const record of records) uses.take(record);
  return uses.told();
}

function answerText(yes: number, no: number, tried: readonly Facts[]): string {
  const of = (count: number): string => `${String(count)} of ${String(yes + no)} trials that could tell`;
  if (yes > 0 && no > 0) return `not always (yes in ${of(yes)})`;
  if (yes > 0) return `yes (${of(yes)})`;
  if (no > 0) return `no (${of(no)})`;
  const count = `${String(tried.length)} ${tried.length === 1 ? 'trial' : 'trials'}`;
  const why = tried.every(({ forEver }) => forEver)
    ? 'the firmware retries for ever, so no number of attempts is ever used up'
    : 'none had as many cuts and failures as there are attempts';
  return `could not be told (${count}: ${why})`;
}
