import type { Reach } from '../behaviour.js';
import { UsageError } from './options.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A place where nobody listens. */
const NOBODY: Address = { host: '127.0.0.1', port: 1 };

/** The mobile network: whether it is there, and where it really takes a connection. */
export class Network {
  /** What becomes of connections, whatever the signal is. */
  reach: Reach = 'open';
  private elsewhere: Address = NOBODY;
  private readonly routes = new Map<string, string>();
  private readonly waiting = new Set<() => void>();
  private isUp = true;

  get up(): boolean {
    return this.isUp;
  }

  set up(up: boolean) {
    this.isUp = up;
    if (!this.carries) return;
    for (const run of this.waiting) run();
    this.waiting.clear();
  }

  /** Every name leads to this server from now on. */
  leadElsewhere(to: Address): void {
    this.elsewhere = to;
  }

  /** Whether a transfer gets on. */
  get carries(): boolean {
    return this.isUp && this.reach !== 'silent';
  }

  /** An address that leads to some server of the lab, the first one that was routed; undefined when there is none. */
  anyServer(): Address | undefined {
    const [from] = this.routes.keys();
    const [host = '', port = ''] = from === undefined ? [] : from.split(':');
    return from === undefined ? undefined : { host, port: port === '*' ? 80 : Number(port) };
  }

  /** Once the network is there; at once when it is. The answer takes it back. */
  whenUp(run: () => void): () => void {
    if (this.carries) run();
    else this.waiting.add(run);
    return () => this.waiting.delete(run);
  }

  /** `name:port` or `name:*` to `address:port` or `address:*`. */
  route(from: string, to: string): void {
    for (const text of [from, to])
      if (!/^.+:(\d{1,5}|\*)$/.test(text)) throw new UsageError(`a route is host:port or host:*, not ${JSON.stringify(text)}`);
    if (from.endsWith(':*') !== to.endsWith(':*'))
      throw new UsageError(`${from} to ${to}: either both ports are * or neither is`);
    this.routes.set(from.toLowerCase(), to);
  }

  resolve({ host, port }: Address): Address {
    if (this.reach === 'refused') return NOBODY;
    if (this.reach === 'elsewhere') return this.elsewhere;
    const to = this.routes.get(`${host}:${port}`.toLowerCase()) ?? this.routes.get(`${host}:*`.toLowerCase());
    if (to === undefined) return { host, port };
    const colon = to.lastIndexOf(':');
    const toPort = to.slice(colon + 1);
    return { host: to.slice(0, colon), port: toPort === '*' ? port : Number(toPort) };
  }
}
