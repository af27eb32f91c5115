/**
 * What is used of ftp-srv beyond its declarations. It lies within ftp-srv 4.6: `checkInside` says so when another version is
 * different. Reasons for going inside, each seen in its source:
 *
 * - it takes each TCP segment for whole commands, so a command in two segments becomes two wrong ones;
 * - a client that leaves in mid-transfer, a taken passive port or a second PASV leave a command hanging or break a later one;
 * - its constructor answers SIGINT, SIGTERM and SIGQUIT with process.exit.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type * as FtpSrvModule from 'ftp-srv';

/** What ftp-srv asks of the object that makes data connections. */
export interface DataConnector {
  readonly socket: Socket | undefined;
  waitForConnection(): PromiseLike<Socket>;
  end(): void;
}

/** One control connection within ftp-srv. */
export interface FtpInside {
  commandSocket: Socket;
  connector: DataConnector;
  log: FtpLog;
  readonly commands: { handle(line: string): PromiseLike<unknown> };
  reply: (options: number | { readonly code?: number }, ...letters: unknown[]) => PromiseLike<unknown>;
  username: string | undefined;
  authenticated: boolean | undefined;
  restByteCount: number | undefined;
  fs: { path?: (name: string) => string } | undefined;
}

/** ftp-srv as a server of connections that were accepted elsewhere. */
export interface FtpInsideServer {
  readonly server: { emit(event: 'connection', socket: Socket): boolean };
  readonly connections: Record<string, unknown>;
  on(event: 'connect', listener: (visit: { readonly connection: unknown; readonly id: string }) => void): void;
  on(
    event: 'login',
    listener: (
      login: { readonly connection: unknown; readonly username: string; readonly password: string },
      resolve: (session: { readonly fs: object }) => void,
      reject: (error: Error) => void,
    ) => void,
  ): void;
}

/** What ftp-srv wants of a log. */
export interface FtpLog extends Record<'trace' | 'debug' | 'info' | 'warn', () => void> {
  error(problem: unknown): void;
  child(): FtpLog;
}

/**
 * A log that writes nothing: the journal has what matters. `onError` hears what a handler of ftp-srv fails with, which it logs just
 * before it makes a reply of it.
 */
export function silentLog(onError: (problem: unknown) => void = () => undefined): FtpLog {
  const silence = (): void => undefined;
  const log: FtpLog = { trace: silence, debug: silence, info: silence, warn: silence, error: onError, child: () => log };
  return log;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const;

/** An ftp-srv that listens nowhere and knows only the commands named. */
export function makeFtpSrv(commands: readonly string[]): FtpInsideServer {
  const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));
  // Only here: it brings 150 modules, which a command without servers does not need.
  const { FtpSrv } = require('ftp-srv') as typeof FtpSrvModule;
  const server = new FtpSrv({ log: silentLog(), whitelist: [...commands] });
  for (const signal of signals) {
    for (const listener of process.listeners(signal)) {
      if (before.get(signal)?.includes(listener) !== true) process.off(signal, listener);
    }
  }
  return server as unknown as FtpInsideServer;
}

export function checkInside(connection: unknown): FtpInside {
  const inside = connection as Partial<FtpInside>;
  const sound =
    typeof inside.commands?.handle === 'function' &&
    typeof inside.reply === 'function' &&
    typeof inside.commandSocket?.on === 'function' &&
    typeof inside.connector?.end === 'function';
  if (!sound) throw new Error('this version of ftp-srv is not the one the harness was written for (4.6)');
  return inside as FtpInside;
}

interface Bluebird {
  resolve<T>(value: PromiseLike<T>): PromiseLike<T>;
}

/** ftp-srv goes on with methods that only its own kind of promise has. */
export function itsPromise<T>(value: Promise<T>): PromiseLike<T> {
  bluebird ??= createRequire(require.resolve('ftp-srv'))('bluebird') as Bluebird;
  return bluebird.resolve(value);
}
let bluebird: Bluebird | undefined;

/** An answer that a handler of ftp-srv gives up with; it knows only 551 and the like. */
export class FtpRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
