import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pause } from '../base/clock.js';
import { hasCode, messageOf, RigFault } from '../base/errors.js';
import { hostText } from './address.js';
import type { DeliveryContext, Protocol } from './context.js';
import type { ArmedFault } from './fault.js';
import { reset } from './reset.js';

/** Connections at the same time. A module needs one or two; the rest is strangers on an open port. */
const mostConnections = 64;
/** Tries to get the port back after the server was gone, and ms between them. */
const reopenTries = 20;
const reopenPause = 250;

/** A connection the gate let in. */
export interface Visitor {
  readonly socket: Socket;
  /** Its number in the journal. */
  readonly connection: number;
}

/**
 * The listening port of a server: counts connections, refuses them or drops them all when a fault says so, and hands the others on. The
 * servers behind it never listen themselves.
 */
export class Gate {
  readonly #visitors = new Set<Socket>();
  /** Data connections and the like: not counted, but they go when everything goes. */
  readonly #others = new Set<Socket>();
  readonly #refusing = new Set<ArmedFault>();
  readonly #gone = new Set<ArmedFault>();
  readonly #losing = new Set<ArmedFault>();
  #server: Server;
  #count = 0;
  #closed = false;
  #address: AddressInfo | undefined;
  #advertise = '';

  constructor(
    private readonly protocol: Protocol,
    private readonly listen: { readonly host: string; readonly port: number },
    private readonly context: DeliveryContext,
    private readonly welcome: (visitor: Visitor) => void,
  ) {
    this.#server = this.#makeServer();
  }

  /** Where it listens; the port is the real one also when any was asked for. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: this.listen.host, port: this.#address?.port ?? this.listen.port };
  }

  /** Opens the port. Throws RigFault when that is not possible. */
  async open(): Promise<void> {
    this.#address = await this.#bind(this.listen.port);
  }

  /** Says in the journal where it listens and what modules are told. */
  announce(advertise: string): void {
    this.#advertise = advertise;
    const { host, port } = this.address;
    this.context.journal.write({ type: 'server.listen', protocol: this.protocol, listen: hostText(host, port), advertise });
  }

  /** Lets nobody in while the fault is armed. */
  refuse(fault: ArmedFault): void {
    this.#refusing.add(fault);
  }

  /** While this fault has the link down, who comes is heard only when it is back. */
  deafen(fault: ArmedFault): void {
    this.#losing.add(fault);
  }

  /** Ties a further connection to the fate of the server. */
  adopt(socket: Socket): void {
    this.#others.add(socket);
    socket.once('close', () => this.#others.delete(socket));
  }

  /** Breaks every connection and stops listening, until the fault is lifted. */
  vanish(fault: ArmedFault): void {
    this.#gone.add(fault);
    this.#server.close();
    this.#breakAll();
  }

  /** The fault is withdrawn: open again, on the same port. */
  async lift(fault: ArmedFault): Promise<void> {
    this.#refusing.delete(fault);
    this.#losing.delete(fault);
    if (!this.#gone.delete(fault) || this.#gone.size > 0 || this.#closed) return;
    const { port } = this.address;
    for (let left = reopenTries; ; left--) {
      try {
        this.#server = this.#makeServer();
        await this.#bind(port);
        break;
      } catch (error) {
        if (left === 0 || !(error instanceof RigFault) || !hasCode(error.cause, 'EADDRINUSE')) throw error;
        await pause(this.context.clock, reopenPause);
      }
    }
    if (this.#closed) this.#server.close();
    else this.announce(this.#advertise);
  }

  /** Lets nobody in any more; who is in may finish until `close`. */
  retire(): void {
    this.#closed = true;
    this.#server.close();
  }

  async close(): Promise<void> {
    this.retire();
    const open = [...this.#others, ...this.#visitors].filter((socket) => !socket.closed);
    const closed = open.map((socket) => once(socket, 'close').catch(() => undefined));
    this.#breakAll();
    await Promise.all(closed);
  }

  #makeServer(): Server {
    return createServer({ pauseOnConnect: true }, (socket) => {
      this.#enter(socket);
    });
  }

  #bind(port: number): Promise<AddressInfo> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      const asked = hostText(this.listen.host, port);
      server.once('error', (error) => {
        reject(
          new RigFault(`the ${this.protocol.toUpperCase()} server cannot listen`, {
            asked,
            seen: messageOf(error),
            hint: 'is another server or run using the port? ports under 1024 need a privilege',
            cause: error,
          }),
        );
      });
      server.listen({ host: this.listen.host, port }, () => {
        server.removeAllListeners('error');
        // Accepting can fail later (out of descriptors): that costs one connection, not the run.
        server.on('error', (error) => {
          this.context.journal.write({ type: 'note', text: `${this.protocol} server: ${messageOf(error)}` });
        });
        resolve(server.address() as AddressInfo);
      });
    });
  }

  #enter(socket: Socket): void {
    const { journal } = this.context;
    const connection = ++this.#count;
    const { protocol } = this;
    const peer = hostText((socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, ''), socket.remotePort);
    journal.write({ type: 'server.connection', protocol, connection, peer, state: 'open' });
    this.#visitors.add(socket);
    socket.once('close', () => {
      this.#visitors.delete(socket);
      journal.write({ type: 'server.connection', protocol, connection, peer, state: 'close' });
    });
    // An error ends the connection; `close` follows and says all there is to say.
    socket.on('error', () => undefined);
    const [refusing] = this.#refusing;
    if (refusing !== undefined) {
      refusing.struck(`connection ${String(connection)} refused`);
      reset(socket);
    } else if (this.#visitors.size > mostConnections) {
      journal.write({
        type: 'note',
        text: `${protocol} connection ${String(connection)} refused: ${String(mostConnections)} are open`,
      });
      reset(socket);
    } else {
      socket.setKeepAlive(true, 60_000);
      const back = [...this.#losing].map((fault) => fault.linkIsBack).filter((link) => link !== undefined);
      if (back.length === 0) this.welcome({ socket, connection });
      else
        void Promise.all(back).then(() => {
          if (!socket.destroyed && !this.#closed) this.welcome({ socket, connection });
        });
    }
  }

  #breakAll(): void {
    for (const socket of [...this.#others, ...this.#visitors]) reset(socket);
  }
}
