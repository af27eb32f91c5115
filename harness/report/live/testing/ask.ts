import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Asks a live view as a client of any kind would. */
export async function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, method, headers });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let text = '';
  for await (const piece of response) text += String(piece);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** An open stream of events, told one after the other. */
export class Events {
  readonly #response: IncomingMessage;
  readonly #pieces: AsyncIterator<unknown>;
  #text = '';

  private constructor(response: IncomingMessage) {
    response.setEncoding('utf8');
    this.#response = response;
    this.#pieces = response[Symbol.asyncIterator]();
  }

  static async open(port: number): Promise<Events> {
    const asked = request({ host: '127.0.0.1', port, path: '/events' });
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return new Events(response);
  }

  /** The next of this kind for which `fits`; undefined when the stream has ended before. */
  async next<T>(kind: string, fits: (value: T) => boolean = () => true): Promise<T | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const piece = await this.#pieces.next();
        if (piece.done === true) return undefined;
        this.#text += String(piece.value);
        continue;
      }
      const block = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      const found = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (found?.[1] !== kind) continue;
      const value = JSON.parse(found[2] ?? '') as T;
      if (fits(value)) return value;
    }
  }

  close(): void {
    this.#response.destroy();
  }
}
