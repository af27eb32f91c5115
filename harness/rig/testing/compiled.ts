import { transformFileSync } from '@swc/core';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..', '..');

/**
 * Compiles sources (paths below harness/, without .ts) into a folder of their own, for a test that needs a second process.
 * Returns that folder; `require(join(folder, 'rig/lease.js'))` works there.
 */
export function compiled(sources: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'dfota-compiled-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const source of sources) {
    const { code } = transformFileSync(join(root, 'harness', `${source}.ts`), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    const target = join(folder, `${source}.js`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  return folder;
}
