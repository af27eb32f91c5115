import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '../base/errors.js';
import { acknowledged } from './acknowledged.js';
import type { DeliveryContext } from './context.js';
import type { Gate } from './gate.js';
import { reset } from './reset.js';
import type { HttpBehind } from './http-behind.js';
import type { Published, Shelf } from './shelf.js';
import { transfer } from './transfer.js';

/** ms a connection may stay without a request. */
const patience = 60_000;
/** Headers of the client that http-server is to see, and those of its answer that the client gets. */
const asked = ['range', 'if-modified-since', 'if-none-match'] as const;
const answered = [
  'content-length',
  'content-type',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'cache-control',
] as const;

export interface HttpFrontParts {
  readonly context: DeliveryContext;
  readonly gate: Gate;
  readonly shelf: Shelf;
  readonly behind: HttpBehind;
}

/** A connection as the front knows it. */
interface Guest {
  readonly connection: number;
  /** Requests not yet answered: a client may send the next before the end of the last is known. */
  requests: number;
  cancelIdle: () => void;
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly label: string;
  readonly answer: (reply: { code: number; size?: number; sent: number; whole: boolean; sha256?: string }) => void;
}

/**
 * What stands before http-server: it lets through what is published and nothing else, counts, and does what http-server cannot, the
 * faults. Reading files, ranges and conditional requests are http-server's.
 */
export class HttpFront {
  readonly #server: Server;
  readonly #guests = new WeakMap<Socket, Guest>();
  #requests = 0;

  constructor(private readonly parts: HttpFrontParts) {
    this.#server = createServer({ requireHostHeader: false }, (message, response) => {
      void this.#serve(message, response);
    });
    this.#server.on('clientError', (_error, socket) => {
      this.#unreadable(socket as Socket);
    });
  }

  /** Takes over a connection that the gate let in. */
  enter(socket: Socket, connection: number): void {
    const guest: Guest = { connection, requests: 0, cancelIdle: () => undefined };
    this.#guests.set(socket, guest);
    socket.once('close', () => {
      guest.cancelIdle();
    });
    this.#count(socket, 0);
    this.#server.emit('connection', socket);
    socket.resume();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message;
    this.#count(socket, 1);
    message.resume();
    const path = pathOf(message.url ?? '');
    const exchange = this.#record(message, response, path ?? (message.url ?? '').slice(0, 300));
    const published = path === undefined ? undefined : this.parts.shelf.find(path);
    try {
      const served = this.#answer(exchange, published);
      published?.track(served);
      await served;
    } catch (error) {
      this.parts.context.journal.write({ type: 'note', text: `HTTP ${exchange.label}: ${messageOf(error)}` });
      socket.destroy();
    }
    this.#count(socket, -1);
  }

  #record(message: IncomingMessage, response: ServerResponse, path: string): Exchange {
    const { journal, clock } = this.parts.context;
    const connection = this.#guests.get(message.socket)?.connection ?? 0;
    const request = ++this.#requests;
    const begun = clock.now();
    const first = Number(/^bytes=(\d{1,15})-/.exec(message.headers.range ?? '')?.[1] ?? 0);
    const offset = first > 0 ? { offset: first } : {};
    journal.write({
      type: 'server.request',
      protocol: 'http',
      connection,
      request,
      verb: message.method ?? '?',
      path,
      ...offset,
    });
    return {
      message,
      response,
      label: `connection ${String(connection)}, request ${String(request)}`,
      answer: (reply) => {
        journal.write({ type: 'server.response', protocol: 'http', connection, request, ...reply, took: clock.now() - begun });
      },
    };
  }

  async #answer(exchange: Exchange, published: Published | undefined): Promise<void> {
    const { message, label } = exchange;
    const { fault } = published ?? {};
    if (message.method !== 'GET' && message.method !== 'HEAD') return this.#refuse(exchange, 405, { allow: 'GET, HEAD' });
    if (published === undefined) return this.#refuse(exchange, 404);
    if (fault?.name === 'not-found' || fault?.name === 'wrong-password') {
      fault.struck(`${label}: ${published.path} asked for`);
      return fault.name === 'not-found'
        ? this.#refuse(exchange, 404)
        : this.#refuse(exchange, 401, { 'www-authenticate': 'Basic realm="packages"' });
    }
    return this.#pass(exchange, published);
  }

  async #refuse(exchange: Exchange, code: number, headers: Record<string, string> = {}): Promise<void> {
    const { response, answer } = exchange;
    // A body that nobody wants is cut off with the connection.
    const close = code === 405 ? { connection: 'close' } : {};
    response.writeHead(code, { 'content-length': 0, ...headers, ...close });
    await ended(response);
    answer({ code, sent: 0, whole: false });
  }

  async #pass(exchange: Exchange, published: Published): Promise<void> {
    const { message, response, label, answer } = exchange;
    const { clock } = this.parts.context;
    const { socket } = message;
    const { size } = published;
    const file = await this.parts.behind.ask(message.method ?? 'GET', published.path, chosen(message.headers, asked));
    const code = file.statusCode ?? 500;
    response.writeHead(code, chosen(file.headers, answered));
    if (message.method === 'HEAD' || (code !== 200 && code !== 206)) {
      file.resume();
      await ended(response);
      answer({ code, size, sent: 0, whole: false });
      return;
    }
    const first = Number(/^bytes (\d+)-/.exec(file.headers['content-range'] ?? '')?.[1] ?? 0);
    const { end, sent, sha256 } = await transfer({
      source: file.iterator({ destroyOnReturn: false }),
      start: first,
      size,
      write: (piece, callback) => response.write(piece, callback),
      socket,
      fault: published.fault,
      onSent: published.onSent,
      signal: published.signal,
      clock,
      label,
    });
    // http-server keeps its file open for an answer that nobody reads to its end.
    file.resume();
    let whole = false;
    switch (end) {
      case 'done':
        await ended(response);
        whole = await acknowledged(socket, clock, published.signal);
        break;
      case 'cut':
        socket.end();
        await acknowledged(socket, clock, published.signal);
        socket.destroy();
        break;
      case 'reset':
      case 'gone':
        // First what was sent must arrive: a reset throws away what still waits in the kernel.
        await acknowledged(socket, clock, published.signal);
        if (end === 'gone' && published.fault !== undefined) this.parts.gate.vanish(published.fault);
        reset(socket);
        break;
      case 'lost':
      case 'withdrawn':
      case 'unreadable':
        reset(socket);
    }
    answer({ code, size, sent, whole, ...(sha256 === undefined || code !== 200 ? {} : { sha256 }) });
  }

  #unreadable(socket: Socket): void {
    if (socket.destroyed) return;
    const connection = this.#guests.get(socket)?.connection ?? 0;
    const request = ++this.#requests;
    const common = { protocol: 'http', connection, request } as const;
    this.parts.context.journal.write({ type: 'server.request', ...common, verb: '?', path: '' });
    this.parts.context.journal.write({ type: 'server.response', ...common, code: 400, sent: 0, whole: false, took: 0 });
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
  }

  /** Counts the requests that a connection waits for; with none left, a client that says nothing for too long is sent away. */
  #count(socket: Socket, change: number): void {
    const guest = this.#guests.get(socket);
    if (guest === undefined) return;
    guest.requests += change;
    guest.cancelIdle();
    if (guest.requests === 0 && !socket.destroyed) {
      guest.cancelIdle = this.parts.context.clock.after(patience, () => socket.destroy());
    }
  }
}

/** The path of a request as it is published; undefined when it cannot be one. Absolute form (`GET http://…`) is understood. */
function pathOf(url: string): string | undefined {
  const path = url.replace(/^http:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function chosen(headers: IncomingMessage['headers'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** Ends a response and waits until the system has it, or the client is gone. */
function ended(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.once('finish', resolve);
    response.end();
    if (response.destroyed) resolve();
  });
}
