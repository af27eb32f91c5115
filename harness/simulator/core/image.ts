import { Dice } from './bytes.js';
import { PAGES_PER_BLOCK, pagesOf, toPages, treeDigest } from './flash.js';

export type ModuleName = 'EC25' | 'EC21';
export type Version = 'v12' | 'v13';
/** `full` is what a module runs; `small` is for tests and sweeps that want many runs. */
export type ImageSize = 'full' | 'small';

/** The file that names the revision and lists all others with their digests. It is replaced last. */
export const MANIFEST = 'system/manifest';

/** A firmware image: the files by name, in the order in which an update goes through them. */
export interface Image {
  readonly revision: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

interface FileSpec {
  readonly name: string;
  readonly kib: number;
  /** Whether v13 differs from v12 here. */
  readonly changes: boolean;
}

const FULL: readonly FileSpec[] = [
  { name: 'boot/aboot.mbn', kib: 44, changes: true },
  { name: 'boot/boot.img', kib: 150, changes: true },
  { name: 'modem/modem.b00', kib: 8, changes: false },
  { name: 'modem/modem.b01', kib: 60, changes: true },
  { name: 'modem/modem.b07', kib: 260, changes: true },
  { name: 'modem/modem.b12', kib: 120, changes: true },
  { name: 'modem/mcfg_sw.mbn', kib: 40, changes: false },
  { name: 'system/bin/atfwd_daemon', kib: 56, changes: true },
  { name: 'system/bin/quectel_daemon', kib: 72, changes: true },
  { name: 'system/bin/busybox', kib: 90, changes: false },
  { name: 'system/lib/libql_lib.so', kib: 84, changes: true },
  { name: 'system/etc/carrier.cfg', kib: 14, changes: true },
];

const SMALL: readonly FileSpec[] = [
  { name: 'boot/boot.img', kib: 20, changes: true },
  { name: 'modem/modem.b07', kib: 36, changes: true },
  { name: 'system/bin/busybox', kib: 8, changes: false },
  { name: 'system/etc/carrier.cfg', kib: 5, changes: true },
];

/** `EC25EFAR06A12M4G` and the like. */
export function revisionOf(module: ModuleName, version: Version): string {
  return `${module}EFAR06A${version.slice(1)}M4G`;
}

export function versionOf(revision: string): Version | undefined {
  const found = /^EC2[15]EFAR06A(12|13)M4G$/.exec(revision)?.[1];
  return found === '12' ? 'v12' : found === '13' ? 'v13' : undefined;
}

/** Generates an image; always the same bytes for the same names. */
export function makeImage(module: ModuleName, version: Version, size: ImageSize = 'full'): Image {
  const files = new Map<string, Buffer>();
  for (const spec of size === 'full' ? FULL : SMALL) {
    const first = generate(spec, new Dice(module, size, spec.name));
    files.set(spec.name, version === 'v13' && spec.changes ? revise(first, new Dice(module, size, spec.name, 'v13')) : first);
  }
  const revision = revisionOf(module, version);
  files.set(MANIFEST, manifestOf(revision, files));
  return { revision, files };
}

/** The manifest of some files: what a boot checks the image against. */
export function manifestOf(revision: string, files: Iterable<readonly [string, Uint8Array]>): Buffer {
  const lines = [`revision=${revision}`, 'edition=V01'];
  for (const [name, content] of files)
    if (name !== MANIFEST) lines.push(`file=${name},${content.length},${treeDigest(toPages(content), content.length)}`);
  return Buffer.from(`${lines.join('\n')}\nend\n`);
}

export interface Manifest {
  readonly revision: string;
  readonly files: readonly { readonly name: string; readonly size: number; readonly digest: string }[];
}

/** Reads a manifest from the start of `bytes`; undefined when it is not a whole one. */
export function readManifest(bytes: Uint8Array): (Manifest & { readonly size: number }) | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const end = text.indexOf('\nend\n');
  if (end < 0) return undefined;
  const lines = text.slice(0, end).split('\n');
  const revision = /^revision=(\S+)$/.exec(lines[0] ?? '')?.[1];
  if (revision === undefined) return undefined;
  const files: { name: string; size: number; digest: string }[] = [];
  for (const line of lines.slice(2)) {
    const found = /^file=([^,]+),(\d+),([0-9a-f]{64})$/.exec(line);
    if (found === null) return undefined;
    files.push({ name: found[1] ?? '', size: Number(found[2]), digest: found[3] ?? '' });
  }
  return { revision, files, size: end + 5 };
}

/** Where things lie in the flash, in pages. */
export interface Layout {
  /** Two blocks that hold the boot log in turn. */
  readonly log: readonly [number, number];
  /** Where each file starts, and how many pages it may fill. */
  readonly extents: ReadonlyMap<string, Extent>;
  /** The backup area: a second place for each file. */
  readonly backups: ReadonlyMap<string, Extent>;
  /** Room for the saved copy of one file. */
  readonly saved: Extent;
  readonly blocks: number;
}

export interface Extent {
  readonly first: number;
  readonly pages: number;
}

/** Lays the flash out for a module: each file gets an eighth and a page more than it needs today. */
export function makeLayout(size: ImageSize = 'full'): Layout {
  let block = 2;
  const place = (pages: number): Extent => {
    const extent = { first: block * PAGES_PER_BLOCK, pages: Math.ceil(pages / PAGES_PER_BLOCK) * PAGES_PER_BLOCK };
    block += extent.pages / PAGES_PER_BLOCK;
    return extent;
  };
  const needs = [
    ...(size === 'full' ? FULL : SMALL).map(({ name, kib }) => [name, room(kib * 1024)] as const),
    [MANIFEST, 2] as const,
  ];
  const extents = new Map(needs.map(([name, pages]) => [name, place(pages)]));
  const backups = new Map(needs.map(([name, pages]) => [name, place(pages)]));
  const saved = place(Math.max(...needs.map(([, pages]) => pages)));
  return { log: [0, 1], extents, backups, saved, blocks: block };
}

function room(size: number): number {
  return pagesOf(Math.ceil(size * 1.125)) + 1;
}

/** Content that looks like firmware to a compressor: code from a small vocabulary, tables, strings, zeros. */
function generate(spec: FileSpec, dice: Dice): Buffer {
  const words = Array.from({ length: 700 }, () => dice.bits());
  const out = Buffer.alloc(spec.kib * 1024);
  let at = 0;
  while (at < out.length) {
    const run = Math.min(out.length - at, dice.whole(200, 3000));
    const kind = dice.whole(0, 9);
    if (kind < 4) for (let i = at; i + 4 <= at + run; i += 4) out.writeUInt32LE(words[dice.whole(0, words.length - 1)] ?? 0, i);
    else if (kind < 8) out.set(dice.bytes(run), at);
    else if (kind < 9)
      out.write(`%s: error %d in qmi_client_${dice.whole(100, 999)}\0`.repeat(Math.ceil(run / 34)), at, run, 'latin1');
    at += run;
  }
  return out;
}

/** The next version of a file: most of it moved and with patched addresses, a part of it new, a part of it gone. */
function revise(old: Buffer, dice: Dice): Buffer {
  const parts: Buffer[] = [];
  const shift = dice.whole(16, 4096);
  let at = 0;
  while (at < old.length) {
    const keep = Buffer.from(old.subarray(at, at + dice.whole(2000, 9000)));
    for (let i = dice.whole(20, 400); i + 4 <= keep.length; i += dice.whole(60, 700))
      keep.writeUInt32LE((keep.readUInt32LE(i) + shift) >>> 0, i);
    parts.push(keep);
    at += keep.length;
    const change = dice.whole(0, 9);
    const length = dice.whole(500, 3300);
    if (change < 8) parts.push(dice.bytes(length));
    if (change > 0) at += length;
  }
  return Buffer.concat(parts).subarray(0, old.length + (old.length >> 4));
}
