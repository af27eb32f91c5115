import { achievedPercent } from '../../campaign/trial.js';
import { parseCutId, phaseOf, pointText, type CutPoint } from '../../campaign/cut.js';
import type { EventOf, JournalEvent, Owner } from '../../journal/events.js';
import type { Cut, UpgradeRecord } from '../../verdict/types.js';
import type { Outcome, Zone } from './data.js';
import { ms } from './event-text.js';

/** One trial, as far as the journal has it. */
export interface TrialRow {
  readonly id: string;
  readonly rig: string;
  readonly cut: string;
  readonly test: string | undefined;
  source: string;
  points: number;
  askedZone: Zone;
  askedPercent: number | undefined;
  asked: string;
  achievedZone: Zone;
  achievedPercent: number | undefined;
  achieved: string;
  outcome: Outcome;
  owner: Owner | undefined;
  phase: string;
  package: string | undefined;
  revision: string | undefined;
  proof: string;
  why: string;
  /** Row of its upgrade. */
  upgrade: number | undefined;
  ending: string | undefined;
  /** It may stand beside others in a window of the flashing: one cut, of a sound package, at a percentage. */
  flashing: boolean;
}

/** What an id or its text asks for. A journal of another make may have ids that are none of ours: what can be read of them is. */
export function askedOf(cut: string): Pick<TrialRow, 'points' | 'askedZone' | 'askedPercent' | 'asked' | 'source' | 'flashing'> {
  try {
    const { points, source, contents } = parseCutId(cut);
    const [first] = points;
    if (first === undefined) throw new Error('no point');
    const asked = points.map(pointText).join(', ');
    const single = points.length === 1 && contents === undefined;
    return {
      points: points.length,
      askedZone: zoneAsked(first),
      askedPercent: first.anchor === 'updating' ? first.percent : undefined,
      asked,
      source,
      flashing: single && first.anchor === 'updating',
    };
  } catch {
    const list = cut.replace(/^cut:/, '').replace(/#.*$/, '');
    const percent = /updating@(\d{1,3}(?:\.\d+)?)%/.exec(list)?.[1];
    const points = list.split(',').length;
    return {
      points,
      askedZone: percent === undefined ? 'unknown' : 'flash',
      askedPercent: percent === undefined ? undefined : Math.min(100, Number(percent)),
      asked: list,
      source: /\/(ftp|http|ufs|sd)\b/.exec(list)?.[1] ?? '',
      flashing: percent !== undefined && points === 1,
    };
  }
}

function zoneAsked(point: CutPoint): Zone {
  if (point.anchor === 'failed-end') return 'retry';
  if (point.anchor === 'silence') return 'unknown';
  const phase = phaseOf(point);
  if (phase === 'updating') return point.percent === undefined ? 'start' : 'flash';
  return phase === 'after-end' ? 'after' : phase;
}

const zoneOf: Readonly<Record<Cut['phase'], Zone>> = {
  download: 'download',
  between: 'reboot',
  recovery: 'start',
  retry: 'retry',
  'after-end': 'end',
  normal: 'after',
};

/** Where the first cut really fell: from the record, or else from the words of the journal. */
export function achievedIn(record: UpgradeRecord | undefined, text: string): Pick<TrialRow, 'achievedZone' | 'achievedPercent'> {
  const cut = record?.cuts[0];
  if (record !== undefined && cut !== undefined) {
    const inFlash = cut.phase === 'recovery' || cut.phase === 'retry';
    const percent = inFlash ? achievedPercent(record) : undefined;
    if (percent !== undefined) return { achievedZone: 'flash', achievedPercent: percent };
    return { achievedZone: zoneOf[cut.phase], achievedPercent: undefined };
  }
  const told = /\bat (\d{1,3}(?:\.\d+)?) %/.exec(text)?.[1];
  if (told !== undefined) return { achievedZone: 'flash', achievedPercent: Math.min(100, Number(told)) };
  const phase = (Object.keys(zoneOf) as Cut['phase'][]).find((each) => text.startsWith(each));
  return { achievedZone: phase === undefined ? 'unknown' : zoneOf[phase], achievedPercent: undefined };
}

/** As the ledger counts: a failure that is nobody's of the module is none, yet no pass either. */
export function outcomeOf({ outcome, owner }: Pick<EventOf<'trial.end'>, 'outcome' | 'owner'>): Outcome {
  return outcome === 'failed' && owner !== 'firmware' && owner !== 'package' ? 'not-attributed' : outcome;
}

/** When each witness told that power had gone, after the switch was told. */
export function proofText(events: readonly JournalEvent[], record: UpgradeRecord): string {
  const told = record.cuts.map((cut) => {
    const back = events.find(
      (event) => event.type === 'power.do' && event.wire === 'supply' && event.action === 'on' && event.t > cut.t,
    );
    const until = back?.t ?? Infinity;
    const after = (matches: (event: JournalEvent) => boolean): number | undefined => {
      const found = events.find((event) => event.t >= cut.t && event.t <= until && matches(event));
      return found === undefined ? undefined : found.t - cut.t;
    };
    const seen = [
      ['STATUS fell', after((event) => event.type === 'power.status' && !event.on)],
      ['USB left', after((event) => event.type === 'line.gone' || event.type === 'line.lost' || event.type === 'usb.left')],
    ] as const;
    const words = seen.flatMap(([name, delay]) => (delay === undefined ? [] : [`${name} after ${ms(delay)}`]));
    return `${words.length === 0 ? 'no witness' : words.join(', ')}${cut.proven ? '' : ' (not proven)'}`;
  });
  return told.join('; ');
}
