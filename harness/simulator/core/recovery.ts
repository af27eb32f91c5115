import type { Behaviours } from '../behaviour.js';
import { applyDelta, BadDelta } from './delta.js';
import { toPages } from './flash.js';
import { rewriteCost } from './image-store.js';
import type { ImageStore } from './image-store.js';
import { MANIFEST, manifestOf, revisionOf, versionOf } from './image.js';
import type { ModuleName } from './image.js';
import { claimedTarget, isProblem, readPackage } from './package-file.js';
import type { PackageProblem, PatchJob, UpdatePackage } from './package-file.js';
import type { Policy, Step } from './steps.js';

/** What recovery finds outside the flash. */
export interface PackageStore {
  /** The package's bytes; undefined when there is no such file. */
  read(source: string): Buffer | undefined;
  /** Bytes free for unpacking. */
  free(): number;
}

/** Seconds that checking a package takes, before scaling. */
const CHECK_SECONDS = 6;
/** Seconds that a firmware without scruples spends on pretending. */
const PRETEND_SECONDS = 60;

/** Applies a package once, from wherever an earlier attempt was cut. */
export class Recovery {
  private done = 0;
  private total = 1;
  private percent = 0;

  constructor(
    private readonly images: ImageStore,
    private readonly policy: Policy,
    private readonly packages: PackageStore,
    private readonly behaviours: Behaviours,
  ) {}

  /** One attempt; its result is the code for END. */
  *attempt(source: string, base: string): Generator<Step, number, void> {
    const data = this.packages.read(source);
    yield { kind: 'work', seconds: CHECK_SECONDS };
    const result = this.check(data, source, base);
    if (isProblem(result)) {
      if (!this.behaviours.ask('toleratesPackage', false, result, data)) return result.code;
      yield* this.pretend(data === undefined ? undefined : claimedTarget(data), base);
      return 0;
    }
    if (this.behaviours.ask('writesNothing', false)) {
      yield* this.percentages();
      return 0;
    }
    return yield* this.apply(result);
  }

  private check(data: Buffer | undefined, source: string, base: string): UpdatePackage | PackageProblem {
    if (data === undefined) return { code: 505, what: 'there is no package' };
    const result = readPackage(data);
    if (isProblem(result)) return result;
    if (source !== 'download' && this.packages.free() <= data.length) return { code: 511, what: 'no room to unpack' };
    if (result.from !== undefined && result.from !== base) return { code: 510, what: `for ${result.from}, not ${base}` };
    for (const job of result.jobs) {
      if (!this.images.knows(job.name) || !this.images.fits(this.images.extent(job.name), job.targetSize))
        return { code: 511, what: `no room for ${job.name}` };
      if (!this.isTarget(job) && !this.isSource(job) && !this.isSaved(job))
        return { code: 510, what: `${job.name} is neither the old one nor the new one` };
    }
    return result;
  }

  private *apply(update: UpdatePackage): Generator<Step, number, void> {
    const backup = this.policy.profile === 'backup';
    const costOf = (job: PatchJob): number => rewriteCost(job.sourceSize) + rewriteCost(job.targetSize);
    this.total = update.jobs.reduce((sum, job) => sum + costOf(job) + (backup ? rewriteCost(job.sourceSize) : 0), 0);
    yield { kind: 'plan', total: this.total };
    if (backup)
      for (const job of update.jobs) {
        yield { kind: 'file', phase: 'keep', name: job.name };
        const place = this.images.backup(job.name);
        if (this.images.holds(place, job.sourceSize, job.sourceDigest)) this.done += rewriteCost(job.sourceSize);
        else if (this.isSource(job)) yield* this.copy(job, place);
        else return 1;
      }
    for (const job of update.jobs) {
      yield { kind: 'file', phase: 'patch', name: job.name };
      if (this.isTarget(job)) this.done += costOf(job);
      else {
        const code = yield* this.patch(job);
        if (code !== 0) return code;
      }
    }
    return this.images.fault() === undefined ? 0 : 504;
  }

  /**
   * The source-or-saved-copy check: while the source is whole it is saved first; once the target is being written only the saved
   * copy can be whole, and the patch starts again from it.
   */
  private *patch(job: PatchJob): Generator<Step, number, void> {
    if (this.isSaved(job)) this.done += rewriteCost(job.sourceSize);
    else if (this.isSource(job)) yield* this.copy(job, this.images.layout.saved);
    else return 504;
    const target = targetPages(job, () => this.images.bytes(this.images.layout.saved, job.sourceSize));
    if (target === undefined) return 504;
    for (const op of this.images.rewrite(this.images.extent(job.name), target)) yield* this.work(op);
    return this.isTarget(job) ? 0 : 504;
  }

  private *copy(job: PatchJob, place: { first: number; pages: number }): Generator<Step, void, void> {
    const pages = this.images.pages(this.images.extent(job.name), job.sourceSize);
    for (const op of this.images.rewrite(place, pages)) yield* this.work(op);
  }

  private *work(op: Extract<Step, { kind: 'op' }>['op']): Generator<Step, void, void> {
    yield { kind: 'op', op, weight: 1 };
    this.done++;
    const percent = Math.min(100, Math.floor((this.done * 100) / this.total));
    if (percent <= this.percent) return;
    this.percent = percent;
    yield { kind: 'report', report: { kind: 'UPDATING', percent } };
  }

  private *percentages(): Generator<Step, void, void> {
    for (let percent = 1; percent <= 100; percent++) {
      yield { kind: 'work', seconds: PRETEND_SECONDS / 100 };
      yield { kind: 'report', report: { kind: 'UPDATING', percent } };
    }
  }

  /** What firmware does that goes on with a bad package: the image stays as it is, under the new name. */
  private *pretend(claimed: string | undefined, base: string): Generator<Step, void, void> {
    yield* this.percentages();
    const files = this.images.contents();
    if (files === undefined) return;
    const other = revisionOf(base.slice(0, 4) as ModuleName, versionOf(base) === 'v12' ? 'v13' : 'v12');
    const manifest = manifestOf(claimed ?? other, files);
    for (const op of this.images.rewrite(this.images.extent(MANIFEST), toPages(manifest))) yield { kind: 'op', op, weight: 0 };
  }

  private isTarget(job: PatchJob): boolean {
    return this.images.holds(this.images.extent(job.name), job.targetSize, job.targetDigest);
  }

  private isSource(job: PatchJob): boolean {
    return this.images.holds(this.images.extent(job.name), job.sourceSize, job.sourceDigest);
  }

  private isSaved(job: PatchJob): boolean {
    return this.images.holds(this.images.layout.saved, job.sourceSize, job.sourceDigest);
  }
}

const targets = new WeakMap<PatchJob, readonly Uint8Array[] | null>();

/** The patched file. The source's digest was checked, so the result is the same each time and is kept for the next attempt. */
function targetPages(job: PatchJob, source: () => Buffer): readonly Uint8Array[] | undefined {
  let pages = targets.get(job);
  if (pages === undefined) {
    try {
      pages = toPages(applyDelta(source(), job.delta));
    } catch (error) {
      if (!(error instanceof BadDelta)) throw error;
      pages = null;
    }
    targets.set(job, pages);
  }
  return pages ?? undefined;
}
