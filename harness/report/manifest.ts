/**
 * `manifest.json` of a run's folder: every file by size and SHA-256. It is written in one canonical form and carries a digest of
 * itself, so that no byte of the folder can change by accident without being found; against intent it needs a signature.
 */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { hasCode, messageOf, UserError } from '../base/errors.js';

export const manifestName = 'manifest.json';
export const signatureName = 'manifest.sig';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const manifestShape = z.strictObject({
  format: z.literal(1),
  /** By name, sorted. */
  files: z.array(z.strictObject({ name: z.string(), size: z.int().min(0), sha256 })),
  /** SHA-256 of the canonical form without this key. */
  digest: sha256,
});
export type Manifest = z.output<typeof manifestShape>;
export type FileFacts = Manifest['files'][number];

/** Writes `manifest.json` over what is in the folder now; resolves with its bytes. */
export async function writeManifest(folder: string): Promise<Buffer> {
  const files: FileFacts[] = [];
  for (const { name, kind } of entriesBelow(folder))
    if (kind === 'file') files.push({ name, ...(await factsOf(join(folder, name))) });
  const bytes = manifestBytes(files);
  writeFileSync(join(folder, manifestName), bytes);
  return bytes;
}

/** The manifest of a folder and its bytes. Throws a UserError when there is none, or none that was written by this harness. */
export function readManifest(folder: string): { readonly manifest: Manifest; readonly bytes: Buffer } {
  const file = join(folder, manifestName);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UserError('there is no manifest to verify against', {
      place: { file },
      seen: hasCode(error, 'ENOENT', 'ENOTDIR') ? 'no such file' : messageOf(error),
      hint: 'name the folder of a run, for example reports/2026-01-31T22-00-00-000Z',
    });
  }
  const parsed = manifestShape.safeParse(parseJson(bytes));
  if (!parsed.success) throw damaged(file, parsed.error.issues[0]?.message ?? 'not a manifest');
  // Byte for byte, so that also a changed blank is found.
  if (!manifestBytes(parsed.data.files).equals(bytes)) throw damaged(file, 'it does not have the digest that it states');
  return { manifest: parsed.data, bytes };
}

/** A manifest that does not agree with itself. */
export class ManifestDamaged extends UserError {}

function damaged(file: string, seen: string): ManifestDamaged {
  return new ManifestDamaged('the manifest itself was changed or cut off', { place: { file }, seen });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

export function manifestBytes(files: readonly FileFacts[]): Buffer {
  const sorted = files
    .map(({ name, size, sha256: digest }) => ({ name, size, sha256: digest }))
    .sort((one, two) => (one.name < two.name ? -1 : 1));
  const content = { format: 1, files: sorted };
  const digest = createHash('sha256').update(text(content)).digest('hex');
  return Buffer.from(text({ ...content, digest }));
}

const text = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Size and digest of a file, read as a stream. */
export async function factsOf(path: string): Promise<Omit<FileFacts, 'name'>> {
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      size += chunk.length;
      hash.update(chunk);
    }
  });
  return { size, sha256: hash.digest('hex') };
}

export interface Entry {
  /** Path below the folder, with slashes. */
  readonly name: string;
  readonly kind: 'file' | 'link' | 'special';
}

/** Everything below a folder but directories, the manifest and its signature; links are not followed. */
export function entriesBelow(folder: string, below = folder): Entry[] {
  return readdirSync(below, { withFileTypes: true }).flatMap((entry): Entry[] => {
    const path = join(below, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    if (name === manifestName || name === signatureName) return [];
    const stats = lstatSync(path);
    if (stats.isDirectory()) return entriesBelow(folder, path);
    return [{ name, kind: stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'link' : 'special' }];
  });
}
