import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import type { Cancel, Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { WireFault } from '../wires.js';

/** What a simulated unit can be asked through its control socket. */
export type ControlRequest =
  | { readonly do: 'supply' | 'vbus'; readonly on: boolean }
  | { readonly do: 'powerKey' | 'reset'; readonly down: boolean }
  | { readonly do: 'route'; readonly from: string; readonly to: string }
  | { readonly do: 'network'; readonly up: boolean }
  | { readonly do: 'status' | 'reflash' | 'shutdown' };

const answerShape = z.looseObject({ id: z.number(), ok: z.boolean(), error: z.string().optional() });
const noticeShape = z.discriminatedUnion('event', [
  z.looseObject({ event: z.literal('status'), on: z.boolean() }),
  z.looseObject({ event: z.literal('lag'), ms: z.number() }),
]);
export type ControlAnswer = z.output<typeof answerShape>;

/** A unit that is alive answers at once; this is for one that is not, on a host that is busy. */
const answerWithin = 10_000;
/** A line without an end beyond this is dropped. */
const longestLine = 1 << 20;

interface Waiter {
  readonly asked: string;
  readonly resolve: (answer: ControlAnswer) => void;
  readonly reject: (fault: WireFault) => void;
  readonly cancel: Cancel;
}

/** Our end of a simulated unit's control socket: JSON lines, one answer a request, notices of STATUS in between. */
export class ControlClient {
  readonly #waiters = new Map<number, Waiter>();
  readonly #statusListeners = new Set<(on: boolean) => void>();
  readonly #lagListeners = new Set<(ms: number) => void>();
  #text = '';
  #id = 0;
  #lost: string | undefined;
  /** Lines that were neither an answer nor a notice. */
  unreadable = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#take(text);
    });
    socket.on('error', (error) => {
      this.#lose(error.message);
    });
    socket.on('close', () => {
      this.#lose('the connection was closed');
    });
  }

  static open(path: string, clock: Clock): Promise<ControlClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      const failed = (error: Error): void => {
        reject(new WireFault('the simulated unit cannot be reached', { asked: `connect to ${path}`, seen: error.message }));
      };
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.off('error', failed);
        resolve(new ControlClient(socket, clock));
      });
    });
  }

  /** Writes the request before it returns; resolves with the unit's answer, rejects with a WireFault. */
  request(request: ControlRequest): Promise<ControlAnswer> {
    const id = ++this.#id;
    const asked = JSON.stringify(request);
    if (this.#lost !== undefined) return Promise.reject(unreachable(asked, this.#lost));
    this.socket.write(`${JSON.stringify({ id, ...request })}\n`);
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(answerWithin, () => {
        this.#waiters.delete(id);
        reject(unreachable(asked, `no answer within ${String(answerWithin)} ms`));
      });
      this.#waiters.set(id, { asked, resolve, reject, cancel });
    });
  }

  /** Writes without waiting for the answer; never throws. */
  post(request: ControlRequest): void {
    if (this.#lost === undefined) this.socket.write(`${JSON.stringify({ id: ++this.#id, ...request })}\n`);
  }

  onStatus(listener: (on: boolean) => void): () => void {
    this.#statusListeners.add(listener);
    return () => {
      this.#statusListeners.delete(listener);
    };
  }

  /** The unit's process stood still for so many ms. */
  onLag(listener: (ms: number) => void): void {
    this.#lagListeners.add(listener);
  }

  /** Idempotent; what still waits for an answer gets a WireFault. */
  close(): void {
    this.#lose('it was closed');
    this.socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    if (this.#text.length > longestLine) {
      this.#text = '';
      this.unreadable++;
    }
    for (const line of lines) if (line.trim() !== '') this.#read(line);
  }

  #read(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.unreadable++;
      return;
    }
    const notice = noticeShape.safeParse(value);
    if (notice.success) {
      const { data } = notice;
      if (data.event === 'status') for (const listener of this.#statusListeners) listener(data.on);
      else for (const listener of this.#lagListeners) listener(data.ms);
      return;
    }
    const answer = answerShape.safeParse(value);
    if (!answer.success) {
      this.unreadable++;
      return;
    }
    const waiter = this.#waiters.get(answer.data.id);
    if (waiter === undefined) return;
    this.#waiters.delete(answer.data.id);
    waiter.cancel();
    if (answer.data.ok) waiter.resolve(answer.data);
    else
      waiter.reject(
        new WireFault('the simulated unit refused', { asked: waiter.asked, seen: answer.data.error ?? 'no reason given' }),
      );
  }

  #lose(why: string): void {
    this.#lost ??= why;
    for (const waiter of this.#waiters.values()) {
      waiter.cancel();
      waiter.reject(unreachable(waiter.asked, this.#lost));
    }
    this.#waiters.clear();
  }
}

function unreachable(asked: string, seen: string): WireFault {
  return new WireFault('the simulated unit does not answer', { asked, seen: messageOf(seen) });
}
