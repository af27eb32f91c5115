import type { Behaviours, Nv, Spoils } from './behaviour.js';
import { Dice } from './core/bytes.js';
import { Core, factoryFlash } from './core/core.js';
import { Fingerprint } from './core/fingerprint.js';
import type { FingerprintState } from './core/fingerprint.js';
import type { FlashOp, FlashSnapshot } from './core/flash.js';
import { makeImage, revisionOf } from './core/image.js';
import type { Image, ImageSize, ModuleName } from './core/image.js';
import { makePackage } from './core/package-file.js';
import { Places } from './core/places.js';
import type { Policy, Step } from './core/steps.js';

export interface SweepOptions {
  readonly module: ModuleName;
  readonly size: ImageSize;
  readonly policy: Policy;
  readonly behaviours: Behaviours;
  readonly seed: number;
  /** How many sequences of two cuts and more are tried after the full sweep of single ones. */
  readonly samples: number;
  /** Runs each recovery to its end, even where it comes upon a content of the flash from which the rest is known. */
  readonly wholeTails: boolean;
}

export interface SweepFailure {
  /** Names the failure: the operations at which power was cut, one a boot; `~` marks a torn one. */
  readonly cut: string;
  readonly what: string;
}

export interface SweepResult {
  readonly operations: number;
  /** Losses of power, each of them carried out and followed by a recovery that was judged. */
  readonly cuts: number;
  readonly seconds: number;
  /** Of the processor, with all that runs beside the sweep in this process. */
  readonly cpuSeconds: number;
  readonly failures: readonly SweepFailure[];
}

/** All that is to be brought back to go on from here once more. */
interface Moment {
  readonly flash: FlashSnapshot;
  readonly print: FingerprintState;
  readonly percent: number | undefined;
  readonly mode: string;
}

/** A moment before an operation of the uncut upgrade. */
interface Operation extends Moment {
  readonly at: number;
  readonly op: FlashOp;
}

/** How a module that was left alone ended. */
interface Ending {
  readonly kind: 'normal' | 'dead' | 'lost';
  readonly flag: string;
  readonly outcome: string;
  readonly revision: string | undefined;
  /** The first file in which it differs from each version; undefined when there is none. */
  readonly differs: Readonly<Record<'old' | 'new', string | undefined>>;
}

/** Boots after which a module that is not in normal mode counts as lost. */
const MOST_BOOTS = 40;
/** Files are no part of a sweep. */
const nothing = (): void => undefined;
const NO_FILES: Spoils = {
  wipe: nothing,
  wipeCard: nothing,
  damageOne: nothing,
  dropPackage: nothing,
  loseRoom: nothing,
  takeRoom: nothing,
};
/** Cuts tried in one boot of a sequence, on average, before one of them is chosen to go on from. */
const BRANCHES = 24;
const DEEPEST = 6;
/** An upgrade that takes more never ends. */
const MOST_OPERATIONS = 100_000;

/**
 * Cuts power at every operation of an upgrade and in the middle of every one, from snapshots, and lets the module find its way
 * alone; then does it again in the recoveries, up to six cuts deep, at places drawn by lot. The module must end in normal mode,
 * byte for byte on the new version, or on the old one when the attempts were used up.
 *
 * A recovery is followed only until it comes to a place, with a content of the whole flash, from which another one has been
 * followed to its end already.
 */
export function sweep(options: SweepOptions): SweepResult {
  return new Sweep(options).run();
}

class Sweep {
  private readonly core: Core;
  private readonly dice: Dice;
  private readonly images: Readonly<Record<'old' | 'new', Image>>;
  private readonly print: Fingerprint;
  private readonly operations: Operation[] = [];
  private readonly known = new Map<string, Ending>();
  private readonly failures: SweepFailure[] = [];
  private readonly nv = {} as Nv;
  private cuts = 0;
  private percent: number | undefined;
  private mode = 'normal';

  constructor(private readonly options: SweepOptions) {
    const { module, size, policy, behaviours } = options;
    this.images = { old: makeImage(module, 'v12', size), new: makeImage(module, 'v13', size) };
    const data = makePackage(this.images.old, this.images.new);
    const packages = { read: () => data, free: () => Infinity };
    this.core = new Core(factoryFlash(this.images.old, size), size, policy, packages, behaviours);
    this.dice = new Dice('sweep', options.seed);
    this.print = new Fingerprint(this.core.flash);
    for (const step of this.core.request('/data/ufs/package.zip')) this.take(step);
  }

  run(): SweepResult {
    const [started, used] = [performance.now(), process.cpuUsage()];
    const operations = this.everyOperation();
    for (let tried = 0; tried < this.options.samples;) tried += Math.max(1, this.sequences(operations));
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(used);
    return { operations, cuts: this.cuts, seconds, cpuSeconds: (user + system) / 1e6, failures: this.failures };
  }

  /** Walks once through an upgrade, and at each operation tries both cuts before it goes on. Says how many operations there were. */
  private everyOperation(): number {
    for (;;) {
      const steps = this.boot(true);
      for (let next = steps.next(); ; next = steps.next()) {
        if (next.done === true) {
          if (next.value !== 'reboot' || this.operations.length > MOST_OPERATIONS) return this.operations.length;
          break;
        }
        if (next.value.kind === 'op') {
          const moment = { ...this.moment(), at: this.operations.length, op: next.value.op };
          this.operations.push(moment);
          for (const torn of [false, true]) {
            this.cut(moment.op, torn);
            this.judge([name(moment.at, torn)]);
            this.goTo(moment);
          }
        }
        this.take(next.value);
      }
    }
  }

  /** One first cut, and from there deeper ones, one a boot. Says how many sequences were judged. */
  private sequences(operations: number): number {
    const first = this.operations[this.dice.whole(0, operations - 1)];
    if (first === undefined) return 0;
    this.goTo(first);
    const torn = this.dice.whole(0, 1) === 1;
    // Counted with the single cuts, and judged there.
    this.cut(first.op, torn, 0);
    let tried = 0;
    const names = [name(first.at, torn)];
    for (let depth = 2; depth <= DEEPEST && this.nv.bricked !== true; depth++) {
      const [chosen, count] = this.cutsInOneBoot(names, Math.ceil((2 * (operations - first.at)) / BRANCHES));
      tried += count;
      if (chosen === undefined) break;
      this.goTo(chosen);
      names.push(chosen.cut);
    }
    return tried;
  }

  /** A cold boot that is cut in several places drawn by lot, each time from a snapshot; one of the places is chosen to go on from. */
  private cutsInOneBoot(before: readonly string[], stride: number): readonly [(Moment & { cut: string }) | undefined, number] {
    let chosen: (Moment & { cut: string }) | undefined;
    let count = 0;
    let at = 0;
    let next = this.dice.whole(0, stride - 1);
    for (const step of this.boot(false)) {
      if (step.kind === 'op' && at++ === next) {
        const cut = name(next, this.dice.whole(0, 1) === 1);
        const here = this.moment();
        this.cut(step.op, cut.endsWith('~'));
        const after = this.moment();
        if (this.dice.whole(0, count) === 0 && this.nv.bricked !== true) chosen = { ...after, cut };
        this.judge([...before, cut]);
        this.goTo(here);
        count++;
        next += this.dice.whole(1, stride);
      }
      this.take(step);
    }
    return [chosen, count];
  }

  private moment(): Moment {
    return { flash: this.core.flash.snapshot(), print: this.print.save(), percent: this.percent, mode: this.mode };
  }

  private goTo({ flash, print, percent, mode }: Moment): void {
    this.core.flash.restore(flash);
    this.print.restore(print);
    this.percent = percent;
    this.mode = mode;
    this.nv.bricked = false;
  }

  /** The power goes before this operation, or in the middle of it. */
  private cut(op: FlashOp, torn: boolean, counts = 1): void {
    const { flag, starts } = this.core.log.read();
    if (torn) this.core.flash.tear(op, this.dice.between(0, 1));
    this.cuts += counts;
    const cut = { mode: this.mode, percent: this.percent, torn, ending: flag === 'done', starts, downloading: false };
    this.options.behaviours.onCut(cut, this.nv, NO_FILES);
  }

  private take(step: Step): void {
    if (step.kind === 'op') this.core.flash.perform(step.op);
    else if (step.kind === 'mode') this.mode = step.mode;
    else if (step.kind === 'report' && step.report.kind === 'UPDATING') this.percent = step.report.percent;
  }

  /** A boot, and what follows it in normal mode. */
  private *boot(warm: boolean): Generator<Step, 'normal' | 'reboot' | 'dead', void> {
    this.percent = undefined;
    this.mode = 'booting';
    const outcome = yield* this.core.boot(warm);
    if (outcome.kind === 'normal') {
      this.mode = 'normal';
      yield* this.core.arrive();
    }
    return outcome.kind;
  }

  /** Lets the module go on by itself, from power on. */
  private settle(): Ending {
    if (this.nv.bricked === true) return { ...this.ending('normal'), kind: 'dead' };
    const passed: string[] = [];
    const remember = (ending: Ending): Ending => {
      // After how many boots a module is given up for lost counts from the cut, so that is not known of places on the way.
      for (const place of ending.kind === 'lost' ? [] : passed) this.known.set(place, ending);
      return ending;
    };
    for (let boots = 0; boots < MOST_BOOTS; boots++) {
      const steps = this.boot(boots > 0);
      const places = new Places();
      let next = steps.next();
      for (; next.done !== true; next = steps.next()) {
        const place = this.options.wholeTails ? undefined : places.at(next.value);
        if (place !== undefined) {
          const known = `${this.print.key} ${place}`;
          const ending = this.known.get(known);
          if (ending !== undefined) return remember(ending);
          passed.push(known);
        }
        this.take(next.value);
      }
      if (next.value !== 'reboot') return remember(this.ending(next.value));
    }
    return this.ending('lost');
  }

  private ending(kind: Ending['kind']): Ending {
    const { flag, outcome } = this.core.log.read();
    const contents = this.core.images.contents();
    const differs = ({ files }: Image): string | undefined =>
      [...files].find(([file, content]) => contents?.get(file)?.equals(content) !== true)?.[0];
    const { images } = this;
    return {
      kind,
      flag,
      outcome,
      revision: this.core.revision(),
      differs: { old: differs(images.old), new: differs(images.new) },
    };
  }

  private judge(names: readonly string[]): void {
    const what = this.wrong(this.settle(), names.length);
    if (what !== undefined) this.failures.push({ cut: names.join(','), what });
  }

  private wrong({ kind, flag, outcome, revision, differs }: Ending, cuts: number): string | undefined {
    if (kind === 'dead') return 'does not boot any more';
    if (kind === 'lost') return `not in normal mode after ${MOST_BOOTS} boots`;
    if (flag !== 'normal') return `in normal mode with the flag ${flag}`;
    const due = outcome === 'given-up' && this.mayGiveUp(cuts) ? 'old' : 'new';
    const expected = this.images[due].revision;
    if (revision !== expected) return `runs ${revision}, not ${expected}`;
    return differs[due] === undefined ? undefined : `${differs[due]} differs from that of ${expected}`;
  }

  /** Whether this many cuts may use up the attempts. */
  private mayGiveUp(cuts: number): boolean {
    const { profile, cutsCount, reading } = this.options.policy;
    return profile === 'backup' && cutsCount && cuts >= (reading === 'in-all' ? 5 : 6);
  }
}

/** How a cut is written in the name of a sequence. */
function name(at: number, torn: boolean): string {
  return `${at}${torn ? '~' : ''}`;
}

/** The result in words. */
export function sweepText({ module, policy }: SweepOptions, result: SweepResult): string {
  const { operations, cuts, seconds, cpuSeconds, failures } = result;
  const rate = Math.round(cuts / seconds);
  const { profile, reading } = policy;
  const lines = [
    `${revisionOf(module, 'v12')} to ${revisionOf(module, 'v13')}, ${profile}, ${reading}: ${operations} operations`,
    `${cuts} cuts in ${seconds.toFixed(1)} s: ${rate} a second, ${rate * 60} a minute; ${Math.round(cuts / cpuSeconds)} a second of one core`,
    `${failures.length} failures`,
  ];
  for (const { cut, what } of failures.slice(0, 20)) lines.push(`  cut at ${cut}: ${what}`);
  if (failures.length > 20) lines.push(`  and ${failures.length - 20} more`);
  return lines.join('\n');
}
