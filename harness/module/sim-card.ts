import { RigFault } from '../base/errors.js';
import type { Secrets } from '../base/secrets.js';
import { answerText, fields, type Ask } from './answers.js';

export interface SimCardOptions {
  readonly rig: string;
  /** Name of the environment variable that holds the PIN. */
  readonly pinEnv: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
}

/** A card has three tries; ours is one of three, never one of the last two. */
const fullTries = 3;

/**
 * The SIM's PIN. A refused PIN is never sent again: three refusals lock the card. One that was taken may be, after each reboot.
 * Since another run may have spent tries, the card's own count is asked first (AT+QPINC, where the firmware knows it).
 */
export class SimCard {
  #refused = false;

  constructor(private readonly options: SimCardOptions) {}

  /** There is a PIN, and it has not been refused. */
  get usable(): boolean {
    return this.options.pinEnv !== undefined && !this.#refused;
  }

  /** Enters the PIN when the card asks for it. Throws a RigFault when it asks for something that the rig does not have. */
  async unlock(ask: Ask, sim: string | undefined, enter: Ask): Promise<void> {
    if (sim !== 'SIM PIN' && sim !== 'SIM PUK') return;
    if (sim === 'SIM PUK') this.#fault('the SIM is locked', 'CPIN READY', 'SIM PUK', 'unlock the card with its PUK in a phone');
    if (this.#refused)
      this.#fault('the SIM PIN was refused before', 'CPIN READY', sim, 'it is not sent twice, so as not to lock the card');
    const pin = this.#pin();
    const left = fields(await ask('AT+QPINC="SC"'), '+QPINC')?.[1];
    if (left !== undefined && Number(left) < fullTries) {
      this.#fault(
        'a wrong PIN was tried on this SIM before',
        `${String(fullTries)} tries left`,
        `${left} left`,
        'enter the right PIN by hand once',
      );
    }
    // The command as a whole is the secret: four digits alone would also be masked in times and sizes.
    this.options.secrets.add(`CPIN=${pin}`);
    const answer = await enter(`AT+CPIN=${pin}`);
    if (answer.ok) return;
    this.#refused = true;
    this.#fault(
      'the SIM PIN was refused',
      'AT+CPIN=***',
      answerText(answer),
      `check the value of ${String(this.options.pinEnv)}`,
    );
  }

  #pin(): string {
    const { pinEnv, env } = this.options;
    if (pinEnv === undefined)
      return this.#fault('the SIM asks for a PIN', 'CPIN READY', 'SIM PIN', 'name its variable: sim: { pinEnv: … }');
    const pin = env[pinEnv] ?? '';
    if (!/^\d{4,8}$/.test(pin)) {
      return this.#fault(
        'there is no usable SIM PIN',
        `4 to 8 digits in ${pinEnv}`,
        pin === '' ? 'nothing' : 'something else',
        `export ${pinEnv}`,
      );
    }
    return pin;
  }

  #fault(what: string, asked: string, seen: string, hint: string): never {
    throw new RigFault(`rig ${this.options.rig}: ${what}`, { asked, seen, hint });
  }
}
