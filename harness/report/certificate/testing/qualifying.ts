/** The journal of a run that qualifies a pair, as short as it can be, and what a change to it makes of the certificate. */
import type { EventBody, EventType, JournalEvent } from '../../../journal/events.js';
import { runStart } from '../../../journal/testing/beginning.js';
import { script, sound, v12, type Script } from '../../../verdict/testing/script.js';
import { evidenceOf, type JournalSource } from '../evidence.js';
import { certificateOf } from '../judge.js';
import type { Certificate } from '../types.js';

export const sha256 = 'ab'.repeat(32);

export const criteriaText = `
name: least
requirements: { cover: [DG-13, DH-03, DG-02] }
sources: [ufs]
units: 1
cuts: { phases: { updating: 2 }, failureRate: { below: 0.8 } }
`;

type Body<T extends EventType> = Extract<EventBody, { type: T }>;

export const qualification = (change: Partial<Body<'qualification'>> = {}): Body<'qualification'> => {
  const file = { file: 'update.zip', size: 200_000, sha256, warnings: [] };
  const packages = { upgrade: file, downgrade: file };
  return {
    type: 'qualification',
    run: 'night',
    criteria: { file: 'c.yaml', text: criteriaText },
    packages,
    earlier: [],
    ...change,
  };
};

const start = runStart({ argv: ['qualify'] });

export const trialEnd = (number: number, change: Partial<Body<'trial.end'>> = {}): EventBody => ({
  type: 'trial.end',
  trial: `ec25-a/${String(number)}`,
  cut: `cut:updating@${String(number)}%/ufs#0000`,
  package: sha256,
  revision: v12,
  outcome: 'survived',
  phase: 'updating',
  achieved: 'updating',
  took: 1,
  ...change,
});

export const ended = (test: string, status: Body<'test.end'>['status'], why?: string): EventBody[] => [
  { type: 'test.start', test, suite: test.split(':')[0] ?? '', requirements: test.includes('QFOTADL') ? ['DG-02'] : [] },
  { type: 'test.end', test, status, ...(why === undefined ? {} : { why }) },
];

export interface Story {
  readonly asked?: Partial<Body<'qualification'>>;
  /** In place of a sound upgrade over UFS. */
  readonly upgrade?: (story: Script) => Script;
  readonly upgradeResult?: 'pass' | 'fail' | 'invalid' | 'inconclusive';
  readonly roundTrip?: Body<'test.end'>['status'];
  /** Told on the rig before its end. */
  readonly more?: readonly EventBody[];
  readonly powerSafe?: boolean;
}

/** A round trip over UFS, the test of AT+QFOTADL=?, and two cuts that were survived. */
export function journalOf({ asked, upgrade, upgradeResult, roundTrip, more = [], powerSafe = true }: Story = {}): JournalEvent[] {
  const story = script().event({ type: 'rig.ready', took: 1 });
  story.event({ type: 'test.start', test: 'round-trip: ufs', suite: 'round-trip', requirements: ['DG-13', 'DH-03'] });
  (upgrade ?? ((same: Script) => sound('ufs', {}, same)))(story);
  story.event({ type: 'verdict', upgrade: 'u1', result: upgradeResult ?? 'pass', ending: 'upgraded', findings: [] });
  sound('ufs', { step: 'downgrade' }, story);
  story.event({ type: 'verdict', upgrade: 'u2', result: 'pass', ending: 'upgraded', findings: [] });
  story.event({ type: 'test.end', test: 'round-trip: ufs', status: roundTrip ?? 'passed' });
  for (const body of [...ended('identity: AT+QFOTADL=?', 'passed'), trialEnd(1), trialEnd(2), ...more]) story.event(body);
  story.event({ type: 'rig.end', powerSafe, why: 'all off' });
  const own = (body: EventBody): JournalEvent => ({ n: 1, t: 0, at: '2026-02-01T22:00:00.000Z', ...body });
  const end: EventBody = { type: 'run.end', exit: 0, reason: 'all conform' };
  return [own(start), own(qualification(asked)), ...story.events, own(end)];
}

/** As it would be read from a file; `unreadable`: lines that are no events. */
export function sourceOf(events: readonly JournalEvent[], unreadable = 0, cutOff = false): JournalSource {
  const chosen = (only?: ReadonlySet<EventType>): Iterable<JournalEvent> =>
    only === undefined ? events : events.filter(({ type }) => only.has(type));
  return { events: chosen, unreadable: Array.from({ length: unreadable }), cutOff };
}

export function certified(source: JournalSource | readonly JournalEvent[], rigs = ['ec25-a']): Certificate {
  const evidence = evidenceOf('events' in source ? source : sourceOf(source), rigs);
  if (evidence === undefined) throw new Error('there is no qualification in it');
  return certificateOf(evidence);
}
