import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sha256 } from './core/bytes.js';
import { makeImage, revisionOf } from './core/image.js';
import type { ModuleName, Version } from './core/image.js';
import { makePackage } from './core/package-file.js';

const VERSIONS: readonly Version[] = ['v12', 'v13'];

/** Writes the simulated pair: both images, the packages between them, and `pair.json` that says what is what. */
export function makePair(out: string, module: ModuleName): string {
  const dir = resolve(out);
  mkdirSync(dir, { recursive: true });
  const images = VERSIONS.map((name) => ({ name, image: makeImage(module, name) }));
  const versions = images.map(({ name, image }) => {
    const file = `${module}-${name}.img`;
    const content = Buffer.concat([...image.files.values()]);
    writeFileSync(join(dir, file), content);
    return { name, revision: image.revision, file, size: content.length, sha256: sha256(content) };
  });
  const packages = [...images.keys()].map((i) => {
    const [from, to] = [images[i], images[1 - i]];
    if (from === undefined || to === undefined) throw new Error('two versions make a pair');
    const file = `update-${from.name}-to-${to.name}.zip`;
    const content = makePackage(from.image, to.image);
    writeFileSync(join(dir, file), content);
    return {
      file,
      from: revisionOf(module, from.name),
      to: revisionOf(module, to.name),
      size: content.length,
      sha256: sha256(content),
    };
  });
  const path = join(dir, 'pair.json');
  writeFileSync(path, `${JSON.stringify({ module, versions, packages }, undefined, 2)}\n`);
  return path;
}
