import { createInterface } from 'node:readline';
import type { Screen } from './screen.js';
import type { Session } from './session.js';

/**
 * Lines from a pipe or a file, one after the other, each after the answer to the one before. Resolves with the exit code: 0, 1 when a command
 * got an error or a wait was in vain, 2 when a line could not be understood (the rest is not done), 3 when the line or the power failed.
 */
export async function runScript(options: {
  readonly session: Session;
  readonly screen: Screen;
  readonly input: NodeJS.ReadableStream;
  readonly signal: AbortSignal;
  /** How long the line may be away before a command; longer is a fault. */
  readonly open: () => Promise<boolean>;
}): Promise<0 | 1 | 2 | 3> {
  const { session, screen, input, signal, open } = options;
  const lines = createInterface({ input, crlfDelay: Infinity });
  const stop = (): void => {
    lines.close();
  };
  signal.addEventListener('abort', stop);
  let exit: 0 | 1 | 3 = 0;
  try {
    for await (const line of lines) {
      if (signal.aborted) break;
      const text = line.trim();
      if (text === '' || text.startsWith('#')) continue;
      if (!text.startsWith(':') && !(await open())) {
        screen.note(`the line did not come: ${text} was not sent`);
        exit = 3;
        continue;
      }
      const done = await session.do(text);
      if (done === 'quit') break;
      if (done === 'wrong') return 2;
      if (done === 'fault') exit = 3;
      else if (done === 'error' && exit === 0) exit = 1;
    }
    return exit;
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
  }
}
