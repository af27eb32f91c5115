/**
 * Many simulated rigs in one run, on this host: what they cost, whether a report was lost, whether a verdict differs from the one that the same rig
 * gets alone. `npm run bench:rigs [-- --rigs N --scale S --suites A,B --defects]`, after `npm run build`.
 *
 * `--defects`: each rig has another defect, and every finding must be held against the right rig and the right owner.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCatalogue } from '../../harness/cli/self-check/catalogue.js';
import { evidenceOf } from '../../harness/cli/self-check/evidence.js';
import { cutsOf, type Expectation } from '../../harness/cli/self-check/expectation.js';
import { expectations } from '../../harness/cli/self-check/expectations.js';
import { rigFileText } from '../../harness/cli/self-check/rig-file.js';
import { scoreOf } from '../../harness/cli/self-check/score.js';
import { JournalStream } from '../../harness/journal/reader.js';
import type { JournalEvent } from '../../harness/journal/events.js';
import { isTraffic, outlineOf } from '../../harness/report/outline.js';
import { resultOf } from '../../harness/report/result.js';
import { cutLatency, readWritten } from './cut-latency.js';
import { UrcCount } from './urcs.js';
import { UsageWatch } from './usage.js';

const root = join(__dirname, '..', '..');
const template = join(root, 'rigs', 'simulated-ec25.yaml');
const { values: given } = parseArgs({
  options: {
    rigs: { type: 'string', default: '32' },
    scale: { type: 'string', default: '0.05' },
    suites: { type: 'string', default: 'round-trip,power-cut' },
    tests: { type: 'string', default: '' },
    defects: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const count = Number(given.rigs);
const scale = Number(given.scale);

interface Rig {
  readonly name: string;
  readonly expectation: Expectation | undefined;
}

interface Run {
  readonly exit: number | string;
  readonly seconds: number;
  readonly usage: ReturnType<UsageWatch['stop']>;
  readonly events: readonly JournalEvent[];
  readonly urcs: UrcCount;
  readonly state: string;
}

/** Those that a round trip over UFS shows by itself: it is the cheapest test. */
function shownByRoundTrip(): readonly Expectation[] {
  return expectations.filter(
    (expectation) =>
      expectation.suite === 'round-trip' &&
      expectation.tests?.includes('over ufs') === true &&
      expectation.host === undefined &&
      expectation.unit === undefined &&
      expectation.rig === undefined &&
      cutsOf(expectation).length === 0,
  );
}

function rigsWanted(): readonly Rig[] {
  const misbehaving = given.defects ? shownByRoundTrip() : [];
  return Array.from({ length: count }, (_, index) => {
    const expectation = misbehaving[index];
    return { name: `rig-${String(index + 1).padStart(2, '0')}`, expectation };
  });
}

function fileOf({ name, expectation }: Rig, index: number, folder: string): string {
  const file = join(folder, `${name}.yaml`);
  const defect = expectation?.defect;
  const text = rigFileText({ template, name, scale, ...(defect === undefined ? {} : { defect }) });
  writeFileSync(file, text.replace('861107030000001', `8611070300${String(index + 1).padStart(5, '0')}`));
  return file;
}

async function run(rigs: readonly Rig[], folder: string): Promise<Run> {
  const state = join(folder, 's');
  for (const each of [folder, state]) mkdirSync(each, { recursive: true });
  const files = rigs.map((rig, index) => fileOf(rig, index, folder));
  const suites = given.defects ? ['round-trip'] : given.suites.split(',');
  const tests = given.defects ? 'round trip over ufs ' : given.tests;
  const out = join(folder, 'run');
  const words = [
    'run',
    ...files.flatMap((file) => ['--rig', file]),
    ...['--packages', join(root, 'rigs', 'packages', 'simulated-ec25.yaml')],
    ...['--suite', ...suites, ...(tests === '' ? [] : ['-t', tests]), '--seed', '1', '--out', out],
  ];
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'bin', 'dfota.js'), ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      DFOTA_STATE: state,
      DFOTA_LEDGER: join(folder, 'ledger.sqlite'),
      DFOTA_SIMULATOR: join(__dirname, 'simulator.cjs'),
    },
  });
  const watch = new UsageWatch(child.pid ?? 0);
  const exit = await new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(code ?? signal ?? 'unknown');
    });
  });
  const seconds = (performance.now() - began) / 1000;
  const urcs = new UrcCount();
  const { events } = outlineOf(new JournalStream(join(out, 'journal.jsonl')), {
    onEvent(event) {
      urcs.take(event);
    },
  });
  return { exit, seconds, usage: watch.stop(), events: events.filter((event) => !isTraffic(event)), urcs, state };
}

function tell(title: string, rigs: readonly Rig[], done: Run): void {
  const names = rigs.map(({ name }) => name);
  const { tests } = resultOf(done.events, names);
  const heard = names.map((name) => done.urcs.of(name, join(done.state, 'sim', name, 'written.jsonl')));
  const sum = (pick: (one: (typeof heard)[number]) => number): number => heard.reduce((total, one) => total + pick(one), 0);
  const statuses = new Map<string, number>();
  for (const { status } of tests) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const lags = done.events.filter((event) => event.type === 'host.lag').map(({ ms }) => ms);
  const tries = done.events.filter((event) => event.type === 'test.try').length;
  console.log(`\n${title}: exit ${String(done.exit)} after ${done.seconds.toFixed(0)} s`);
  console.log(
    `  tests: ${[...statuses].map(([status, n]) => `${String(n)} ${status}`).join(', ')}; repeated ${String(tries)} times`,
  );
  console.log(
    `  reports: ${String(sum((one) => one.written))} written to an open port, ${String(sum((one) => one.heard))} in the journal`,
  );
  for (const text of heard.flatMap(({ missing }, index) => missing.map((one) => `${names[index] ?? ''} ${one}`)).slice(0, 10))
    console.log(`    not heard: ${text}`);
  const sorted = lags.toSorted((a, b) => a - b);
  console.log(`  standstills of the host: ${String(lags.length)}, longest ${String(sorted.at(-1) ?? 0)} ms`);
  const cuts = done.events.filter((event) => event.type === 'trial.cut');
  const latencies = (what: string, values: readonly number[]): void => {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (share: number): string => `${((sorted[Math.floor(sorted.length * share)] ?? 0) * 1000).toFixed(0)} µs`;
    if (sorted.length > 0)
      console.log(`  ${what}: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, over ${String(sorted.length)} cuts`);
  };
  latencies(
    'from the bytes of a report read to the supply line written',
    cuts.flatMap(({ latency }) => latency ?? []),
  );
  latencies(
    'from the module’s write of a report to the supply line written',
    names.flatMap((name) => {
      const wrote = readWritten(join(done.state, 'sim', name, 'written.jsonl'));
      return cuts.flatMap((cut) => (cut.rig === name ? (cutLatency(cut, wrote) ?? []) : []));
    }),
  );
  for (const [kind, { bytes, cpu, processes, descriptors }] of done.usage)
    console.log(
      `  ${kind.padEnd(9)} ${String(processes)} processes, at most ${(bytes / 1e6).toFixed(0)} MB and ${String(descriptors)} descriptors each, ` +
        `${cpu.toFixed(1)} s of processor time in all`,
    );
}

/** Each test of a rig whose verdict is not the one that it has alone. */
function differences(rigs: readonly Rig[], many: Run, alone: Run): readonly string[] {
  const [first] = rigs;
  const own = new Map(resultOf(alone.events, [first?.name ?? '']).tests.map(({ test, status }) => [test, status]));
  return resultOf(
    many.events,
    rigs.map(({ name }) => name),
  ).tests.flatMap(({ rig, test, status, why }) => {
    // A random cut is another one on each rig: it has no counterpart, and must pass.
    const wanted = own.get(test) ?? 'passed';
    return status === wanted ? [] : [`${rig} ${test}: ${status}, alone ${wanted}\n    ${(why ?? '').split('\n')[0] ?? ''}`];
  });
}

/** What is not pinned on the right rig and owner. */
function misplaced(rigs: readonly Rig[], done: Run): readonly string[] {
  const catalogue = readCatalogue();
  return rigs.flatMap(({ name, expectation }) => {
    const evidence = evidenceOf(
      done.events.filter((event) => event.rig === name),
      name,
    );
    if (expectation === undefined) return evidence.alarms.map((alarm) => `${name} is sound: ${alarm}`);
    const defect = catalogue.find((each) => each.name === expectation.defect);
    if (defect === undefined) return [`${expectation.defect}: no such defect`];
    const { right, note } = scoreOf(
      defect,
      expectation,
      { exit: exitOf(done.events, name), took: 0, outOfTime: false },
      evidence,
      '',
    );
    return right ? [] : [`${name} ${defect.name} (${defect.owner}): ${note ?? ''}`];
  });
}

/** As if the rig had been alone. */
function exitOf(events: readonly JournalEvent[], name: string): number {
  return resultOf(
    events.filter((event) => event.rig === name),
    [name],
  ).exit;
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'dfota-mr-'));
  const rigs = rigsWanted();
  console.log(
    `${String(cpus().length)} × ${cpus()[0]?.model ?? '?'}, ${(totalmem() / 1e9).toFixed(0)} GB, Node.js ${process.version}, load before ${loadavg()[0]?.toFixed(2) ?? '?'}; times ${String(1 / scale)} times as fast as a real module's`,
  );
  try {
    const many = await run(rigs, join(folder, 'many'));
    tell(`${String(count)} rigs together`, rigs, many);
    if (given.defects) {
      const wrong = misplaced(rigs, many);
      console.log(`\nfindings on the wrong rig, or against the wrong owner: ${String(wrong.length)}`);
      for (const text of wrong) console.log(`  ${text}`);
      return wrong.length === 0 ? 0 : 1;
    }
    const [first] = rigs;
    if (first === undefined) return 2;
    const alone = await run([first], join(folder, 'alone'));
    tell('one of them alone', [first], alone);
    const different = differences(rigs, many, alone);
    console.log(`\nverdicts that differ from those of a rig alone: ${String(different.length)}`);
    for (const text of different) console.log(`  ${text}`);
    return different.length === 0 ? 0 : 1;
  } finally {
    if (given.keep) console.log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

void main().then((code) => {
  process.exitCode = code;
});
