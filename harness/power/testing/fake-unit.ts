import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Request = Readonly<Record<string, unknown>>;

/** The control socket of a unit that does nothing but remember: PWRKEY toggles it, without supply it is off. */
export class FakeUnit {
  readonly folder = mkdtempSync(join(tmpdir(), 'dfota-unit-'));
  readonly path = join(this.folder, 'control');
  /** Each request as `supply on`, `powerKey down`, `status`. */
  readonly received: string[] = [];
  running = false;
  /** What to answer instead of the usual; `silent`: nothing. */
  answer: (request: Request) => Request | 'silent' | undefined = () => undefined;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #watchers = new Set<() => void>();

  constructor() {
    this.#server = createServer((socket) => {
      this.#clients.add(socket);
      socket.on('error', () => undefined);
      let text = '';
      socket.setEncoding('utf8').on('data', (data: string) => {
        const lines = (text + data).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) this.#take(socket, JSON.parse(line) as Request);
      });
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(this.path);
    await once(this.#server, 'listening');
  }

  /** Sends raw text to whoever is connected. */
  say(text: string): void {
    for (const client of this.#clients) client.write(text);
  }

  status(on: boolean): void {
    this.running = on;
    this.say(`${JSON.stringify({ event: 'status', on })}\n`);
  }

  /** Resolves once `request` was received so many times. */
  async has(request: string, times = 1): Promise<void> {
    const enough = (): boolean => this.received.filter((entry) => entry === request).length >= times;
    while (!enough()) {
      await new Promise<void>((resolve) => {
        this.#watchers.add(resolve);
      });
      this.#watchers.clear();
    }
  }

  hangUp(): void {
    for (const client of this.#clients) client.destroy();
  }

  close(): void {
    this.hangUp();
    this.#server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #take(socket: Socket, request: Request): void {
    const { id, do: what, ...rest } = request;
    const detail = { 'on true': ' on', 'on false': ' off', 'down true': ' down', 'down false': ' up' };
    const word = Object.entries(rest)
      .map(([key, value]) => detail[`${key} ${String(value)}` as keyof typeof detail] ?? ` ${String(value)}`)
      .join('');
    this.received.push(`${String(what)}${word}`);
    const own = this.answer(request);
    if (own === undefined) this.#act(`${String(what)}${word}`);
    if (own !== 'silent')
      socket.write(`${JSON.stringify({ id, ok: true, ...(what === 'status' ? { on: this.running } : {}), ...own })}\n`);
    for (const watcher of this.#watchers) watcher();
  }

  #act(request: string): void {
    if (request === 'powerKey up') this.running = !this.running;
    if (request === 'supply off') this.running = false;
  }
}
