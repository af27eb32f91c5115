import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs, { type CommandModule } from 'yargs';

export interface CommandBench {
  /** Empty before each test, and gone after it. */
  readonly folder: string;
  /** All that was printed in this test. */
  readonly output: string;
  /** Runs a command line in this process; what it printed. `strict`: words that no command knows are refused. Rejects with the command's error. */
  run(words: readonly string[], strict?: boolean): Promise<string>;
}

/** Commands for the tests of one file, in this process; to be called at the top of the file. */
export function commandBench(commands: readonly unknown[]): CommandBench {
  let folder = '';
  let output = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dfota-command-'));
    output = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get folder() {
      return folder;
    },
    get output() {
      return output;
    },
    async run(words, strict = false) {
      const before = output.length;
      await yargs(words)
        .command(commands as CommandModule[])
        .strict(strict)
        .exitProcess(false)
        .fail((message, error) => {
          throw error ?? new Error(message);
        })
        .parseAsync();
      return output.slice(before);
    },
  };
}
