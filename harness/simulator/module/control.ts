import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { insideOf } from './inside.js';
import type { SimModule } from './module.js';
import { UsageError } from './options.js';

/** The longest path a Unix socket can have. */
const LONGEST_PATH = 107;

type Request = Readonly<Record<string, unknown>>;
type Extra = Readonly<Record<string, unknown>>;

/** The control socket: JSON lines that drive the module's power, network and time of day, and say how it is. */
export class Control {
  readonly path: string;
  private readonly server: Server;
  private readonly clients = new Set<Socket>();
  private requests = 0;

  /** `shutdown`: what ends the process. */
  constructor(
    private readonly module: SimModule,
    private readonly shutdown: () => void,
  ) {
    this.path = join(module.options.dir, 'control');
    if (Buffer.byteLength(this.path) > LONGEST_PATH)
      throw new UsageError(`${this.path} is too long for a socket (at most ${LONGEST_PATH} bytes); use a shorter --dir`);
    this.server = createServer((socket) => this.welcome(socket));
    module.onStatus = (on) => this.notify({ event: 'status', on });
  }

  listen(): Promise<void> {
    rmSync(this.path, { force: true });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.path, resolve);
    });
  }

  close(): void {
    this.server.close();
    for (const client of this.clients) client.end();
    rmSync(this.path, { force: true });
  }

  /** This process stood still for so many real milliseconds: the module was slower than it is. */
  stoodStill(ms: number): void {
    this.notify({ event: 'lag', ms });
  }

  private notify(message: Extra): void {
    for (const client of this.clients) client.write(`${JSON.stringify(message)}\n`);
  }

  private welcome(socket: Socket): void {
    let text = '';
    this.clients.add(socket);
    socket.setEncoding('utf8');
    socket.on('data', (data: string) => {
      const lines = (text + data).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') this.take(socket, line);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.clients.delete(socket));
  }

  private take(socket: Socket, line: string): void {
    let id: unknown;
    const answer = (extra: Extra): void => {
      if (socket.writable) socket.write(`${JSON.stringify({ id, ...extra })}\n`);
    };
    try {
      const request = JSON.parse(line) as Request;
      id = request['id'];
      if (!this.module.options.behaviours.ask('controls', true, ++this.requests)) return this.die();
      this.handle(request, (extra) => answer({ ok: true, ...extra }));
    } catch (error) {
      answer({ ok: false, error: (error as Error).message });
    }
  }

  /** Nobody drives the module any more; it lives on. */
  private die(): void {
    this.server.close();
    for (const client of this.clients) client.destroy();
    rmSync(this.path, { force: true });
  }

  private handle(request: Request, answer: (extra: Extra) => void): void {
    const { module } = this;
    const { lines } = module;
    switch (request['do']) {
      case 'supply':
        lines.setSupply(flag(request, 'on'));
        return answer({});
      case 'vbus':
        lines.setVbus(flag(request, 'on'));
        return answer({});
      case 'powerKey':
        lines.pressKey(flag(request, 'down'));
        return answer({});
      case 'reset':
        lines.pressReset(flag(request, 'down'));
        return answer({});
      case 'status':
        return answer({ on: module.status });
      case 'state':
        return answer(insideOf(module));
      case 'writes':
        return answer({ at: { ...module.at.written }, uart: { ...module.uart.written } });
      case 'network':
        module.networkUp(flag(request, 'up'));
        return answer({});
      case 'route':
        module.network.route(word(request, 'from'), word(request, 'to'));
        return answer({});
      case 'reflash':
        module.reflash();
        return answer({ revision: module.revision });
      case 'shutdown':
        answer({});
        return this.shutdown();
      default:
        throw new UsageError(
          `unknown request ${JSON.stringify(request['do'])}; known: supply, vbus, powerKey, reset, status, state, writes, network, route, reflash, shutdown`,
        );
    }
  }
}

function flag(request: Request, key: string): boolean {
  const value = request[key];
  if (typeof value !== 'boolean') throw new UsageError(`"${key}" must be true or false`);
  return value;
}

function word(request: Request, key: string): string {
  const value = request[key];
  if (typeof value !== 'string') throw new UsageError(`"${key}" must be a text`);
  return value;
}
