import type { EventOf, JournalEvent } from '../journal/events.js';
import { judgeSequence } from './sequence.js';
import type { Judgement, UpgradeRecord } from './types.js';

/** Upgrades that a run judged together, judged again from their records. */
export interface ToldSequence {
  readonly rig: string | undefined;
  readonly ids: readonly string[];
  readonly judgement: Judgement;
}

/** Every sequence of a journal. One of which an upgrade is not in the journal any more is left out: its verdict cannot be repeated. */
export function sequencesOf(events: readonly JournalEvent[], records: readonly UpgradeRecord[]): readonly ToldSequence[] {
  const sequences = new Map<string, ToldSequence>();
  for (const event of verdicts(events)) {
    const { rig, sequence: ids } = event;
    if (ids === undefined) continue;
    const own = ids.map((id) => lastBefore(records, event, id)).filter((record) => record !== undefined);
    if (own.length !== ids.length) continue;
    sequences.set(JSON.stringify([rig, ids]), { rig, ids, judgement: judgeSequence(own) });
  }
  return [...sequences.values()];
}

/** Verdicts of the run that come out otherwise now, in words: the rules have changed since, or the journal was. */
export function changedVerdicts(
  events: readonly JournalEvent[],
  judged: readonly { readonly record: UpgradeRecord; readonly judgement: Judgement }[],
  sequences: readonly ToldSequence[],
): readonly string[] {
  return verdicts(events).flatMap(({ rig, upgrade, sequence, result }) => {
    const now =
      sequence === undefined
        ? judged.findLast(({ record }) => record.rig === rig && record.id === upgrade)?.judgement
        : sequences.find((each) => each.rig === rig && each.ids.join('\n') === sequence.join('\n'))?.judgement;
    if (now?.result === result) return [];
    const what = sequence === undefined ? upgrade : `${sequence.join(', ')} taken together`;
    return [`${what}: ${result} during the run, ${now?.result ?? 'not in the journal'} now`];
  });
}

function verdicts(events: readonly JournalEvent[]): EventOf<'verdict'>[] {
  return events.filter((event): event is EventOf<'verdict'> => event.type === 'verdict');
}

/** The newest of that name when the verdict was given; only journals of old, whose resumed runs counted anew, have several. */
function lastBefore(records: readonly UpgradeRecord[], { rig, t }: EventOf<'verdict'>, id: string): UpgradeRecord | undefined {
  return records.findLast((record) => record.rig === rig && record.id === id && record.startedAt.t <= t);
}
