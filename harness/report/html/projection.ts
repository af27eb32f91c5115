import type { EventOf, JournalEvent } from '../../journal/events.js';
import { judge } from '../../verdict/judge.js';
import { judgeSequence } from '../../verdict/sequence.js';
import type { Judgement, UpgradeRecord } from '../../verdict/types.js';
import { ofResult } from '../result.js';
import type { PairFacts, ReportData, SentFile, UpgradeDetail } from './data.js';
import { DetailBundles } from './details.js';
import { FindingGroups } from './finding-groups.js';
import { Identities } from './identities.js';
import { RequirementTally } from './requirement-rows.js';
import { pairFacts, RigCollector } from './rig-facts.js';
import { RunCollector } from './run-facts.js';
import { Times } from './time-rows.js';
import { TrialCollector } from './trial-collector.js';
import { upgradeDetail } from './upgrade-detail.js';
import { upgradeRow, type UpgradeRow } from './upgrade-row.js';
import { UpgradeStream, type StreamedUpgrade } from './upgrade-stream.js';

export interface ProjectionOptions {
  readonly kind: ReportData['kind'];
  readonly file: string;
  /** False: a log without times; `t` of its events is the number of the line. */
  readonly timed: boolean;
  /** Version of this harness. */
  readonly madeBy: string;
  readonly maskIdentities: boolean;
}

const mostChanged = 20;

/**
 * Everything the page shows, gathered while a journal is read: events come one by one, in order, and of each upgrade only what the page
 * needs is kept. `report-data.ts` puts it together.
 */
export class Projection {
  readonly identities: Identities;
  readonly run = new RunCollector();
  readonly trials = new TrialCollector();
  readonly bundles = new DetailBundles();
  readonly requirements = new RequirementTally();
  readonly times = new Times();
  readonly groups: FindingGroups;
  readonly pairs: PairFacts[] = [];
  readonly upgrades: UpgradeRow[] = [];
  /** For `resultOf`. */
  readonly resultEvents: JournalEvent[] = [];
  /** Verdicts that come out otherwise now than during the run. */
  readonly changed: string[] = [];
  readonly #rigs = new Map<string, RigCollector>();
  readonly #files = new Map<string, SentFile>();
  readonly #stream: UpgradeStream;
  /** Of the test that runs on each rig: what a sequence is judged from. */
  readonly #records = new Map<string, { readonly row: number; readonly record: UpgradeRecord }[]>();
  /** Test in which the upgrade under way on each rig began. */
  readonly #testOfUpgrade = new Map<string, string | undefined>();
  readonly #told = new Map<string, Judgement['result']>();
  #sequences: EventOf<'verdict'>[] = [];
  #judgedByRun = false;

  constructor(readonly options: ProjectionOptions) {
    this.identities = new Identities(options.maskIdentities);
    this.groups = new FindingGroups(this.identities);
    this.#stream = new UpgradeStream({ timed: options.timed, fromLog: options.kind === 'terminal log' }, (upgrade) => {
      this.#upgrade(upgrade);
    });
  }

  get rigs(): readonly RigCollector[] {
    return [...this.#rigs.values()];
  }

  get files(): readonly SentFile[] {
    return [...this.#files.values()];
  }

  take(event: JournalEvent): void {
    this.identities.learn(event);
    this.run.take(event);
    if (ofResult.has(event.type)) this.resultEvents.push(event);
    const name = event.rig ?? '';
    if (event.rig !== undefined || event.type === 'upgrade.start') this.#rig(name).take(event);
    if (event.type === 'pair') this.#pair(event);
    if (event.type === 'verdict') this.#verdict(name, event);
    this.trials.take(event);
    this.#stream.take(event);
    if (event.type === 'upgrade.start') this.#testOfUpgrade.set(name, event.test ?? this.run.testOf(name));
    if (event.type === 'test.start' || event.type === 'test.end') this.#betweenTests(name);
  }

  /** To be called once, after the last event. */
  close(): void {
    this.#stream.close();
    for (const rig of this.#records.keys()) this.#betweenTests(rig);
  }

  /** Upgrades under way, as far as they have come; nothing is judged yet. */
  underWay(): readonly UpgradeDetail[] {
    const unjudged = { findings: [], observations: [] };
    return this.#stream
      .underWay()
      .map(({ start, record, events, levels }) => upgradeDetail(start, record, unjudged, events, levels, this.identities));
  }

  /**
   * A run gives a verdict of what its tests do; what it did merely to bring the unit back has none, and counts for nothing. A journal without
   * verdicts is judged whole.
   */
  counts(row: UpgradeRow): boolean {
    return row.told || !this.#judgedByRun;
  }

  #rig(name: string): RigCollector {
    const known = this.#rigs.get(name);
    if (known !== undefined) return known;
    const made = new RigCollector(name, this.#rigs.size);
    this.#rigs.set(name, made);
    return made;
  }

  #pair(event: EventOf<'pair'>): void {
    const facts = pairFacts(event);
    const same = this.pairs.findIndex(
      ({ upgrade, downgrade }) => upgrade.sha256 === facts.upgrade.sha256 && downgrade.sha256 === facts.downgrade.sha256,
    );
    if (same < 0) this.pairs.push(facts);
    this.#rig(event.rig ?? '').pair = same < 0 ? this.pairs.length - 1 : same;
  }

  #verdict(rig: string, event: EventOf<'verdict'>): void {
    this.#judgedByRun = true;
    if (event.sequence === undefined) this.#told.set(`${rig}\n${event.upgrade}`, event.result);
    else this.#sequences.push(event);
  }

  #upgrade({ start, record, events, levels }: StreamedUpgrade): void {
    const name = start.rig ?? '';
    const rig = this.#rig(name);
    const row = this.upgrades.length;
    const judgement = judge(record);
    const then = this.#told.get(`${name}\n${start.upgrade}`);
    const added = upgradeRow(start, record, judgement, {
      rig: rig.index,
      began: this.run.secondsAt(start.at),
      test: this.#testOfUpgrade.get(name),
      trial: this.trials.ofUpgrade(name, start.upgrade, row, record, judgement, events),
      told: then !== undefined,
    });
    this.upgrades.push(added);
    this.bundles.add(upgradeDetail(start, record, judgement, events, levels, this.identities));
    if (then !== undefined && then !== judgement.result && this.changed.length < mostChanged)
      this.changed.push(`${start.upgrade}: ${then} during the run, ${judgement.result} now`);
    if (added.test !== undefined) this.#records.set(name, [...(this.#records.get(name) ?? []), { row, record }]);
    this.#countFile(start);
    if (!this.counts(added)) return;
    this.groups.take(judgement, row);
    this.requirements.take(judgement, row);
    this.times.take(record, judgement.ending, rig.index);
  }

  /** What only several upgrades show together was judged in their test; when it has ended, their records can go. */
  #betweenTests(rig: string): void {
    const own = this.#records.get(rig) ?? [];
    this.#records.delete(rig);
    const isOwn = (event: EventOf<'verdict'>): boolean => (event.rig ?? '') === rig;
    for (const { sequence = [] } of this.#sequences.filter(isOwn)) {
      const chosen = own.filter(({ record }) => sequence.includes(record.id));
      const last = chosen.at(-1);
      if (last === undefined || chosen.length !== sequence.length) continue;
      const judgement = judgeSequence(chosen.map(({ record }) => record));
      this.groups.take(judgement, last.row);
      this.requirements.take(judgement, last.row);
    }
    this.#sequences = this.#sequences.filter((event) => !isOwn(event));
  }

  #countFile({ package: { file, sha256, size, contents } }: EventOf<'upgrade.start'>): void {
    const upgrades = (this.#files.get(sha256)?.upgrades ?? 0) + 1;
    this.#files.set(sha256, { file, sha256, size, contents, upgrades });
  }
}
