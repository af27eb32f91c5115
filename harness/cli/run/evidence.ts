import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.js';
import type { JournalEvent } from '../../journal/events.js';
import { readJournal } from '../../journal/reader.js';
import { writeHtmlReport } from '../../report/html/write.js';
import { finishJunit, type Campaign, type RigPart } from '../../report/junit.js';
import { writeLineLogs } from '../../report/line-logs.js';
import { writeManifest } from '../../report/manifest.js';
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
  readonly events: readonly JournalEvent[];
  readonly outcome: RunResult;
  readonly summary: string;
}> {
  const { events } = readJournal(journalFile);
  const outcome = resultOf(events, rigs);
  const properties = { 'harness.version': harness.version, 'harness.commit': harness.commit ?? 'unknown' };
  const junit = finishJunit(rigParts(folder, rigs), outcome.tests, properties, campaignOf(events));
  writeFileSync(join(folder, 'junit.xml'), junit);
  rmSync(join(folder, 'lines'), { recursive: true, force: true });
  writeLineLogs(events, join(folder, 'lines'));
  const summary = summaryText(outcome, events);
  writeFileSync(join(folder, 'summary.txt'), summary);
  try {
    writeHtmlReport(journalFile, join(folder, 'report.html'));
  } catch (error) {
    // The page can be made later; the run is what it is.
    process.stderr.write(`report.html could not be written: ${messageOf(error)}\n  try:   dfota report html ${folder}\n`);
  }
  const manifest = await writeManifest(folder);
  if (signer !== undefined) writeSignature(folder, manifest, signer);
  return { events, outcome, summary };
}

/** What Jest left of each rig. */
export function rigParts(folder: string, rigs: readonly string[]): readonly RigPart[] {
  return rigs.flatMap((rig) => readIfThere(join(folder, 'rigs', rig, 'junit.xml')).map((xml) => ({ rig, xml })));
}

/** What a rig's cuts tell together stands with every suite that made some. */
function campaignOf(events: readonly JournalEvent[]): Campaign {
  const told = new Map<string, Readonly<Record<string, string>>>();
  return {
    trials: trialsTold(events),
    properties(rig) {
      const known = told.get(rig) ?? campaignFacts(rig, events);
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
