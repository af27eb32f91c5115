/**
 * Qualified, not qualified, or not enough evidence: a pure function of a run's journal. Never qualified by default: every criterion must be met,
 * nothing may speak against the firmware or the package, and nothing may have gone wrong with the evidence.
 */
import { createHash } from 'node:crypto';
import type { EventOf } from '../../journal/events.js';
import { parseCriteria, type LoadedCriteria } from '../../rig/criteria.js';
import { criteriaRows, isAgainst, provenText, unitsOf, type Asked } from './criteria-rows.js';
import type { Evidence, Judged } from './evidence.js';
import { restsOn } from './rests.js';
import type { Against, Certificate, CertificateVerdict, CertifiedPackage, CriterionRow } from './types.js';

/** Throws a DefinitionError when the journal's criteria cannot be read. */
export function certificateOf(evidence: Evidence): Certificate {
  const [first] = evidence.qualifications;
  if (first === undefined) throw new Error('the run was not to qualify anything');
  const criteria = parseCriteria(first.criteria.file, first.criteria.text);
  const pairs = evidence.events.filter((event): event is EventOf<'pair'> => event.type === 'pair');
  const pair = pairs[0] ?? pairOf(first);
  const earlier = earlierOf(evidence);
  const asked: Asked = { criteria: criteria.definition, evidence, pair, earlier };
  const rows = criteriaRows(asked);
  const against = againstOf(asked);
  const missing = missingParts(evidence.qualifications);
  const otherwise = openOf(evidence, pairs, first);
  // A merged run tells them itself.
  const open = [...otherwise, ...missing.filter((what) => !otherwise.some((known) => known.includes(what)))];
  const unmet = rows.filter(({ met }) => !met);
  const verdict: CertificateVerdict =
    against.length > 0 ? 'not-qualified' : open.length === 0 && unmet.length === 0 ? 'qualified' : 'not-enough-evidence';
  const units = unitsOf(asked).map(({ rig, module, imei, simulated, sound }) => ({ rig, module, imei, simulated, sound }));
  return {
    format: 1,
    verdict,
    partial: missing.length > 0,
    reasons: reasonsOf({
      verdict,
      rows,
      against,
      open,
      proven: provenText(asked),
      simulated: units.every(({ simulated }) => simulated),
    }),
    pair: {
      name: pair.name,
      module: pair.module,
      upgrade: packageOf('upgrade', pair, first),
      downgrade: packageOf('downgrade', pair, first),
    },
    criteria: { name: criteria.definition.name, file: criteria.file, sha256: criteria.sha256 },
    excepted: exceptedBy(criteria),
    rows,
    against,
    open,
    skipped: skippedOf(evidence),
    units,
    earlier: { counted: criteria.definition.cuts?.earlier === true, runs: earlierRuns(earlier) },
    run: runOf(evidence, first),
  };
}

/** A rig that did not get so far leaves no pair: then the files' own facts stand. */
function pairOf({ packages, at, n, t }: EventOf<'qualification'>): EventOf<'pair'> {
  const facts = ({ file, size, sha256 }: (typeof packages)['upgrade']): EventOf<'pair'>['upgrade'] => ({
    ...{ file, size, sha256, from: 'unknown', to: 'unknown', contents: 'sound' as const },
  });
  const files = { upgrade: facts(packages.upgrade), downgrade: facts(packages.downgrade) };
  return { n, t, at, type: 'pair', name: 'unknown', module: 'unknown', versions: {}, ...files };
}

function packageOf(
  step: 'upgrade' | 'downgrade',
  pair: EventOf<'pair'>,
  { packages }: EventOf<'qualification'>,
): CertifiedPackage {
  const { file, size, sha256, from, to } = pair[step];
  const { preBuild, postBuild, warnings } = packages[step];
  const version = (name: string): string => (pair.versions[name] === undefined ? name : `${name} (${pair.versions[name]})`);
  return { file, size, sha256, from: version(from), to: version(to), preBuild, postBuild, warnings };
}

const exceptedBy = ({ definition }: LoadedCriteria): Certificate['excepted'] =>
  Object.entries(definition.requirements.except).map(([id, why]) => ({ id, why }));

/** What the ledgers knew, each run once; runs of this journal are counted from it. */
function earlierOf({ qualifications, events }: Evidence): EventOf<'qualification'>['earlier'] {
  const merged = events.flatMap((event) =>
    event.type === 'note' && event.rig === undefined ? (/^merged from .*: run (\S+), seed/.exec(event.text)?.[1] ?? []) : [],
  );
  const own = new Set([...qualifications.map(({ run }) => run), ...merged]);
  const known = new Map<string, EventOf<'qualification'>['earlier'][number]>();
  for (const row of qualifications.flatMap(({ earlier }) => earlier)) {
    if (!own.has(row.run)) known.set(JSON.stringify([row.run, row.rig, row.phase]), row);
  }
  return [...known.values()];
}

function earlierRuns(rows: EventOf<'qualification'>['earlier']): Certificate['earlier']['runs'] {
  const runs = new Map<string, Certificate['earlier']['runs'][number]>();
  for (const { run, rig, survived, failed } of rows) {
    const key = JSON.stringify([run, rig]);
    const known = runs.get(key) ?? { run, rig, survived: 0, failed: 0 };
    runs.set(key, { run, rig, survived: known.survived + survived, failed: known.failed + failed });
  }
  return [...runs.values()];
}

function againstOf(asked: Asked): readonly Against[] {
  const { evidence, criteria, earlier } = asked;
  const judged: readonly Judged[] = [...evidence.upgrades, ...evidence.sequences].filter(({ result }) => result === 'fail');
  const groups = new Map<string, { finding: Judged['findings'][number]; in: Judged[] }>();
  for (const upgrade of judged) {
    for (const finding of upgrade.findings.filter(isAgainst)) {
      const key = JSON.stringify([finding.owner, finding.rule, finding.requirement, finding.text]);
      const group = groups.get(key) ?? { finding, in: [] };
      group.in.push(upgrade);
      groups.set(key, group);
    }
  }
  const findings = [...groups.values()].map(({ finding: { owner, rule, requirement, text }, in: upgrades }): Against => {
    const rests = restsOn({ upgrades });
    return { owner, rule, requirement, text, count: upgrades.length, rests };
  });
  const explained = new Set(judged.map(({ rig, test }) => `${rig}\n${test ?? ''}`));
  const failed = evidence.result.tests.filter(
    ({ status, rig, test }) => status === 'failed' && !explained.has(`${rig}\n${test}`),
  );
  const tests = failed.map(({ rig, test, why = '' }): Against => {
    const text = `${rig}: ${why.split('\n')[0] ?? ''}`;
    return { owner: 'firmware', rule: undefined, requirement: undefined, text, count: 1, rests: restsOn({ tests: [test] }) };
  });
  const lost = evidence.events.filter(
    (event): event is EventOf<'trial.end'> =>
      event.type === 'trial.end' && event.outcome === 'failed' && event.owner !== undefined && isAgainst({ owner: event.owner }),
  );
  // Each has its finding, in its own upgrade or the next one; one without speaks all the same.
  const bare = failed.length + judged.length > 0 ? [] : lost;
  const trials = bare.map(({ owner = 'firmware', why, achieved, trial }): Against => {
    const text = `a cut was not survived: ${why?.split('\n')[0] ?? achieved}`;
    return { owner, rule: undefined, requirement: undefined, text, count: 1, rests: restsOn({ trials: [trial] }) };
  });
  const cuts = criteria.cuts?.earlier === true ? earlier.reduce((sum, row) => sum + row.failed, 0) : 0;
  const before = earlier.filter((row) => row.failed > 0).map(({ run }) => run);
  const known: Against = {
    ...{ owner: 'firmware', rule: undefined, requirement: 'DG-20', count: cuts, rests: restsOn({}) },
    text: `the cuts of earlier runs, which count, were not all survived: ${[...new Set(before)].join(', ')}`,
  };
  return [...findings, ...tests, ...trials, ...(cuts > 0 ? [known] : [])];
}

function openOf(evidence: Evidence, pairs: readonly EventOf<'pair'>[], first: EventOf<'qualification'>): readonly string[] {
  const { result, unreadable, qualifications, events } = evidence;
  const open: string[] = [];
  const digest = ({ criteria }: EventOf<'qualification'>): string => createHash('sha256').update(criteria.text).digest('hex');
  if (new Set(qualifications.map(digest)).size > 1) open.push('its parts were qualified by different criteria');
  const same = ({ upgrade, downgrade }: Record<'upgrade' | 'downgrade', { readonly sha256: string }>): boolean =>
    upgrade.sha256.toLowerCase() === first.packages.upgrade.sha256.toLowerCase() &&
    downgrade.sha256.toLowerCase() === first.packages.downgrade.sha256.toLowerCase();
  const others = pairs.filter((pair) => !same(pair)).map(({ rig = '' }) => rig);
  if (others.length > 0 || !qualifications.every(({ packages }) => same(packages)))
    open.push(
      `other packages than those that were looked into were tried${others.length === 0 ? '' : ` on ${others.join(', ')}`}`,
    );
  // A failed verdict speaks against the firmware already; whatever else it is, evidence is lacking.
  if (result.exit > 1) open.push(result.reason);
  open.push(...result.missing.filter((what) => !open.some((known) => known.includes(what))));
  for (const { rig, faults, aside } of result.rigs) {
    if (aside !== undefined) open.push(`${rig} was set aside: ${aside}`);
    else if (result.exit > 1) open.push(...[...new Set(faults)].map((fault) => `${rig}: ${fault}`));
  }
  for (const { rig, test, status, why = '' } of result.tests) {
    if (status === 'invalid' || status === 'inconclusive')
      open.push(`${rig}: ${test}: ${status === 'invalid' ? 'invalid' : 'undecided'}: ${why.split('\n')[0] ?? ''}`);
  }
  for (const event of events) {
    if (event.type === 'trial.end' && event.outcome === 'failed' && (event.owner ?? 'undecided') === 'undecided')
      open.push(`${event.trial}: a cut was not survived, and whose fault that is cannot be told`);
  }
  if (!events.some(({ type }) => type === 'run.end')) open.push('the run did not come to its end');
  if (unreadable > 0) open.push(`${String(unreadable)} ${unreadable === 1 ? 'line' : 'lines'} of the journal cannot be read`);
  return open;
}

/** What several agents make together is one qualification when every part of it is there. */
export function missingParts(qualifications: Evidence['qualifications']): readonly string[] {
  const parts = qualifications.flatMap(({ part }) => part ?? []);
  const of = Math.max(0, ...parts.map((part) => part.of));
  const missing = Array.from({ length: of }, (_, index) => index + 1).filter(
    (index) => !parts.some((part) => part.index === index),
  );
  if (missing.length === 0) return [];
  const what = missing.length === 1 ? `part ${String(missing[0])}` : `parts ${missing.join(', ')}`;
  return [`${what} of the ${String(of)} parts of this qualification ${missing.length === 1 ? 'is' : 'are'} not in it`];
}

function skippedOf({ result }: Evidence): Certificate['skipped'] {
  const reasons = new Map<string, number>();
  for (const { status, why = '' } of result.tests) {
    const reason = why.split('\n')[0] ?? '';
    if (status === 'skipped') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([why, count]) => ({ why, count }));
}

function runOf({ events }: Evidence, { run, at }: EventOf<'qualification'>): Certificate['run'] {
  const start = events.findLast((event): event is EventOf<'run.start'> => event.type === 'run.start');
  const end = events.findLast(({ type }) => type === 'run.end');
  const { version = 'unknown', commit } = start?.harness ?? {};
  return {
    id: start?.run ?? run,
    seed: start?.seed,
    began: events[0]?.at ?? at,
    ended: end?.at,
    harness: commit === undefined ? version : `${version} (${commit})`,
    host: start?.host.name ?? 'unknown',
  };
}

interface Reasons {
  readonly verdict: CertificateVerdict;
  readonly rows: readonly CriterionRow[];
  readonly against: readonly Against[];
  readonly open: readonly string[];
  readonly proven: string | undefined;
  readonly simulated: boolean;
}

function reasonsOf({ verdict, rows, against, open, proven, simulated }: Reasons): readonly string[] {
  const unmet = rows
    .filter(({ met }) => !met)
    .map(({ kind, id, asked, reached }) => `${kind === 'requirement' ? `${id} ${asked}` : asked}: ${reached}`);
  // What is simulated proves something of the harness and the packages, nothing of a module.
  const only = simulated && rows.length > 0 ? ['no real module took part: all units are simulated'] : [];
  switch (verdict) {
    case 'qualified':
      return [
        `all ${String(rows.length)} criteria are met, and nothing speaks against the firmware or the packages`,
        ...(proven === undefined ? [] : [proven]),
        ...only,
      ];
    case 'not-qualified':
      return against.map(
        ({ text, requirement, count }) =>
          `${requirement === undefined ? '' : `${requirement}: `}${text}${count > 1 ? ` (${String(count)} times)` : ''}`,
      );
    case 'not-enough-evidence':
      return [...unmet, ...open];
  }
}
