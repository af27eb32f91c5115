import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { Secrets } from '../../base/secrets.js';
import { addRun, openLedger } from '../../campaign/ledger.js';
import type { Journal } from '../../journal/journal.js';
import { openJournal } from '../../journal/journal.js';
import { readJournal } from '../../journal/reader.js';
import { finishJunit, suitesNotRun } from '../../report/junit.js';
import { writeLineLogs } from '../../report/line-logs.js';
import { writeManifest } from '../../report/manifest.js';
import { resultOf } from '../../report/result.js';
import { summaryText } from '../../report/summary.js';
import type { HarnessVersion } from './folder.js';

export interface FinishParts {
  readonly folder: string;
  readonly journalFile: string;
  /** The run's own journal, still open. */
  readonly journal: Journal;
  readonly rigs: readonly string[];
  /** How each rig's process ended. */
  readonly ends: readonly (number | string)[];
  readonly harness: HarnessVersion;
}

/** Reads the journal of a run whose processes have ended and writes everything that is computed from it; resolves with the exit code. */
export async function finishRun(parts: FinishParts): Promise<number> {
  const { folder, journalFile, journal, rigs, ends, harness } = parts;
  const junit = rigs.flatMap((rig) => readIfThere(join(folder, 'rigs', rig, 'junit.xml')).map((xml) => ({ rig, xml })));
  for (const { rig, xml } of junit) {
    const own = openJournal(journalFile, { clock: systemClock, secrets: new Secrets(), rig });
    for (const { test, why } of suitesNotRun(xml)) own.write({ type: 'test.end', test, status: 'invalid', why });
    own.close();
  }
  rigs.forEach((rig, index) => {
    const end = ends[index];
    if (end === 0 || end === 1) return;
    journal.write({ type: 'note', text: `the process of ${rig} ended with ${String(end)}; see rigs/${rig}/jest.log` });
  });
  const outcome = resultOf(readJournal(journalFile).events, rigs);
  journal.write({ type: 'run.end', exit: outcome.exit, reason: outcome.reason });
  journal.close();

  const { events } = readJournal(journalFile);
  const properties = { 'harness.version': harness.version, 'harness.commit': harness.commit ?? 'unknown' };
  writeFileSync(join(folder, 'junit.xml'), finishJunit(junit, outcome.tests, properties));
  rmSync(join(folder, 'lines'), { recursive: true, force: true });
  writeLineLogs(events, join(folder, 'lines'));
  const summary = summaryText(outcome, events);
  writeFileSync(join(folder, 'summary.txt'), summary);
  await writeManifest(folder);
  process.stdout.write(`\n${summary}`);
  if (events.some((event) => event.type === 'trial.end')) {
    try {
      const { added } = await addRun(openLedger(), events);
      process.stdout.write(`Ledger: ${String(added)} trials added; dfota ledger prints what they prove\n`);
    } catch (error) {
      // The evidence is in the folder all the same, and can be added later.
      process.stderr.write(`the ledger could not be kept: ${messageOf(error)}\n  try:   dfota ledger add ${folder}\n`);
    }
  }
  process.stdout.write(`\nReport: ${folder}\n`);
  return outcome.exit;
}

function readIfThere(file: string): string[] {
  try {
    return [readFileSync(file, 'utf8')];
  } catch {
    return [];
  }
}
