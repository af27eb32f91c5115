import type { Answer } from '../at/types.js';

/** Sends one command and gives its answer; never rejects for what the module says. */
export type Ask = (text: string) => Promise<Answer>;

/** The fields behind `+NAME:` of an answer, blanks and quotes taken off; undefined when no line has that name. */
export function fields(answer: Answer, name: string): readonly string[] | undefined {
  const line = answer.lines.find((text) => text.trimStart().startsWith(`${name}:`));
  return line === undefined ? undefined : split(line.trimStart().slice(name.length + 1));
}

/** Commas inside quotes do not divide. */
export function split(text: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) {
      parts.push(part.trim());
      part = '';
    } else part += character;
  }
  parts.push(part.trim());
  return parts;
}

/** The first line that is the answer itself, not a named one (`+X:`, `^X:`) or a boot report that came in between. */
export function bareLine(answer: Answer): string | undefined {
  return answer.lines.map((text) => text.trim()).find((text) => /^[^+^\s]/.test(text) && !/^(?:RDY|OK|ERROR|AT.*)$/.test(text));
}

/** What came, for a person: `+CME ERROR: 407`, `no answer in 2000 ms`. */
export function answerText(answer: Answer): string {
  if (answer.result === 'timeout') return `no answer in ${String(Math.round(answer.took))} ms`;
  if (answer.result === 'lost') return 'the line was lost';
  const result = answer.code === undefined ? answer.result : `${answer.result}: ${answer.code}`;
  return [...answer.lines, result].join(' | ');
}
