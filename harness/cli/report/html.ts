import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { messageOf, UserError } from '../../base/errors.js';
import type { ReportData } from '../../report/html/data.js';
import { evidenceIn, isFolder } from '../../report/html/source.js';
import { writeHtmlReport } from '../../report/html/write.js';

interface HtmlArguments {
  evidence: string;
  out?: string;
  identities: boolean;
}

export const command: CommandModule<object, HtmlArguments> = {
  command: 'html <evidence>',
  describe: 'Make the evidence page, one self-contained HTML file',
  builder: (yargs) =>
    yargs
      .usage(
        'dfota report html <evidence>\n\nMakes one HTML file that needs no network from the journal of a run, or from the log of a terminal program: ' +
          'verdict, requirements, timelines, power cuts, retries, times, findings. docs/reports.md describes it.',
      )
      .positional('evidence', { type: 'string', demandOption: true, describe: "A run's folder, a journal, or a terminal log" })
      .option('out', {
        type: 'string',
        describe: 'The file to write; default report.html in the folder, or <log>.html beside a log',
      })
      .option('identities', {
        type: 'boolean',
        default: false,
        describe: 'Write IMEI and ICCID in full; without it the last 4 digits stay',
      })
      .example('dfota report html reports/2026-01-31-night --out night.html', 'a run')
      .example('dfota report html minicom.log', 'a log of a terminal program')
      .epilogue('Exit codes: 0 the page is written, whatever it says; 2 wrong use, or nothing in the file to report.') as never,
  handler: ({ evidence, out, identities }) => {
    const path = resolve(evidence);
    const page = out === undefined ? defaultPage(path) : resolve(out);
    const { headline } = written(evidenceIn(path), page, identities);
    process.stdout.write(`${headline.sentence}\nPage: ${page}\n`);
  },
};

function written(evidence: string, page: string, identities: boolean): ReportData {
  try {
    return writeHtmlReport(evidence, page, { identities });
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new UserError('the page cannot be written', {
      place: { file: page },
      seen: messageOf(error),
      hint: 'name another file by --out',
    });
  }
}

/** A page that is there already may be part of a run's manifest: it is not written over unless it is named. */
function defaultPage(path: string): string {
  const isJournal = isFolder(path) || path.endsWith('.jsonl');
  const folder = isFolder(path) ? path : dirname(path);
  const page = join(folder, isJournal ? 'report.html' : `${basename(path)}.html`);
  if (isJournal && existsSync(page)) {
    throw new UserError('there is a report already', { place: { file: page }, hint: 'name another file, or this one, by --out' });
  }
  return page;
}
