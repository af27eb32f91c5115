import { createServer, isIPv4, Socket, type AddressInfo, type Server } from 'node:net';
import { FtpRefusal, itsPromise, type DataConnector } from './ftp-inside.js';
import { reset } from './reset.js';
import type { Clock } from '../base/clock.js';

/** ms for the data connection to come about once a command needs it. A mobile network takes its time. */
const patience = 30_000;
/** ms a data connection may stay half closed after our end. */
const farewell = 10_000;

export interface FtpDataOptions {
  readonly clock: Clock;
  /** Address to listen on for passive connections. */
  readonly host: string;
  readonly ports: { next(): Iterable<number> };
  readonly control: Socket;
  /** Every data connection, so that it goes when the server goes. */
  readonly adopt: (socket: Socket) => void;
  readonly note: (text: string) => void;
}

/** The data connections of one control connection: one at a time, passive or active, from and to the client alone. */
export class FtpData implements DataConnector {
  #listener: Server | undefined;
  #socket: Socket | undefined;
  #latest: Socket | undefined;
  #waiting: ((outcome: Socket | FtpRefusal) => void) | undefined;

  constructor(private readonly options: FtpDataOptions) {}

  get socket(): Socket | undefined {
    return this.#socket;
  }

  /** Bytes written to the latest data connection. */
  get written(): number {
    return this.#latest?.bytesWritten ?? 0;
  }

  /** Opens a port for the client's next data connection; returns it. Throws FtpRefusal when none is free. */
  async passive(): Promise<number> {
    this.dispose();
    for (const port of this.options.ports.next()) {
      const listener = createServer({ pauseOnConnect: true }, (socket) => {
        this.#arrived(listener, socket);
      });
      const address = await listenOn(listener, this.options.host, port);
      if (address === undefined) continue;
      if (this.options.control.destroyed) {
        listener.close();
        break;
      }
      this.#listener = listener;
      return address.port;
    }
    throw new FtpRefusal(425, 'No port for a data connection');
  }

  /**
   * Connects to the client. Only to its own address and no privileged port: a server that connects wherever it is told can be used
   * against others (RFC 2577).
   */
  active(host: string, port: number): void {
    this.dispose();
    const peer = (this.options.control.remoteAddress ?? '').replace(/^::ffff:/, '');
    if (!isIPv4(host) || host !== peer) throw new FtpRefusal(504, 'Only to your own address; try PASV');
    if (port < 1024 || port > 65_535) throw new FtpRefusal(504, 'Not to that port');
    const socket = new Socket();
    this.#hold(socket);
    socket.connect({ host, port, family: 4 });
    socket.once('connect', () => this.#ready(socket));
  }

  /** The data connection, once it is there. What it rejects with is an FtpRefusal. */
  waitForConnection(): PromiseLike<Socket> {
    return itsPromise(this.#connection());
  }

  /** The command is over: closes in good order what it used. */
  end(): void {
    this.#listener?.close();
    this.#listener = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#settle(new FtpRefusal(425, 'No data connection'));
    if (socket === undefined || socket.destroyed) return;
    socket.end();
    const cancel = this.options.clock.after(farewell, () => socket.destroy());
    socket.once('close', cancel);
    socket.resume();
  }

  /** Breaks what is there, without ceremony. */
  dispose(): void {
    const socket = this.#socket;
    this.end();
    socket?.destroy();
  }

  #connection(): Promise<Socket> {
    if (this.#socket?.readyState === 'open') return Promise.resolve(this.#socket);
    if (this.#listener === undefined && this.#socket === undefined) {
      return Promise.reject(new FtpRefusal(425, 'Use PASV or PORT first'));
    }
    return new Promise((resolve, reject) => {
      const cancel = this.options.clock.after(patience, () => this.#settle(new FtpRefusal(425, 'No data connection came')));
      this.#waiting = (outcome) => {
        cancel();
        if (outcome instanceof Socket) resolve(outcome);
        else reject(outcome);
      };
    });
  }

  #arrived(listener: Server, socket: Socket): void {
    const { control, note } = this.options;
    const [peer, expected] = [socket.remoteAddress, control.remoteAddress];
    if (peer !== expected || this.#listener !== listener) {
      note(`FTP data connection from ${String(peer)} refused: the control connection is from ${String(expected)}`);
      reset(socket);
      return;
    }
    listener.close();
    this.#listener = undefined;
    this.#hold(socket);
    this.#ready(socket);
  }

  #hold(socket: Socket): void {
    this.#socket = socket;
    this.#latest = socket;
    this.options.adopt(socket);
    socket.on('error', () => undefined);
    // The client says nothing here; reading is how its leaving is noticed.
    socket.on('data', () => undefined);
    socket.once('close', () => {
      if (this.#socket === socket) this.#settle(new FtpRefusal(425, 'The data connection failed'));
    });
  }

  #ready(socket: Socket): void {
    socket.setNoDelay(true);
    socket.resume();
    this.#settle(socket);
  }

  #settle(outcome: Socket | FtpRefusal): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(outcome);
  }
}

function listenOn(listener: Server, host: string, port: number): Promise<AddressInfo | undefined> {
  return new Promise((resolve) => {
    listener.on('error', () => {
      resolve(undefined);
    });
    listener.listen({ host, port }, () => {
      resolve(listener.address() as AddressInfo);
    });
  });
}

/** Ports for passive connections, each search starting behind the last, so that a port rests before it is used again. */
export function passivePorts(range: { readonly first: number; readonly last: number } | undefined): FtpDataOptions['ports'] {
  if (range === undefined) return { next: () => [0] };
  const count = range.last - range.first + 1;
  let start = 0;
  return {
    *next() {
      const from = start;
      for (let index = 0; index < count; index++) {
        const at = (from + index) % count;
        start = (at + 1) % count;
        yield range.first + at;
      }
    },
  };
}
