import { LineSplitter } from '../at/line-splitter.js';
import { readReports } from '../at/report.js';
import type { JournalEvent } from '../journal/events.js';
import { doneBefore, replaces, type TestStatus } from './result.js';

/** What one rig is doing, as far as its journal tells. */
export interface RigProgress {
  readonly rig: string;
  test: string | undefined;
  /** The last that is known of the upgrade under way: `ftp: downloading`, `41 %`, … */
  phase: string;
  counts: Record<TestStatus, number>;
  ended: boolean;
}

/** A projection of the journal: live progress, one entry a rig. `onChange` is told what happened, a line for a log when it is worth one. */
export class Progress {
  readonly rigs = new Map<string, RigProgress>();
  readonly #splitters = new Map<string, LineSplitter>();
  /** By rig and test. */
  readonly #ended = new Map<string, TestStatus>();

  constructor(
    names: readonly string[],
    private readonly onChange: (rig: RigProgress, line: string | undefined) => void,
  ) {
    for (const rig of names) {
      const counts = { passed: 0, failed: 0, skipped: 0, invalid: 0, inconclusive: 0 };
      this.rigs.set(rig, { rig, test: undefined, phase: 'opening the rig', counts, ended: false });
    }
  }

  take(event: JournalEvent): void {
    if (event.type === 'run.start') this.#goesOn();
    const rig = this.rigs.get(event.rig ?? '');
    if (rig === undefined) return;
    switch (event.type) {
      case 'rig.ready':
        return this.#tell(rig, 'ready', `ready after ${(event.took / 1000).toFixed(1)} s`);
      case 'rig.fault':
        return this.#tell(rig, rig.phase, `rig fault: ${event.what}${event.seen === undefined ? '' : ` (${event.seen})`}`);
      case 'rig.aside':
        return this.#tell(rig, 'set aside', `set aside: ${event.reason}`);
      case 'restore.rung':
        return this.#tell(rig, `restoring: ${event.rung}`, undefined);
      case 'test.start':
        rig.test = event.test;
        return this.#tell(rig, 'started', undefined);
      case 'test.try':
        return this.#tell(rig, 'once more', `try ${String(event.number)} did not count: ${firstLine(event.why)}`);
      case 'test.end': {
        rig.test = undefined;
        if (event.why === doneBefore) return this.#tell(rig, 'between tests', undefined);
        this.#count(rig, event.test, event.status);
        const why = event.status === 'passed' || event.why === undefined ? '' : ` (${firstLine(event.why)})`;
        const quiet = event.status === 'skipped' && /^left (?:out by the chosen pattern|to shard )/.test(event.why ?? '');
        return this.#tell(rig, 'between tests', quiet ? undefined : `${event.status}: ${event.test}${why}`);
      }
      case 'upgrade.start':
        return this.#tell(rig, `${event.step} over ${event.source}`, undefined);
      case 'line.rx':
        return this.#report(rig, `${rig.rig}/${event.line}`, event.data);
      case 'rig.end':
        rig.ended = true;
        return this.#tell(rig, event.powerSafe ? 'done' : 'done; its power may not be safe', undefined);
      default:
        return;
    }
  }

  #goesOn(): void {
    for (const rig of this.rigs.values()) Object.assign(rig, { test: undefined, phase: 'opening the rig', ended: false });
  }

  /** Each test once, as `resultOf` counts. */
  #count(rig: RigProgress, test: string, status: TestStatus): void {
    const key = `${rig.rig}\n${test}`;
    const known = this.#ended.get(key);
    if (!replaces(known, status)) return;
    if (known !== undefined) rig.counts[known] -= 1;
    rig.counts[status] += 1;
    this.#ended.set(key, status);
  }

  #report(rig: RigProgress, line: string, data: string): void {
    const splitter = this.#splitters.get(line) ?? new LineSplitter();
    this.#splitters.set(line, splitter);
    for (const { text } of splitter.push(data)) {
      for (const { report } of readReports(text).reports) {
        if (report.kind === 'download-start') this.#tell(rig, `downloading over ${report.protocol}`, undefined);
        if (report.kind === 'start') this.#tell(rig, 'recovery started', undefined);
        if (report.kind === 'updating' && report.percent !== undefined) this.#tell(rig, `${String(report.percent)} %`, undefined);
        if (report.kind === 'end') this.#tell(rig, `END ${String(report.code ?? '?')}`, undefined);
      }
    }
  }

  #tell(rig: RigProgress, phase: string, line: string | undefined): void {
    rig.phase = phase;
    this.onChange(rig, line);
  }
}

/** `3 passed, 1 failed`; `nothing yet`. */
export function countsText(counts: Readonly<Record<TestStatus, number>>): string {
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${String(count)} ${status}`);
  return parts.length === 0 ? 'nothing yet' : parts.join(', ');
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
