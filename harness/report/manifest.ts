import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Writes `manifest.json`: SHA-256 and size of each file of the run's folder but itself. */
export async function writeManifest(folder: string): Promise<void> {
  const files: Record<string, { size: number; sha256: string }> = {};
  for (const path of filesBelow(folder).sort()) {
    const name = relative(folder, path);
    if (name === 'manifest.json') continue;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    files[name] = { size: statSync(path).size, sha256: hash.digest('hex') };
  }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify({ format: 1, files }, undefined, 2)}\n`);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}
