/** Do the verdicts that a folder states follow from its journal? Judges again and compares with what JUnit, summary and journal say. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEvent } from '../journal/events.js';
import { JournalStream } from '../journal/reader.js';
import { judge } from '../verdict/judge.js';
import { changedVerdicts, SequencesAgain, sequenceVerdicts, type ToldSequence, type UpgradeAgain } from '../verdict/told.js';
import { certificateIn, falseCertificates } from './certificate/make.js';
import { comparisonName, compareWithBaseline, keptBaseline } from './compare/baseline.js';
import { comparisonPage } from './compare/page.js';
import { readReport } from './html/write.js';
import { junitCases, type JunitCase } from './junit-cases.js';
import { missingTest } from './junit.js';
import { outlineOf } from './outline.js';
import { resultOf } from './result.js';
import { summaryText } from './summary.js';
import type { Problem } from './verify.js';

export interface Rejudged {
  readonly upgrades: number;
  readonly tests: number;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/** `rigs`: those that were to take part, so that a silent one counts. Throws what reading the journal throws. */
export function rejudge(folder: string, rigs: readonly string[]): Rejudged {
  const file = join(folder, 'journal.jsonl');
  const journal = new JournalStream(file);
  const judged: UpgradeAgain[] = [];
  const sequences: ToldSequence[] = [];
  const again = new SequencesAgain(sequenceVerdicts(journal.events(new Set(['verdict']))), (sequence) => {
    sequences.push({ rig: sequence.rig, ids: sequence.ids, judgement: sequence.judgement });
  });
  const outline = outlineOf(journal.events(), {
    onUpgrade({ record }) {
      judged.push({ rig: record.rig, id: record.id, result: judge(record).result });
      again.take(record, []);
    },
  });
  again.close();
  const { events } = outline;
  const { unreadable, cutOff } = journal;
  const problems: Problem[] = [];
  const verdict = (file: string, detail: string): void => {
    problems.push({ file, what: 'verdict', detail });
  };
  // A writer that was killed leaves such lines; they are told, and speak against nothing.
  const notes = unreadable.map(({ line, why }) => `journal.jsonl: line ${String(line)} cannot be read: ${why}`);
  if (cutOff) notes.push('journal.jsonl: it ends in mid-line');

  for (const change of changedVerdicts(events, judged, sequences)) verdict('journal.jsonl', change);

  const result = resultOf(events, rigs);
  const end = events.findLast((event): event is Extract<JournalEvent, { type: 'run.end' }> => event.type === 'run.end');
  if (end === undefined) verdict('journal.jsonl', 'the run did not end: there is no result in it');
  else if (end.exit !== result.exit)
    verdict('journal.jsonl', `the run ended with ${String(end.exit)}, its events make ${String(result.exit)} (${result.reason})`);

  const cases = casesOf(folder);
  if (cases === undefined) verdict('junit.xml', 'it is not there or cannot be read');
  else {
    const told = new Map(cases.map(({ rig, test, status }) => [`${rig} ${test}`, status]));
    const missing = [...new Set(result.missing)].map((what) => ({ ...missingTest(what), status: 'invalid' as const }));
    for (const { rig, test, status } of [...result.tests, ...missing]) {
      const said = told.get(`${rig} ${test}`);
      told.delete(`${rig} ${test}`);
      if (said !== status) verdict('junit.xml', `${rig} ${test}: ${said ?? 'not there'}, the journal says ${status}`);
    }
    for (const [name, said] of told) verdict('junit.xml', `${name}: ${said}, the journal knows no such test`);
  }

  const baseline = keptBaseline(folder);
  const compared = baseline === undefined ? undefined : compareWithBaseline(baseline, readReport(file));
  if (compared !== undefined && textOf(join(folder, comparisonName)) !== comparisonPage(compared.comparison, compared.named))
    verdict(comparisonName, 'the journal and the baseline make another one, or it is not there');
  const certificate = certificateIn(file, rigs);
  for (const { file: name, detail } of falseCertificates(folder, certificate)) verdict(name, detail);
  const summary = textOf(join(folder, 'summary.txt'));
  if (summary !== undefined && summary !== summaryText(result, outline, { compared, certificate }))
    verdict('summary.txt', 'the journal makes another summary (or another version of the harness wrote it)');
  return { upgrades: judged.length, tests: result.tests.length, problems, notes };
}

function casesOf(folder: string): readonly JunitCase[] | undefined {
  const xml = textOf(join(folder, 'junit.xml'));
  return xml === undefined ? undefined : junitCases(xml);
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
