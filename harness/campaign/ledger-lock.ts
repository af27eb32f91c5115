import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { hasCode, messageOf, UserError } from '../base/errors.js';

/** Exit code of flock that says: the wait was in vain. */
const taken = 75;

/**
 * Runs `work` while this process alone has the lock of `file`, which is made when it is missing and never removed: removing it would let two
 * processes lock two files of one name. Waits up to `wait` seconds for another holder, then throws a UserError.
 *
 * The kernel keeps the lock, so it dies with its holder: as in a rig's lease, a `cat` under util-linux's `flock` holds it, and ends with our
 * end of its pipe. It has a session of its own, so that a Ctrl-C does not take the lock away from work that is not done yet.
 */
export async function withKernelLock<T>(file: string, wait: number, work: () => T | Promise<T>): Promise<T> {
  const child = spawn('flock', ['--wait', String(wait), '--conflict-exit-code', String(taken), '--no-fork', file, 'cat'], {
    stdio: 'pipe',
    detached: true,
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  await locked(child, file, wait);
  try {
    return await work();
  } finally {
    child.stdin.end();
    await closed;
  }
}

/** Resolves when `cat` gives back what we wrote: it only runs once the lock is ours. */
async function locked(child: ChildProcessWithoutNullStreams, file: string, wait: number): Promise<void> {
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write('\n');
  const refused = once(child, 'close').then(
    ([code]: unknown[]) => {
      if (code !== taken) throw cannot(file, errors.trim() || `flock ended with ${String(code)}`);
      throw new UserError('another process has the ledger, and does not let go of it', {
        place: { file },
        asked: `waited ${String(wait)} s`,
        hint: `fuser -v ${file} names it; the lock ends with its holder and need not be removed`,
      });
    },
    (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw cannot(file, messageOf(error));
      throw new UserError('the program flock is needed to write the ledger, and is not there', {
        hint: 'install the package util-linux, which has flock',
      });
    },
  );
  const ours = once(child.stdout, 'data');
  // Whichever loses the race is nobody's concern any more.
  refused.catch(() => undefined);
  ours.catch(() => undefined);
  await Promise.race([ours, refused]);
}

function cannot(file: string, seen: string): UserError {
  return new UserError('the ledger cannot be locked', {
    place: { file },
    seen,
    hint: 'name a ledger in a folder that you may write to by --ledger or DFOTA_LEDGER',
  });
}
