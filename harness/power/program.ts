import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../base/clock.js';
import { hasCode, messageOf } from '../base/errors.js';

export interface ProgramResult {
  /** Undefined when it never ran, or ended by a signal. */
  readonly exit?: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it did not end by itself with an exit code. */
  readonly failure?: { readonly how: 'missing' | 'not-started' | 'timeout' | 'signal'; readonly text: string };
}

/** Kept of each of its outputs; what is beyond is counted. */
const mostOutput = 4096;
/** Between SIGTERM and SIGKILL of a program that takes too long, and then until it is given up. */
const grace = 2000;
/** A grandchild may hold the outputs open after the program's own end. */
const outputGrace = 250;

/**
 * Runs a program without a shell; started when the call returns. Never rejects. It has a session of its own: a Ctrl-C meant for the
 * run must not end it in mid-pulse. `onStart` is called before the call returns, with what ends the program and all it has started at once.
 */
export async function runProgram(
  argv: readonly string[],
  timeout: number,
  clock: Clock,
  onStart: (endNow: () => void) => void = () => undefined,
): Promise<ProgramResult> {
  const [program = '', ...words] = argv;
  let child: ChildProcess;
  try {
    child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  } catch (error) {
    return { stdout: '', stderr: '', failure: { how: 'not-started', text: messageOf(error) } };
  }
  onStart(() => {
    // The number of one that has ended may be another's by now.
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGKILL');
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const late = stopLater(child, timeout, clock);
  const end = await ended(child, late.givenUp, clock);
  late.cancel();
  child.stdout?.destroy();
  child.stderr?.destroy();
  const output = { stdout: stdout(), stderr: stderr() };
  if (late.stopped()) {
    return { ...output, failure: { how: 'timeout', text: `did not end within ${String(timeout)} ms` } };
  }
  if (end !== undefined && 'error' in end) {
    const missing = hasCode(end.error, 'ENOENT');
    return {
      ...output,
      failure: { how: missing ? 'missing' : 'not-started', text: missing ? `there is no program ${program}` : end.error.message },
    };
  }
  if (end?.code === null || end === undefined) {
    return { ...output, failure: { how: 'signal', text: `ended by ${end?.signal ?? 'nothing known'}` } };
  }
  return { ...output, exit: end.code };
}

type End = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly error: Error } | undefined;

function ended(child: ChildProcess, givenUp: Promise<undefined>, clock: Clock): Promise<End> {
  const own = new Promise<End>((resolve) => {
    child.once('error', (error) => {
      resolve({ error });
    });
    child.once('exit', (code, signal) => {
      const cancel = clock.after(outputGrace, () => {
        resolve({ code, signal });
      });
      child.once('close', () => {
        cancel();
        resolve({ code, signal });
      });
    });
  });
  return Promise.race([own, givenUp]);
}

/** Ends the program and all it has started when it takes too long. */
function stopLater(
  child: ChildProcess,
  timeout: number,
  clock: Clock,
): { stopped(): boolean; givenUp: Promise<undefined>; cancel(): void } {
  let stopped = false;
  let cancel: () => void = () => undefined;
  const givenUp = new Promise<undefined>((resolve) => {
    cancel = clock.after(timeout, () => {
      stopped = true;
      signalGroup(child, 'SIGTERM');
      cancel = clock.after(grace, () => {
        signalGroup(child, 'SIGKILL');
        cancel = clock.after(grace, () => {
          resolve(undefined);
        });
      });
    });
  });
  return {
    stopped: () => stopped,
    givenUp,
    cancel: () => {
      cancel();
      // What it has started may have outlived it.
      if (stopped) signalGroup(child, 'SIGKILL');
    },
  };
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  // A process group of its own has its number; 0 and 1 would mean others.
  if (pid === undefined || pid <= 1) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It has just ended.
  }
}

function collect(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  let kept = 0;
  let size = 0;
  stream?.on('error', () => undefined);
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (kept < mostOutput) chunks.push(chunk.subarray(0, mostOutput - kept));
    kept = Math.min(mostOutput, kept + chunk.length);
  });
  return () => Buffer.concat(chunks).toString('utf8') + (size > kept ? `… (${String(size - kept)} bytes more)` : '');
}
