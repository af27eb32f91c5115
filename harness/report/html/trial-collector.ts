import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { Judgement, UpgradeRecord } from '../../verdict/types.js';
import { achievedIn, askedOf, outcomeOf, proofText, type TrialRow } from './trial-rows.js';

/** The trials of a journal: what was asked, what was achieved, what came of it. One without an end has no outcome. */
export class TrialCollector {
  readonly #rows: TrialRow[] = [];
  readonly #byUpgrade = new Map<string, number>();
  readonly #open = new Map<string, number>();
  /** Cuts of a journal that knows no trials. */
  readonly #untold: TrialRow[] = [];

  take(event: JournalEvent): void {
    const rig = event.rig ?? '';
    if (event.type === 'trial.start') {
      const id = this.#begin(rig, event);
      if (event.upgrade !== undefined) this.#byUpgrade.set(`${rig}\n${event.upgrade}`, id);
    }
    if (event.type === 'upgrade.start') {
      const open = this.#open.get(rig);
      const key = `${rig}\n${event.upgrade}`;
      if (open !== undefined && !this.#byUpgrade.has(key)) this.#byUpgrade.set(key, open);
    }
    if (event.type === 'trial.end') this.#end(rig, event);
  }

  /** The trial that an upgrade was made for; what only its events tell is added to it. */
  ofUpgrade(
    rig: string,
    id: string,
    upgrade: number,
    record: UpgradeRecord,
    { ending, result, findings }: Judgement,
    events: readonly JournalEvent[],
  ): number | undefined {
    const known = this.#byUpgrade.get(`${rig}\n${id}`);
    const row = known === undefined ? this.#cutWithoutTrial(rig, id, record, result) : this.#rows[known];
    if (row === undefined) return undefined;
    Object.assign(row, { upgrade, ending: ending ?? 'undecided', proof: proofText(events, record) });
    const place = achievedIn(record, row.achieved);
    if (place.achievedZone !== 'unknown') Object.assign(row, place);
    // The record does not tell END from the time after it; what was asked does.
    if (row.achievedZone === 'end' && row.askedZone === 'after') row.achievedZone = 'after';
    if (known === undefined) {
      row.why = findings[0]?.text ?? '';
      row.owner = findings[0]?.owner;
      row.achieved = record.cuts.map(({ phase }) => phase).join(', then ');
    }
    return known;
  }

  rows(): readonly TrialRow[] {
    return this.#rows.length > 0 ? this.#rows : this.#untold;
  }

  #begin(rig: string, { trial, cut, test }: Pick<EventOf<'trial.start'>, 'trial' | 'cut' | 'test'>): number {
    const row = this.#rows.length;
    this.#rows.push({ ...blank, ...askedOf(cut), id: trial, rig, cut, test });
    this.#open.set(rig, row);
    return row;
  }

  #end(rig: string, event: EventOf<'trial.end'>): void {
    const open = this.#open.get(rig);
    // A journal whose beginning is lost may have the end alone.
    const row =
      open !== undefined && this.#rows[open]?.id === event.trial
        ? open
        : this.#begin(rig, { trial: event.trial, cut: event.cut });
    const entry = this.#rows[row];
    this.#open.delete(rig);
    if (entry === undefined) return;
    const { achieved, phase, package: sha256, revision, owner, why = '', upgrade } = event;
    Object.assign(entry, { achieved, phase, package: sha256, revision, owner, why, outcome: outcomeOf(event) });
    Object.assign(entry, achievedIn(undefined, achieved));
    if (upgrade !== undefined) this.#byUpgrade.set(`${rig}\n${upgrade}`, row);
  }

  /** A journal of another make may have cuts and no trials: their upgrades tell what came of them. */
  #cutWithoutTrial(rig: string, id: string, record: UpgradeRecord, result: Judgement['result']): TrialRow | undefined {
    const { cuts } = record;
    if (cuts.length === 0) return undefined;
    const proven = cuts.every((cut) => cut.proven);
    const row: TrialRow = {
      ...blank,
      id,
      rig,
      cut: '',
      test: undefined,
      points: cuts.length,
      source: record.source ?? '',
      asked: '',
      package: record.package?.sha256,
      revision: record.versions.before,
      phase: cuts[0]?.phase ?? '',
      outcome: !proven ? 'invalid' : result === 'pass' ? 'survived' : result === 'fail' ? 'failed' : 'invalid',
      flashing: cuts.length === 1 && (record.package?.contents ?? 'sound') === 'sound',
    };
    this.#untold.push(row);
    return row;
  }
}

const blank = {
  source: '',
  points: 1,
  askedZone: 'unknown',
  askedPercent: undefined,
  asked: '',
  achievedZone: 'unknown',
  achievedPercent: undefined,
  achieved: '',
  outcome: 'unfinished',
  owner: undefined,
  phase: 'unknown',
  package: undefined,
  revision: undefined,
  proof: '',
  why: '',
  upgrade: undefined,
  ending: undefined,
  flashing: false,
} as const;
