import { basename } from 'node:path';
import type { JournalEvent } from '../../journal/events.js';
import { JournalTail } from '../../journal/tail.js';
import type { LiveFacts, LiveReport, LiveRig, ReportData } from '../html/data.js';
import { Projection } from '../html/projection.js';
import { titleOf } from '../html/render.js';
import { reportData } from '../html/report-data.js';
import { ownVersion } from '../html/write.js';
import { countsText, Progress } from '../progress.js';

/** What the page shows besides single upgrades changes with these alone. */
const telling = new Set<JournalEvent['type']>([
  'run.start',
  'run.interrupted',
  'run.end',
  'rig.start',
  'rig.ready',
  'rig.fault',
  'rig.aside',
  'rig.end',
  'pair',
  'note',
  'module.identity',
  'restore.rung',
  'switch.proof',
  'test.start',
  'test.try',
  'test.end',
  'trial.start',
  'trial.end',
  'upgrade.start',
  'upgrade.end',
  'verdict',
]);

/** The report of a run that goes on: its journal is read on piece by piece, and what the page shows can be asked for in between. */
export class RunSoFar {
  /** The report has changed since it was last asked for. */
  reportChanged = true;
  /** So has what the rigs are doing. */
  rigsChanged = true;
  #caughtUp = false;
  #over = false;
  readonly #tail: JournalTail;
  readonly #progress: Progress;
  readonly #projection: Projection;

  constructor(file: string, rigs: readonly string[]) {
    this.#tail = new JournalTail(file);
    this.#progress = new Progress(rigs, () => undefined);
    this.#projection = new Projection({
      kind: 'journal',
      file: basename(file),
      timed: true,
      madeBy: ownVersion(),
      maskIdentities: true,
    });
  }

  /** Reads one piece of what was written since; false when there was nothing more. */
  read(): boolean {
    const events = this.#tail.read();
    if (events === undefined) {
      if (!this.#caughtUp) this.reportChanged = true;
      this.#caughtUp = true;
      return false;
    }
    for (const event of events) {
      this.#projection.take(event);
      this.#progress.take(event);
      if (telling.has(event.type)) this.reportChanged = true;
    }
    this.rigsChanged = true;
    return true;
  }

  /** Nothing more will come: from now on it is the finished report. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#projection.close();
    this.#tail.close();
    this.reportChanged = true;
  }

  report(): LiveReport {
    this.reportChanged = false;
    const data: ReportData = reportData(this.#projection, this.#tail, this.#over ? undefined : this.rigs());
    return { title: titleOf(data), data };
  }

  rigs(): LiveFacts {
    this.rigsChanged = false;
    const upgrades = new Map(this.#projection.underWay().map((upgrade) => [upgrade.rig, upgrade]));
    const { identities } = this.#projection;
    const rigs = [...this.#progress.rigs.values()].map(({ rig, test = '', phase, counts, ended }): LiveRig => ({
      name: rig,
      test: identities.mask(test),
      phase: identities.mask(phase),
      counts: countsText(counts),
      ended,
      upgrade: upgrades.get(rig),
    }));
    return { caughtUp: this.#caughtUp, rigs };
  }

  /** Details of forty upgrades, packed as in the report; undefined when it has none of them yet. */
  details(bundle: number): string | undefined {
    return this.#projection.bundles.sofar(bundle);
  }
}
