import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { messageOf } from '../../base/errors.js';
import type { History } from './history.js';
import type { Screen } from './screen.js';
import { words, type Session } from './session.js';

/**
 * A person at a terminal: line editing, history and completion by node:readline. A command does not hold up the next one. Resolves when the
 * user leaves (`:quit`, Ctrl-D, Ctrl-C on an empty line) or the signal comes.
 */
export async function talk(options: {
  readonly session: Session;
  readonly screen: Screen;
  readonly history: History;
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { session, screen, history, input, output, signal } = options;
  const editor = createInterface({
    input,
    output,
    prompt: '> ',
    history: history.forEditor,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string): [string[], string] => [
      line.startsWith(':') ? words.filter((word) => word.startsWith(line)) : [],
      line,
    ],
  });
  screen.editor = editor;
  const left = new Promise<void>((resolve) => {
    editor.once('close', resolve);
  });
  const leave = (): void => {
    editor.close();
  };
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  editor.on('SIGINT', () => {
    if (editor.line === '') leave();
    else {
      // Takes the line back, as a shell does.
      editor.write(null, { ctrl: true, name: 'e' });
      editor.write(null, { ctrl: true, name: 'u' });
    }
  });
  let failure: unknown;
  editor.on('line', (line) => {
    const problem = history.add(line);
    if (problem !== undefined) screen.note(problem);
    session.do(line).then(
      (done) => {
        if (done === 'quit') leave();
      },
      (error: unknown) => {
        failure ??= error;
        leave();
      },
    );
    editor.prompt();
  });
  editor.prompt();
  await left;
  signal.removeEventListener('abort', leave);
  screen.editor = undefined;
  output.write('\n');
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
}
