import { pause, scaledDeadline, type Clock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { Journal } from '../journal/journal.js';
import type { Package, Unit, Upgrade } from '../module/types.js';
import type { RigPower } from '../power/types.js';
import type { Judgement, UpgradeRecord } from '../verdict/types.js';
import { cutId, phaseOf, pointText, type CutTrial } from './cut.js';
import { trialResult, type TrialResult } from './trial.js';
import { Trigger } from './trigger.js';

export interface ConductParts {
  readonly unit: Unit;
  readonly power: RigPower;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly rig: string;
  readonly scale: number;
  /** Folds and judges the upgrade. */
  readonly judge: (upgrade: Upgrade) => { readonly record: UpgradeRecord; readonly judgement: Judgement };
  readonly test: () => string | undefined;
  /** Trials that this rig had in the run before it was resumed. */
  readonly trialsBefore: number;
}

export interface Trial extends TrialResult {
  readonly id: string;
  readonly trial: CutTrial;
  readonly upgrade: Upgrade;
  readonly record: UpgradeRecord;
}

/** STATUS of a unit without supply has fallen by then, ms: as long as the supply stays off at least. */
const realDecay = 3000;

/** Runs trials of power cuts on one unit, each in one upgrade, and writes what was asked and what came of it. */
export class Conductor {
  #count: number;

  constructor(private readonly parts: ConductParts) {
    this.#count = parts.trialsBefore;
  }

  async run(trial: CutTrial, step: Package): Promise<Trial> {
    const { unit, power, clock, journal, rig, scale, judge, test } = this.parts;
    this.#count += 1;
    const id = `${rig}/${String(this.#count)}`;
    const cut = cutId(trial);
    const began = clock.now();
    const asker = test();
    journal.write({ type: 'trial.start', trial: id, cut, ...(asker === undefined ? {} : { test: asker }) });

    let recovery: Promise<void> = Promise.resolve();
    let lastPowerEvent = 0;
    const trigger = new Trigger({
      points: trial.points,
      scale,
      clock,
      strike: () => power.strike(),
      fire: (index, since, written) => {
        power.cut(`${id} at ${pointText(trial.points[index] ?? { anchor: 'silence', delay: 0 })}`);
        journal.write({
          type: 'trial.cut',
          trial: id,
          index,
          asked: pointText(trial.points[index]!),
          powerEvent: lastPowerEvent,
          latency: written - since,
          written,
        });
        recovery = this.#restore(id, trigger);
      },
    });
    try {
      const upgrade = await unit.upgrade(step, {
        from: trial.source,
        observer: {
          onEarlyReport: (report, t) => trigger.onEarlyReport(report, t),
          onUrc: (urc) => {
            trigger.onUrc(urc);
          },
          onEvent: (event) => {
            if (event.type === 'power.do' && event.wire === 'supply' && event.action === 'off') lastPowerEvent = event.n;
            trigger.onEvent(event);
          },
          onSent: (sent, size) => {
            trigger.onSent(sent, size);
          },
        },
      });
      trigger.stop();
      await recovery;
      const { record, judgement } = judge(upgrade);
      const result = trialResult(trial, record, judgement);
      journal.write({
        type: 'trial.end',
        trial: id,
        cut,
        upgrade: upgrade.id,
        package: step.facts.sha256,
        revision: record.versions.before ?? step.fromRevision,
        outcome: result.outcome,
        ...(result.owner === undefined ? {} : { owner: result.owner }),
        phase: trial.points[0] === undefined ? 'updating' : phaseOf(trial.points[0]),
        achieved: result.achieved,
        ...(result.why === undefined ? {} : { why: result.why }),
        took: clock.now() - began,
      });
      return { ...result, id, trial, upgrade, record };
    } catch (error) {
      journal.write({
        type: 'trial.end',
        trial: id,
        cut,
        package: step.facts.sha256,
        revision: step.fromRevision,
        outcome: 'invalid',
        owner: 'rig',
        phase: trial.points[0] === undefined ? 'updating' : phaseOf(trial.points[0]),
        achieved: 'unknown',
        why: messageOf(error),
        took: clock.now() - began,
      });
      throw error;
    } finally {
      trigger.stop();
      // Whatever happened, power comes back before anybody else uses the unit.
      await recovery;
    }
  }

  /** STATUS without edges must be asked while the supply is off: afterwards it proves nothing. */
  async #witness(): Promise<void> {
    const { power, clock, scale } = this.parts;
    const until = clock.now() + scaledDeadline(realDecay, scale);
    while ((await power.status()) === true && clock.now() < until) await pause(clock, 10);
  }

  /** Power comes back after the least time off, and the next point is armed. A switch that fails shows in the journal and as a rig fault. */
  async #restore(id: string, trigger: Trigger): Promise<void> {
    const { power, journal } = this.parts;
    try {
      await power.settled();
      await this.#witness();
      await power.on(`${id}: back after the cut`, { running: false });
      trigger.next();
    } catch (error) {
      journal.write({ type: 'rig.fault', what: `power could not be restored after a cut: ${messageOf(error)}` });
    }
  }
}
