import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { split } from '../../module/answers.js';

const longest = 1000;

/** What was typed, from one console to the next. Lines with a password or a PIN are kept in this console only. */
export class History {
  /** Oldest first. */
  readonly #lines: string[];

  constructor(
    private readonly file: string,
    /** The secrets that stand in a line. */
    private readonly secretsIn: (line: string) => readonly string[],
  ) {
    this.#lines = read(file);
  }

  /** Newest first, as the line editor wants them. */
  get forEditor(): string[] {
    return [...this.#lines].reverse();
  }

  /** Keeps a line; returns why it could not be written, if so. */
  add(line: string): string | undefined {
    const text = line.trim();
    if (text === '' || text === this.#lines.at(-1) || this.secretsIn(text).length > 0) return undefined;
    this.#lines.push(text);
    this.#lines.splice(0, Math.max(0, this.#lines.length - longest));
    try {
      mkdirSync(dirname(this.file), { recursive: true });
      writeFileSync(this.file, `${this.#lines.join('\n')}\n`, { mode: 0o600 });
      return undefined;
    } catch (error) {
      return `the history cannot be kept: ${messageOf(error)}`;
    }
  }
}

function read(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-longest);
  } catch {
    // The first console has none; one that cannot be read is told when it is written.
    return [];
  }
}

/** Shorter ones would be masked in every other word of the log. */
const shortest = 3;

/**
 * Passwords and PINs that stand in a command: AT+CPIN, AT+CLCK and AT+CPWD, logins of AT+QFTPCFG, AT+QHTTPCFG and AT+QICSGP, and
 * `scheme://user:password@host`.
 */
export function secretsIn(line: string): string[] {
  const [, name = '', rest = ''] = /^\s*AT\+(\w+)\s*=(.*)$/is.exec(line) ?? [];
  const values = split(rest);
  const urls = [...line.matchAll(/\b[a-z]+:\/\/[^\s/:@"]*:([^\s"]*)@/gi)].map((match) => match[1] ?? '');
  return [...places(name.toUpperCase(), values[0] ?? '').map((index) => values[index] ?? ''), ...urls].filter(
    (secret) => secret.length >= shortest,
  );
}

/** Which parameters of a command are secret. */
function places(name: string, first: string): number[] {
  switch (name) {
    case 'CPIN':
      return [0, 1];
    case 'CLCK':
      return [2];
    case 'CPWD':
      return [1, 2];
    case 'QICSGP':
      return [4];
    case 'QFTPCFG':
      return first.toLowerCase() === 'account' ? [2] : [];
    case 'QHTTPCFG':
      return first.toLowerCase() === 'auth' ? [1] : [];
    default:
      return [];
  }
}
