/**
 * What all runs together tell of a package: night by night, for each revision and rig. A firmware is flaky where a test passes and fails on the
 * same package, revision and rig by the same harness; what the rig or the harness spoilt is told apart from that. Pure.
 */
import type { TestRow, UpgradeTimeRow } from './ledger-runs.js';
import type { RunRow } from './ledger-trials.js';
import { upperBound, type Survival } from './statistics.js';

/** Trials of one run on one rig: `valid` and `failed` as the ledger counts them. */
export interface CutsOfRun extends Survival {
  readonly run: string;
  readonly rig: string;
  readonly package: string;
  readonly revision: string;
  readonly module: string | null;
}

export interface HistoryRows {
  readonly runs: readonly (RunRow & { readonly exit: number | null })[];
  readonly tests: readonly TestRow[];
  readonly upgrades: readonly UpgradeTimeRow[];
  readonly cuts: readonly CutsOfRun[];
}

export type TestCounts = Readonly<Record<TestRow['status'], number>>;

/** ms */
export interface Spread {
  readonly n: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
}

/** How long something took; a download depends on the way. */
export interface TimeOfNight extends Spread {
  readonly what: 'download' | 'flash' | 'boot';
  readonly source: string | undefined;
}

export interface Night {
  readonly run: string;
  /** Wall time of its start. */
  readonly at: string;
  /** Version and commit. */
  readonly harness: string;
  /** Of the whole run; undefined when it has no end. */
  readonly exit: number | undefined;
  readonly tests: TestCounts;
  /** Tries that did not count. */
  readonly tries: number;
  readonly cuts: Survival;
  /** 95 % bound of the failure rate of power cuts, by this night and all before it. */
  readonly bound: number;
  readonly times: readonly TimeOfNight[];
}

export interface FlakyTest {
  readonly test: string;
  readonly passed: number;
  readonly failed: number;
  /** How often the result changed from one run to the next. */
  readonly changes: number;
  /** Runs in which it failed. */
  readonly failedIn: readonly string[];
  /** It passed and failed by one version of the harness; else only from one version to another. */
  readonly sameHarness: boolean;
}

export interface SpoiltTest {
  readonly test: string;
  /** Runs in which it came to no verdict: the rig or the harness spoilt it, or what was seen does not tell. */
  readonly invalid: number;
  readonly inconclusive: number;
  /** Tries that did not count, over all runs. */
  readonly tries: number;
}

export interface PackageHistory {
  readonly package: string;
  readonly revision: string;
  readonly rig: string;
  readonly module: string | undefined;
  /** Oldest first. */
  readonly nights: readonly Night[];
  readonly tests: TestCounts;
  /** Of tests with a verdict; undefined without one. */
  readonly passRate: number | undefined;
  readonly cuts: Survival;
  readonly flaky: readonly FlakyTest[];
  readonly spoilt: readonly SpoiltTest[];
}

/** In the order of the latest run of each; a test that never got a package belongs to none and is left out. */
export function historyOf(rows: HistoryRows): readonly PackageHistory[] {
  const groups = new Map<string, Group>();
  for (const row of [...rows.tests, ...rows.upgrades, ...rows.cuts]) {
    if (row.package === null || row.revision === null) continue;
    const key = JSON.stringify([row.package, row.revision, row.rig]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { package: row.package, revision: row.revision, rig: row.rig });
  }
  const found = [...groups.values()].map((group) => packageHistory(group, rows));
  const latest = ({ nights }: PackageHistory): string => nights.at(-1)?.at ?? '';
  return found.sort((one, other) => compare(latest(one), latest(other)) || compare(one.rig, other.rig));
}

interface Group {
  readonly package: string;
  readonly revision: string;
  readonly rig: string;
}

function packageHistory(group: Group, rows: HistoryRows): PackageHistory {
  const isOwn = (row: { package: string | null; revision: string | null; rig: string }): boolean =>
    row.package === group.package && row.revision === group.revision && row.rig === group.rig;
  const tests = rows.tests.filter(isOwn);
  const upgrades = rows.upgrades.filter(isOwn);
  const cuts = rows.cuts.filter(isOwn);
  const took = new Set([...tests, ...upgrades, ...cuts].map(({ run }) => run));
  const runs = rows.runs.filter(({ run }) => took.has(run)).sort((one, other) => compare(one.at, other.at));
  let so: Survival = { valid: 0, failed: 0 };
  const nights = runs.map(({ run, at, harness, exit }): Night => {
    const mine = <Row extends { readonly run: string }>(list: readonly Row[]): Row[] => list.filter((row) => row.run === run);
    const own = mine(cuts).reduce(add, { valid: 0, failed: 0 });
    so = add(so, own);
    return {
      run,
      at,
      harness,
      exit: exit ?? undefined,
      tests: countsOf(mine(tests)),
      tries: mine(tests).reduce((sum, { tries }) => sum + tries, 0),
      cuts: own,
      bound: upperBound(so),
      times: timesOf(mine(upgrades)),
    };
  });
  const counts = countsOf(tests);
  const judged = counts.passed + counts.failed;
  const harnesses = new Map(runs.map(({ run, harness }) => [run, harness]));
  const order = new Map(runs.map(({ run }, index) => [run, index]));
  const byTest = [...grouped(tests, ({ test }) => test).values()].map((list) =>
    list.sort((one, other) => (order.get(one.run) ?? 0) - (order.get(other.run) ?? 0)),
  );
  return {
    ...group,
    module: [...tests, ...cuts].find(({ module }) => module !== null)?.module ?? undefined,
    nights,
    tests: counts,
    passRate: judged === 0 ? undefined : counts.passed / judged,
    cuts: so,
    flaky: byTest.flatMap((list) => flakyOf(list, harnesses)),
    spoilt: byTest.flatMap(spoiltOf),
  };
}

const add = (one: Survival, other: Survival): Survival => ({
  valid: one.valid + other.valid,
  failed: one.failed + other.failed,
});

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function countsOf(tests: readonly TestRow[]): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0, invalid: 0, inconclusive: 0 };
  for (const { status } of tests) counts[status] += 1;
  return counts;
}

/** `list`: one test's results in the order of its runs. */
function flakyOf(list: readonly TestRow[], harnesses: ReadonlyMap<string, string>): FlakyTest[] {
  const judged = list.filter(({ status }) => status === 'passed' || status === 'failed');
  const failed = judged.filter(({ status }) => status === 'failed');
  const [first] = judged;
  if (first === undefined || failed.length === 0 || failed.length === judged.length) return [];
  const versions = grouped(judged, ({ run }) => harnesses.get(run) ?? '');
  return [
    {
      test: first.test,
      passed: judged.length - failed.length,
      failed: failed.length,
      changes: judged.filter(({ status }, index) => index > 0 && status !== judged[index - 1]?.status).length,
      failedIn: failed.map(({ run }) => run),
      sameHarness: [...versions.values()].some((own) => new Set(own.map(({ status }) => status)).size > 1),
    },
  ];
}

function spoiltOf(list: readonly TestRow[]): SpoiltTest[] {
  const of = (wanted: TestRow['status']): number => list.filter(({ status }) => status === wanted).length;
  const spoilt = {
    test: list[0]?.test ?? '',
    invalid: of('invalid'),
    inconclusive: of('inconclusive'),
    tries: list.reduce((sum, { tries }) => sum + tries, 0),
  };
  return spoilt.invalid + spoilt.inconclusive + spoilt.tries === 0 ? [] : [spoilt];
}

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const own = groups.get(keyOf(row));
    if (own === undefined) groups.set(keyOf(row), [row]);
    else own.push(row);
  }
  return groups;
}

/** What the flashing and the boot take does not depend on where the package came from. */
function timesOf(upgrades: readonly UpgradeTimeRow[]): readonly TimeOfNight[] {
  const downloads = [...grouped(upgrades, ({ source }) => source)].map(([source, own]) =>
    spread(
      'download',
      source,
      own.map(({ download }) => download),
    ),
  );
  const all = (what: 'flash' | 'boot'): TimeOfNight | undefined =>
    spread(
      what,
      undefined,
      upgrades.map((row) => row[what]),
    );
  return [...downloads, all('flash'), all('boot')].filter((time) => time !== undefined);
}

function spread(
  what: TimeOfNight['what'],
  source: string | undefined,
  values: readonly (number | null)[],
): TimeOfNight | undefined {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other);
  if (sorted.length === 0) return undefined;
  return {
    what,
    source,
    n: sorted.length,
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q3: quantile(sorted, 0.75),
  };
}

/** Linear between the two nearest; `sorted` is not empty. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}
