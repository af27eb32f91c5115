import { basename } from 'node:path';

/** Pair of versions that a package's name carries. */
export interface VersionPair {
  readonly from: string;
  readonly to: string;
}

/** A Quectel revision such as EC25EFAR06A12M4G or EG18EAPAR01A08V05M4G. */
const product = '[A-Z]{2}\\d{2}[A-Z]{2,6}';
const release = 'R\\d{2}A\\d{2}(?:V\\d{2})?M\\d{1,2}G';
const sub = '(?:_[\\d.]+)?';
const between = '(?:[-_]to[-_]|[-_])';
const word = '(?<![A-Za-z0-9])';
const revisions = new RegExp(`${word}(${product})(${release})${sub}${between}(${product})?(${release})`, 'i');
const shortVersion = '(v?\\d+(?:\\.\\d+)*)';
const versions = new RegExp(`${word}${shortVersion}[-_]?to[-_]?${shortVersion}(?![A-Za-z0-9])`, 'i');
const versionsByDash = /(?<![A-Za-z0-9])(v\d+(?:\.\d+)*)[-_](v\d+(?:\.\d+)*)(?![A-Za-z0-9])/i;

/**
 * Reads the pair out of names as releases have them: `update-v12-to-v13.zip`, `EC25EFAR06A12M4G-EC25EFAR06A13M4G.zip`,
 * `Update_EG18EAPAR01A08V05M4G-R01A13M4G_01.200.01.200_V02.zip` (the second revision without its product, which is put back).
 */
export function versionsInName(file: string): VersionPair | undefined {
  const name = basename(file).replace(/\.zip$/i, '');
  const found = revisions.exec(name);
  if (found !== null) {
    const [, fromProduct = '', fromRelease = '', toProduct = fromProduct, toRelease = ''] = found;
    return { from: fromProduct + fromRelease, to: toProduct + toRelease };
  }
  const short = versions.exec(name) ?? versionsByDash.exec(name);
  return short === null ? undefined : { from: short[1] ?? '', to: short[2] ?? '' };
}

/** The revision that a text is, or that a build's fingerprint holds; undefined when there is none, or more than one. */
export function revisionIn(text: string): string | undefined {
  const found = new Set(text.match(new RegExp(`${word}${product}${release}(?![A-Za-z0-9])`, 'gi')) ?? []);
  return found.size === 1 ? [...found][0] : undefined;
}

/**
 * Whether a metadata value can belong to a version of the name. A build fingerprint and a name say the same thing in different
 * words, so only a plain contradiction counts: both hold a revision, or both a version number, and they differ.
 */
export function contradicts(version: string, build: string): boolean {
  if (version === '' || build.toLowerCase().includes(version.toLowerCase())) return false;
  const built = [...build.matchAll(new RegExp(`${product}${release}`, 'gi'))].map(([text]) => text.toLowerCase());
  if (new RegExp(`^${product}${release}$`, 'i').test(version)) return built.length > 0;
  const number = /^v?(\d+)$/i.exec(version)?.[1];
  if (number === undefined) return false;
  const numbers = [...built, ...build.toLowerCase().split(/[^a-z0-9]+/)].flatMap((text) => {
    const match = /^v(\d+)$/.exec(text) ?? /r\d{2}a(\d{2})(?:v\d{2})?m\d{1,2}g$/.exec(text);
    return match === null ? [] : [Number(match[1])];
  });
  return numbers.length > 0 && !numbers.includes(Number(number));
}
