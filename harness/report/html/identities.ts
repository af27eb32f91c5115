import type { JournalEvent } from '../../journal/events.js';

const kept = 4;
/** IMEI 15 digits, IMSI 15, ICCID 18 to 22: any such number standing alone may be one. What follows a point is a fraction. */
const anyIdentity = /(?<![0-9A-Za-z.])\d{14,22}(?![0-9A-Za-z])/g;

/** Masks what tells one module or SIM from another, so that a report can be handed on: the last four digits stay. */
export class Identities {
  readonly #known = new Set<string>();
  #pieces: readonly string[] = [];

  constructor(private readonly masked: boolean) {}

  /** Remembers the identities that an event names. Also a piece of one, cut in two by a read, is masked from then on. */
  learn(event: JournalEvent): void {
    if (event.type === 'rig.start') this.#add(event.profile.imei);
    if (event.type === 'module.identity') {
      this.#add(event.identity.imei);
      this.#add(event.identity.iccid);
    }
  }

  mask(text: string): string {
    return this.masked && /\d{14}/.test(text) ? text.replace(anyIdentity, hidden) : text;
  }

  /** For bytes of a line: a read may have cut a number in two. */
  maskBytes(text: string): string {
    if (!this.masked || !/\d{6}/.test(text)) return text;
    return this.mask(text).replace(/\d{6,22}/g, (digits) => (this.#isPiece(digits) ? hidden(digits) : digits));
  }

  #isPiece(digits: string): boolean {
    return !/^0+$/.test(digits) && this.#pieces.some((known) => known.includes(digits));
  }

  #add(value: string | undefined): void {
    const digits = value?.trim() ?? '';
    if (digits.length < 14 || this.#known.has(digits)) return;
    this.#known.add(digits);
    this.#pieces = [...this.#known];
  }
}

function hidden(digits: string): string {
  return `${'•'.repeat(Math.max(0, digits.length - kept))}${digits.slice(-kept)}`;
}
