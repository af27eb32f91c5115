import { UserError } from '../base/errors.js';

/** A file that is no sound delta package: what was seen, and at which byte of the file when that is known. */
export function refusal(file: string, seen: string, offset?: number): UserError {
  return new UserError('not a sound delta package', {
    asked: 'a zip that can be read to its end',
    seen: offset === undefined ? seen : `${seen} (at byte ${String(offset)}, 0x${offset.toString(16)})`,
    place: { file },
    hint: 'compare size and SHA-256 with the release; a download or copy may have been cut off',
  });
}

/** How far a look into a package goes. A delta package is some 100 kB to 20 MB; what is far beyond is a bomb or a mistake. */
export const inspectionLimits = {
  /** Bytes of all entries together, inflated. */
  inflated: 1024 * 1024 * 1024,
  entries: 10_000,
  /** Inflated size over compressed size, for an entry or a package larger than `ratioFrom` when inflated. */
  ratio: 100,
  ratioFrom: 16 * 1024 * 1024,
  /** Bytes of META-INF/com/android/metadata. */
  metadata: 64 * 1024,
} as const;

/** A hostile name made fit for a message: control characters as escapes, cut at 120 characters. */
export function printable(text: string): string {
  const safe = JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
  return safe.length > 120 ? `${safe.slice(0, 117)}...` : safe;
}
