/** The certificate of a run's folder, made from its journal alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.js';
import { JournalStream } from '../../journal/reader.js';
import { evidenceOf } from './evidence.js';
import { certificateOf } from './judge.js';
import { certificatePage } from './page.js';
import type { Certificate } from './types.js';

export const certificateJson = 'certificate.json';
export const certificateHtml = 'certificate.html';

/** Undefined for a run that was not to qualify anything. `rigs`: those that were to take part. */
export function certificateIn(journalFile: string, rigs: readonly string[]): Certificate | undefined {
  const evidence = evidenceOf(new JournalStream(journalFile), rigs);
  return evidence === undefined ? undefined : certificateOf(evidence);
}

/** The files of a certificate by their names. */
export function certificateFiles(certificate: Certificate): Readonly<Record<string, string>> {
  return {
    [certificateJson]: `${JSON.stringify(certificate, undefined, 2)}\n`,
    [certificateHtml]: certificatePage(certificate),
  };
}

export function writeCertificate(folder: string, certificate: Certificate): void {
  for (const [name, text] of Object.entries(certificateFiles(certificate))) writeFileSync(join(folder, name), text);
}

/**
 * Files of the folder's certificate that do not follow from the journal: another one, none, or one although the run was not to qualify anything.
 */
export function falseCertificates(
  folder: string,
  certificate: Certificate | undefined,
): readonly { file: string; detail: string }[] {
  const wanted = certificate === undefined ? {} : certificateFiles(certificate);
  return [certificateJson, certificateHtml].flatMap((file) => {
    const found = textOf(join(folder, file));
    const text = wanted[file];
    if (found === text) return [];
    if (text === undefined) return [{ file, detail: 'the journal is of a run that was not to qualify anything' }];
    if (found === undefined) return [{ file, detail: `it is missing; the journal makes one: ${certificate?.verdict ?? ''}` }];
    return [{ file, detail: `it does not follow from the journal, which makes ${saysOf(certificate, found)}` }];
  });
}

function saysOf(certificate: Certificate | undefined, found: string): string {
  const verdict = certificate?.verdict ?? '';
  const states = /"verdict": "([a-z-]+)"|data-verdict="([a-z-]+)"/.exec(found);
  const stated = states?.[1] ?? states?.[2];
  return stated === undefined || stated === verdict ? `another one (${verdict})` : `${verdict}, not ${stated}`;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    return '';
  }
}
