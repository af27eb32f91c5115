/** What became of a trial: asked against achieved, proven or not. Pure. */
import type { EventOf, Owner } from '../journal/events.js';
import type { Cut, Judgement, UpgradeRecord } from '../verdict/types.js';
import { allowedAttempts } from '../verdict/rules/retries.js';
import { outOfReach } from './reach.js';
import { phaseOf, pointText, type CutPoint, type CutTrial, type Phase } from './cut.js';

/**
 * - `survived`: every point was cut, proven, and the module did what it must
 * - `failed`: the same, and a rule blames the firmware or the package
 * - `missed`: a point came too late or not at all: nothing is said of the module
 * - `invalid`: no proof that power went, or the rig, the harness or missing witnesses spoilt it; owned by the firmware or the package, it failed
 *   before any cut: no trial of cuts, and a failure of its test all the same
 */
export type TrialOutcome = EventOf<'trial.end'>['outcome'];

export interface TrialResult {
  readonly outcome: TrialOutcome;
  readonly owner: Owner | undefined;
  /** `updating at 43 %, 118 ms after it`, one for each point. */
  readonly achieved: string;
  readonly why: string | undefined;
  /** Of a missed one: no cut could have been made there, since the module was quicker or never reported it. To try again is no use. */
  readonly outOfReach?: true;
}

/** Phases of the record in which a point of this phase may have landed. */
const landsIn: Readonly<Record<Phase, readonly Cut['phase'][]>> = {
  download: ['download'],
  reboot: ['between'],
  start: ['recovery', 'retry'],
  updating: ['recovery', 'retry'],
  end: ['after-end'],
  'after-end': ['after-end', 'normal'],
};

export function trialResult(trial: CutTrial, record: UpgradeRecord, judgement: Judgement): TrialResult {
  const cuts = record.cuts.slice(0, trial.points.length);
  const achieved = cuts.map((cut) => achievedText(cut, record)).join(', then ') || 'no cut';
  const missed = (why: string, index: number): TrialResult => {
    const point = trial.points[index];
    const since = record.cuts[index - 1]?.back;
    const never = judgement.result === 'pass' && point !== undefined ? outOfReach(point, record, since) : undefined;
    const common = { outcome: 'missed', owner: undefined, achieved } as const;
    return never === undefined ? { ...common, why } : { ...common, why: never, outOfReach: true };
  };

  const decided =
    judgement.result === 'fail' ? judgement.findings.find(({ owner }) => owner === 'firmware' || owner === 'package') : undefined;
  const spoilt = judgement.findings.find(({ owner }) => owner === 'rig' || owner === 'harness' || owner === 'network');
  const unproven = cuts.findIndex(({ proven }) => !proven);
  if (unproven >= 0) {
    const why = `no proof that power went at ${asked(trial.points[unproven])}: neither STATUS fell nor a device left`;
    // What the module itself said wrong, no switch can have brought about: the rules fail it beside the rig's fault.
    if (decided !== undefined)
      return { outcome: 'invalid', owner: decided.owner, achieved, why: `${findingText(decided)}; ${why}` };
    return { outcome: 'invalid', owner: 'rig', achieved, why };
  }
  // A module that fails before the next point is reached has failed: what is left of the plan cannot change that.
  if (decided === undefined) {
    // Cuts may use attempts up: a module that then gave up as it may leaves the further points out of reach.
    const least = record.profile === undefined ? Infinity : allowedAttempts(record.profile.firmware).least;
    const usedUp = cuts.length >= least && judgement.ending !== 'upgraded' && judgement.result === 'pass';
    if (cuts.length < trial.points.length && !usedUp) {
      return missed(`the upgrade ended before ${asked(trial.points[cuts.length])} was reached`, cuts.length);
    }
    for (const [index, cut] of cuts.entries()) {
      const point = trial.points[index];
      if (point !== undefined && !landsIn[phaseOf(point)].includes(cut.phase))
        return missed(`asked for ${asked(point)}, achieved ${achievedText(cut, record)}`, index);
    }
  }
  if (judgement.result === 'pass') return { outcome: 'survived', owner: undefined, achieved, why: undefined };
  if (decided !== undefined && cuts.length > 0)
    return { outcome: 'failed', owner: decided.owner, achieved, why: findingText(decided) };
  const finding = decided ?? spoilt ?? judgement.findings[0];
  return {
    outcome: 'invalid',
    owner: finding?.owner ?? 'undecided',
    achieved,
    why: finding?.text ?? 'the events do not tell how it ended',
  };
}

const findingText = ({ requirement, rule, text }: Judgement['findings'][number]): string => `${requirement} ${rule}: ${text}`;

/** Percentage that the last cut of a record really hit, for narrowing; undefined when none was reported before it. */
export function achievedPercent(record: UpgradeRecord, index = 0): number | undefined {
  const cut = record.cuts[index];
  return cut === undefined ? undefined : lastPercent(cut, record)?.percent;
}

function asked(point: CutPoint | undefined): string {
  return point === undefined ? 'the next point' : pointText(point);
}

function lastPercent(cut: Cut, record: UpgradeRecord): { percent: number; t: number } | undefined {
  let found: { percent: number; t: number } | undefined;
  for (const report of record.reports) {
    if (report.kind !== 'updating' || typeof report.value !== 'number' || report.t === undefined || report.t > cut.t) continue;
    found = { percent: report.value, t: report.t };
  }
  return found;
}

function achievedText(cut: Cut, record: UpgradeRecord): string {
  const last = cut.phase === 'recovery' || cut.phase === 'retry' ? lastPercent(cut, record) : undefined;
  const before = record.reports.filter((report) => report.t !== undefined && report.t <= cut.t).at(-1);
  const after = before?.t === undefined ? '' : `, ${(cut.t - before.t).toFixed(1)} ms after the last report`;
  return `${cut.phase}${last === undefined ? '' : ` at ${String(last.percent)} %`}${after}`;
}
