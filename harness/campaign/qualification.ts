/**
 * What it takes to fulfil criteria on given rigs: which suites, which power cuts on which rig, how long that is, and what cannot be fulfilled at
 * all. Pure.
 */
import type { Source } from '../journal/events.js';
import { requiredBy, type Criteria } from '../rig/criteria-schema.js';
import { duration, trialTime } from './budget.js';
import { cutId, phases, type CutTrial, type Phase } from './cut.js';
import { mostCuts, phaseCuts } from './phase-cuts.js';
import { needs } from './qualification-needs.js';
import { cutsFor, survivalText } from './statistics.js';

/** What is known of a rig. */
export interface QualifyingRig {
  readonly name: string;
  /** Names its unit. */
  readonly imei: string;
  readonly sources: readonly Source[];
  /** Those of them whose server is ours. */
  readonly own: readonly Source[];
  readonly powerCuts: boolean;
  /** A package that cannot be applied leaves no unit behind. */
  readonly restorableFailures: boolean;
  /** `timing.scale` */
  readonly scale: number;
  /** ms that a trial takes there, by the ledger. */
  readonly meanTrial: number | undefined;
  /** ms that each suite took there, by the ledger. */
  readonly suiteTimes: ReadonlyMap<string, number>;
  /** Cuts that failed on earlier nights and are made again first. */
  readonly failedBefore: readonly CutTrial[];
}

/** Valid cuts of earlier runs, by phase. */
export interface EarlierCuts {
  readonly phase: string;
  readonly survived: number;
  readonly failed: number;
}

export interface QualificationWish {
  readonly criteria: Criteria;
  readonly rigs: readonly QualifyingRig[];
  readonly earlier: readonly EarlierCuts[];
  /** All suites, in the order in which they run. */
  readonly suites: readonly string[];
  readonly seed: number;
  /** The other parts are made elsewhere, on other rigs: each makes its share of the cuts. */
  readonly part?: { readonly index: number; readonly of: number } | undefined;
}

export interface RigShare {
  readonly rig: string;
  readonly cuts: readonly { readonly title: string; readonly cut: CutTrial }[];
  /** ms */
  readonly took: number;
  /** By the ledger; else an estimate. */
  readonly measured: boolean;
}

export interface QualificationPlan {
  readonly suites: readonly string[];
  readonly shares: readonly RigShare[];
  readonly says: readonly string[];
  /** Why it cannot be begun. */
  readonly problems: readonly string[];
}

/** Of ten cuts, one more, since some are missed or cannot be proved. */
const reserve = (count: number): number => count + Math.floor(count / 10);

export function planQualification(wish: QualificationWish): QualificationPlan {
  const { criteria, rigs, suites: known, part } = wish;
  // Other rigs, other cuts.
  const seed = wish.seed + ((part?.index ?? 1) - 1) * 1000;
  const required = requiredBy(criteria);
  const wanted = wantedCuts(wish);
  const cutting = rigs.filter(({ powerCuts }) => powerCuts);
  const chosen = new Set<string>(['round-trip', ...required.map((id) => needs[id].suite), ...criteria.suites]);
  if ([...wanted.values()].some((count) => count > 0)) chosen.add('power-cut');
  const suites = known.filter((suite) => chosen.has(suite));
  const shared = shareCuts(wanted, cutting, seed);
  const shares = rigs.map((rig): RigShare => {
    const again = cutting.includes(rig) && chosen.has('power-cut') ? rig.failedBefore : [];
    const made = new Set(again.map(cutId));
    const cuts = [
      ...again.map((cut) => ({ title: 'power cut that failed before', cut })),
      ...(shared.get(rig.name) ?? []).filter(({ cut }) => !made.has(cutId(cut))),
    ];
    return { rig: rig.name, cuts, ...timeOf(rig, suites, cuts.length) };
  });
  return { suites, shares, says: saysOf(wish, suites, shares), problems: problemsOf(wish, wanted, cutting, shares) };
}

/** Cuts that are still to be made, by phase. */
function wantedCuts({ criteria, earlier, part }: QualificationWish): ReadonlyMap<Phase, number> {
  const { cuts } = criteria;
  const counts = cuts?.earlier === true ? earlier : [];
  const survived = (phase?: Phase): number =>
    counts.reduce((sum, row) => (phase === undefined || row.phase === phase ? sum + row.survived : sum), 0);
  const wanted = new Map<Phase, number>();
  for (const phase of phases) {
    const implied = requiredBy(criteria).some((id) => needs[id].phase === phase) ? 1 : 0;
    wanted.set(phase, Math.max(implied, (cuts?.phases[phase] ?? 0) - survived(phase)));
  }
  const rate = cuts?.failureRate;
  if (rate !== undefined) {
    const planned = [...wanted.values()].reduce((sum, count) => sum + count, 0);
    const missing = cutsFor(rate.below, rate.confidence) - survived() - planned;
    if (missing > 0) wanted.set('updating', (wanted.get('updating') ?? 0) + missing);
  }
  // What can be made once only is not made once more.
  return new Map([...wanted].map(([phase, count]) => [phase, share(phase === 'end' ? count : reserve(count), part)]));
}

/** The first parts make one more where it does not come out even. */
function share(count: number, part: QualificationWish['part']): number {
  if (part === undefined) return count;
  return Math.floor(count / part.of) + (part.index <= count % part.of ? 1 : 0);
}

/** To the rigs in turn, as far as each can make them. */
function shareCuts(
  wanted: ReadonlyMap<Phase, number>,
  rigs: readonly QualifyingRig[],
  seed: number,
): ReadonlyMap<string, RigShare['cuts']> {
  const shares = new Map<string, { readonly title: string; readonly cut: CutTrial }[]>(rigs.map(({ name }) => [name, []]));
  for (const [phase, count] of wanted) {
    const able = rigs.filter(({ sources }) => mostCuts(phase, sources) > 0);
    const counts = new Map(able.map(({ name }) => [name, 0]));
    for (let left = count, turn = 0; left > 0 && able.length > 0; turn += 1) {
      const rig = able[turn % able.length];
      if (rig === undefined) break;
      const own = counts.get(rig.name) ?? 0;
      if (own < mostCuts(phase, rig.sources)) {
        counts.set(rig.name, own + 1);
        left -= 1;
      } else if (able.every(({ name, sources }) => (counts.get(name) ?? 0) >= mostCuts(phase, sources))) break;
    }
    for (const [index, { name, sources, own }] of able.entries()) {
      const cuts = phaseCuts({ phase, count: counts.get(name) ?? 0, sources, own, seed: seed + index });
      shares.get(name)?.push(...cuts.map((cut) => ({ title: `power cut in phase ${phase}`, cut })));
    }
  }
  return shares;
}

/** Upgrades that a suite makes, about, where the ledger does not know how long it takes; half a trial each. */
const upgradesIn: Readonly<Record<string, (sources: number) => number>> = {
  identity: () => 1,
  'round-trip': (sources) => 2 * sources,
  limits: (sources) => 2 + 2 * sources,
  'download-failures': () => 20,
  'bad-packages': () => 20,
  'five-retries': () => 30,
  'network-cut': () => 12,
};

function timeOf(rig: QualifyingRig, suites: readonly string[], cuts: number): Pick<RigShare, 'took' | 'measured'> {
  const each = trialTime(rig);
  let took = cuts * each;
  let measured = cuts === 0 || rig.meanTrial !== undefined;
  for (const suite of suites.filter((name) => name !== 'power-cut')) {
    const known = rig.suiteTimes.get(suite);
    if (known === undefined) measured = false;
    took += known ?? ((upgradesIn[suite]?.(rig.sources.length) ?? 10) * each) / 2;
  }
  return { took, measured };
}

function saysOf(
  { criteria, earlier }: QualificationWish,
  suites: readonly string[],
  shares: readonly RigShare[],
): readonly string[] {
  const counts = criteria.cuts?.earlier === true;
  const [survived, failed] = [sum(earlier.map((row) => row.survived)), sum(earlier.map((row) => row.failed))];
  const before =
    survived + failed === 0
      ? []
      : [
          `${String(survived + failed)} valid cuts of earlier runs ${counts ? 'count' : 'do not count (cuts.earlier)'}: ${survivalText({ valid: survived + failed, failed })}`,
        ];
  const longest = Math.max(0, ...shares.map(({ took }) => took));
  return [
    `suites: ${suites.join(', ')}`,
    ...before,
    ...shares.map(
      ({ rig, cuts, took, measured }) =>
        `${rig}: ${String(cuts.length)} power cuts, about ${duration(took)}${measured ? '' : ' (an estimate: the ledger does not know all of it yet)'}`,
    ),
    `in all about ${duration(longest)}, rigs side by side`,
  ];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function problemsOf(
  { criteria, rigs, earlier, suites, part }: QualificationWish,
  wanted: ReadonlyMap<Phase, number>,
  cutting: readonly QualifyingRig[],
  shares: readonly RigShare[],
): readonly string[] {
  const problems = part === undefined ? lackingTogether(criteria, rigs) : [];
  if ([...wanted.values()].some((count) => count > 0) && cutting.length === 0)
    problems.push('power cuts are asked for, and no rig allows them (safety.powerCuts)');
  else {
    for (const [phase, count] of wanted) {
      const most = sum(cutting.map(({ sources }) => mostCuts(phase, sources)));
      if (count > most)
        problems.push(`${String(count)} cuts in phase ${phase} are to be made, and these rigs can make ${String(most)}`);
    }
  }
  const unknown = criteria.suites.filter((suite) => !suites.includes(suite));
  for (const suite of unknown) problems.push(`there is no suite ${suite}; there are ${suites.join(', ')}`);
  const failed = sum(earlier.map((row) => row.failed));
  if (criteria.cuts?.earlier === true && failed > 0)
    problems.push(
      `${String(failed)} cuts of earlier runs failed, and they count (cuts.earlier): this package cannot be qualified any more`,
    );
  const longest = Math.max(0, ...shares.map(({ took }) => took));
  if (criteria.within !== undefined && longest > criteria.within)
    problems.push(`it would take about ${duration(longest)}, and within allows ${duration(criteria.within)}`);
  return problems;
}

/** What a part may lack, as another one may have it: units, sources, and what requirements need. */
function lackingTogether(criteria: Criteria, rigs: readonly QualifyingRig[]): string[] {
  const problems: string[] = [];
  const units = new Set(rigs.map(({ imei }) => imei)).size;
  if (units < criteria.units)
    problems.push(`${String(criteria.units)} units are asked for, and the rigs given have ${String(units)}`);
  for (const source of criteria.sources) {
    if (!rigs.some(({ sources }) => sources.includes(source))) problems.push(`no rig delivers by ${source}`);
  }
  const lacking = new Map<string, string[]>();
  for (const id of requiredBy(criteria)) {
    const lacks = rigs.map((rig) => needs[id].lacks?.(rig));
    const [first] = lacks;
    if (first !== undefined && lacks.every((lack) => lack !== undefined)) lacking.set(first, [...(lacking.get(first) ?? []), id]);
  }
  for (const [what, ids] of lacking)
    problems.push(`no rig ${what}, which ${ids.join(', ')} ${ids.length === 1 ? 'needs' : 'need'}`);
  return problems;
}
