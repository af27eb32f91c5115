/**
 * What a certificate rests on, gathered while a journal goes by: every upgrade and every sequence of which the run gave a verdict, judged again. What
 * was done merely to bring a unit back has none, and counts for nothing.
 */
import type { EventOf, EventType, JournalEvent, Owner, Source } from '../../journal/events.js';
import { linesLost } from '../../journal/reader.js';
import { judge } from '../../verdict/judge.js';
import { SequencesAgain } from '../../verdict/told.js';
import type { Judgement } from '../../verdict/types.js';
import { outlineOf } from '../outline.js';
import { resultOf, type RunResult } from '../result.js';

/** Where a journal tells it. */
export interface Origin {
  readonly rig: string;
  /** Id of the upgrade; of a sequence, that of its last one. */
  readonly upgrade: string;
  /** Number of the event upgrade.start among those of the rig. */
  readonly n: number;
  /** `suite: title` */
  readonly test: string | undefined;
}

export interface Judged extends Origin {
  readonly result: Judgement['result'];
  readonly exercised: readonly string[];
  readonly findings: readonly {
    readonly owner: Owner;
    readonly rule: string;
    readonly requirement: string;
    readonly text: string;
    readonly events: readonly number[];
  }[];
}

export interface JudgedUpgrade extends Judged {
  readonly step: 'upgrade' | 'downgrade';
  readonly source: Source | undefined;
  readonly sha256: string;
  /** Nothing was done to it: no cut, no fault on the way, nothing that had to be refused. */
  readonly undisturbed: boolean;
  readonly ending: Judgement['ending'];
}

export interface Evidence {
  readonly qualifications: readonly EventOf<'qualification'>[];
  readonly upgrades: readonly JudgedUpgrade[];
  readonly sequences: readonly Judged[];
  readonly result: RunResult;
  /** Without the traffic on the lines. */
  readonly events: readonly JournalEvent[];
  /** Lines that are no events; a journal that ends in mid-line has one more. */
  readonly unreadable: number;
}

/** A journal that can be gone through twice. */
export interface JournalSource {
  events(only?: ReadonlySet<EventType>): Iterable<JournalEvent>;
  /** After it was gone through. */
  readonly unreadable: readonly unknown[];
  readonly cutOff: boolean;
}

/** Undefined for a journal of a run that was not to qualify anything. `rigs`: those that were to take part. */
export function evidenceOf(journal: JournalSource, rigs: readonly string[]): Evidence | undefined {
  const qualifications: EventOf<'qualification'>[] = [];
  const sequenceVerdicts: EventOf<'verdict'>[] = [];
  const told = new Set<string>();
  for (const event of journal.events(new Set(['qualification', 'verdict']))) {
    if (event.type === 'qualification') qualifications.push(event);
    if (event.type !== 'verdict') continue;
    if (event.sequence === undefined) told.add(keyOf(event.rig, event.upgrade));
    else sequenceVerdicts.push(event);
  }
  if (qualifications.length === 0) return undefined;

  const upgrades = new Map<string, JudgedUpgrade>();
  const sequences: Judged[] = [];
  const tests = new TestsUnderWay();
  const again = new SequencesAgain(sequenceVerdicts, ({ rig = '', ids, judgement }) => {
    const last = upgrades.get(keyOf(rig, ids.at(-1) ?? ''));
    sequences.push({ rig, upgrade: ids.join(', '), n: last?.n ?? 0, test: last?.test, ...worth(judgement) });
  });
  const { events } = outlineOf(journal.events(), {
    onEvent: tests.take,
    onUpgrade({ start, record }) {
      const judgement = judge(record);
      const { powerCuts, fault, intent, noRoom, source, step } = record;
      const undisturbed = powerCuts === 0 && fault === undefined && intent === 'valid' && !noRoom;
      if (told.has(keyOf(start.rig, start.upgrade))) {
        const { rig = '', upgrade, n } = start;
        const { sha256 } = start.package;
        const origin = { rig, upgrade, n, test: start.test ?? tests.of(start) };
        const facts = { step, source, sha256: sha256.toLowerCase(), undisturbed, ending: judgement.ending };
        upgrades.set(keyOf(rig, upgrade), { ...origin, ...facts, ...worth(judgement) });
      }
      again.take(record, []);
    },
  });
  again.close();
  const unreadable = linesLost(journal);
  return { qualifications, upgrades: [...upgrades.values()], sequences, result: resultOf(events, rigs), events, unreadable };
}

const keyOf = (rig: string | undefined, upgrade: string): string => JSON.stringify([rig ?? '', upgrade]);

const worth = ({ result, exercised, findings }: Judgement): Pick<Judged, 'result' | 'exercised' | 'findings'> => ({
  result,
  exercised,
  // Without what was expected and seen: there stand identities in full.
  findings: findings.map(({ owner, rule, requirement, text, events }) => ({
    owner,
    rule,
    requirement,
    text,
    events: [...events],
  })),
});

/** In which test an upgrade began, where it does not say so itself. */
class TestsUnderWay {
  readonly #current = new Map<string, string>();
  readonly #began = new WeakMap<JournalEvent, string>();

  readonly take = (event: JournalEvent): void => {
    const rig = event.rig ?? '';
    if (event.type === 'test.start') this.#current.set(rig, event.test);
    if (event.type === 'test.end') this.#current.delete(rig);
    const test = this.#current.get(rig);
    if (event.type === 'upgrade.start' && test !== undefined) this.#began.set(event, test);
  };

  of(start: JournalEvent): string | undefined {
    return this.#began.get(start);
  }
}
