import { createHash } from 'node:crypto';
import { bundledPage } from './bundled.js';
import type { ReportData } from './data.js';
import { showableJson } from './details.js';
import { shown } from './visible.js';

/**
 * The whole page as pieces of text, to be written one after the other. Nothing of the evidence is markup: it stands in data blocks, which
 * no browser runs, and the page sets it as text. The policy allows the one script and the one style that we built, and no network.
 */
export function* renderPage(data: ReportData, bundles: readonly string[]): Iterable<string> {
  const { script, style } = bundledPage();
  for (const text of [script, style])
    if (/<\/(?:script|style)|<!--/i.test(text)) throw new Error('the built page would end its own element');
  const policy = pagePolicy(data.live === undefined ? "'none'" : "'self'");
  yield [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    '<link rel="icon" href="data:,">',
    `<title>${escaped(titleOf(data))}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<div id="app"></div>',
    `<noscript>${withoutScript(data)}</noscript>`,
    `<script type="application/json" id="data">${inScript(showableJson(data))}</script>`,
    '<script type="application/json" id="details">[',
  ].join('\n');
  for (const [index, bundle] of bundles.entries()) yield `${index === 0 ? '' : ','}"${bundle}"`;
  yield `]</script>\n<script>${script}</script>\n</body>\n</html>\n`;
}

/** What the page may do. Only one that follows a run may ask for anything, and only whoever sent it. */
export function pagePolicy(connect: "'none'" | "'self'"): string {
  const { script, style } = bundledPage();
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

export function titleOf({ headline, pairs, file }: ReportData): string {
  const pair = pairs[0];
  const what = pair === undefined ? file : `${pair.from} → ${pair.to}`;
  return `${headline.verdict}: ${what} · DFOTA evidence`;
}

/** Where scripts are not run (a mail, some CI servers), the sentence that matters is there all the same. */
function withoutScript({ headline, remarks }: ReportData): string {
  const lines = [headline.verdict.toUpperCase(), headline.sentence, headline.survival, ...remarks];
  const hint = 'The details of this page need its script. Where it is blocked, save the file and open it from the disk.';
  return [...lines, hint].map((line) => `<p>${escaped(line)}</p>`).join('');
}

/** JSON that no HTML parser can see an end in. */
function inScript(json: string): string {
  return json.replace(/</g, '\\u003c');
}

function escaped(text: string): string {
  return shown(text).replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
