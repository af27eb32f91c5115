import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleFolder } from './bundled.js';

/** A page that is larger than this has taken in what it does not need. */
const largest = 300_000;

/** Bundles the page's script and style, which every report then holds. Part of `npm run build`. */
async function bundle(): Promise<void> {
  const root = resolve(__dirname, '..', '..', '..', '..');
  const page = join(root, 'harness', 'report', 'html', 'page');
  const out = bundleFolder();
  mkdirSync(out, { recursive: true });
  await build({
    entryPoints: { page: join(page, 'main.tsx'), style: join(page, 'style.css') },
    outdir: out,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome108', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const { size } = statSync(join(out, 'page.js'));
  if (size > largest) throw new Error(`the page's script has ${String(size)} bytes, more than ${String(largest)}`);
}

bundle().catch((error: unknown) => {
  process.stderr.write(`the evidence page was not built: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
