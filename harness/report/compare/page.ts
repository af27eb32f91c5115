import { escapeXml } from '../junit.js';
import type { Change, Comparison } from './compare.js';
import { directions, headline, type Named } from './text.js';

const style = `
:root{color-scheme:light dark;--line:#8884}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:1.5rem 1rem;max-width:70rem}
h1{font-size:1.35rem} .verdict{font-size:1.1rem;font-weight:600;padding:.6rem .8rem;border-left:.4rem solid}
.worse{border-color:#c0392b} .sound{border-color:#1a7f37}
.scroll{overflow-x:auto} table{border-collapse:collapse;width:100%} th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
td{overflow-wrap:anywhere} .detail{opacity:.8;font-size:.9em}
`;

/** The comparison as one self-contained file without scripts. Names and texts may come from a module: all are escaped. */
export function comparisonPage(comparison: Comparison, { before, after }: Named): string {
  const { tests, remarks, changes, regression } = comparison;
  const tables = directions.flatMap(([direction, title]) => {
    const own = changes.filter((change) => change.direction === direction);
    return own.length === 0 ? [] : [`<h2>${title} (${String(own.length)})</h2>`, table(own)];
  });
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeXml(headline(comparison))}</title><style>${style}</style></head><body>`,
    `<h1>${escapeXml(after)} compared with ${escapeXml(before)}</h1>`,
    `<p class="verdict ${regression ? 'worse' : 'sound'}">${escapeXml(headline(comparison))}</p>`,
    `<p>Tests: ${String(tests.both)} in both, ${String(tests.gone)} only before, ${String(tests.fresh)} only now.</p>`,
    ...remarks.map((remark) => `<p>Note: ${escapeXml(remark)}</p>`),
    ...tables,
    '</body></html>',
    '',
  ].join('\n');
}

function table(changes: readonly Change[]): string {
  const rows = changes.map(
    ({ what, rig, name, before, after, detail }) =>
      `<tr><td>${what}</td><td>${escapeXml(rig ?? '')}</td><td>${escapeXml(name)}<div class="detail">${escapeXml(detail)}</div></td>` +
      `<td>${escapeXml(before)}</td><td>${escapeXml(after)}</td></tr>`,
  );
  const head = ['What', 'Rig', 'Name', 'Before', 'Now'].map((title) => `<th scope="col">${title}</th>`).join('');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
