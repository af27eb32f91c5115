/** A module for tests: answers each command by a rule, on a real pseudo-terminal. */
import type { LinkedTerminal } from '../../line/testing/pseudo-terminal.js';

export interface ScriptedModule {
  /** Commands received so far, in order. */
  readonly commands: string[];
  /** What is answered to a command; undefined answers nothing. Default: OK. */
  answer: (command: string) => string | undefined;
  echo: boolean;
  /** From now on what comes is raw data for the listener; undefined ends that. */
  raw: ((chunk: Buffer) => void) | undefined;
  /** Resolves when the module has received `count` commands. */
  received(count: number): Promise<void>;
}

export function scriptedModule(terminal: LinkedTerminal): ScriptedModule {
  let pending = '';
  const checks = new Set<() => void>();
  const module: ScriptedModule = {
    commands: [],
    answer: () => ok(),
    echo: false,
    raw: undefined,
    received: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (module.commands.length < count) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
  };
  terminal.onData((chunk) => {
    if (module.raw !== undefined) {
      module.raw(chunk);
      return;
    }
    pending += chunk.toString('latin1');
    for (let end = pending.indexOf('\r'); end !== -1; end = pending.indexOf('\r')) {
      const command = pending.slice(0, end);
      pending = pending.slice(end + 1);
      module.commands.push(command);
      if (module.echo) terminal.write(`${command}\r\r\n`);
      const answer = module.answer(command);
      if (answer !== undefined) terminal.write(answer);
      for (const check of [...checks]) check();
    }
  });
  return module;
}

/** Information lines and OK, as the EC25 frames them. */
export function ok(...lines: readonly string[]): string {
  return [...lines, 'OK'].map((line) => `\r\n${line}\r\n`).join('');
}
