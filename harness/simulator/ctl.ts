import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from './module/options.js';

type Answer = Readonly<Record<string, unknown>>;

/** A client of a module's control socket. */
export class ControlClient {
  private constructor(
    private readonly ask: (request: Record<string, unknown>) => Promise<Answer>,
    readonly close: () => void,
  ) {}

  static async open(dir: string): Promise<ControlClient> {
    const path = join(resolve(dir), 'control');
    const socket = connect(path);
    await new Promise<void>((done, fail) => {
      socket.once('connect', done);
      socket.once('error', (error) => fail(new UsageError(`no module runs in ${dir}: ${error.message}`)));
    });
    const waiting = new Map<number, (answer: Answer) => void>();
    let text = '';
    let last = 0;
    socket.setEncoding('utf8').on('data', (data: string) => {
      const lines = (text + data).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const answer = JSON.parse(line) as Answer;
        const id = answer['id'];
        if (typeof id === 'number') waiting.get(id)?.(answer);
      }
    });
    socket.on('close', () => {
      for (const done of waiting.values()) done({ ok: false, error: 'the module has gone' });
    });
    socket.on('error', () => socket.destroy());
    const ask = (request: Record<string, unknown>): Promise<Answer> =>
      new Promise((done) => {
        const id = ++last;
        waiting.set(id, done);
        socket.write(`${JSON.stringify({ id, ...request })}\n`);
      });
    return new ControlClient(ask, () => socket.destroy());
  }

  async do(request: Record<string, unknown>): Promise<Answer> {
    const answer = await this.ask(request);
    if (answer['ok'] !== true) throw new UsageError(String(answer['error']));
    return answer;
  }
}

/** `ctl`: one request a call, so that it can be an argument list in a rig's file. Answers with what to print. */
export async function ctl(dir: string, words: readonly string[]): Promise<string | undefined> {
  const [what = '', value] = words;
  const client = await ControlClient.open(dir);
  try {
    switch (what) {
      case 'supply':
      case 'vbus':
        await client.do({ do: what, on: onOrOff(what, value) });
        return undefined;
      case 'network':
        await client.do({ do: what, up: onOrOff(what, value) });
        return undefined;
      case 'power-key':
      case 'reset': {
        const ms = Number(value);
        if (value === undefined || !(ms >= 0)) throw new UsageError(`ctl ${what} takes milliseconds`);
        const line = what === 'reset' ? 'reset' : 'powerKey';
        await client.do({ do: line, down: true });
        await sleep(ms);
        await client.do({ do: line, down: false });
        return undefined;
      }
      case 'status':
        return (await client.do({ do: 'status' }))['on'] === true ? 'on' : 'off';
      case 'route':
        await client.do({ do: 'route', from: value, to: words[2] });
        return undefined;
      case 'state':
      case 'writes':
      case 'reflash':
      case 'shutdown': {
        const answer = { ...(await client.do({ do: what })), id: undefined, ok: undefined };
        return JSON.stringify(answer);
      }
      default:
        throw new UsageError(
          `ctl ${what}: unknown; known: supply, vbus, network, power-key, reset, status, state, writes, route, reflash, shutdown`,
        );
    }
  } finally {
    client.close();
  }
}

function onOrOff(what: string, value: string | undefined): boolean {
  if (value === 'on') return true;
  if (value === 'off') return false;
  throw new UsageError(`ctl ${what} takes on or off, not ${JSON.stringify(value)}`);
}
