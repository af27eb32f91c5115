/** Each criterion against what was seen: what was asked, what was reached, and what that rests on. Pure. */
import { phases, type Phase } from '../../campaign/cut.js';
import { boundText, survivalText, upperBound, type Survival } from '../../campaign/statistics.js';
import type { EventOf, Source } from '../../journal/events.js';
import { requiredBy, type Criteria } from '../../rig/criteria-schema.js';
import { maskImei } from '../../rig/profile.js';
import { requirementText, testedElsewhere } from '../../verdict/requirements.js';
import type { Evidence, Judged, JudgedUpgrade } from './evidence.js';
import { restsOn } from './rests.js';
import type { CertifiedUnit, CriterionRow } from './types.js';

export interface Asked {
  readonly criteria: Criteria;
  readonly evidence: Evidence;
  /** The pair as the first rig was given it. */
  readonly pair: EventOf<'pair'>;
  readonly earlier: EventOf<'qualification'>['earlier'];
}

export function criteriaRows(asked: Asked): readonly CriterionRow[] {
  const { criteria } = asked;
  return [
    ...requiredBy(criteria).map((id) => requirementRow(id, asked.evidence)),
    ...criteria.sources.map((source) => sourceRow(source, asked)),
    unitsRow(asked),
    ...cutRows(asked),
  ];
}

export const isAgainst = ({ owner }: { readonly owner: string }): boolean => owner === 'firmware' || owner === 'package';

function requirementRow(id: string, { upgrades, sequences, result }: Evidence): CriterionRow {
  const all: readonly Judged[] = [...upgrades, ...sequences];
  const broken = all.filter(
    ({ result: so, findings }) => so === 'fail' && findings.some((finding) => finding.requirement === id && isAgainst(finding)),
  );
  const kept = all.filter(
    (judged) =>
      (judged.result === 'pass' || judged.result === 'fail') && judged.exercised.includes(id) && !broken.includes(judged),
  );
  const doubtful = all.filter(({ findings }) =>
    findings.some((finding) => finding.requirement === id && finding.owner === 'undecided'),
  );
  // A test's own word counts only for what no upgrade can show.
  const own = testedElsewhere[id] === undefined ? [] : result.tests.filter(({ requirements }) => requirements.includes(id));
  const passed = own.filter(({ status }) => status === 'passed').map(({ test }) => test);
  const failed = own.filter(({ status }) => status === 'failed').map(({ test }) => test);
  const [good, bad] = [kept.length + passed.length, broken.length + failed.length];
  const named = result.tests.filter(({ requirements }) => requirements.includes(id));
  const lacking = named.length === 0 ? 'no test that names it ran' : statusesOf(named.map(({ status }) => status));
  const reached =
    bad > 0
      ? `broken ${String(bad)} of ${count(bad + good, 'time')}`
      : good > 0
        ? `kept ${count(good, 'time')}`
        : doubtful.length > 0
          ? `undecided ${count(doubtful.length, 'time')}`
          : `not covered: ${lacking}`;
  const rests =
    bad > 0 ? restsOn({ upgrades: broken, tests: failed }) : restsOn({ upgrades: good > 0 ? kept : doubtful, tests: passed });
  return { kind: 'requirement', id, asked: requirementText(id), reached, met: good > 0 && bad === 0, rests };
}

function statusesOf(statuses: readonly string[]): string {
  const told = [...new Set(statuses)].map((status) => `${String(statuses.filter((each) => each === status).length)} ${status}`);
  return `of its tests ${told.join(', ')}`;
}

const count = (number: number, what: string): string => `${String(number)} ${what}${number === 1 ? '' : 's'}`;

/** Upgrades that nothing disturbed, of the pair's own files byte for byte, without a finding, on the version they lead to. */
export function soundOf({ evidence, pair }: Pick<Asked, 'evidence' | 'pair'>): readonly JudgedUpgrade[] {
  return evidence.upgrades.filter(
    ({ result, ending, undisturbed, step, sha256 }) =>
      result === 'pass' && ending === 'upgraded' && undisturbed && sha256 === pair[step].sha256.toLowerCase(),
  );
}

function sourceRow(source: Source, asked: Asked): CriterionRow {
  const own = soundOf(asked).filter((upgrade) => upgrade.source === source);
  const of = (step: JudgedUpgrade['step']): number => own.filter((upgrade) => upgrade.step === step).length;
  const [up, down] = [of('upgrade'), of('downgrade')];
  return {
    kind: 'source',
    id: source,
    asked: `a sound upgrade and downgrade over ${source}`,
    reached: `${count(up, 'sound upgrade')}, ${count(down, 'sound downgrade')}`,
    met: up > 0 && down > 0,
    rests: restsOn({ upgrades: own }),
  };
}

/** Every unit that took part. */
export function unitsOf({
  evidence,
  pair,
}: Pick<Asked, 'evidence' | 'pair'>): readonly (CertifiedUnit & { readonly key: string })[] {
  const starts = new Map(
    evidence.events.flatMap((event) => (event.type === 'rig.start' ? [[event.rig ?? '', event.profile] as const] : [])),
  );
  const sound = soundOf({ evidence, pair });
  return [...starts].map(([rig, { module, imei, simulated }]) => {
    const steps = new Set(sound.filter((upgrade) => upgrade.rig === rig).map(({ step }) => step));
    const masked = imei === undefined ? undefined : maskImei(imei);
    return { rig, module, imei: masked, simulated, sound: steps.size === 2, key: imei ?? `rig ${rig}` };
  });
}

function unitsRow(asked: Asked): CriterionRow {
  // The same unit on two rigs is one unit.
  const sound = new Map(unitsOf(asked).flatMap((unit) => (unit.sound ? [[unit.key, unit] as const] : [])));
  const names = [...sound.values()].map(({ rig, imei }) => (imei === undefined ? rig : `${imei} on ${rig}`));
  return {
    kind: 'units',
    id: 'units',
    asked: `${count(asked.criteria.units, 'unit')} with a sound upgrade and downgrade`,
    reached: names.length === 0 ? 'none' : `${String(names.length)}: ${names.join(', ')}`,
    met: sound.size >= asked.criteria.units,
    rests: restsOn({}),
  };
}

interface Counted extends Survival {
  readonly trials: readonly string[];
  readonly earlier: number;
}

function cutRows(asked: Asked): readonly CriterionRow[] {
  const { cuts } = asked.criteria;
  if (cuts === undefined) return [];
  const rows = phases.flatMap((phase): CriterionRow[] => {
    const least = cuts.phases[phase];
    if (least === 0) return [];
    const { valid, failed, trials, earlier } = countedCuts(asked, phase);
    const before = earlier === 0 ? '' : `, ${String(earlier)} of them in earlier runs`;
    return [
      {
        kind: 'cuts',
        id: phase,
        asked: `${count(least, 'valid cut')} in phase ${phase}`,
        reached: `${String(valid)} valid, ${String(failed)} failed${before}`,
        met: valid >= least && failed === 0,
        rests: restsOn({ trials }),
      },
    ];
  });
  if (cuts.failureRate === undefined) return rows;
  const { below, confidence } = cuts.failureRate;
  const { trials, ...survival } = countedCuts(asked);
  return [
    ...rows,
    {
      kind: 'failure-rate',
      id: 'failure rate',
      asked: `failure rate < ${String(Number((below * 100).toPrecision(6)))} % (${String(Number((confidence * 100).toPrecision(6)))} %)`,
      reached: survivalText(survival, confidence),
      met: upperBound(survival, confidence) <= below,
      rests: restsOn({ trials }),
    },
  ];
}

/** Valid cuts of the upgrade package from the revision that it starts from; all phases, or one. */
export function countedCuts({ criteria, evidence, pair, earlier }: Asked, phase?: Phase): Counted {
  const revision = pair.versions[pair.upgrade.from] ?? pair.upgrade.from;
  const own = evidence.events.filter(
    (event): event is EventOf<'trial.end'> =>
      event.type === 'trial.end' &&
      event.package.toLowerCase() === pair.upgrade.sha256.toLowerCase() &&
      event.revision === revision &&
      (phase === undefined || event.phase === phase),
  );
  const survived = own.filter(({ outcome }) => outcome === 'survived');
  const failed = own.filter(({ outcome, owner }) => outcome === 'failed' && owner !== undefined && isAgainst({ owner }));
  const before = criteria.cuts?.earlier === true ? earlier.filter((row) => phase === undefined || row.phase === phase) : [];
  const sum = (of: 'survived' | 'failed'): number => before.reduce((total, row) => total + row[of], 0);
  return {
    valid: survived.length + failed.length + sum('survived') + sum('failed'),
    failed: failed.length + sum('failed'),
    trials: [...failed, ...survived].map(({ trial }) => trial),
    earlier: sum('survived') + sum('failed'),
  };
}

/** For a headline: what the cuts prove, with the confidence that was asked for. */
export function provenText(asked: Asked): string | undefined {
  const survival = countedCuts(asked);
  if (survival.valid === 0) return undefined;
  const confidence = asked.criteria.cuts?.failureRate?.confidence;
  return survival.failed === 0 ? survivalText(survival, confidence) : boundText(survival, confidence);
}
