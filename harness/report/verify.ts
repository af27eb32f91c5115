/** Is a run's folder as it was left, and who says so? Offline: nothing but the folder and keys is looked at. */
import type { KeyObject } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../base/errors.js';
import {
  entriesBelow,
  factsOf,
  ManifestDamaged,
  manifestName,
  readManifest,
  signatureName,
  type FileFacts,
  type Manifest,
} from './manifest.js';
import { fingerprintOf, readSignature, type SignatureFacts } from './signature.js';

export interface Problem {
  readonly file: string;
  readonly what: 'changed' | 'missing' | 'extra' | 'damaged' | 'signature' | 'verdict';
  readonly detail: string;
}

export interface Verification {
  readonly intact: boolean;
  readonly files: number;
  /** Digest of the manifest: names the whole folder. */
  readonly digest: string | undefined;
  readonly problems: readonly Problem[];
  readonly signature: (SignatureFacts & { readonly trusted: boolean }) | undefined;
}

/**
 * Compares a folder with its manifest and the manifest with its signature. With `trusted` keys, a signature by one of them is needed.
 * Throws a UserError when there is no manifest at all.
 */
export async function verifyFolder(folder: string, trusted: readonly KeyObject[] = []): Promise<Verification> {
  let read: { readonly manifest: Manifest; readonly bytes: Buffer };
  try {
    read = readManifest(folder);
  } catch (error) {
    if (!(error instanceof ManifestDamaged)) throw error;
    const detail = `${error.message} (${error.explanation.seen ?? ''})`;
    const problems: Problem[] = [{ file: manifestName, what: 'damaged', detail }];
    return { intact: false, files: 0, digest: undefined, problems, signature: undefined };
  }
  const { manifest, bytes } = read;
  const problems: Problem[] = [];
  for (const file of manifest.files) problems.push(...(await compare(folder, file)));
  const known = new Set(manifest.files.map(({ name }) => name));
  for (const { name } of entriesBelow(folder)) {
    if (!known.has(name)) problems.push({ file: name, what: 'extra', detail: 'it is not in the manifest' });
  }
  const found = readSignature(folder, bytes);
  const keys = new Set(trusted.map((key) => fingerprintOf(key)));
  const signature = found === undefined ? undefined : { ...found, trusted: keys.has(found.fingerprint) };
  const wrong = signatureProblem(signature, trusted.length > 0);
  if (wrong !== undefined) problems.push({ file: signatureName, what: 'signature', detail: wrong });
  return {
    intact: problems.length === 0,
    files: manifest.files.length,
    digest: manifest.digest,
    problems,
    signature,
  };
}

async function compare(folder: string, { name, size, sha256 }: FileFacts): Promise<Problem[]> {
  if (!isInside(name)) return [{ file: name, what: 'damaged', detail: 'the manifest names a file outside of the folder' }];
  const path = join(folder, name);
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [{ file: name, what: 'missing', detail: `it had ${String(size)} bytes` }];
    if (!stats.isFile()) return [{ file: name, what: 'changed', detail: 'it is not a plain file any more' }];
    const now = await factsOf(path);
    if (now.sha256 === sha256 && now.size === size) return [];
    const detail = now.size === size ? 'other content of the same size' : `${String(now.size)} bytes instead of ${String(size)}`;
    return [{ file: name, what: 'changed', detail }];
  } catch (error) {
    return [{ file: name, what: 'changed', detail: messageOf(error) }];
  }
}

function isInside(name: string): boolean {
  return name !== '' && !name.startsWith('/') && !name.split('/').some((part) => part === '..' || part === '.' || part === '');
}

function signatureProblem(signature: Verification['signature'], needed: boolean): string | undefined {
  if (signature === undefined) return needed ? 'the folder is not signed' : undefined;
  if (signature.state === 'invalid') return signature.why;
  if (needed && !signature.trusted) return `signed by another key than those given: ${signature.fingerprint}`;
  return undefined;
}
