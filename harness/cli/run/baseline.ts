import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ExplainedError, messageOf, UserError } from '../../base/errors.js';
import { baselineOf, type Baseline } from '../../report/compare/baseline.js';
import { evidenceIn, isFolder } from '../../report/html/source.js';
import { readReport } from '../../report/html/write.js';
import { manifestName } from '../../report/manifest.js';
import { verifyFolder } from '../../report/verify.js';

/**
 * Reads the run that a new one is to be measured by, before any rig is touched. Throws a UserError for what is no run, was changed since, or was
 * made on other kinds of modules than `modules`.
 */
export async function readBaseline(path: string, modules: readonly string[]): Promise<Baseline> {
  const baseline = await readRun(path);
  const known = new Set(baseline.side.rigs.flatMap(({ module }) => module ?? []));
  if (modules.some((module) => known.has(module))) return baseline;
  throw new UserError('the baseline is a run with packages for other modules', {
    place: { file: path },
    asked: `a run on ${[...new Set(modules)].join(' or ')}`,
    seen: known.size === 0 ? 'no rig got so far that its module is known' : [...known].join(', '),
    hint: 'name a run with packages of this kind by --baseline',
  });
}

async function readRun(path: string): Promise<Baseline> {
  try {
    if (isFolder(path) && existsSync(join(path, manifestName))) await checkUnchanged(path);
    const data = readReport(evidenceIn(path));
    if (data.run !== undefined && data.tests.name.length > 0) return baselineOf(data);
    throw new UserError('the baseline is no run with tests', {
      place: { file: path },
      asked: 'what an earlier dfota run left',
      seen: data.kind === 'journal' ? 'a journal without any test' : `a ${data.kind}`,
      hint: 'name the folder of a run, for example reports/2026-01-31T22-00-00-000Z',
    });
  } catch (error) {
    if (error instanceof ExplainedError) throw error;
    throw new UserError('the baseline cannot be read', { place: { file: path }, seen: messageOf(error) });
  }
}

async function checkUnchanged(folder: string): Promise<void> {
  const { problems } = await verifyFolder(folder);
  const [first] = problems;
  if (first === undefined) return;
  throw new UserError('the baseline is not as its run left it', {
    place: { file: folder },
    seen: `${first.what} ${first.file}: ${first.detail}`,
    hint: 'dfota report verify tells all; name another run by --baseline',
  });
}
