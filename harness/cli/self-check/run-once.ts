import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { projectRoot } from '../../jest/paths.js';

export interface RunRequest {
  /** Rig definition. */
  readonly rig: string;
  readonly packages: string;
  /** Undefined: `dfota rigs check` is run instead. */
  readonly suites: readonly string[] | undefined;
  readonly tests: string | undefined;
  /** Id of a power cut. */
  readonly cut: string | undefined;
  readonly seed: number;
  readonly tries: number;
  /** Folder of the run; must not be there yet. */
  readonly out: string;
  /** Its own DFOTA_STATE: parallel runs and the user's units are left alone. Removed afterwards. Short: sockets lie in it. */
  readonly state: string;
  /** Of the process, beside the user's own. */
  readonly env: Readonly<Record<string, string>>;
  /** ms until it is asked to stop. */
  readonly limit: number;
}

export interface RunEnd {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string;
  readonly took: number;
  readonly outOfTime: boolean;
}

/** `dfota run` in a process of its own, as a user starts it. What it prints goes to `<out>.log`. */
export async function runOnce(request: RunRequest, clock: Clock): Promise<RunEnd> {
  const began = clock.now();
  mkdirSync(request.state, { recursive: true });
  const log = createWriteStream(`${request.out}.log`);
  const child = spawn(process.execPath, [join(projectRoot(), 'bin', 'dfota.js'), ...runWords(request)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nor may a seeded defect stand in the user's ledger.
    env: { ...process.env, ...request.env, DFOTA_STATE: request.state, DFOTA_LEDGER: '', CI: '1' },
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let outOfTime = false;
  const cancel = clock.after(request.limit, () => {
    outOfTime = true;
    child.kill('SIGTERM');
  });
  const exit = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      resolve(code ?? signal ?? 'unknown');
    });
  });
  cancel();
  await new Promise<void>((resolve) => log.end(resolve));
  rmSync(request.state, { recursive: true, force: true });
  return { exit, took: clock.now() - began, outOfTime };
}

export function runWords({ rig, packages, suites, tests, cut, seed, tries, out }: RunRequest): string[] {
  if (suites === undefined) return ['rigs', 'check', rig, '--packages', packages, '--journal', `${out}.jsonl`];
  return [
    ...['run', '--rig', rig, '--packages', packages],
    // Nothing is added to the plan, and nothing narrowed: one cut is enough to catch a defect.
    ...(cut === undefined ? ['--suite', ...suites, '--cuts', '0'] : ['--cut', cut]),
    ...(tests === undefined ? [] : ['--test-name-pattern', tests]),
    ...['--narrow', '0', '--seed', String(seed), '--tries', String(tries), '--out', out],
  ];
}
