import type { Answer } from '../../at/types.js';
import type { Ask } from '../answers.js';

/** An `Ask` with ready-made answers: information lines, then the result. What is not listed gets ERROR. */
export function askOf(answers: Readonly<Record<string, readonly string[]>>, log: string[] = []): Ask {
  return (command) => {
    log.push(command);
    const lines = [...(answers[command] ?? ['ERROR'])];
    const [, result = 'ERROR', code] = /^(OK|ERROR|timeout|lost|\+CM[ES] ERROR)(?:: (.*))?$/.exec(lines.pop() ?? '') ?? [];
    return Promise.resolve({
      command,
      result: result as Answer['result'],
      lines,
      took: 1,
      ok: result === 'OK',
      ...(code === undefined ? {} : { code }),
    });
  };
}
