import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError } from '../../base/errors.js';
import { projectRoot } from '../../jest/paths.js';

/** Makes the folder of a run; one that holds a run already is refused, since evidence is never written over. */
export function makeRunFolder(wanted: string | undefined, wall: string): string {
  const folder = wanted ?? join(projectRoot(), 'reports', wall.replace(/[:.]/g, '-'));
  try {
    mkdirSync(folder, { recursive: true });
    const found = readdirSync(folder);
    if (found.length > 0) {
      throw new UserError('the folder of the run is not empty', {
        place: { file: folder },
        seen: found.slice(0, 5).join(', '),
        hint: 'name another by --out; a run is evidence and is not written over',
      });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('the folder of the run cannot be made', {
      place: { file: folder },
      seen: messageOf(error),
      hint: 'name another by --out',
    });
  }
  return folder;
}

export interface HarnessVersion {
  readonly version: string;
  readonly commit?: string;
  readonly node: string;
}

/** Version and commit of the harness; without git, or outside a checkout, the commit is left out. */
export function harnessVersion(): HarnessVersion {
  const root = projectRoot();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const commit = existsSync(join(root, '.git'))
    ? spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { cwd: root, encoding: 'utf8' }).stdout?.trim()
    : '';
  return { version, node: process.version, ...(commit === undefined || commit === '' ? {} : { commit }) };
}
