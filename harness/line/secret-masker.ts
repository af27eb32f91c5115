import type { Secrets } from '../base/secrets.js';

/**
 * Shortest part of a secret that must not be written in clear. Also the shortest part that is taken for one: holding back every
 * first letter of a password would delay half of all chunks.
 */
const shortestPart = 3;

/**
 * Masks secrets in a stream of chunks, also one that is cut by a border between two chunks (a module echoes a password in
 * pieces). One instance belongs to one direction of one opening of a line.
 *
 * A tail that begins like a secret is held back until the next chunk shows whether it is one, so nothing is masked by mistake
 * and nothing is lost.
 */
export class SecretMasker {
  /** The end of what was given out, in clear: a secret may have begun there with one or two characters. */
  #context = '';
  #held = '';

  constructor(private readonly secrets: Secrets) {}

  /** What may be written now, of this chunk and of what was held back. Latin-1: one character a byte. */
  push(chunk: string): string {
    const secrets = this.#spellings();
    if (secrets.length === 0) return this.#give(chunk, 0);
    const text = this.#context + this.#held + chunk;
    const from = this.#context.length;
    const until = Math.max(from, beginningOfPart(text, secrets));
    const shown = masked(text, secretPlaces(text, secrets), from, until);
    this.#held = text.slice(until);
    this.#give(text.slice(from, until), Math.max(...secrets.map((secret) => secret.length)) - 1);
    return shown;
  }

  /** The stream has ended: what is held back is part of a secret, as far as anybody will ever know. */
  flush(): string {
    const rest = this.#held === '' ? '' : '***';
    this.#held = '';
    this.#context = '';
    return rest;
  }

  #give(text: string, keep: number): string {
    this.#context = keep === 0 ? '' : (this.#context + text).slice(-keep);
    return text;
  }

  /** The secrets as their bytes look in latin-1. */
  #spellings(): string[] {
    const spellings = new Set<string>();
    for (const secret of this.secrets.known) {
      spellings.add(secret);
      spellings.add(Buffer.from(secret, 'utf8').toString('latin1'));
    }
    return [...spellings];
  }
}

/** Where the first part of a secret begins that runs to the end of the text; the text's length when there is none. */
function beginningOfPart(text: string, secrets: readonly string[]): number {
  let beginning = text.length;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, text.length); length >= shortestPart; length -= 1) {
      if (text.endsWith(secret.slice(0, length))) {
        beginning = Math.min(beginning, text.length - length);
        break;
      }
    }
  }
  return beginning;
}

/** Every place where a secret stands, overlapping ones included, as [begin, end). */
function secretPlaces(text: string, secrets: readonly string[]): (readonly [number, number])[] {
  const places: (readonly [number, number])[] = [];
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) places.push([at, at + secret.length]);
  }
  return places.sort((a, b) => a[0] - b[0]);
}

function masked(text: string, places: readonly (readonly [number, number])[], from: number, until: number): string {
  let shown = '';
  let at = from;
  let hiding = false;
  for (const [begin, end] of places) {
    if (end <= at || begin >= until) continue;
    if (begin > at || !hiding) {
      shown += `${text.slice(at, Math.max(at, begin))}***`;
      hiding = true;
    }
    at = Math.max(at, Math.min(end, until));
  }
  return shown + text.slice(at, until);
}
