import type { CommandModule } from 'yargs';
import { compare, type Comparison } from '../../report/compare/compare.js';
import { comparisonPage } from '../../report/compare/page.js';
import { comparisonText } from '../../report/compare/text.js';
import { sideOf, type Side } from '../../report/compare/side.js';
import { evidenceIn } from '../../report/html/source.js';
import { readReport } from '../../report/html/write.js';
import { writePage } from '../named-page.js';

interface CompareArguments {
  readonly before: string;
  readonly after: string;
  readonly json: boolean;
  readonly html: string | undefined;
}

export const command: CommandModule<object, CompareArguments> = {
  command: 'compare <before> <after>',
  describe: 'What changed from one run to another',
  builder: (yargs) =>
    yargs
      .positional('before', { type: 'string', demandOption: true, describe: 'The run to compare with: its folder or journal' })
      .positional('after', { type: 'string', demandOption: true, describe: 'The newer run' })
      .option('json', { type: 'boolean', default: false, describe: 'For a program' })
      .option('html', { type: 'string', describe: 'Write a page as well' })
      .example('dfota report compare reports/monday reports/tuesday', 'verdicts, coverage, failing windows, times')
      .epilogue(
        'Times have moved when the Mann–Whitney U test says so at 1 %, all times taken together (Holm), and the median by more than 5 %. ' +
          'Exit codes: 0 nothing is worse, 1 a regression, 2 wrong use.',
      ),
  handler: ({ before, after, json, html }) => {
    const comparison = compareRuns(before, after);
    const named = { before, after };
    if (html !== undefined) writePage(html, comparisonPage(comparison, named));
    process.stdout.write(
      json ? `${JSON.stringify({ ...named, ...comparison }, undefined, 2)}\n` : comparisonText(comparison, named),
    );
    if (comparison.regression) process.exitCode = 1;
  },
};

/** Compares two runs by their folders or journals. Throws a UserError for what is no evidence. */
function compareRuns(before: string, after: string): Comparison {
  const side = (path: string): Side => sideOf(readReport(evidenceIn(path)));
  return compare(side(before), side(after));
}
