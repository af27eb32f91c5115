import { readFileSync } from 'node:fs';
import { pause, scaledDeadline, type Clock } from '../../base/clock.js';
import { ExplainedError, messageOf, RigFault, UserError } from '../../base/errors.js';
import type { Secrets } from '../../base/secrets.js';
import type { RigPower } from '../../power/types.js';
import { profileOf } from '../../rig/profile.js';
import type { RigDefinition } from '../../rig/schema.js';
import { duration } from '../../rig/values.js';
import { checkActions, powerActions, PowerSwitch, type PowerAction } from '../power/actions.js';
import { statusText } from '../power/told.js';
import type { Conversation, Outcome } from './conversation.js';
import { secretsIn } from './history.js';
import type { Screen } from './screen.js';

/** What became of one line that was typed. `fault`: the rig's; `wrong`: the line could not be understood. */
export type Done = 'ok' | 'error' | 'fault' | 'wrong' | 'quit';

export const help = `A line that begins with AT, or with anything but a colon, goes to the module. Lines of ours:
  :power on|off|cycle|press|reset|status   the unit's power; off!, cycle!, reset! also without safety.powerCuts
  :wait TEXT [TIME]   until a line with TEXT comes, or has come since the last command (30s); "line gone", "line back" too
  :ready [TIME]       until the unit answers AT (limits.boot)
  :send FILE          the bytes of a file, after CONNECT or >
  :hex 1A …           bytes by their hexadecimal numbers (1A is Ctrl-Z, 1B is Esc)
  :help   :quit
`;

/** A module that answers later than this does not listen; the host is not scaled. */
const latest = 2_000;
/** Lines that a :wait looks back on. */
const mostKept = 10_000;

/** Completed by the tab key. */
export const words = [
  ...powerActions.map((action) => `:power ${action}`),
  ':wait ',
  ':ready',
  ':send ',
  ':hex ',
  ':help',
  ':quit',
];

export interface SessionParts {
  readonly rig: RigDefinition;
  readonly conversation: Conversation;
  readonly power: RigPower;
  readonly screen: Screen;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** ms that a command may take. */
  readonly timeout: number;
}

/** What lines do, whoever types them. */
export class Session {
  readonly #unit: PowerSwitch;
  readonly #waits = new Set<(text: string) => void>();
  /** Lines since the last command went out. */
  #since: string[] = [];

  constructor(private readonly parts: SessionParts) {
    const { rig, power, clock, signal } = parts;
    const offFor = 3000 * rig.timing.scale;
    this.#unit = new PowerSwitch({ rig, power, clock, signal, offFor, wait: true, why: 'dfota console' });
  }

  /** A line of the module came, answer or not, or the line itself came or went. */
  heard(text: string): void {
    if (this.#since.length < mostKept) this.#since.push(text);
    for (const wait of [...this.#waits]) wait(text);
  }

  async do(line: string): Promise<Done> {
    const text = line.trim();
    if (text === '') return 'ok';
    if (!text.startsWith(':')) return this.#command(text);
    const [, word = '', rest = ''] = /^:(\S*)\s*(.*)$/s.exec(text) ?? [];
    try {
      return await this.#ours(word, rest.trim());
    } catch (error) {
      if (!(error instanceof ExplainedError)) throw error;
      for (const part of error.explain().split('\n')) this.parts.screen.note(part.trim());
      return error instanceof UserError ? 'wrong' : 'fault';
    }
  }

  /** The unit answers AT: tried every now and then, at most `within` ms, and nothing of it is shown. */
  async ready(within: number): Promise<boolean> {
    const { clock, conversation, rig, signal } = this.parts;
    const deadline = clock.now() + within;
    while (clock.now() < deadline && !signal.aborted) {
      if (!(await conversation.whenOpen(deadline - clock.now()))) return false;
      const probe = scaledDeadline(1_000, rig.timing.scale);
      const outcome = await conversation.send('AT', probe, true);
      if (outcome === 'OK' || (outcome === 'timeout' && (await conversation.lateResult(latest)))) return true;
      await pause(clock, Math.min(probe, 200));
    }
    return false;
  }

  async switch(action: PowerAction, force = false): Promise<void> {
    const { rig, power, screen } = this.parts;
    checkActions(rig, power.wires, [action], force);
    for (const text of statusText(await this.#unit.do(action))) screen.note(text);
  }

  async #command(text: string): Promise<Done> {
    const { conversation, screen, secrets, timeout } = this.parts;
    for (const secret of secretsIn(text)) secrets.add(secret);
    this.#since = [];
    const outcome: Outcome = await conversation.send(text, timeout);
    switch (outcome) {
      case 'error':
        return 'error';
      case 'lost':
        screen.note(
          conversation.open ? 'the line was lost before the answer' : 'the line is not open: nothing was sent, or no answer came',
        );
        return 'fault';
      case 'timeout':
        screen.note(`no answer in ${String(Math.round(timeout))} ms`);
        return 'fault';
      default:
        return 'ok';
    }
  }

  async #ours(word: string, rest: string): Promise<Done> {
    switch (word) {
      case 'help':
        this.parts.screen.plain(help);
        return 'ok';
      case 'quit':
      case 'q':
        return 'quit';
      case 'power':
        return this.#power(rest);
      case 'wait':
        return this.#wait(rest);
      case 'ready':
        return this.#ready(rest);
      case 'send':
        return this.#bytes(fileBytes(rest));
      case 'hex':
        return this.#bytes(hexBytes(rest));
      default:
        throw new UserError(`there is no :${word}`, { hint: ':help tells what there is' });
    }
  }

  async #power(rest: string): Promise<Done> {
    const action = powerActions.find((known) => known === rest.replace(/!$/, ''));
    if (action === undefined) throw new UserError(`:power knows ${powerActions.join(', ')}`, { seen: rest });
    await this.switch(action, rest.endsWith('!'));
    return 'ok';
  }

  async #wait(rest: string): Promise<Done> {
    const { clock, signal, screen } = this.parts;
    const [, wanted = '', time = '30s'] = /^(.*?)(?:\s+(\d+(?:\.\d+)?(?:ms|s|m|h)))?$/s.exec(rest) ?? [];
    const limit = duration.safeParse(time);
    if (wanted === '' || !limit.success)
      throw new UserError(':wait needs a text, and perhaps a time such as 30s', { seen: rest });
    if (this.#since.some((text) => text.includes(wanted))) return 'ok';
    const came = await new Promise<boolean>((resolve) => {
      const end = (found: boolean): void => {
        this.#waits.delete(look);
        signal.removeEventListener('abort', stop);
        cancel();
        resolve(found);
      };
      const look = (text: string): void => {
        if (text.includes(wanted)) end(true);
      };
      const stop = (): void => {
        end(false);
      };
      const cancel = clock.after(limit.data, stop);
      signal.addEventListener('abort', stop);
      this.#waits.add(look);
    });
    if (came) return 'ok';
    screen.note(`${wanted} did not come within ${time}`);
    return 'error';
  }

  async #ready(rest: string): Promise<Done> {
    const limit = rest === '' ? undefined : duration.safeParse(rest);
    if (limit?.success === false) throw new UserError(':ready needs a time such as 30s, or nothing', { seen: rest });
    const { rig, screen } = this.parts;
    if (!(await this.ready(limit?.data ?? profileOf(rig).limits.boot))) {
      throw new RigFault('the unit does not answer AT', { hint: 'is it on (:power status)?' });
    }
    screen.note('the unit answers AT');
    return 'ok';
  }

  async #bytes(bytes: Buffer): Promise<Done> {
    if (await this.parts.conversation.sendBytes(bytes)) return 'ok';
    throw new RigFault('the line is not open', { asked: `${String(bytes.length)} bytes` });
  }
}

function fileBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError('the file cannot be read', { place: { file }, seen: messageOf(error) });
  }
}

function hexBytes(text: string): Buffer {
  const digits = text.replace(/\s|0x/gi, '');
  if (digits === '' || digits.length % 2 === 1 || /[^0-9a-f]/i.test(digits)) {
    throw new UserError(':hex needs pairs of hexadecimal digits', { seen: text });
  }
  return Buffer.from(digits, 'hex');
}
