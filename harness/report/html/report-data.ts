import type { JournalEvent } from '../../journal/events.js';
import { resultOf, type RunResult } from '../result.js';
import { survivalTexts } from '../trials.js';
import { ladderColumns, testColumns, trialColumns, upgradeColumns } from './columns.js';
import type { Counts, LiveFacts, ReportData, RigFacts, SentFile } from './data.js';
import { bundleSize } from './details.js';
import type { FindingGroups } from './finding-groups.js';
import { countTests, verdictOf } from './headline.js';
import type { Projection } from './projection.js';
import { repeatCommands } from './run-facts.js';
import { countsOf, survivalRows } from './survival.js';
import type { TrialRow } from './trial-rows.js';
import type { UpgradeRow } from './upgrade-row.js';
import { windowsOf } from './windows.js';
import { clipped } from './visible.js';

const mostUnreadable = 100;

/** What is known of the file that the events came from. */
export interface EvidenceFacts {
  readonly unreadable: ReportData['unreadable'];
  readonly cutOff: boolean;
}

/** Puts together what a projection has gathered: when it has seen everything, or so far, of a run that goes on. */
export function reportData(projection: Projection, evidence: EvidenceFacts, live?: LiveFacts): ReportData {
  const { options, identities, upgrades, files, run } = projection;
  const mask = (text: string): string => identities.mask(text);
  const rigNames = projection.rigs.map(({ name }) => name);
  const events = live === undefined ? projection.resultEvents : ended(projection);
  const result = resultOf(events, rigNames);
  const trials = projection.trials.rows();
  const groups = projection.groups.copy();
  ownExpectations(groups, projection, result, rigNames, trials);
  const sound = (trial: TrialRow): boolean =>
    (files.find(({ sha256 }) => sha256 === trial.package)?.contents ?? 'sound') === 'sound';
  const cuts = countsOf(trials.filter(sound));
  const windows = windowsOf(trials, projection.pairs);
  const facts = run.facts();
  const rigs = rigFacts(projection, events, result, trials, live !== undefined);
  const requirements = projection.requirements.rows(result.tests);
  return {
    format: 1,
    kind: options.kind,
    file: options.file,
    madeBy: options.madeBy,
    identitiesMasked: options.maskIdentities,
    remarks: remarks(projection, evidence, rigs),
    unreadable: evidence.unreadable
      .slice(0, mostUnreadable)
      .map(({ line, why, text }) => ({ line, why, text: clipped(identities.maskBytes(text), 200) })),
    notes: run.notes.map(({ rig, text }) => ({ rig, text: mask(text) })),
    run: facts,
    headline: {
      ...verdictOf({
        result,
        tested: result.tests.length > 0,
        upgrades: upgrades.map((row) => ({ result: row.result, counts: projection.counts(row) })),
        cuts,
        windows,
        unfinished: facts !== undefined && facts.exit === undefined,
        live: live !== undefined,
        requirements: { all: requirements.length, uncovered: requirements.filter(({ state }) => state === 'not-covered').length },
      }),
      survival: trials.length === 0 ? 'no power was cut' : proven(trials.filter(sound), files),
      cuts,
      began: run.began,
      ended: run.ended,
      sources: sourceRows(projection),
      tests: countTests(result.tests),
    },
    rigs,
    pairs: projection.pairs,
    files,
    survival: survivalRows(trials, files),
    windows,
    requirements,
    groups: groups.rows(),
    times: projection.times.rows(rigs),
    tests: testColumns(result.tests, rigNames, upgrades, mask),
    upgrades: upgradeColumns(upgrades, result.tests, rigNames, mask, (row) => projection.counts(row)),
    trials: trialColumns(trials, result.tests, rigNames, mask),
    ladders: ladderColumns(upgrades),
    repeat: repeatCommands(facts, run.argv),
    bundle: bundleSize,
    ...(live === undefined ? {} : { live }),
  };
}

/** What cuts prove, each package for itself. */
function proven(trials: readonly TrialRow[], files: readonly SentFile[]): string {
  const rows = survivalRows(
    trials.filter(({ outcome }) => outcome !== 'unfinished'),
    files,
  );
  return survivalTexts(rows).join('; ');
}

/** Without the tests that still run: nobody knows how they end. */
function ended({ resultEvents, run }: Projection): readonly JournalEvent[] {
  const last = new Map<string, JournalEvent>();
  for (const event of resultEvents)
    if (event.type === 'test.start' && event.test === run.testOf(event.rig ?? '')) last.set(event.rig ?? '', event);
  const open = new Set(last.values());
  return resultEvents.filter((event) => !open.has(event));
}

function rigFacts(
  projection: Projection,
  all: readonly JournalEvent[],
  result: RunResult,
  trials: readonly TrialRow[],
  live: boolean,
): readonly RigFacts[] {
  return projection.rigs.map((rig) => {
    const tests = result.tests.filter((test) => test.rig === rig.name);
    const own = projection.upgrades.filter((row) => row.rig === rig.index);
    const ownTrials = trials.filter((trial) => trial.rig === rig.name);
    const cuts: Counts = countsOf(ownTrials);
    const events = all.flatMap((event) => ofRig(event, rig.name));
    const { verdict } = verdictOf({
      result: resultOf(events, [rig.name]),
      tested: tests.length > 0,
      upgrades: own.map((row) => ({ result: row.result, counts: projection.counts(row) })),
      cuts,
      windows: [],
      unfinished: live && events.findLast(({ type }) => type === 'rig.start' || type === 'rig.end')?.type !== 'rig.end',
      live,
    });
    return {
      ...rig.facts(
        result.rigs.find((each) => each.rig === rig.name),
        projection.identities,
      ),
      tests: countTests(tests),
      upgrades: own.length,
      survival: cuts.valid === 0 ? undefined : proven(ownTrials, projection.files),
      verdict,
    };
  });
}

/** The event, as far as it tells of this rig: that a run went on does of each of its rigs. */
function ofRig(event: JournalEvent, rig: string): readonly JournalEvent[] {
  if (event.type === 'part.resumed') return event.rigs.includes(rig) ? [{ ...event, rigs: [rig] }] : [];
  return event.rig === rig || event.type === 'run.start' ? [event] : [];
}

function sourceRows(projection: Projection): ReportData['headline']['sources'] {
  const counted = projection.upgrades.filter((row) => projection.counts(row));
  return (['ftp', 'http', 'ufs', 'sd'] as const).flatMap((source) => {
    const own = counted.filter((row) => row.source === source);
    const failed = own.filter((row) => row.result === 'fail').length;
    return own.length === 0 ? [] : [{ source, upgrades: own.length, failed }];
  });
}

/** Tests that failed although no rule found anything against the module in their upgrades: an expectation of their own. */
function ownExpectations(
  groups: FindingGroups,
  projection: Projection,
  { tests }: RunResult,
  rigNames: readonly string[],
  trials: readonly TrialRow[],
): void {
  const keyOf = (rig: string, test: string | undefined): string => `${rig}\n${test ?? ''}`;
  const keyOfRow = (row: UpgradeRow): string => keyOf(rigNames[row.rig] ?? '', row.test);
  const blamed = new Set([
    ...projection.upgrades.filter((row) => row.result === 'fail' && projection.counts(row)).map(keyOfRow),
    ...trials.filter(({ outcome }) => outcome === 'failed').map(({ rig, test }) => keyOf(rig, test)),
  ]);
  tests.forEach(({ rig, test, status, why, requirements }, index) => {
    if (status !== 'failed' || blamed.has(keyOf(rig, test))) return;
    const upgrade = projection.upgrades.findIndex((row) => keyOfRow(row) === keyOf(rig, test));
    const text = (why ?? 'no reason given').split('\n')[0] ?? '';
    groups.addTest(text, requirements.join(' '), index, upgrade < 0 ? undefined : upgrade);
  });
}

function remarks(projection: Projection, { unreadable, cutOff }: EvidenceFacts, rigs: readonly RigFacts[]): readonly string[] {
  const uncounted = projection.upgrades.filter((row) => !projection.counts(row)).length;
  const simulated = rigs.filter((rig) => rig.simulated);
  const told: string[] = [];
  if (simulated.length > 0) {
    const which = simulated.length === rigs.length ? 'Every unit' : `The unit on ${simulated.map(({ name }) => name).join(', ')}`;
    told.push(`${which} is simulated: what it did says nothing of the firmware of a real module.`);
  }
  if (cutOff && projection.options.kind === 'journal') told.push('The journal ends in mid-line: its writer was cut off.');
  if (projection.options.kind === 'terminal log') {
    told.push('Made from the log of a terminal program: nothing is known of the line, the servers, the rig or its limits.');
    if (!projection.options.timed)
      told.push('The log has no times for its reports: nothing is said about how long anything took.');
  }
  if (unreadable.length > 0)
    told.push(`${String(unreadable.length)} lines of the file were not understood; they are listed under Evidence.`);
  if (uncounted > 0)
    told.push(
      `${String(uncounted)} of the upgrades listed have no verdict of the run: they brought a unit back to its baseline, or the run ended in them. They count for nothing.`,
    );
  return [...told, ...projection.changed.map((text) => `Judged otherwise than during the run: ${text}`)];
}
