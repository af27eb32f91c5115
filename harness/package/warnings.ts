import { basename } from 'node:path';
import type { PackageReport } from './types.js';
import { metadataName, updaterScriptName } from './metadata.js';
import { contradicts, type VersionPair } from './name-versions.js';

type Warning = PackageReport['warnings'][number];

/** Bytes: a delta package larger than this is a full-flash package in all likelihood (V). */
const fullFlashSize = 100 * 1024 * 1024;
/** Bytes: room in UFS to reckon with while the module has not been asked (AT+QFLDS). A cautious guess, no source gives a figure. */
const likelyRoom = 20 * 1024 * 1024;
/** Bytes of a whole local path (guide 3.3) and of the path in an FTP or HTTP address (guide 3.1, 3.2). */
const longestLocalPath = 128;
const longestRemotePath = 50;

export interface WarningFacts {
  readonly report: Omit<PackageReport, 'warnings'>;
  readonly unusedBytes: number;
  /** What the package is meant for, when a pair says so. */
  readonly expected: VersionPair | undefined;
  /** Free bytes on the module, when it was asked. */
  readonly freeRoom: number | undefined;
}

/** What a person should know before the package goes to a module. None of it makes the zip unsound. */
export function packageWarnings(facts: WarningFacts): Warning[] {
  const { report, unusedBytes, expected, freeRoom } = facts;
  const warnings: Warning[] = [];
  const warn = (code: string, text: string): void => void warnings.push({ code, text });

  const images = report.entries.filter(({ name }) => isImage(name));
  if (report.size > fullFlashSize || images.length > 0) {
    const why = images[0] === undefined ? `${String(report.size)} bytes` : `it holds ${images[0].name}`;
    warn('full-flash', `looks like a full-flash package (${why}), which must never be given to AT+QFOTADL`);
  }
  if (report.size > (freeRoom ?? likelyRoom)) {
    const room = freeRoom === undefined ? `the ${String(likelyRoom)} bytes` : `the module's ${String(freeRoom)} free bytes`;
    warn(
      'too-large',
      `${String(report.size)} bytes are more than ${room}${freeRoom === undefined ? ' a module is likely to have' : ''}`,
    );
  }
  const name = basename(report.file);
  const nameBytes = Buffer.byteLength(name);
  if (Buffer.byteLength('/data/ufs/') + nameBytes > longestLocalPath) {
    warn('name-too-long-local', `/data/ufs/${name} is longer than ${String(longestLocalPath)} bytes (guide 3.3)`);
  }
  if (nameBytes > longestRemotePath) {
    warn(
      'name-too-long-remote',
      `the name's ${String(nameBytes)} bytes are more than a path may have, ${String(longestRemotePath)} (guide 3.1)`,
    );
  }
  if (!report.entries.some((entry) => entry.name === updaterScriptName)) warn('no-updater-script', `no ${updaterScriptName}`);
  if (report.metadata === undefined) warn('no-metadata', `no ${metadataName}: the versions cannot be checked`);
  else if (report.preBuild === undefined || report.postBuild === undefined) {
    warn('metadata-incomplete', `the metadata has no ${report.preBuild === undefined ? 'pre-build' : 'post-build'}`);
  }
  const { nameVersions, preBuild, postBuild } = report;
  if (nameVersions !== undefined && nameVersions.from.toLowerCase() === nameVersions.to.toLowerCase()) {
    warn('same-version', `the name leads from ${nameVersions.from} to itself`);
  }
  if (preBuild !== undefined && preBuild === postBuild) warn('same-version', `the metadata leads from ${preBuild} to itself`);
  for (const [code, whose, pair] of [
    ['metadata-contradicts-name', 'the name', nameVersions],
    ['metadata-contradicts-pair', 'the package pair', expected],
  ] as const) {
    if (pair === undefined) continue;
    if (preBuild !== undefined && contradicts(pair.from, preBuild)) {
      warn(code, `pre-build is ${preBuild}, ${whose} says ${pair.from}`);
    }
    if (postBuild !== undefined && contradicts(pair.to, postBuild)) {
      warn(code, `post-build is ${postBuild}, ${whose} says ${pair.to}`);
    }
  }
  if (unusedBytes > 0) warn('unused-bytes', `${String(unusedBytes)} bytes of the zip belong to no entry`);
  return warnings;
}

/** Whole partitions, as full-flash packages hold them; patches of images (`….img.p`) are not. */
function isImage(name: string): boolean {
  return name.split('/').includes('BOOTABLE_IMAGES') || /\.(mbn|img|ubi|yaffs2|elf)$/i.test(name);
}
