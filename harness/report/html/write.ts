import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../base/errors.js';
import type { ReportData } from './data.js';
import { Projection } from './projection.js';
import { renderPage } from './render.js';
import { reportData } from './report-data.js';
import { openEvidence } from './source.js';

export interface HtmlReportOptions {
  /** IMEI and ICCID are written in full. */
  readonly identities?: boolean;
}

/**
 * Makes the evidence page of a journal, or of a terminal program's log, and resolves with what it says. The file appears whole or not at
 * all. Throws a UserError for a file that is no evidence.
 */
export function writeHtmlReport(evidence: string, page: string, options: HtmlReportOptions = {}): ReportData {
  const { data, projection } = project(evidence, options);
  writeWhole(page, renderPage(data, projection.bundles.finish()));
  return data;
}

/** What the page of this evidence would say. Throws a UserError for a file that is no evidence. */
export function readReport(evidence: string, options: HtmlReportOptions = {}): ReportData {
  return project(evidence, options).data;
}

function project(evidence: string, options: HtmlReportOptions): { readonly data: ReportData; readonly projection: Projection } {
  const source = openEvidence(evidence);
  const { kind, file, timed } = source;
  const projection = new Projection({ kind, file, timed, madeBy: ownVersion(), maskIdentities: options.identities !== true });
  for (const event of source.events()) projection.take(event);
  projection.close();
  const data = reportData(projection, source);
  if (data.upgrades.id.length > 0 || data.tests.name.length > 0 || data.run !== undefined) return { data, projection };
  throw new UserError('there is nothing in this file to report', {
    place: { file: evidence },
    asked: 'a run, or AT+QFOTADL, or a +QIND: "FOTA" report',
    seen: `a ${kind} without any`,
    hint: 'give the journal.jsonl of a run, or the log of a terminal program that was open during an upgrade',
  });
}

function writeWhole(file: string, pieces: Iterable<string>): void {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.${String(process.pid)}.part`;
  const descriptor = openSync(beside, 'w');
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      let done = 0;
      while (done < bytes.length) done += writeSync(descriptor, bytes, done);
    }
    closeSync(descriptor);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Of the harness. */
export function ownVersion(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string };
      if (version !== undefined) return version;
    } catch {
      // Not here: one folder up.
    }
  }
  return 'unknown';
}
