import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.js';
import type { RunHistory } from '../../campaign/ledger-runs.js';
import { JournalStream } from '../../journal/reader.js';
import { attachedFiles, Attachments, workspace } from '../../report/attachments.js';
import { certificateIn, writeCertificate } from '../../report/certificate/make.js';
import { concluded } from '../../report/certificate/text.js';
import { comparisonName, compareWithBaseline, conclusionOf, keptBaseline, type Compared } from '../../report/compare/baseline.js';
import { comparisonPage } from '../../report/compare/page.js';
import type { ReportData } from '../../report/html/data.js';
import { readReport, writeHtmlReport } from '../../report/html/write.js';
import { HistoryWatch } from '../../report/history/rows.js';
import { finishJunit, type Campaign, type RigPart } from '../../report/junit.js';
import { LineLogs } from '../../report/line-logs.js';
import { writeManifest } from '../../report/manifest.js';
import { outlineOf, type RunOutline } from '../../report/outline.js';
import { resultOf, type RunResult } from '../../report/result.js';
import { writeSignature, type Signer } from '../../report/signature.js';
import { summaryText } from '../../report/summary.js';
import { campaignFacts, trialsTold } from '../../report/trials.js';
import type { HarnessVersion } from './folder.js';

export interface EvidenceParts {
  readonly folder: string;
  readonly journalFile: string;
  readonly rigs: readonly string[];
  readonly harness: HarnessVersion;
  readonly signer: Signer | undefined;
}

/** Writes all that follows from the journal of a finished run (or of several merged ones), and the manifest over everything. */
export async function writeEvidence({ folder, journalFile, rigs, harness, signer }: EvidenceParts): Promise<{
  readonly outline: RunOutline;
  readonly history: RunHistory;
  readonly outcome: RunResult;
  readonly summary: string;
}> {
  rmSync(join(folder, 'lines'), { recursive: true, force: true });
  const logs = new LineLogs(join(folder, 'lines'));
  const watch = new HistoryWatch();
  const outline = outlineOf(new JournalStream(journalFile).events(), {
    onEvent(event) {
      logs.take(event);
      watch.onEvent(event);
    },
    onUpgrade: watch.onUpgrade,
  });
  const lineLogs = logs.close();
  const result = resultOf(outline.events, rigs);
  const data = pageOf(journalFile, folder);
  const compared = comparedIn(folder, journalFile, data);
  const certificate = certificateIn(journalFile, rigs);
  if (certificate !== undefined) writeCertificate(folder, certificate);
  const summary = summaryText(result, outline, { compared, certificate });
  writeFileSync(join(folder, 'summary.txt'), summary);
  const properties = { 'harness.version': harness.version, 'harness.commit': harness.commit ?? 'unknown' };
  const root = workspace(process.env, process.cwd());
  const attachments = new Attachments((rig) => attachedFiles(folder, lineLogs.get(rig) ?? [], root));
  const parts = rigParts(folder, rigs);
  const junit = finishJunit(parts, result.tests, properties, campaignOf(outline), attachments, result.missing);
  writeFileSync(join(folder, 'junit.xml'), junit);
  const manifest = await writeManifest(folder);
  if (signer !== undefined) writeSignature(folder, manifest, signer);
  const history = watch.rows(outline.events);
  return { outline, history, outcome: { ...result, ...concluded(conclusionOf(result, compared), certificate) }, summary };
}

/** Writes the evidence page and gives what it says; undefined when it could not be written. */
function pageOf(journalFile: string, folder: string): ReportData | undefined {
  try {
    return writeHtmlReport(journalFile, join(folder, 'report.html'));
  } catch (error) {
    // The page can be made later; the run is what it is.
    process.stderr.write(`report.html could not be written: ${messageOf(error)}\n  try:   dfota report html ${folder}\n`);
    return undefined;
  }
}

/** Compares with the baseline that the folder keeps, if it keeps one, and writes the page of that. */
function comparedIn(folder: string, journalFile: string, data: ReportData | undefined): Compared | undefined {
  const baseline = keptBaseline(folder);
  if (baseline === undefined) return undefined;
  const compared = compareWithBaseline(baseline, data ?? readReport(journalFile));
  writeFileSync(join(folder, comparisonName), comparisonPage(compared.comparison, compared.named));
  return compared;
}

/** What Jest left of each rig. */
export function rigParts(folder: string, rigs: readonly string[]): readonly RigPart[] {
  return rigs.flatMap((rig) => readIfThere(join(folder, 'rigs', rig, 'junit.xml')).map((xml) => ({ rig, xml })));
}

/** What a rig's cuts tell together stands with every suite that made some. */
function campaignOf(outline: RunOutline): Campaign {
  const told = new Map<string, Readonly<Record<string, string>>>();
  return {
    trials: trialsTold(outline.events),
    properties(rig) {
      const known = told.get(rig) ?? campaignFacts(rig, outline);
      told.set(rig, known);
      return known;
    },
  };
}

function readIfThere(file: string): string[] {
  try {
    return [readFileSync(file, 'utf8')];
  } catch {
    return [];
  }
}
