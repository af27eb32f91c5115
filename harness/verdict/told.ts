import type { EventOf, JournalEvent } from '../journal/events.js';
import { judgeSequence } from './sequence.js';
import type { Judgement, UpgradeRecord } from './types.js';

/** Upgrades that a run judged together, judged again from their records. */
export interface ToldSequence {
  readonly rig: string | undefined;
  readonly ids: readonly string[];
  readonly judgement: Judgement;
}

/** A sequence that was judged again, with the events of its upgrades. */
export interface SequenceAgain extends ToldSequence {
  readonly events: readonly JournalEvent[];
}

/** Verdicts on several upgrades together. */
export const sequenceVerdicts = (events: Iterable<JournalEvent>): EventOf<'verdict'>[] => {
  const found: EventOf<'verdict'>[] = [];
  for (const event of events) if (event.type === 'verdict' && event.sequence !== undefined) found.push(event);
  return found;
};

/**
 * Judges sequences again while the upgrades of a journal pass by, in the order in which they began; of those, only what a sequence still needs is kept.
 * One of which an upgrade is not in the journal any more is left out: its verdict cannot be repeated.
 */
export class SequencesAgain {
  readonly #waiting: EventOf<'verdict'>[];
  /** How many sequences an upgrade is still needed for, and what is known of it: the newest of its name. */
  readonly #needed = new Map<string, number>();
  readonly #kept = new Map<string, { readonly record: UpgradeRecord; readonly events: readonly JournalEvent[] }>();

  constructor(
    verdicts: readonly EventOf<'verdict'>[],
    private readonly onSequence: (sequence: SequenceAgain) => void,
  ) {
    this.#waiting = [...verdicts].sort((one, other) => one.t - other.t);
    for (const verdict of verdicts) for (const key of keysOf(verdict)) this.#needed.set(key, (this.#needed.get(key) ?? 0) + 1);
  }

  take(record: UpgradeRecord, events: readonly JournalEvent[]): void {
    // An upgrade of the same name that began after a verdict is not the one that was judged; only journals of old have such.
    const due = this.#waiting.filter(({ rig, t }) => rig === record.rig && t < record.startedAt.t);
    for (const verdict of due) this.#conclude(verdict);
    const key = keyOf(record.rig, record.id);
    if ((this.#needed.get(key) ?? 0) > 0) this.#kept.set(key, { record, events });
  }

  /** To be called once, after the last upgrade. */
  close(): void {
    for (const verdict of [...this.#waiting]) this.#conclude(verdict);
  }

  #conclude(verdict: EventOf<'verdict'>): void {
    this.#waiting.splice(this.#waiting.indexOf(verdict), 1);
    const keys = keysOf(verdict);
    const own = keys.map((key) => this.#kept.get(key)).filter((found) => found !== undefined);
    if (own.length === keys.length) {
      const judgement = judgeSequence(own.map(({ record }) => record));
      const events = own.flatMap((found) => [...found.events]);
      this.onSequence({ rig: verdict.rig, ids: verdict.sequence ?? [], judgement, events });
    }
    for (const key of keys) {
      const left = (this.#needed.get(key) ?? 0) - 1;
      this.#needed.set(key, left);
      if (left <= 0) this.#kept.delete(key);
    }
  }
}

const keyOf = (rig: string | undefined, id: string): string => JSON.stringify([rig, id]);
const keysOf = ({ rig, sequence = [] }: EventOf<'verdict'>): readonly string[] => sequence.map((id) => keyOf(rig, id));

/** Every sequence of a journal that is at hand as a whole. */
export function sequencesOf(events: readonly JournalEvent[], records: readonly UpgradeRecord[]): readonly ToldSequence[] {
  const sequences = new Map<string, ToldSequence>();
  const again = new SequencesAgain(sequenceVerdicts(events), ({ rig, ids, judgement }) => {
    sequences.set(JSON.stringify([rig, ids]), { rig, ids, judgement });
  });
  for (const record of [...records].sort((one, other) => one.startedAt.t - other.startedAt.t)) again.take(record, []);
  again.close();
  return [...sequences.values()];
}

/** What an upgrade comes to when it is judged again. */
export interface UpgradeAgain {
  readonly rig: string | undefined;
  readonly id: string;
  readonly result: Judgement['result'];
}

/** Verdicts of the run that come out otherwise now, in words: the rules have changed since, or the journal was. */
export function changedVerdicts(
  events: readonly JournalEvent[],
  judged: readonly UpgradeAgain[],
  sequences: readonly ToldSequence[],
): readonly string[] {
  const upgrades = new Map(judged.map(({ rig, id, result }) => [keyOf(rig, id), result]));
  const together = new Map(sequences.map(({ rig, ids, judgement }) => [JSON.stringify([rig, ids]), judgement.result]));
  return verdicts(events).flatMap(({ rig, upgrade, sequence, result }) => {
    const now = sequence === undefined ? upgrades.get(keyOf(rig, upgrade)) : together.get(JSON.stringify([rig, sequence]));
    if (now === result) return [];
    const what = sequence === undefined ? upgrade : `${sequence.join(', ')} taken together`;
    return [`${what}: ${result} during the run, ${now ?? 'not in the journal'} now`];
  });
}

function verdicts(events: readonly JournalEvent[]): EventOf<'verdict'>[] {
  return events.filter((event): event is EventOf<'verdict'> => event.type === 'verdict');
}
