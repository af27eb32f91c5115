import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's root: the nearest folder upwards with our package.json, from the sources as from `dist`. */
export function projectRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"dfota-harness"')) return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json of dfota-harness above ${__dirname}`);
  }
}

/** Names of the suites, in the order in which they run: cheap and telling ones first. */
export const suiteNames = [
  'identity',
  'round-trip',
  'limits',
  'download-failures',
  'bad-packages',
  'power-cut',
  'five-retries',
  'network-cut',
  'soak',
] as const;

/** What runs when no suite is named: all but soak, which fills whatever time it is given. */
export const defaultSuites = suiteNames.filter((name) => name !== 'soak');
