/** A package pair of two files alone: which versions they are for is told by their metadata, or by their names. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { messageOf, UserError } from '../../base/errors.js';
import { revisionIn } from '../../package/name-versions.js';
import type { PackageReport } from '../../package/types.js';
import { stateDir } from '../../rig/state.js';
import { NotBegun } from './refusal.js';

export interface Looked {
  readonly upgrade: PackageReport;
  readonly downgrade: PackageReport;
}

interface Revisions {
  readonly from: string;
  readonly to: string;
}

/** The rigs' say: without a package that leads back, only this command could bring a unit back. */
export interface WayBack {
  readonly rig: string;
  readonly restoreCommand: boolean;
}

/**
 * Writes a pair file for two packages into the state folder and gives its name. Throws a NotBegun when the downgrade does not lead back, a UserError
 * when the versions are not to be had from the files.
 */
export function pairOfFiles({ upgrade, downgrade }: Looked, module: string, rigs: readonly WayBack[]): string {
  const up = revisionsOf(upgrade);
  const down = revisionsOf(downgrade);
  if (up.from !== down.to || up.to !== down.from)
    throw noWayBack(`the downgrade leads from ${down.from} to ${down.to}, and the upgrade from ${up.from} to ${up.to}`, rigs);
  const [from, to] = shortNames(upgrade, up);
  const pair = {
    name: basename(upgrade.file).replace(/\.zip$/i, ''),
    module,
    versions: { [from]: up.from, [to]: up.to },
    upgrade: { file: resolve(upgrade.file), from, to },
    downgrade: { file: resolve(downgrade.file), from: to, to: from },
  };
  const text = `# Made by dfota qualify of two packages.\n${stringify(pair)}`;
  const folder = join(stateDir(), 'pairs');
  const file = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.yaml`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.${String(process.pid)}`, text);
    renameSync(`${file}.${String(process.pid)}`, file);
  } catch (error) {
    throw new UserError('the package pair cannot be written', {
      place: { file },
      seen: messageOf(error),
      hint: 'DFOTA_STATE names another folder',
    });
  }
  return file;
}

/** Why nothing is begun when no package leads back. */
export function noWayBack(seen: string, rigs: readonly WayBack[]): NotBegun {
  const lost = rigs.filter(({ restoreCommand }) => !restoreCommand).map(({ rig }) => rig);
  const why =
    lost.length > 0
      ? `a unit could not be brought back on ${lost.join(', ')}, which ${lost.length === 1 ? 'has' : 'have'} no restore.command either`
      : 'every suite goes there and back, also where restore.command could bring a unit back';
  return new NotBegun([`no downgrade leads back: ${seen}`, why], 'give the package that leads back by --downgrade');
}

/** Metadata first: a name is soon changed. Where the file's own words contradict each other, the look into it has told. */
function revisionsOf(report: PackageReport): Revisions {
  const named = report.nameVersions;
  const from = revisionIn(report.preBuild ?? '') ?? revisionIn(named?.from ?? '');
  const to = revisionIn(report.postBuild ?? '') ?? revisionIn(named?.to ?? '');
  if (from !== undefined && to !== undefined) return { from, to };
  throw new UserError('the package does not tell from which revision to which it leads', {
    place: { file: report.file },
    asked: 'revisions such as EC25EFAR06A12M4G in its metadata (pre-build, post-build) or in its name',
    seen: `metadata ${report.preBuild ?? 'none'} → ${report.postBuild ?? 'none'}, name ${named === undefined ? 'none' : `${named.from} → ${named.to}`}`,
    hint: 'write a package pair file and give it by --packages',
  });
}

/** `v12`, `v13` where the name says so, for reports; else the revisions themselves. */
function shortNames({ nameVersions }: PackageReport, { from, to }: Revisions): readonly [string, string] {
  const short = (name: string | undefined): name is string => name !== undefined && /^v\d[\w.]*$/i.test(name);
  const [one, other] = [nameVersions?.from, nameVersions?.to];
  return short(one) && short(other) && one !== other ? [one, other] : [from, to];
}
