import type { TestResult } from '../result.js';
import type { LadderColumns, TestColumns, TrialColumns, UpgradeColumns } from './data.js';
import type { TrialRow } from './trial-rows.js';
import type { UpgradeRow } from './upgrade-row.js';
import { clipped } from './visible.js';

/** Rows → columns: the same few names are not written ten thousand times over. */

const longestWhy = 4000;

function keyOf(rig: string, test: string): string {
  return `${rig}\n${test}`;
}

/** Row of each test by its rig and name. */
export function testIndex(tests: readonly TestResult[]): ReadonlyMap<string, number> {
  return new Map(tests.map(({ rig, test }, index) => [keyOf(rig, test), index]));
}

export function testColumns(
  tests: readonly TestResult[],
  rigs: readonly string[],
  upgrades: readonly UpgradeRow[],
  mask: (text: string) => string,
): TestColumns {
  const telling = new Map<string, number>();
  upgrades.forEach(({ rig, test, told }, row) => {
    if (test === undefined) return;
    const key = keyOf(rigs[rig] ?? '', test);
    const known = telling.get(key);
    const open = known === undefined || upgrades[known]?.result !== 'fail';
    if (open && (told || known === undefined)) telling.set(key, row);
  });
  return {
    name: tests.map(({ test }) => mask(test)),
    suite: tests.map(({ suite }) => suite),
    rig: tests.map(({ rig }) => rigs.indexOf(rig)),
    status: tests.map(({ status }) => status),
    why: tests.map(({ why }) => clipped(mask(why ?? ''), longestWhy)),
    requirements: tests.map(({ requirements }) => requirements.join(' ')),
    tries: tests.map(({ tries }) => tries.length),
    upgrade: tests.map(({ rig, test }) => telling.get(keyOf(rig, test)) ?? -1),
    took: tests.map(({ took }) => (took === undefined ? null : Math.round(took))),
  };
}

export function upgradeColumns(
  rows: readonly UpgradeRow[],
  tests: readonly TestResult[],
  rigs: readonly string[],
  mask: (text: string) => string,
  counts: (row: UpgradeRow) => boolean,
): UpgradeColumns {
  const index = testIndex(tests);
  const ms = (of: (row: UpgradeRow) => number | undefined): (number | null)[] =>
    rows.map((row) => {
      const value = of(row);
      return value === undefined ? null : Math.round(value);
    });
  return {
    id: rows.map(({ id }) => id),
    rig: rows.map(({ rig }) => rig),
    test: rows.map(({ rig, test }) => (test === undefined ? -1 : (index.get(keyOf(rigs[rig] ?? '', test)) ?? -1))),
    trial: rows.map(({ trial }) => trial ?? -1),
    began: rows.map(({ began }) => began),
    source: rows.map(({ source }) => source),
    step: rows.map(({ step }) => step),
    intent: rows.map(({ intent }) => intent),
    contents: rows.map(({ contents }) => contents),
    fault: rows.map(({ fault }) => fault),
    ending: rows.map(({ ending }) => ending),
    result: rows.map(({ result }) => result),
    attempts: rows.map(({ rungs }) => rungs.length),
    cuts: rows.map(({ cuts }) => cuts),
    before: rows.map(({ before }) => before),
    after: rows.map(({ after }) => after),
    download: ms(({ times }) => times.download),
    flash: ms(({ times }) => times.flash),
    boot: ms(({ times }) => times.boot),
    total: ms(({ times }) => times.total),
    finding: rows.map(({ finding }) => mask(finding)),
    counts: rows.map(counts),
  };
}

export function trialColumns(
  rows: readonly TrialRow[],
  tests: readonly TestResult[],
  rigs: readonly string[],
  mask: (text: string) => string,
): TrialColumns {
  const index = testIndex(tests);
  return {
    id: rows.map(({ id }) => id),
    rig: rows.map(({ rig }) => rigs.indexOf(rig)),
    test: rows.map(({ rig, test }) => (test === undefined ? -1 : (index.get(keyOf(rig, test)) ?? -1))),
    upgrade: rows.map(({ upgrade }) => upgrade ?? -1),
    cut: rows.map(({ cut }) => cut),
    source: rows.map(({ source }) => source),
    outcome: rows.map(({ outcome }) => outcome),
    owner: rows.map(({ owner }) => owner ?? ''),
    points: rows.map(({ points }) => points),
    askedZone: rows.map(({ askedZone }) => askedZone),
    askedPercent: rows.map(({ askedPercent }) => askedPercent ?? null),
    asked: rows.map(({ asked }) => asked),
    achievedZone: rows.map(({ achievedZone }) => achievedZone),
    achievedPercent: rows.map(({ achievedPercent }) => achievedPercent ?? null),
    achieved: rows.map(({ achieved }) => achieved),
    proof: rows.map(({ proof }) => proof),
    why: rows.map(({ why }) => clipped(mask(why), 400)),
  };
}

/** Upgrades that took more than one attempt, or were cut in the first. */
export function ladderColumns(rows: readonly UpgradeRow[]): LadderColumns {
  const chosen = rows.flatMap(({ rungs }, row) => (rungs.length > 1 ? [row] : []));
  return { upgrade: chosen, rungs: chosen.map((row) => rows[row]?.rungs ?? []) };
}
