import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { UserError } from '../../base/errors.js';
import type { FromView, ToView } from './messages.js';

/** A live view as its run sees it. */
export interface StartedView {
  /** Where a browser on this machine finds it. */
  readonly address: string;
  follow(journal: string, rigs: readonly string[]): void;
  /** The run has ended, and so does the view, after some seconds at most. */
  finish(): Promise<void>;
}

/** ms; its own limits are shorter. */
const longestEnd = 15_000;

/**
 * Starts the process of a live view on the loopback address; port 0 takes any. Throws a UserError when the port cannot be had. What happens
 * to it later ends no run: `onLost` is told.
 */
export async function startLiveView(port: number, clock: Clock, onLost: (why: string) => void): Promise<StartedView> {
  let failure: Extract<FromView, { type: 'failed' }> | undefined;
  // A process group of its own: Ctrl-C is for the run, whose end is still to be seen.
  const child = fork(join(__dirname, 'main.js'), [], { detached: true, stdio: 'ignore', execArgv: [] });
  const exited = new Promise<void>((resolve) => child.once('exit', resolve));
  const lost = new Promise<undefined>((resolve) => {
    // After its last words.
    child.once('disconnect', () => {
      resolve(undefined);
    });
    // Not to be started at all; later ones only say that a message was not taken.
    child.on('error', (error) => {
      failure ??= { type: 'failed', code: undefined, why: error.message };
      if (child.pid === undefined) resolve(undefined);
    });
  });
  const send = (message: ToView): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  let listening: ((port: number) => void) | undefined;
  child.on('message', (message: FromView) => {
    if (message.type === 'listening') listening?.(message.port);
    else failure = message;
  });
  const bound = new Promise<number>((resolve) => (listening = resolve));
  send({ type: 'listen', port });
  const got = await Promise.race([bound, lost]);
  if (got === undefined) throw cannotListen(port, failure);

  let finishing = false;
  child.on('exit', () => {
    if (!finishing) onLost(failure?.why ?? 'its process has ended');
  });
  // The run alone says how long it takes.
  child.unref();
  child.channel?.unref();
  return {
    address: `http://127.0.0.1:${String(got)}/`,
    follow: (journal, rigs) => {
      send({ type: 'follow', journal, rigs });
    },
    async finish() {
      finishing = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      send({ type: 'finish' });
      const giveUp = clock.after(longestEnd, () => child.kill('SIGKILL'));
      await exited;
      giveUp();
    },
  };
}

function cannotListen(port: number, failure: { readonly code: string | undefined; readonly why: string } | undefined): Error {
  return new UserError('the live view cannot be served', {
    asked: port === 0 ? 'any port on 127.0.0.1' : `port ${String(port)} on 127.0.0.1`,
    seen: failure?.why ?? 'its process ended',
    hint:
      failure?.code === 'EADDRINUSE'
        ? 'something else listens there: name another, or none for any (--serve)'
        : 'leave --serve out, or try another port',
  });
}
