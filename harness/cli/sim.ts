import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { projectRoot } from '../jest/paths.js';

/** The simulator is a program of its own, which shares no code with the harness: this only starts it. */
export const command: CommandModule = {
  command: 'sim [words..]',
  describe: 'Run a simulated EC25 or EC21, or make its packages',
  builder: (yargs) => yargs.help(false).version(false).strict(false).parserConfiguration({ 'unknown-options-as-args': true }),
  handler: async () => {
    const main = join(projectRoot(), 'dist', 'harness', 'simulator', 'main.js');
    const words = process.argv.slice(process.argv.indexOf('sim') + 1);
    const child = spawn(process.execPath, [main, ...words], { stdio: 'inherit' });
    // Ctrl-C reaches the simulator by itself; we only wait for its end.
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    const forward = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    process.on('SIGTERM', forward);
    process.exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
      });
    });
  },
};
