/** Pages of one file without scripts. Whatever comes from outside is escaped and made visible. */
import { clipped, shown } from './html/visible.js';
import { escapeXml } from './junit.js';

/** No text is longer than this. */
const longest = 600;

export const text = (value: string): string => escapeXml(clipped(shown(value), longest));

export interface StaticPage {
  readonly title: string;
  readonly style: string;
  /** Attributes of the root, written as they are. */
  readonly attributes?: string;
  /** Written as it is. */
  readonly body: readonly string[];
}

export function staticPage({ title, style, attributes = '', body }: StaticPage): string {
  return [
    '<!doctype html>',
    `<html lang="en"${attributes === '' ? '' : ` ${attributes}`}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${text(title)}</title><style>${style}</style></head><body>`,
    ...body,
    '</body></html>',
    '',
  ].join('\n');
}

/** Cells are written as they are. */
export function plainTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = titles.map((title) => `<th scope="col">${title}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
