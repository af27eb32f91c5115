import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assignmentVariable, type Assignment } from '../../jest/assignment.js';
import { suiteConfig } from '../../jest/config.js';
import { projectRoot } from '../../jest/paths.js';
import { stateDir } from '../../rig/state.js';

export interface RigProcess {
  /** Settles with the exit code, or the signal's name, when the process has ended. */
  readonly ended: Promise<number | string>;
  /** Asks it to stop: it leaves the power safe and reports what it has. */
  interrupt(): void;
  kill(): void;
}

export interface RigJob {
  readonly name: string;
  readonly assignment: Assignment;
  readonly suites: readonly string[];
  readonly pattern: string | undefined;
  /** Folder of this rig within the run's: Jest's own output and JUnit file. */
  readonly folder: string;
}

/**
 * One Jest process a rig: a wreck on one rig can't touch another. It is in a process group of its own, so that Ctrl-C reaches it
 * through us alone, and it ends by itself when we die (its channel closes).
 */
export function startRig(job: RigJob): RigProcess {
  const root = projectRoot();
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const config = suiteConfig({ rig: job.name, outputDirectory: job.folder });
  const args = [
    jest,
    '--config',
    JSON.stringify(config),
    '--runInBand',
    '--colors=false',
    ...(job.pattern === undefined ? [] : ['--testNamePattern', job.pattern]),
    '--runTestsByPath',
    ...job.suites.map((suite) => join(root, 'suites', `${suite}.suite.ts`)),
  ];
  // The file itself, no pipe through us: were we killed, the next line that Jest prints would end it before its power is safe.
  const log = openSync(join(job.folder, 'jest.log'), 'a');
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: {
      ...process.env,
      // It runs in another folder: what is relative to ours would be another one there, with leases of its own.
      DFOTA_STATE: resolve(stateDir()),
      [assignmentVariable]: JSON.stringify(job.assignment),
      FORCE_COLOR: '0',
    },
  });
  closeSync(log);
  const ended = new Promise<number | string>((settle) => {
    child.once('error', (error) => {
      settle(error.message);
    });
    child.once('close', (code, signal) => {
      settle(code ?? signal ?? 'unknown');
    });
  });
  return {
    ended,
    interrupt() {
      child.kill('SIGTERM');
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}
