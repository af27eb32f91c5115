import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { RigFault } from '../../base/errors.js';
import type { GpioValue } from './binding.js';
import type { GuardMessage, Watch } from './guard-message.js';

/** Leaves the lines safe when this process ends without doing so itself. */
export interface Guardian {
  readonly pid: number;
  /** How it is to leave a wire. */
  rest(wire: 'supply' | 'vbus', level: GpioValue): void;
  /** The lines are safe: it ends. Resolves when it has. */
  dismiss(): Promise<void>;
  /** It takes the lines over as they are, and holds those that would not stay so. */
  takeOver(): void;
}

/** Node.js on a busy host starts in some seconds; this is for a guardian that never does. */
const readyWithin = 30_000;
const endsWithin = 2000;

/** Starts a guardian and waits until it is on guard. `onEnd` is called when it ends unasked. Rejects with a RigFault. */
export async function startGuardian(watch: Watch, clock: Clock, onEnd: (how: string) => void): Promise<Guardian> {
  const program = guardProgram();
  // A session of its own: a Ctrl-C, or the end of a terminal, is not for it.
  const child = spawn(process.execPath, ['--max-old-space-size=32', program], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    cwd: '/',
  });
  child.stdin.on('error', () => undefined);
  let wanted = true;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
  const tell = (message: GuardMessage): void => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  tell({ watch });
  const said = await firstWords(child, ended, clock);
  if (said !== 'ready') {
    wanted = false;
    child.kill('SIGKILL');
    throw new RigFault(`rig ${watch.rig}: no guardian for its GPIO lines could be started`, {
      asked: `${program} says that it is ready`,
      seen: said,
    });
  }
  void ended.then((how) => {
    if (wanted) onEnd(how);
  });
  // It must not keep this process from ending.
  child.stdout.destroy();
  child.unref();
  (child.stdin as Writable & { unref?(): void }).unref?.();
  return {
    pid: child.pid ?? 0,
    rest(rest, level) {
      tell({ rest, level });
    },
    async dismiss() {
      if (!wanted) return;
      wanted = false;
      tell({ done: true });
      let cancel: () => void = () => undefined;
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(endsWithin, resolve);
      });
      await Promise.race([ended, late]);
      cancel();
    },
    takeOver() {
      wanted = false;
      child.stdin.end();
    },
  };
}

async function firstWords(
  child: ChildProcessByStdio<Writable, Readable, null>,
  ended: Promise<string>,
  clock: Clock,
): Promise<string> {
  let cancel: () => void = () => undefined;
  const late = new Promise<string>((resolve) => {
    cancel = clock.after(readyWithin, () => {
      resolve(`nothing within ${String(readyWithin)} ms`);
    });
  });
  const words = new Promise<string>((resolve) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes('\n')) resolve(text.split('\n')[0] ?? '');
    });
  });
  const said = await Promise.race([words, ended.then((how) => `it ended: ${how}`), late]);
  cancel();
  return said;
}

/** A program of its own: beside this file once built; in dist/ when this file runs from its source. */
export function guardProgram(): string {
  const places = [join(__dirname, 'guard.js'), join(__dirname, '..', '..', '..', 'dist', 'harness', 'power', 'gpio', 'guard.js')];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new RigFault('the guardian of GPIO lines is not built', { hint: 'npm run build' });
  return found;
}
