/** The certificate as one self-contained file without scripts, for a release manager and for paper. Whatever comes from outside is escaped. */
import { basename } from 'node:path';
import { clipped } from '../html/visible.js';
import { staticPage, text } from '../static-page.js';
import { verdictWords } from './text.js';
import type { Certificate, CertifiedPackage, CriterionRow, Rests } from './types.js';

const style = `
:root{color-scheme:light dark;--line:#8885;--good:#1a7f37;--bad:#c0392b;--open:#9a6700}
body{font:14px/1.4 system-ui,sans-serif;margin:0 auto;padding:1.5rem 1rem;max-width:60rem}
h1{font-size:1.3rem;margin:0} h2{font-size:1.05rem;margin:1.3rem 0 .4rem} p,ul{margin:.4rem 0}
.verdict{font-size:1.6rem;font-weight:700;letter-spacing:.02em;padding:.5rem .8rem;margin:.8rem 0;border:.2rem solid}
.qualified{color:var(--good)} .not-qualified{color:var(--bad)} .not-enough-evidence{color:var(--open)}
table{border-collapse:collapse;width:100%} th,td{text-align:left;vertical-align:top;padding:.2rem .5rem;border-bottom:1px solid var(--line)}
th{font-weight:600} td{overflow-wrap:anywhere} td:first-child{white-space:nowrap;overflow-wrap:normal} .verdict small{font-size:.6em;font-weight:400} .met{color:var(--good);font-weight:600} .unmet{color:var(--bad);font-weight:600}
code,.hash{font:12px/1.4 ui-monospace,monospace;overflow-wrap:anywhere} .detail{opacity:.75;font-size:.85em} .scroll{overflow-x:auto}
.sign{display:flex;gap:2rem;margin-top:2.2rem} .sign span{flex:1;border-top:1px solid;padding-top:.2rem;font-size:.85em}
@media print{@page{size:A4;margin:12mm} body{font-size:9.5pt;line-height:1.25;padding:0;max-width:none} .hash,code{font-size:8pt}
h2{break-after:avoid;margin-top:.7rem} tr,.sign{break-inside:avoid} thead{display:table-header-group} td,th{padding:.1rem .35rem} .verdict{font-size:15pt}}
`;

const head = (...titles: readonly string[]): string =>
  `<thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>`;
const table = (titles: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll"><table>${head(...titles)}<tbody>${rows.join('')}</tbody></table></div>`;
const section = (title: string, ...parts: readonly string[]): string[] =>
  parts.join('') === '' ? [] : [`<h2>${title}</h2>`, ...parts];
const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;

export function certificatePage(certificate: Certificate): string {
  const { verdict, reasons, pair, criteria, rows, against, open, units, run, excepted, skipped } = certificate;
  const title = `${verdictWords[verdict]}: ${pair.name}`;
  const met = rows.filter((row) => row.met).length;
  const simulated = units.length > 0 && units.every((unit) => unit.simulated);
  const body = [
    `<h1>DFOTA certificate: ${text(pair.name)} (${text(pair.module)})</h1>`,
    `<p class="verdict ${verdict}">${verdictWords[verdict]}${simulated ? ' <small>on simulated units alone</small>' : ''}</p>`,
    `<p>By the criteria “${text(criteria.name)}”: ${String(met)} of ${String(rows.length)} met.</p>`,
    list(reasons),
    ...section(
      'Packages',
      table(
        ['', 'File', 'From', 'To', 'SHA-256'],
        [packageRow('upgrade', pair.upgrade), packageRow('downgrade', pair.downgrade)],
      ),
    ),
    ...section('Criteria', table(['', 'Criterion', 'Reached', 'Rests on'], [...rows].sort(unmetFirst).map(criterionRow))),
    ...section(
      'Not asked for by these criteria',
      list(excepted.map(({ id, why }) => `${id}: ${why}`)),
      list(skipped.map(({ why, count }) => `${String(count)} ${count === 1 ? 'test' : 'tests'} left out: ${why}`)),
    ),
    ...section(
      'Against the firmware or the packages',
      against.length === 0
        ? ''
        : table(
            ['Owner', 'Requirement', 'Finding', 'Times', 'Rests on'],
            against.map(
              ({ owner, requirement = '', rule = '', text: what, count, rests }) =>
                `<tr><td>${text(owner)}</td><td>${text(requirement)}</td><td>${text(what)}<div class="detail">${text(rule)}</div></td>` +
                `<td>${String(count)}</td><td>${restsText(rests)}</td></tr>`,
            ),
          ),
    ),
    ...section('What went wrong with the evidence', list(open)),
    ...section(
      'Units',
      table(
        ['Rig', 'Module', 'IMEI', 'There and back'],
        units.map(
          ({ rig, module, imei = 'unknown', simulated, sound }) =>
            `<tr><td>${text(rig)}</td><td>${text(module)}${simulated ? ', simulated' : ''}</td><td>${text(imei)}</td><td>${sound ? 'sound' : 'not seen to be sound'}</td></tr>`,
        ),
      ),
    ),
    ...section('Cuts of earlier runs', earlierPart(certificate)),
    ...section(
      'Run',
      '<table><tbody>',
      ...fact('Run', run.id),
      ...fact('Seed', run.seed === undefined ? 'unknown' : String(run.seed)),
      ...fact('Began', run.began),
      ...fact('Ended', run.ended ?? 'it did not'),
      ...fact('Harness', run.harness),
      ...fact('Host', run.host),
      ...fact('Criteria', `${criteria.name}, ${criteria.file}`),
      ...fact('Criteria SHA-256', criteria.sha256),
      '</tbody></table>',
    ),
    '<p class="detail">Computed from journal.jsonl of the same folder, whose manifest.json covers this page; report.html shows each upgrade. ',
    '<code>dfota report verify FOLDER --rejudge</code> tells whether it follows from the journal.</p>',
    '<div class="sign"><span>Date</span><span>Name</span><span>Signature</span></div>',
  ];
  return staticPage({ title, style, attributes: `data-verdict="${verdict}"`, body });
}

const unmetFirst = (one: CriterionRow, other: CriterionRow): number => Number(one.met) - Number(other.met);

function packageRow(step: string, { file, from, to, sha256, size, preBuild, postBuild, warnings }: CertifiedPackage): string {
  const builds = preBuild === undefined && postBuild === undefined ? [] : [`metadata: ${preBuild ?? '?'} → ${postBuild ?? '?'}`];
  const details = [`${String(size)} bytes`, ...builds, ...warnings.map((warning) => `warning: ${warning}`)];
  return (
    `<tr><td>${step}</td><td>${text(basename(file))}${details.map((detail) => `<div class="detail">${text(detail)}</div>`).join('')}</td>` +
    `<td>${text(from)}</td><td>${text(to)}</td><td class="hash">${text(sha256)}</td></tr>`
  );
}

function criterionRow({ kind, id, asked, reached, met, rests }: CriterionRow): string {
  const name = kind === 'requirement' ? `<b>${text(id)}</b> ` : '';
  return (
    `<tr><td class="${met ? 'met' : 'unmet'}">${met ? 'met' : 'not met'}</td><td>${name}${text(asked)}</td>` +
    `<td>${text(reached)}</td><td>${restsText(rests)}</td></tr>`
  );
}

/** The first of each kind; `certificate.json` names more, the journal all. */
function restsText({ tests, trials, upgrades, of }: Rests): string {
  const some = (what: string, names: readonly string[], all: number): string =>
    names[0] === undefined
      ? ''
      : `<div class="detail">${String(all)} ${what}${all === 1 ? '' : 's'}: ${text(clipped(names[0], 70))}${all > 1 ? ' …' : ''}</div>`;
  return some('test', tests, of.tests) + some('cut', trials, of.trials) + some('upgrade', upgrades, of.upgrades);
}

function earlierPart({ earlier }: Certificate): string {
  if (earlier.runs.length === 0) return '';
  const rows = earlier.runs.map(
    ({ run, rig, survived, failed }) =>
      `<tr><td>${text(run)}</td><td>${text(rig)}</td><td>${String(survived)}</td><td>${String(failed)}</td></tr>`,
  );
  const says = earlier.counted ? 'They count, as the criteria say.' : 'They do not count, as the criteria say.';
  return `<p>${says}</p>${table(['Run', 'Rig', 'Survived', 'Failed'], rows)}`;
}

const fact = (name: string, value: string): string[] => [`<tr><th scope="row">${name}</th><td>${text(value)}</td></tr>`];
