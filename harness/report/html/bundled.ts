import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

const built = ['dist', 'harness', 'report', 'html', 'page'];

/** Where the built page lies, whether we run from the sources or built. */
export function bundleFolder(): string {
  const inDist = __dirname.includes(`${sep}dist${sep}`);
  return inDist ? join(__dirname, 'page') : join(__dirname, '..', '..', '..', ...built);
}

/** The page's script and style. Throws when `npm run build` has not been run. */
export function bundledPage(): { readonly script: string; readonly style: string } {
  const folder = bundleFolder();
  try {
    return { script: readFileSync(join(folder, 'page.js'), 'utf8'), style: readFileSync(join(folder, 'style.css'), 'utf8') };
  } catch (error) {
    throw new Error(`the evidence page is not built: there is no page in ${folder}; npm run build makes it`, { cause: error });
  }
}
