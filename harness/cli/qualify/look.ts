import { inspectPackage } from '../../package/inspect.js';
import type { PackageReport } from '../../package/types.js';
import type { EventBody } from '../../journal/events.js';
import type { LoadedPair } from '../../rig/load.js';
import { NotBegun } from './refusal.js';
import type { Looked } from './pair-of-files.js';

/** What no module is given, whatever a person thinks of it. */
const refused = new Set(['full-flash', 'same-version', 'metadata-contradicts-name', 'metadata-contradicts-pair']);

/** Reads both packages to their last byte. Throws a UserError for what is no sound zip. */
export async function lookInto(upgrade: string, downgrade: string): Promise<Looked> {
  return { upgrade: await inspectPackage(upgrade), downgrade: await inspectPackage(downgrade) };
}

/** The packages of a pair, held against the revisions that the pair names. */
export async function lookIntoPair({ files, definition }: LoadedPair): Promise<Looked> {
  const look = (step: 'upgrade' | 'downgrade'): Promise<PackageReport> => {
    const { from, to } = definition[step];
    const expected = { from: definition.versions[from] ?? from, to: definition.versions[to] ?? to };
    return inspectPackage(files[step], { expected });
  };
  return { upgrade: await look('upgrade'), downgrade: await look('downgrade') };
}

/** Throws a NotBegun for packages that must not be given to a module. */
export function refuseUnfit({ upgrade, downgrade }: Looked): void {
  const wrong = [upgrade, downgrade].flatMap(({ file, warnings }) =>
    warnings.flatMap(({ code, text }) => (refused.has(code) ? [`${file}: ${text}`] : [])),
  );
  if (upgrade.sha256 === downgrade.sha256) wrong.push('upgrade and downgrade are the same file, byte for byte');
  if (wrong.length > 0) throw new NotBegun(wrong, 'dfota package FILE shows what is in it');
}

/** As the journal keeps it. */
export function packagesOf({ upgrade, downgrade }: Looked): Extract<EventBody, { type: 'qualification' }>['packages'] {
  const facts = ({ file, size, sha256, preBuild, postBuild, warnings }: PackageReport) => ({
    ...{ file, size, sha256, warnings: warnings.map(({ text }) => text) },
    ...(preBuild === undefined ? {} : { preBuild }),
    ...(postBuild === undefined ? {} : { postBuild }),
  });
  return { upgrade: facts(upgrade), downgrade: facts(downgrade) };
}
