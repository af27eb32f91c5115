import type { Behaviours, Nv } from './behaviour.js';
import { Dice } from './core/bytes.js';
import { Core, factoryFlash } from './core/core.js';
import type { FlashSnapshot } from './core/flash.js';
import { makeImage, revisionOf } from './core/image.js';
import type { Image, ImageSize, ModuleName } from './core/image.js';
import { makePackage } from './core/package-file.js';
import type { Policy, Step } from './core/steps.js';

export interface SweepOptions {
  readonly module: ModuleName;
  readonly size: ImageSize;
  readonly policy: Policy;
  readonly behaviours: Behaviours;
  readonly seed: number;
  /** How many sequences of two cuts and more are tried after the full sweep of single ones. */
  readonly samples: number;
}

export interface SweepFailure {
  /** Repeats the failure: the operations at which power was cut, one a boot; `~` marks a torn one. */
  readonly cut: string;
  readonly what: string;
}

export interface SweepResult {
  readonly operations: number;
  readonly cuts: number;
  readonly seconds: number;
  readonly failures: readonly SweepFailure[];
}

/** Where power goes: before the n-th operation of a boot, or in the middle of it. */
interface Cut {
  readonly at: number;
  readonly torn: boolean;
}

/** Boots after which a module that is not in normal mode counts as lost. */
const MOST_BOOTS = 40;

/**
 * Cuts power at every operation of an upgrade and in the middle of every one, from snapshots, and lets the module find its way
 * alone. It must end in normal mode, byte for byte on the new version, or on the old one when the attempts were used up.
 */
export function sweep(options: SweepOptions): SweepResult {
  return new Sweep(options).run();
}

class Sweep {
  private readonly core: Core;
  private readonly dice: Dice;
  private readonly images: Readonly<Record<'old' | 'new', Image>>;
  private readonly begun: FlashSnapshot;
  private readonly failures: SweepFailure[] = [];
  private readonly nv = {} as Nv;
  private cuts = 0;
  private percent: number | undefined;

  constructor(private readonly options: SweepOptions) {
    const { module, size, policy, behaviours } = options;
    this.images = { old: makeImage(module, 'v12', size), new: makeImage(module, 'v13', size) };
    const data = makePackage(this.images.old, this.images.new);
    const packages = { read: () => data, free: () => Infinity };
    this.core = new Core(factoryFlash(this.images.old, size), size, policy, packages, behaviours);
    this.dice = new Dice('sweep', options.seed);
    this.finish(this.core.request('/data/ufs/package.zip'));
    this.begun = this.core.flash.snapshot();
  }

  run(): SweepResult {
    const started = performance.now();
    const operations = this.everyOperation();
    for (let i = 0; i < this.options.samples; i++) this.sequence(operations);
    const seconds = (performance.now() - started) / 1000;
    return { operations, cuts: this.cuts, seconds, failures: this.failures };
  }

  /** Walks once through an upgrade, and at each operation tries both cuts before it goes on. */
  private everyOperation(): number {
    const { flash } = this.core;
    let at = 0;
    let warm = true;
    for (;;) {
      const steps = this.wholeBoot(warm);
      for (let next = steps.next(); ; next = steps.next()) {
        if (next.done === true) {
          if (next.value === 'normal') return at;
          break;
        }
        if (next.value.kind === 'report' && next.value.report.kind === 'UPDATING') this.percent = next.value.report.percent;
        if (next.value.kind !== 'op') continue;
        const { op } = next.value;
        const here = flash.snapshot();
        const { percent } = this;
        for (const torn of [false, true]) {
          if (torn) flash.tear(op, this.dice.between(0, 1));
          this.lose(torn, percent);
          this.judge(`${at}${torn ? '~' : ''}`, this.settle());
          flash.restore(here);
          this.nv.bricked = false;
        }
        this.percent = percent;
        flash.perform(op);
        at++;
      }
      warm = true;
    }
  }

  /** Several cuts, one a boot, at places drawn by lot. */
  private sequence(operations: number): void {
    this.core.flash.restore(this.begun);
    this.percent = undefined;
    this.nv.bricked = false;
    const names: string[] = [];
    for (let depth = this.dice.whole(2, 6); depth > 0 && !this.nv.bricked; depth--) {
      const cut: Cut = { at: this.dice.whole(0, operations), torn: this.dice.whole(0, 1) === 1 };
      const done = this.bootAndCut(cut);
      if (done) break;
      names.push(`${cut.at}${cut.torn ? '~' : ''}`);
    }
    this.judge(names.join(','), this.settle());
  }

  /** One cold boot, cut; true when it came to its end before the cut. */
  private bootAndCut(cut: Cut): boolean {
    let at = 0;
    for (const step of this.wholeBoot(false)) {
      if (step.kind === 'report' && step.report.kind === 'UPDATING') this.percent = step.report.percent;
      if (step.kind !== 'op') continue;
      if (at++ === cut.at) {
        if (cut.torn) this.core.flash.tear(step.op, this.dice.between(0, 1));
        this.lose(cut.torn, this.percent);
        return false;
      }
      this.core.flash.perform(step.op);
    }
    return true;
  }

  private lose(torn: boolean, percent: number | undefined): void {
    this.cuts++;
    this.options.behaviours.onCut({ mode: 'recovery', percent, torn }, this.nv);
  }

  /** A boot, and what follows it in normal mode. */
  private *wholeBoot(warm: boolean): Generator<Step, 'normal' | 'reboot' | 'dead', void> {
    const outcome = yield* this.core.boot(warm);
    if (outcome.kind === 'normal') yield* this.core.arrive();
    return outcome.kind;
  }

  /** Lets the module go on by itself; says how it ended. */
  private settle(): 'normal' | 'dead' | 'lost' {
    if (this.nv.bricked) return 'dead';
    let warm = false;
    for (let boots = 0; boots < MOST_BOOTS; boots++) {
      const outcome = this.finish(this.wholeBoot(warm));
      if (outcome !== 'reboot') return outcome;
      warm = true;
    }
    return 'lost';
  }

  private finish<T>(steps: Generator<Step, T, void>): T {
    for (;;) {
      const { value, done } = steps.next();
      if (done === true) return value;
      if (value.kind === 'op') this.core.flash.perform(value.op);
    }
  }

  private judge(cut: string, ending: 'normal' | 'dead' | 'lost'): void {
    const fail = (what: string): void => void this.failures.push({ cut, what });
    if (ending !== 'normal')
      return fail(ending === 'dead' ? 'does not boot any more' : `not in normal mode after ${MOST_BOOTS} boots`);
    const { outcome, flag } = this.core.log.read();
    if (flag !== 'normal') return fail(`in normal mode with the flag ${flag}`);
    const expected = outcome === 'given-up' && this.mayGiveUp(cut) ? this.images.old : this.images.new;
    if (this.core.revision() !== expected.revision) return fail(`runs ${this.core.revision()}, not ${expected.revision}`);
    const contents = this.core.images.contents();
    for (const [name, content] of expected.files)
      if (contents?.get(name)?.equals(content) !== true) return fail(`${name} differs from that of ${expected.revision}`);
  }

  /** Whether this many cuts may use up the attempts. */
  private mayGiveUp(cut: string): boolean {
    const { profile, cutsCount, reading } = this.options.policy;
    return profile === 'backup' && cutsCount && cut.split(',').length >= (reading === 'in-all' ? 5 : 6);
  }
}

/** The result in words. */
export function sweepText(options: SweepOptions, { operations, cuts, seconds, failures }: SweepResult): string {
  const rate = Math.round(cuts / seconds);
  const head = `${revisionOf(options.module, 'v12')} to ${revisionOf(options.module, 'v13')}, ${options.policy.profile}: ${operations} operations`;
  const lines = [
    `${head}, ${cuts} cuts in ${seconds.toFixed(1)} s (${rate} a second, ${rate * 60} a minute), ${failures.length} failures`,
  ];
  for (const { cut, what } of failures.slice(0, 20)) lines.push(`  cut at ${cut}: ${what}`);
  if (failures.length > 20) lines.push(`  and ${failures.length - 20} more`);
  return lines.join('\n');
}
