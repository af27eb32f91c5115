import { PAGE_SIZE, pagesOf, PAGES_PER_BLOCK, toPages, treeDigest } from './flash.js';
import type { Flash, FlashOp } from './flash.js';
import { MANIFEST, readManifest } from './image.js';
import type { Extent, Image, Layout, Manifest } from './image.js';

/** How many contents of one place have their digests kept. */
const KEPT_DIGESTS = 8;

/** The firmware image as it lies in the flash: files in fixed extents, each known by size and digest. */
export class ImageStore {
  private readonly digests = new Map<string, Map<string, string>>();

  constructor(
    private readonly flash: Flash,
    readonly layout: Layout,
  ) {}

  /** Puts a whole image in place at once, as the factory does. */
  install(image: Image): void {
    for (const [name, content] of image.files)
      for (const op of this.rewrite(this.extent(name), toPages(content))) this.flash.perform(op);
  }

  extent(name: string): Extent {
    return known(this.layout.extents.get(name), name);
  }

  backup(name: string): Extent {
    return known(this.layout.backups.get(name), name);
  }

  knows(name: string): boolean {
    return this.layout.extents.has(name);
  }

  holds(extent: Extent, size: number, digest: string): boolean {
    return this.fits(extent, size) && this.digest(extent, size) === digest;
  }

  /** The digest of what lies there; computed once for each content, as long as that is not too long ago. */
  private digest(extent: Extent, size: number): string {
    const place = `${extent.first} ${size}`;
    let known = this.digests.get(place);
    if (known === undefined) this.digests.set(place, (known = new Map<string, string>()));
    const stamp = this.flash.stamp(extent.first, extent.pages);
    let digest = known.get(stamp);
    if (digest === undefined) {
      digest = treeDigest(this.pages(extent, size), size);
      if (known.size >= KEPT_DIGESTS) known.delete(known.keys().next().value ?? '');
      known.set(stamp, digest);
    }
    return digest;
  }

  fits(extent: Extent, size: number): boolean {
    return pagesOf(size) <= extent.pages;
  }

  pages(extent: Extent, size: number): Uint8Array[] {
    return Array.from({ length: pagesOf(size) }, (_, i) => this.flash.page(extent.first + i));
  }

  bytes(extent: Extent, size: number): Buffer {
    return this.flash.read(extent.first, size);
  }

  /** The operations that erase as much of an extent as the pages need, and program them. */
  *rewrite(extent: Extent, pages: readonly Uint8Array[]): Generator<FlashOp, void, void> {
    for (let i = 0; i < pages.length; i += PAGES_PER_BLOCK) yield { kind: 'erase', block: (extent.first + i) / PAGES_PER_BLOCK };
    for (const [i, data] of pages.entries()) yield { kind: 'program', page: extent.first + i, data };
  }

  manifest(extent: Extent = this.extent(MANIFEST)): (Manifest & { readonly size: number }) | undefined {
    return readManifest(this.bytes(extent, extent.pages * PAGE_SIZE));
  }

  /** The first thing wrong with the image; undefined when every file is as the manifest says. */
  fault(): string | undefined {
    const manifest = this.manifest();
    if (manifest === undefined) return 'no manifest';
    return manifest.files.find(({ name, size, digest }) => !this.knows(name) || !this.holds(this.extent(name), size, digest))
      ?.name;
  }

  /** Every file's bytes, as the manifest bounds them. */
  contents(): Map<string, Buffer> | undefined {
    const manifest = this.manifest();
    if (manifest === undefined) return undefined;
    const files = new Map(manifest.files.map(({ name, size }) => [name, this.bytes(this.extent(name), size)]));
    return files.set(MANIFEST, this.bytes(this.extent(MANIFEST), manifest.size));
  }
}

/** Operations that `rewrite` takes for content of this size. */
export function rewriteCost(size: number): number {
  return pagesOf(size) + Math.ceil(pagesOf(size) / PAGES_PER_BLOCK);
}

function known(extent: Extent | undefined, name: string): Extent {
  if (extent === undefined) throw new Error(`the image has no place for ${name}`);
  return extent;
}
