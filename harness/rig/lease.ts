import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { systemClock, type Clock } from '../base/clock.js';
import { hasCode, messageOf, UserError } from '../base/errors.js';
import { stateDir } from './state.js';

/** A rig taken for one run. The kernel frees it when this process ends, however it ends. */
export interface Lease {
  readonly rig: string;
  readonly file: string;
  /** False once released, or when the lock's holder was killed from outside. */
  readonly held: boolean;
  /** Idempotent; resolves when the next one can have the rig. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** Folder of the lock files; all who share the rigs must share it. Default: `leases` of the state folder. */
  readonly dir?: string;
  /** What the next one who asks is told: the run's folder, for example. */
  readonly run?: string;
  readonly clock?: Clock;
}

const holderText = z.object({ pid: z.int(), since: z.string(), run: z.string().optional() });

/** Exit code of flock that says: somebody else has the lock. */
const taken = 75;

/**
 * Takes the rig. Throws a UserError that names the holder when somebody has it.
 *
 * Node.js has no flock(2). A `cat` under util-linux's `flock` holds the lock: its stdin is our pipe, so it ends when we do, even by
 * SIGKILL. It has a session of its own, so that a Ctrl-C meant for the run does not free the rig before the run has restored it.
 */
export async function acquireLease(rig: string, options: LeaseOptions = {}): Promise<Lease> {
  const dir = options.dir ?? join(stateDir(), 'leases');
  const file = join(dir, `${rig}.lock`);
  try {
    mkdirSync(dir, { recursive: true });
    // Opened here as well, so that a folder without permission gives the system's own words.
    writeFileSync(file, '', { flag: 'a' });
  } catch (error) {
    throw new UserError(`the lock file of rig ${rig} cannot be written`, {
      seen: messageOf(error),
      hint: 'set DFOTA_STATE to a folder that everybody who uses the rig may write to',
    });
  }
  const child = spawn('flock', ['--nonblock', '--conflict-exit-code', String(taken), '--no-fork', file, 'cat'], {
    stdio: 'pipe',
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  await locked(child, rig, file);
  let held = true;
  void ended.then(() => {
    held = false;
  });
  writeFileSync(
    file,
    `${JSON.stringify({ pid: process.pid, since: (options.clock ?? systemClock).wall(), run: options.run })}\n`,
  );
  // The lock must not keep a process alive that has nothing else to do.
  child.unref();
  for (const stream of child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  return {
    rig,
    file,
    get held() {
      return held;
    },
    async release() {
      if (held) {
        held = false;
        writeFileSync(file, '');
        child.ref();
        child.stdin.end();
      }
      await ended;
    },
  };
}

/** Resolves when `cat` gives back what we wrote: it only runs once the lock is ours. */
function locked(child: ChildProcessWithoutNullStreams, rig: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2000);
    });
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => {
      const hint = 'install the package util-linux, which has flock';
      reject(
        hasCode(error, 'ENOENT')
          ? new UserError('the program flock is needed to take a rig, and is not there', { hint })
          : new UserError(`rig ${rig} cannot be taken`, { seen: messageOf(error) }),
      );
    });
    child.once('close', (code) => {
      reject(
        code === taken
          ? inUse(rig, file)
          : new UserError(`rig ${rig} cannot be taken`, { seen: errors.trim() || `flock ended with ${String(code)}` }),
      );
    });
    child.stdout.once('data', () => {
      resolve();
    });
    child.stdin.write('\n');
  });
}

function inUse(rig: string, file: string): UserError {
  const holder = holderOf(file);
  const run = holder?.run === undefined ? '' : `, run ${holder.run}`;
  return new UserError(`rig ${rig} is in use`, {
    seen: holder === undefined ? `somebody holds ${file}` : `process ${String(holder.pid)} has it since ${holder.since}${run}`,
    hint: 'wait for that run to end, or use another rig; the lock ends with its holder and need not be removed',
  });
}

/** What the holder wrote of itself; undefined when it is still writing. */
function holderOf(file: string): z.output<typeof holderText> | undefined {
  try {
    return holderText.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
