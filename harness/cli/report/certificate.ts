import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { z } from 'zod';
import { messageOf, UserError } from '../../base/errors.js';
import {
  certificateFiles,
  certificateHtml,
  certificateIn,
  certificateJson,
  falseCertificates,
} from '../../report/certificate/make.js';
import { certificateText } from '../../report/certificate/text.js';
import type { Certificate, CertificateVerdict } from '../../report/certificate/types.js';

interface CertificateArguments {
  readonly dir: string;
  readonly html: string | undefined;
  readonly json: boolean;
}

const exitCodes: Readonly<Record<CertificateVerdict, number>> = { qualified: 0, 'not-qualified': 1, 'not-enough-evidence': 3 };

export const command: CommandModule<object, CertificateArguments> = {
  command: 'certificate <dir>',
  describe: 'The certificate of a qualification, made anew from the journal in its folder',
  builder: (yargs) =>
    yargs
      .positional('dir', { type: 'string', demandOption: true, describe: 'Folder of a dfota qualify, or of several merged ones' })
      .option('html', { type: 'string', requiresArg: true, describe: 'Write the page to this file; the folder is left as it is' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the certificate for a program' })
      .example('dfota report certificate reports/release-42', 'qualified or not, and why')
      .example('dfota report certificate reports/release-42 --html again.html', 'the page once more')
      .epilogue(
        'Exit codes: 0 qualified, 1 not qualified, 2 wrong use or no qualification, 3 not enough evidence. Whether the folder is as it was left: dfota report verify --rejudge.',
      ),
  handler({ dir, html, json }) {
    const certificate = read(dir);
    const files = certificateFiles(certificate);
    if (html !== undefined) write(html, files[certificateHtml] ?? '');
    process.stdout.write(json ? (files[certificateJson] ?? '') : `${certificateText(certificate)}\n`);
    for (const { file, detail } of falseCertificates(dir, certificate)) process.stderr.write(`${join(dir, file)}: ${detail}\n`);
    process.exitCode = exitCodes[certificate.verdict];
  },
};

function read(dir: string): Certificate {
  const file = join(dir, 'run.json');
  let names: readonly string[];
  try {
    ({ names } = z.object({ names: z.array(z.string()) }).parse(JSON.parse(readFileSync(file, 'utf8'))));
  } catch (error) {
    throw new UserError('this is not what a run leaves', {
      place: { file },
      seen: messageOf(error),
      hint: 'name the folder of a run, for example reports/2026-01-31T22-00-00-000Z',
    });
  }
  const journal = join(dir, 'journal.jsonl');
  let certificate: Certificate | undefined;
  try {
    certificate = certificateIn(journal, names);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('the journal of the run cannot be read', { place: { file: journal }, seen: messageOf(error) });
  }
  if (certificate !== undefined) return certificate;
  throw new UserError('this run was not to qualify anything', {
    place: { file: resolve(dir) },
    asked: 'the folder of a dfota qualify',
    seen: 'a run without criteria',
    hint: 'dfota report html shows what it tells; dfota qualify --help has an example',
  });
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError('the page cannot be written', { place: { file }, seen: messageOf(error) });
  }
}
