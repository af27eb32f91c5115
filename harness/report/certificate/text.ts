import { shown } from '../html/visible.js';
import type { RunResult } from '../result.js';
import type { Certificate, CertificateVerdict } from './types.js';

export const verdictWords: Readonly<Record<CertificateVerdict, string>> = {
  qualified: 'QUALIFIED',
  'not-qualified': 'NOT QUALIFIED',
  'not-enough-evidence': 'NOT ENOUGH EVIDENCE',
};

/** So many reasons stand in a summary; all of them in the certificate. */
const most = 12;

/** The certificate in a summary. */
export function certificateText({ verdict, criteria, pair, rows, reasons }: Certificate): string {
  const met = rows.filter((row) => row.met).length;
  const more = reasons.length - most;
  return shown(
    [
      `Certificate: ${verdictWords[verdict]}: ${pair.name} by the criteria “${criteria.name}”, ${String(met)} of ${String(rows.length)} met`,
      ...reasons.slice(0, most).map((reason) => `  ${reason}`),
      ...(more > 0 ? [`  and ${String(more)} more: see certificate.html`] : []),
    ].join('\n'),
    { multiline: true },
  );
}

/**
 * The exit code of a run that qualifies, and why. A regression against a baseline still makes 1 of 0; a run that was interrupted stays so. That no
 * test ran (2) is a lack of evidence here: the definitions were in order. A part of a qualification lacks the other parts: as long as nothing speaks
 * against the firmware in it, it ends as any run does; a merged run tells them as missing, and ends with 3 by itself.
 */
export function concluded(
  { exit, reason }: Pick<RunResult, 'exit' | 'reason'>,
  certificate: Certificate | undefined,
): Pick<RunResult, 'exit' | 'reason'> {
  if (certificate === undefined || exit === 130) return { exit, reason };
  const says = `${verdictWords[certificate.verdict].toLowerCase()} by the criteria “${shown(certificate.criteria.name)}”`;
  switch (certificate.verdict) {
    case 'qualified':
      return exit === 0 ? { exit, reason: says } : { exit, reason: `${says}; ${reason}` };
    case 'not-qualified':
      return { exit: 1, reason: says };
    case 'not-enough-evidence':
      return certificate.partial ? { exit, reason } : { exit: 3, reason: says };
  }
}
