import { BadZip, isSealed, readZip, writeZip } from './zip.js';
import { makeDelta } from './delta.js';
import { toPages, treeDigest } from './flash.js';
import type { Image } from './image.js';

/** One line of the updater script: turn this file from one content into another. */
export interface PatchJob {
  readonly name: string;
  readonly sourceSize: number;
  readonly sourceDigest: string;
  readonly targetSize: number;
  readonly targetDigest: string;
  readonly delta: Buffer;
}

export interface UpdatePackage {
  /** The revision it is for, and the one it makes; undefined when the metadata does not say. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly jobs: readonly PatchJob[];
}

/** Why a package is refused: `code` is what `+QIND: "FOTA","END",<err>` says. */
export interface PackageProblem {
  readonly code: number;
  readonly what: string;
}

const SCRIPT = 'META-INF/com/google/android/updater-script';
const METADATA = 'META-INF/com/android/metadata';

export function makePackage(from: Image, to: Image): Buffer {
  const script = ['ui_print("Updating from ' + from.revision + ' to ' + to.revision + '");'];
  const patches: { name: string; content: Buffer }[] = [];
  for (const [name, target] of to.files) {
    const source = from.files.get(name);
    if (source === undefined) throw new Error(`${name} is not in the image to update from`);
    if (source.equals(target)) continue;
    const patch = `patch/${name}.p`;
    const words = [target.length, digestOf(target), source.length, digestOf(source)];
    script.push(`apply_patch("${name}", ${words.map((word) => `"${word}"`).join(', ')}, package_extract_file("${patch}"));`);
    patches.push({ name: patch, content: makeDelta(source, target) });
  }
  const metadata = [
    'ota-required-cache=0',
    `post-build=${to.revision}`,
    'post-timestamp=1451606400',
    `pre-build=${from.revision}`,
    `pre-device=${from.revision.slice(0, 4)}`,
  ];
  return writeZip([
    { name: METADATA, content: Buffer.from(metadata.join('\n') + '\n') },
    { name: SCRIPT, content: Buffer.from(script.join('\n') + '\n') },
    ...patches,
  ]);
}

const parsed = new WeakMap<Buffer, UpdatePackage | PackageProblem>();

/** Checks and reads a package, as recovery does before it touches anything. */
export function readPackage(data: Buffer): UpdatePackage | PackageProblem {
  let result = parsed.get(data);
  if (result === undefined) {
    result = parse(data);
    parsed.set(data, result);
  }
  return result;
}

export function isProblem(result: UpdatePackage | PackageProblem): result is PackageProblem {
  return 'code' in result;
}

/** The revision a package, however damaged, says it makes: for firmware that does not check. */
export function claimedTarget(data: Buffer): string | undefined {
  const result = readPackage(data);
  return isProblem(result) ? undefined : result.to;
}

function parse(data: Buffer): UpdatePackage | PackageProblem {
  let entries;
  try {
    entries = new Map(readZip(data).map(({ name, content }) => [name, content]));
  } catch (error) {
    if (error instanceof BadZip) return { code: 505, what: error.message };
    throw error;
  }
  if (!isSealed(data)) return { code: 505, what: 'the seal does not match' };
  const metadata = entries.get(METADATA)?.toString() ?? '';
  const script = entries.get(SCRIPT)?.toString();
  if (script === undefined) return { code: 501, what: 'no updater-script' };
  const jobs: PatchJob[] = [];
  for (const line of script.split('\n').filter((text) => text.startsWith('apply_patch('))) {
    const words = [...line.matchAll(/"([^"]*)"/g)].map((found) => found[1] ?? '');
    const [name = '', targetSize, targetDigest = '', sourceSize, sourceDigest = '', patch = ''] = words;
    const delta = entries.get(patch);
    if (delta === undefined) return { code: 501, what: `${patch} is not in the package` };
    jobs.push({ name, targetSize: Number(targetSize), targetDigest, sourceSize: Number(sourceSize), sourceDigest, delta });
  }
  if (jobs.length === 0) return { code: 502, what: 'the script does nothing' };
  return { from: /^pre-build=(\S+)$/m.exec(metadata)?.[1], to: /^post-build=(\S+)$/m.exec(metadata)?.[1], jobs };
}

function digestOf(content: Buffer): string {
  return treeDigest(toPages(content), content.length);
}
