import { Behaviours } from '../behaviour.js';
import { BootLog } from './boot-log.js';
import type { BootRecord } from './boot-log.js';
import { Flash } from './flash.js';
import type { FlashOp } from './flash.js';
import { ImageStore } from './image-store.js';
import { makeImage, makeLayout, MANIFEST } from './image.js';
import type { Image, ImageSize } from './image.js';
import { Recovery } from './recovery.js';
import type { PackageStore } from './recovery.js';
import type { Outcome, Policy, Step } from './steps.js';

/** A flash as it leaves the factory. */
export function factoryFlash(image: Image, size: ImageSize = 'full'): Flash {
  const layout = makeLayout(size);
  const flash = new Flash(layout.blocks);
  new ImageStore(flash, layout).install(image);
  flash.operations = 0;
  return flash;
}

/** What boots: loader, recovery and restore. Pure and synchronous; whoever drives it gives it time and takes its power away. */
export class Core {
  readonly log: BootLog;
  readonly images: ImageStore;

  constructor(
    readonly flash: Flash,
    size: ImageSize,
    private readonly policy: Policy,
    private readonly packages: PackageStore,
    private readonly behaviours: Behaviours = new Behaviours(),
  ) {
    const layout = makeLayout(size);
    this.log = new BootLog(flash, layout.log);
    this.images = new ImageStore(flash, layout);
  }

  /** The revision the image names; undefined when it does not even name one. */
  revision(): string | undefined {
    return this.images.manifest()?.revision;
  }

  /** Puts the boot flag: the next boot upgrades from this source. */
  *request(source: string): Generator<Step, void, void> {
    const attempts = this.behaviours.ask('firstCount', 0, this.log.read().attempts);
    const base = this.revision() ?? '';
    yield* this.put({ flag: 'recovery', attempts, starts: 0, source, base, outcome: 'none' });
  }

  /** One boot, from the loader on. `warm`: the reboot that ends an upgrade, with power kept. */
  *boot(warm: boolean): Generator<Step, Outcome, void> {
    const found = this.log.read();
    const flag = this.behaviours.ask('flagAtBoot', found.flag, { warm, starts: found.starts, outcome: found.outcome });
    const record = {
      ...found,
      flag,
      attempts: this.behaviours.ask('countAtBoot', found.attempts, warm, found.starts, found.outcome),
    };
    if (flag !== found.flag) yield* this.put(record);
    if (record.flag === 'recovery') {
      if (!this.exhausted(record)) return yield* this.upgrade(record);
      yield* this.put({ ...record, flag: 'restore' });
    }
    if (record.flag === 'recovery' || record.flag === 'restore') return yield* this.restore();
    if (record.flag === 'done' && !warm) {
      yield { kind: 'mode', mode: 'recovery' };
      yield { kind: 'report', report: { kind: 'START' } };
      yield { kind: 'report', report: { kind: 'END', err: 0 } };
      return { kind: 'reboot' };
    }
    const fault = this.images.fault();
    return fault === undefined ? { kind: 'normal' } : { kind: 'dead', why: `damaged: ${fault}` };
  }

  /** Normal mode has come up: the upgrade, if one has just ended, is over. Says whether one had. */
  *arrive(): Generator<Step, boolean, void> {
    const record = this.log.read();
    if (record.flag !== 'done') return false;
    if (this.behaviours.ask('clearsFlag', true)) yield* this.put({ ...record, flag: 'normal', outcome: 'upgraded' });
    return true;
  }

  private exhausted({ attempts, source }: BootRecord): boolean {
    const most = this.policy.profile === 'no-backup' ? Infinity : this.policy.reading === 'in-all' ? 5 : 6;
    return attempts >= this.behaviours.ask('maxAttempts', most, source);
  }

  private *upgrade(record: BootRecord): Generator<Step, Outcome, void> {
    yield { kind: 'mode', mode: 'recovery' };
    const cutsCount = this.behaviours.ask('cutsCount', this.policy.cutsCount);
    const begun = { ...record, attempts: record.attempts + (cutsCount ? 1 : 0), starts: record.starts + 1 };
    yield* this.put(begun);
    yield { kind: 'report', report: { kind: 'START' } };
    const recovery = new Recovery(this.images, this.policy, this.packages, this.behaviours);
    const result = yield* recovery.attempt(record.source, record.base);
    const err = result === 0 ? this.behaviours.ask('attemptEnd', 0, begun.starts) : result;
    if (err === 0) {
      yield* this.put({ ...begun, flag: 'done' });
      yield { kind: 'report', report: { kind: 'END', err } };
      return { kind: 'reboot' };
    }
    const failed = { ...begun, attempts: record.attempts + 1 };
    if (!cutsCount) yield* this.put(failed);
    if (this.behaviours.ask('endEach', this.policy.endEach) || this.exhausted(failed))
      yield { kind: 'report', report: { kind: 'END', err } };
    return { kind: 'reboot' };
  }

  /** Puts the old version back from the backup area. Safe to be cut anywhere: it starts again and skips what is back already. */
  private *restore(): Generator<Step, Outcome, void> {
    yield { kind: 'mode', mode: 'restore' };
    const record = this.log.read();
    const { base } = record;
    const backup = this.images.manifest(this.images.backup(MANIFEST));
    if ((this.images.fault() !== undefined || this.revision() !== base) && backup?.revision === base) {
      const kept = this.images.pages(this.images.backup(MANIFEST), backup.size);
      for (const { name, size, digest } of backup.files) {
        yield { kind: 'file', phase: 'restore', name };
        const [place, copy] = [this.images.extent(name), this.images.backup(name)];
        if (this.images.holds(place, size, digest) || !this.images.holds(copy, size, digest)) continue;
        for (const op of this.images.rewrite(place, this.images.pages(copy, size))) yield { kind: 'op', op, weight: 1 };
      }
      for (const op of this.images.rewrite(this.images.extent(MANIFEST), kept)) yield { kind: 'op', op, weight: 1 };
    }
    const fault = this.images.fault();
    if (fault !== undefined) return { kind: 'dead', why: `restored, yet damaged: ${fault}` };
    yield* this.put({ ...record, flag: 'normal', outcome: 'given-up' });
    return { kind: 'reboot' };
  }

  private *put(record: BootRecord): Generator<Step, void, void> {
    for (const op of this.log.write(record)) yield quick(op);
  }
}

function quick(op: FlashOp): Step {
  return { kind: 'op', op, weight: 0 };
}

/** A factory-fresh core in memory, for tests and sweeps. */
export function freshCore(
  module: 'EC25' | 'EC21',
  size: ImageSize,
  policy: Policy,
  packages: PackageStore,
  behaviours?: Behaviours,
): Core {
  return new Core(factoryFlash(makeImage(module, 'v12', size), size), size, policy, packages, behaviours);
}
