import { basename, join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { messageOf, RigFault } from '../base/errors.js';
import type { RigPower } from '../power/types.js';
import { seeded } from '../base/random.js';
import type { JournalEvent } from '../journal/events.js';
import type { Journal } from '../journal/journal.js';
import type { SwitchProof } from '../module/switch-proof.js';
import type { Pair, Unit, Upgrade } from '../module/types.js';
import { spoil } from '../package/spoil.js';
import { packageFacts } from '../package/facts.js';
import type { RigDefinition } from '../rig/schema.js';
import { fold } from '../verdict/fold.js';
import { judge } from '../verdict/judge.js';
import { judgeSequence } from '../verdict/sequence.js';
import { failureText, sequenceText } from '../verdict/text.js';
import { driftText } from '../campaign/drift.js';
import { Conductor, type Trial } from '../campaign/conduct.js';
import { cutId, type CutTrial } from '../campaign/cut.js';
import type { Judgement, UpgradeRecord } from '../verdict/types.js';
import { Trials } from './trials.js';
import { marked, outcomeOf, outOfTime } from './outcome.js';
import { Latest } from './latest.js';
import { leftToOthers, type Shard } from './shard.js';
import type { Before } from './before.js';
import type { Need, World } from './world.js';

export interface WorldOptions {
  readonly rig: RigDefinition;
  readonly unit: Unit;
  readonly pair: Pair;
  readonly journal: Journal;
  readonly seed: number;
  /** Private folder for packages made by suites. */
  readonly workshop: string;
  readonly tries: number;
  readonly signal: AbortSignal;
  readonly power: RigPower;
  /** Made before the first power cut: a switch that does not cut proves nothing of the module. */
  readonly proof: SwitchProof;
  readonly clock: Clock;
  readonly cuts: World['cuts'];
  readonly shard?: Shard | undefined;
  /** Most trials that narrowing a failing window may take. */
  readonly narrow: number;
  /** Round trips of the soak suite, and ms that it may take. */
  readonly soak: { readonly trips: number; readonly budget: number | undefined };
  readonly currentTest: () => string | undefined;
  /** What the rig did before the run was resumed. */
  readonly before: Before;
  /** See `keepContext`. */
  readonly context: readonly JournalEvent[];
}

const fillerName = 'filler.bin';
/** Bytes; at 115,200 baud 16 MiB take 25 minutes. */
const largestFiller = 16 * 1024 * 1024;

/** Upgrades whose judgement is kept: a test asks for those that it has just made. */
const keptJudgements = 64;

type Judged = Judgement & { readonly text: string; readonly record: UpgradeRecord };

type Declared = Parameters<World['declare']>[0];

export interface MadeWorld {
  readonly world: World;
  /** The test declared last has this whole title, describe blocks in front. */
  added(title: string): void;
  coveredBy(title: string): readonly string[];
  skipReason(title: string): string | undefined;
}

/** What the suites of a rig see, built on the unit. */
export function makeWorld(options: WorldOptions): MadeWorld {
  const { rig, unit, pair, journal } = options;
  const { clock } = options;
  const declared: (Declared & { whole?: string })[] = [];
  const judged = new Latest<Judged>(keptJudgements);
  const times: UpgradeRecord['times'][] = [];
  let aside: string | undefined;

  const find = (title: string): Declared | undefined => declared.findLast((test) => test.whole === title);

  /** The live verdict must know what the journal's reader knows: without the rig's profile and the pair some rules would be silent. */
  function withContext(upgrade: Upgrade): readonly JournalEvent[] {
    const first = upgrade.events[0]?.n ?? 0;
    return [...options.context.filter((event) => event.n < first), ...upgrade.events];
  }

  function tell({ result, ending, findings }: Judgement, upgrade: string, sequence?: readonly string[]): void {
    journal.write({
      type: 'verdict',
      upgrade,
      ...(sequence === undefined ? {} : { sequence: [...sequence] }),
      result,
      ...(ending === undefined ? {} : { ending }),
      findings: findings.map(({ rule, requirement, owner, text, events }) => ({
        rule,
        requirement,
        owner,
        text,
        events: [...events],
      })),
    });
  }

  function judgeOnce(upgrade: Upgrade): Judged {
    const known = judged.get(upgrade.id);
    if (known !== undefined) return known;
    const record = fold(withContext(upgrade)).find((candidate) => candidate.id === upgrade.id);
    if (record === undefined) throw new Error(`no record of ${upgrade.id} in its own events`);
    const judgement = judge(record);
    tell(judgement, upgrade.id);
    const whole = { ...judgement, record, text: failureText(record, judgement, upgrade.events) };
    judged.set(upgrade.id, whole);
    return whole;
  }

  const finished = [...options.before.finished];
  /** Narrowing may have repeated a cut that failed, and seen it survived: the failure stands. */
  function indexOfEarlier(trial: CutTrial): number {
    const cut = cutId(trial);
    const same = ({ test, end }: (typeof finished)[number]): boolean => test === options.currentTest() && end.cut === cut;
    const failed = finished.findIndex((each) => same(each) && each.end.outcome === 'failed');
    return failed < 0 ? finished.findLastIndex(same) : failed;
  }
  function earlier(trial: CutTrial): Trial | undefined {
    const index = indexOfEarlier(trial);
    const [found] = index < 0 ? [] : finished.splice(index, 1);
    if (found === undefined) return undefined;
    const { end, record, events } = found;
    const judgement = judge(record);
    judged.set(record.id, { ...judgement, record, text: failureText(record, judgement, events) });
    journal.write({
      type: 'note',
      text: `trial ${end.trial} was made before the run was resumed: it counts, and is not repeated`,
    });
    const { outcome, owner, achieved, why } = end;
    return {
      id: end.trial,
      trial,
      upgrade: { id: record.id, events, profile: unit.profile },
      record,
      outcome,
      owner,
      achieved,
      why,
    };
  }

  let soakBegan: number | undefined;
  let firstCut: number | undefined;
  function timeUp(): string | undefined {
    const { budget } = options.soak;
    const spent = options.before.spent.cuts + (firstCut === undefined ? 0 : clock.now() - firstCut);
    if (budget === undefined || spent < budget) return undefined;
    return outOfTime;
  }

  const trials = new Trials({
    conductor: new Conductor({
      unit,
      power: options.power,
      clock: options.clock,
      journal,
      rig: rig.name,
      scale: rig.timing.scale,
      judge: (upgrade) => {
        const whole = judgeOnce(upgrade);
        return { record: whole.record, judgement: whole };
      },
      test: options.currentTest,
      trialsBefore: options.before.trials,
    }),
    journal,
    narrow: options.narrow,
    textOf: (upgrade) => judgeOnce(upgrade).text,
    baseline: (why) => world.baseline(why),
    earlier,
    probesBefore: options.before.probes,
    timeUp,
  });

  const world: World = {
    rig,
    unit,
    pair,
    tries: options.tries,
    async spoil(from, contents) {
      const path = join(options.workshop, `${contents}-${basename(from.path)}`);
      await spoil(from.path, contents, path, options.seed);
      return { ...from, path, facts: await packageFacts(path, from.facts.from, from.facts.to, contents) };
    },
    judge: judgeOnce,
    seed: options.seed,
    cuts: options.cuts,
    soak: {
      says: soakText(options.soak),
      goesOn(trip) {
        soakBegan ??= clock.now() - options.before.spent.soak;
        if (trip === 0) return true;
        return trip < options.soak.trips && clock.now() - soakBegan < (options.soak.budget ?? Infinity);
      },
    },
    drift: {
      add(upgrade) {
        times.push(judgeOnce(upgrade).record.times);
      },
      tell() {
        for (const text of driftText(times)) journal.write({ type: 'note', text: `drift of ${text}` });
      },
    },
    async cut(trial, step) {
      const up = timeUp();
      // A trial that was made before the run was resumed takes no time, and what it found must not be lost.
      if (up !== undefined && indexOfEarlier(trial) < 0) throw new Error(marked('skipped', up));
      firstCut ??= clock.now();
      await options.proof.ensure();
      return trials.run(trial, trial.contents === undefined ? step : await world.spoil(step, trial.contents));
    },
    judgeSequence(upgrades) {
      const events = upgrades.flatMap((upgrade) => [...upgrade.events]);
      const records = upgrades.flatMap((upgrade) => fold(withContext(upgrade)).filter((record) => record.id === upgrade.id));
      const judgement = judgeSequence(records);
      const ids = records.map(({ id }) => id);
      const last = ids.at(-1);
      if (last === undefined) throw new Error(marked('skipped', 'no upgrade was made that could be judged'));
      tell(judgement, last, ids);
      return { ...judgement, text: sequenceText(ids, judgement, events) };
    },
    lacks: (need) => lacks(rig, need),
    leaves: (title, needs) => leftToOthers(options.shard, title, needs),
    declare(test) {
      declared.push({ ...test });
    },
    alreadyDone: () => options.before.done.has(options.currentTest() ?? ''),
    retried(title, number, why) {
      journal.write({ type: 'test.try', test: title, number, why });
    },
    async baseline(why) {
      if (options.signal.aborted) throw new Error(stoppedBy(options.signal));
      if (aside !== undefined) throw new Error(marked('skipped', `the rig was set aside: ${aside}`));
      try {
        await unit.restore(why);
      } catch (error) {
        if (options.signal.aborted) throw new Error(stoppedBy(options.signal), { cause: error });
        if (error instanceof RigFault) {
          aside = error.message;
          throw new Error(marked('invalid', `the rig is set aside: ${error.explain()}`), { cause: error });
        }
        // Whatever it was, it is not the module that failed: what it did is judged by rules, not by how the way back went.
        throw new Error(marked('invalid', messageOf(error)), { cause: error });
      }
    },
    random: (label) => seeded(options.seed, `${rig.name}/${label}`),
    async fill(storage, leaving) {
      const files = await unit.files('check');
      const free = storage === 'ufs' ? files.ufsFree : files.sdFree;
      if (free === undefined)
        throw new Error(marked('inconclusive', `the module does not say how much room is left on ${storage}`));
      const size = free - leaving;
      if (size > largestFiller) {
        throw new Error(marked('skipped', `${storage} has ${String(free)} bytes free: filling it would take too long`));
      }
      if (size > 0) await unit.upload(storage, fillerName, Buffer.alloc(size, 0x55));
      return async () => {
        if (size > 0) await unit.remove(storage, fillerName);
      };
    },
  };
  return {
    world,
    added(title) {
      const last = declared.at(-1);
      if (last !== undefined && title.endsWith(last.title)) last.whole ??= title;
    },
    coveredBy: (title) => find(title)?.covers ?? [],
    skipReason: (title) => find(title)?.skipped,
  };
}

/** Why a rig cannot do something, or undefined when it can. */
export function lacks(rig: RigDefinition, need: Need): string | undefined {
  switch (need) {
    case 'ftp':
    case 'http':
      return rig.delivery[need] === undefined ? `the rig has no ${need} delivery` : undefined;
    case 'own-ftp':
    case 'own-http': {
      const protocol = need === 'own-ftp' ? 'ftp' : 'http';
      return rig.delivery[protocol]?.external === undefined
        ? undefined
        : `the rig’s ${protocol} server is not ours (delivery.${protocol}.external): no log of it is seen, and no fault is made there`;
    }
    case 'upload-ftp':
    case 'upload-http': {
      const protocol = need === 'upload-ftp' ? 'ftp' : 'http';
      return rig.delivery[protocol]?.external?.present !== true
        ? undefined
        : `the rig’s ${protocol} server has the packages of the pair and no others (delivery.${protocol}.external.present)`;
    }
    case 'ufs':
      return rig.delivery.ufs ? undefined : 'the rig does not deliver by UFS';
    case 'sd':
      return rig.delivery.sd ? undefined : 'the rig has no SD card';
    case 'restorable-failures':
      return rig.firmware.afterRetries === 'retries-for-ever' && rig.restore === undefined && rig.power.simulated === undefined
        ? 'its firmware retries a failing package for ever, and the rig has no restore command'
        : undefined;
    case 'power-cuts':
      return rig.safety.powerCuts ? undefined : 'the rig does not allow power cuts (safety.powerCuts)';
    case 'network':
      return rig.network.registration ? undefined : 'the rig has no mobile network';
    default:
      return undefined;
  }
}

function soakText({ trips, budget }: WorldOptions['soak']): string {
  const time = budget === undefined ? '' : `at most ${budgetText(budget)}`;
  if (!Number.isFinite(trips)) return time;
  return `${String(trips)} of them${time === '' ? '' : `, ${time}`}`;
}

function budgetText(ms: number): string {
  return ms < 120_000 ? `${String(Math.round(ms / 1000))} seconds` : `${String(Math.round(ms / 60_000))} minutes`;
}

/** Somebody who interrupts a run leaves tests out; what the harness had to stop for spoils them. */
function stoppedBy(signal: AbortSignal): string {
  const why = messageOf(signal.reason);
  return outcomeOf([why]).outcome === 'invalid' ? why : marked('skipped', 'the run was interrupted');
}
