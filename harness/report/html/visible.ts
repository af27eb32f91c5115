/** What a module, a server's client or a file says is shown, never obeyed: not by a browser, not by the eye either. */

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0]/gu;

/**
 * Makes visible what does not print or would change how the rest is read: control characters, overrides of the direction, invisible
 * blanks, lone surrogates. `\n` and `\t` are kept where `multiline`, else shown as well.
 */
export function shown(text: string, { multiline = false } = {}): string {
  return text.replace(invisible, (character) => {
    if (multiline && (character === '\n' || character === '\t')) return character;
    if (character === '\r') return '\\r';
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    const code = character.codePointAt(0) ?? 0;
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** No text of a page is longer than this; what is left out is counted. */
export function clipped(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${String(text.length - limit)} more)`;
}
