import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { RigFault } from '../../base/errors.js';
import { guardTitle, type GuardMessage, type Watch } from './guard-message.js';

/** Leaves the lines safe when this process has ended, however it ends. */
export interface Guardian {
  /** This process has let go of the lines. Resolves once they are left safe: free, or held by the guardian until the next run. */
  end(): Promise<void>;
}

export interface Guarded {
  readonly watch: Watch;
  readonly slate: number;
  /** Of the lines, in the order of `watch.lines`. */
  readonly descriptors: readonly number[];
}

/** Node.js on a busy host starts in some seconds; this is for a guardian that never does. */
const readyWithin = 30_000;
/** Beyond the supply's least time off. */
const endsWithin = 5000;

/** Starts a guardian and waits until it is on guard. `onEnd` is called when it ends unasked. Rejects with a RigFault. */
export async function startGuardian(guarded: Guarded, clock: Clock, onEnd: (how: string) => void): Promise<Guardian> {
  const { watch, slate, descriptors } = guarded;
  const program = guardProgram();
  // A process has no more room for its title than its arguments took: the longest that it may need is one of them.
  const room = guardTitle(
    watch.pid,
    watch.lines.map((line) => ({ ...line, driven: 0 })),
  );
  // A session of its own: a Ctrl-C, or the end of a terminal, is not for it.
  const child = spawn(process.execPath, ['--max-old-space-size=32', program, room.replace('after', 'beside')], {
    stdio: ['pipe', 'pipe', 'ignore', slate, ...descriptors],
    detached: true,
    cwd: '/',
  });
  let wanted = true;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
  void ended.then((how) => {
    if (wanted) onEnd(how);
  });
  const pipe = new Pipe(child, ended, clock);
  pipe.tell({ watch });
  const said = await pipe.answer(readyWithin);
  if (said !== 'ready') {
    wanted = false;
    child.kill('SIGKILL');
    throw new RigFault(`rig ${watch.rig}: no guardian for its GPIO lines could be started`, {
      asked: `${program} says that it is ready`,
      seen: said,
    });
  }
  pipe.unref();
  return {
    async end() {
      if (!wanted) return;
      wanted = false;
      pipe.tell({ end: true });
      await pipe.answer(watch.off + endsWithin);
      pipe.close();
    },
  };
}

/** The words between this process and its guardian. */
class Pipe {
  readonly #input: Socket;
  readonly #output: Socket;
  #text = '';
  #heard: () => void = () => undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<string>,
    private readonly clock: Clock,
  ) {
    // Pipes of a child are sockets.
    this.#input = child.stdin as Socket;
    this.#output = child.stdout as Socket;
    this.#input.on('error', () => undefined);
    this.#output.setEncoding('utf8').on('data', (more: string) => {
      this.#text += more;
      this.#heard();
    });
  }

  tell(message: GuardMessage): void {
    this.#input.write(`${JSON.stringify(message)}\n`);
  }

  /** Its next line, or what came instead of it. */
  async answer(within: number): Promise<string> {
    let cancel: () => void = () => undefined;
    const late = new Promise<string>((resolve) => {
      cancel = this.clock.after(within, () => {
        resolve(`nothing within ${String(within)} ms`);
      });
    });
    const line = new Promise<string>((resolve) => {
      this.#heard = (): void => {
        const [first = '', ...rest] = this.#text.split('\n');
        if (rest.length === 0) return;
        this.#text = rest.join('\n');
        resolve(first);
      };
      this.#heard();
    });
    const said = await Promise.race([line, this.ended.then((how) => `it ended: ${how}`), late]);
    this.#heard = () => undefined;
    cancel();
    return said;
  }

  /** It must not keep this process from ending. */
  unref(): void {
    this.child.unref();
    this.#input.unref();
    this.#output.unref();
  }

  close(): void {
    this.#input.destroy();
    this.#output.destroy();
  }
}

/** A program of its own: beside this file once built; in dist/ when this file runs from its source. */
export function guardProgram(): string {
  const places = [join(__dirname, 'guard.js'), join(__dirname, '..', '..', '..', 'dist', 'harness', 'power', 'gpio', 'guard.js')];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new RigFault('the guardian of GPIO lines is not built', { hint: 'npm run build' });
  return found;
}
