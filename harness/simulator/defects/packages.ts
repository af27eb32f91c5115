import type { Behaviour } from '../behaviour.js';
import type { PackageProblem } from '../core/package-file.js';

type Kind = 'empty' | 'no zip' | 'truncated' | 'wrong base' | 'corrupt' | 'other';

/** What is the matter with a package that recovery refuses. */
function kindOf({ code, what }: PackageProblem, data: Buffer | undefined): Kind {
  if (data === undefined) return 'other';
  if (data.length === 0) return 'empty';
  if (data.subarray(0, 2).toString('latin1') !== 'PK') return 'no zip';
  if (what === 'no end of central directory') return 'truncated';
  return code === 510 ? 'wrong base' : code === 505 ? 'corrupt' : 'other';
}

function tolerates(name: string, summary: string, kind: Kind): Behaviour {
  return {
    name,
    summary,
    owner: 'firmware',
    toleratesPackage: (sound, problem, data) => sound || kindOf(problem, data) === kind,
  };
}

/** Packages that must be refused and are not. */
export const PACKAGES: readonly Behaviour[] = [
  tolerates('wrong-base-accepted', 'applies a package made for another version', 'wrong base'),
  tolerates('corrupt-accepted', 'a damaged package ends on the new version', 'corrupt'),
  tolerates('truncated-accepted', 'a package cut short ends on the new version', 'truncated'),
  tolerates('no-zip-accepted', 'a file that is no zip ends on the new version', 'no zip'),
  tolerates('empty-accepted', 'an empty file ends on the new version', 'empty'),
];
