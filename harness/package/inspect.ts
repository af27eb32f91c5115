import { crcText } from './crc32.js';
import { digest, openFile } from './facts.js';
import { metadataName, parseMetadata } from './metadata.js';
import { versionsInName, type VersionPair } from './name-versions.js';
import { inspectionLimits, refusal } from './refusal.js';
import type { PackageReport } from './types.js';
import { packageWarnings } from './warnings.js';
import { readEntry } from './zip-data.js';
import { openZip, type OpenZip } from './zip-entries.js';
import { readZipEnd } from './zip-end.js';

export interface InspectOptions {
  /** The versions a package pair gives for this file. */
  readonly expected?: VersionPair;
  /** Free bytes on the module it is meant for. */
  readonly freeRoom?: number;
}

/**
 * Reads a delta package to its last byte: directory, every local header, every entry with its CRC. Throws UserError for
 * anything but a sound zip, with what was seen and where.
 */
export async function inspectPackage(file: string, options: InspectOptions = {}): Promise<PackageReport> {
  const { handle, size } = await openFile(file);
  try {
    const sha256 = await digest(handle);
    const { zip, entries, unused } = await openZip(handle, file, await readZipEnd(handle, file, size));
    try {
      const report = { file, size, sha256, ...(await readContents(zip, file, entries)), nameVersions: versionsInName(file) };
      const { expected, freeRoom } = options;
      return { ...report, warnings: packageWarnings({ report, unusedBytes: unused, expected, freeRoom }) };
    } finally {
      zip.close();
    }
  } finally {
    await handle.close();
  }
}

async function readContents(zip: OpenZip['zip'], file: string, entries: OpenZip['entries']) {
  let metadata: Record<string, string> | undefined;
  for (const entry of entries) {
    const isMetadata = entry.name === metadataName;
    if (isMetadata && entry.size > inspectionLimits.metadata) {
      throw refusal(file, `${metadataName} has ${String(entry.size)} bytes`, entry.headerOffset);
    }
    const bytes = await readEntry(zip, file, entry, isMetadata ? inspectionLimits.metadata : 0);
    if (isMetadata) metadata = parseMetadata(bytes.toString('utf8'));
  }
  return {
    entries: entries.map(({ name, size, compressedSize, crc32 }) => ({ name, size, compressedSize, crc32: crcText(crc32) })),
    metadata,
    preBuild: metadata?.['pre-build'],
    postBuild: metadata?.['post-build'],
  };
}
