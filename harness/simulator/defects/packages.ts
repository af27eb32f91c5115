import type { Behaviour } from '../behaviour.js';
import type { PackageProblem } from '../core/package-file.js';

const isTruncated = ({ what }: PackageProblem): boolean => what === 'no end of central directory';

/** Packages that must be refused and are not. */
export const PACKAGES: readonly Behaviour[] = [
  {
    name: 'wrong-base-accepted',
    summary: 'applies a package made for another version',
    owner: 'firmware',
    toleratesPackage: (sound, { code }) => sound || code === 510,
  },
  {
    name: 'corrupt-accepted',
    summary: 'a damaged package ends on the new version',
    owner: 'firmware',
    toleratesPackage: (sound, problem) => sound || (problem.code === 505 && !isTruncated(problem)),
  },
  {
    name: 'truncated-accepted',
    summary: 'a package cut short ends on the new version',
    owner: 'firmware',
    toleratesPackage: (sound, problem) => sound || isTruncated(problem),
  },
];
