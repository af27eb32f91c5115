import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { cutId, type CutTrial } from '../../campaign/cut.js';
import { projectRoot } from '../../jest/paths.js';
import type { JournalEvent } from '../../journal/events.js';
import { readJournal } from '../../journal/reader.js';
import type { Defect } from './catalogue.js';
import { evidenceOf, evidenceOfCheck, type Evidence } from './evidence.js';
import { cutsOf, type Expectation } from './expectation.js';
import { hostEnvironment, notStaged } from './host.js';
import type { SoundScore } from './matrix.js';
import type { SoundRun } from './plan.js';
import { rigFileText } from './rig-file.js';
import { runOnce, type RunEnd, type RunRequest } from './run-once.js';
import { scoreOf, type Score } from './score.js';

export interface ConductOptions {
  readonly out: string;
  /** Of the rigs with a defect; what must be sound runs at the shipped rig's, as a user's does. */
  readonly scale: number;
  readonly seed: number;
  readonly jobs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A sound run of the slowest test takes a minute or two; a unit that is beyond help is restored for some more. */
const runLimit = 10 * 60_000;

/** Of all its runs. */
export const shippedPair = (): string => join(projectRoot(), 'rigs', 'packages', 'simulated-ec25.yaml');

/** Runs what the matrix is made of, each in a process, a rig and a state of its own. */
export class Bench {
  readonly #states = mkdtempSync(join(tmpdir(), 'dfota-sc-'));
  readonly #root = projectRoot();
  #count = 0;

  constructor(private readonly options: ConductOptions) {
    for (const folder of ['rigs', 'runs']) mkdirSync(join(options.out, folder), { recursive: true });
  }

  async defect(defect: Defect, expectation: Expectation): Promise<Score> {
    const cuts = cutsOf(expectation);
    const [first, ...others] = cuts;
    let score = await this.#once(defect, expectation, first, 1);
    for (const [index, cut] of others.entries()) {
      if (score.caught || this.options.signal.aborted) break;
      score = await this.#once(defect, expectation, cut, index + 2);
    }
    return score;
  }

  async #once(defect: Defect, expectation: Expectation, cut: CutTrial | undefined, number: number): Promise<Score> {
    const { host, unit = defect.name, suite, tests, rig: change } = expectation;
    const name = `sc-${defect.name}${number === 1 ? '' : `-${String(number)}`}`;
    const scale = defect.owner === 'harmless' ? undefined : this.options.scale;
    const rig = this.#rigFile(name, { change, scale, ...(unit === 'none' ? {} : { defect: unit }) });
    const { end, evidence, out, events } = await this.#run(name, {
      rig,
      suites: suite === undefined ? undefined : [suite].flat(),
      tests,
      cut: cut === undefined ? undefined : cutId(cut),
      seed: this.options.seed + number - 1,
      // A fault of the rig stays whatever is repeated; a busy host may spoil a try.
      tries: defect.owner === 'rig' ? 1 : 3,
      env: host === undefined ? {} : hostEnvironment(host),
    });
    const missing = host === undefined ? undefined : notStaged(host, events);
    return scoreOf(defect, expectation, end, evidence, out, missing);
  }

  async sound({ name, seed, suites, tests }: SoundRun): Promise<SoundScore> {
    const rig = this.#rigFile(name, {});
    const { end, evidence, out } = await this.#run(name, { rig, suites, tests, cut: undefined, seed, tries: 3, env: {} });
    const alarms = evidence.tests.length === 0 ? ['no test ran', ...evidence.alarms] : evidence.alarms;
    return { name, seed, exit: end.exit, took: end.took, alarms, repeats: evidence.repeats, run: out };
  }

  close(): void {
    rmSync(this.#states, { recursive: true, force: true });
  }

  #rigFile(
    name: string,
    { defect, change, scale }: { defect?: string; change?: Expectation['rig']; scale?: number | undefined },
  ): string {
    const file = join(this.options.out, 'rigs', `${name}.yaml`);
    const template = join(this.#root, 'rigs', 'simulated-ec25.yaml');
    writeFileSync(file, rigFileText({ template, name, scale, change, ...(defect === undefined ? {} : { defect }) }));
    return file;
  }

  async #run(
    name: string,
    request: Omit<RunRequest, 'packages' | 'out' | 'state' | 'limit'>,
  ): Promise<{ end: RunEnd; evidence: Evidence; out: string; events: readonly JournalEvent[] }> {
    this.#count += 1;
    const out = join(this.options.out, 'runs', name);
    const packages = shippedPair();
    const state = join(this.#states, String(this.#count));
    const end = await runOnce({ ...request, packages, out, state, limit: runLimit }, this.options.clock);
    if (request.suites === undefined)
      return { end, evidence: evidenceOfCheck(readFileSync(`${out}.log`, 'utf8')), out: `${out}.log`, events: [] };
    const journal = join(out, 'journal.jsonl');
    const events = existsSync(journal) ? readJournal(journal).events : [];
    return { end, evidence: evidenceOf(events, name), out, events };
  }
}

/** Does `work` on each, `jobs` at a time, in order; begins nothing more once the signal has come. */
export async function each<T>(
  items: readonly T[],
  jobs: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (signal.aborted) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}
