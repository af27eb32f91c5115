import { clearScreenDown, cursorTo, moveCursor, type Interface } from 'node:readline';
import type { Report } from '../../at/types.js';
import type { Clock } from '../../base/clock.js';
import type { Listener } from './conversation.js';

/** Where words go. In a script answers are the result, everything else is a remark. */
export interface ScreenOptions {
  readonly out: NodeJS.WritableStream;
  /** Standard error in a script; the same as `out` for a person. */
  readonly remarks: NodeJS.WritableStream;
  readonly colour: boolean;
  /** Time stamps in front. */
  readonly times: boolean;
  readonly clock: Clock;
}

const codes = { answer: '', result: '32', error: '31', urc: '36', upgrade: '33', note: '2' } as const;
type Style = keyof typeof codes;

/** The terminal as the user sees it; a line that is being typed is put away and back around each line that is written. */
export class Screen implements Listener {
  /** The line editor, while there is one. */
  editor: Interface | undefined;

  constructor(private readonly options: ScreenOptions) {}

  answer(text: string, result: boolean): void {
    const style = !result ? 'answer' : /^(OK|CONNECT|>)/.test(text) ? 'result' : 'error';
    this.#write(this.options.out, ' ', text, style);
  }

  urc(text: string, report: Report | undefined): void {
    const upgrade = report !== undefined && report.kind !== 'boot' && report.kind !== 'powered-down';
    this.#write(this.options.remarks, '*', text, upgrade ? 'upgrade' : 'urc');
  }

  note(text: string): void {
    this.#write(this.options.remarks, '-', text, 'note');
  }

  /** Text of ours as it is, several lines perhaps. */
  plain(text: string): void {
    this.#raw(this.options.remarks, text.endsWith('\n') ? text : `${text}\n`);
  }

  #write(stream: NodeJS.WritableStream, mark: ' ' | '*' | '-', text: string, style: Style): void {
    const { colour, times, clock } = this.options;
    // In a script an answer stands alone, so that a program can read it.
    const front = times ? `${clock.wall().slice(11, 23)} ${mark} ` : mark === ' ' ? '' : `${mark} `;
    const shown = `${front}${harmless(text)}`;
    this.#raw(stream, `${colour && codes[style] !== '' ? `\x1b[${codes[style]}m${shown}\x1b[0m` : shown}\n`);
  }

  #raw(stream: NodeJS.WritableStream, text: string): void {
    const { editor } = this;
    if (editor === undefined) {
      stream.write(text);
      return;
    }
    // The line being typed may have grown over several rows.
    const { rows } = editor.getCursorPos();
    moveCursor(stream, 0, -rows);
    cursorTo(stream, 0);
    clearScreenDown(stream);
    stream.write(text);
    editor.prompt(true);
  }
}

/** What a module says must not reach the user's terminal as a command to it. */
function harmless(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\uffff]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** No colour on what is no terminal, nor where NO_COLOR is set (no-color.org). */
export function wantsColour(out: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR: no } = env;
  return out.isTTY === true && (no === undefined || no === '') && env['TERM'] !== 'dumb';
}
