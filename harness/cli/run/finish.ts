import { existsSync } from 'node:fs';
import { systemClock } from '../../base/clock.js';
import { hasCode, messageOf, RigFault } from '../../base/errors.js';
import { Secrets } from '../../base/secrets.js';
import { addRun, openLedger, survivalOf, type Ledger } from '../../campaign/ledger.js';
import { survivalText } from '../../campaign/statistics.js';
import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { Journal } from '../../journal/journal.js';
import { openJournal } from '../../journal/journal.js';
import { JournalStream, readJournal } from '../../journal/reader.js';
import { suitesNotRun, type RigPart } from '../../report/junit.js';
import { isTraffic, outlineOf } from '../../report/outline.js';
import { resultOf } from '../../report/result.js';
import type { Signer } from '../../report/signature.js';
import { campaignFacts } from '../../report/trials.js';
import { printable } from '../../verdict/text.js';
import { rigParts, writeEvidence } from './evidence.js';
import type { HarnessVersion } from './folder.js';

export interface FinishParts {
  readonly folder: string;
  readonly journalFile: string;
  /** The run's own journal, still open; undefined when the run had come to its end before and only its reports are made anew. */
  readonly journal: Journal | undefined;
  readonly rigs: readonly string[];
  /** How each rig's process ended. */
  readonly ends: readonly (number | string)[];
  readonly harness: HarnessVersion;
  readonly signer: Signer | undefined;
}

/** What a file system says that takes nothing more: it is full, or somebody made it read-only. */
const takesNoMore = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO'] as const;

/**
 * Reads the journal of a run whose processes have ended and writes everything that is computed from it; resolves with the exit code. Throws a
 * RigFault when the run's folder takes nothing more, or is gone.
 */
export async function finishRun(parts: FinishParts): Promise<number> {
  try {
    return await writeAll(parts);
  } catch (error) {
    const { folder, journalFile } = parts;
    const gone = hasCode(error, 'ENOENT') && !existsSync(journalFile);
    if (!gone && !hasCode(error, ...takesNoMore)) throw error;
    throw new RigFault(gone ? 'the journal of the run is gone' : 'the evidence of the run cannot be written', {
      place: { file: gone ? journalFile : folder },
      seen: messageOf(error),
      hint: gone
        ? 'who moved or deleted the folder while the run went on? Without its journal nothing of it can be told'
        : `make room, or give the folder back, then: dfota run --resume ${folder}`,
      cause: error,
    });
  }
}

async function writeAll(parts: FinishParts): Promise<number> {
  const { folder, journalFile, journal, rigs, harness, signer } = parts;
  if (journal !== undefined) closeJournal(journal, rigParts(folder, rigs), parts);
  const { outline, history, outcome, summary } = await writeEvidence({ folder, journalFile, rigs, harness, signer });
  const { events } = outline;
  process.stdout.write(`\n${summary}`);
  try {
    const ledger = openLedger();
    const { added, known, tests } = await addRun(ledger, events, history);
    const before = known === 0 ? '' : `, ${String(known)} were there`;
    const cuts = added + known > 0;
    const trials = cuts ? `${String(added)} trials added${before}, ` : '';
    process.stdout.write(`Ledger: ${trials}${String(tests)} tests added; dfota history shows all nights`);
    process.stdout.write(cuts ? `, dfota ledger what their cuts prove:\n` : '\n');
    for (const says of await proven(ledger, events)) process.stdout.write(`  ${says}\n`);
  } catch (error) {
    // The evidence is in the folder all the same, and can be added later.
    process.stderr.write(`the ledger could not be kept: ${messageOf(error)}\n  try:   dfota ledger add ${folder}\n`);
  }
  process.stdout.write(`\nReport: ${folder}\n`);
  return outcome.exit;
}

/** The last words of a run. What they rest on is read before them, so that they are no part of it. */
function closeJournal(journal: Journal, junit: readonly RigPart[], { journalFile, rigs, ends }: FinishParts): void {
  const last = new Map<string, number>();
  const before = outlineOf(new JournalStream(journalFile).events(), {
    onEvent({ rig = '', n }) {
      last.set(rig, Math.max(last.get(rig) ?? 0, n));
    },
  });
  for (const rig of rigs) {
    const after = last.get(rig) ?? 0;
    const own = openJournal(journalFile, { clock: systemClock, secrets: new Secrets(), rig, after });
    const lost = junit.filter((part) => part.rig === rig).flatMap(({ xml }) => suitesNotRun(xml));
    for (const { test, why } of lost) own.write({ type: 'test.end', test, status: 'invalid', why });
    const use = campaignFacts(rig, before)['cuts.uses-attempt'];
    if (use !== undefined) own.write({ type: 'note', text: use });
    own.close();
  }
  rigs.forEach((rig, index) => {
    const end = ends[index];
    if (end === 0 || end === 1) return;
    journal.write({ type: 'note', text: `the process of ${rig} ended with ${String(end)}; see rigs/${rig}/jest.log` });
  });
  const { exit, reason } = resultOf(readJournal(journalFile, (event) => !isTraffic(event)).events, rigs);
  journal.write({ type: 'run.end', exit, reason });
  journal.close();
}

/** Survival of each package of this run over all nights. */
async function proven(ledger: Ledger, events: readonly JournalEvent[]): Promise<string[]> {
  const ends = events.filter((event): event is EventOf<'trial.end'> => event.type === 'trial.end');
  const keys = new Map(ends.map(({ package: sha, revision }) => [JSON.stringify([sha, revision]), { package: sha, revision }]));
  return Promise.all(
    [...keys.values()].map(
      async (key) =>
        `package ${key.package.slice(0, 12)} from ${printable(key.revision)}: ${survivalText(await survivalOf(ledger, key))}`,
    ),
  );
}
