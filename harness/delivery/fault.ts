import { seeded, type Random } from '../base/random.js';
import type { DeliveryFault } from '../journal/events.js';
import type { DeliveryContext, Protocol } from './context.js';

/** Bytes a kB has, as the rate of a line is counted. */
const kilobyte = 1000;
/** kB/s when a slow fault names no rate: some GPRS. */
const slowRate = 5;
/** ms that a lost link stays away when nobody says how long. */
const outage = 5000;

/** A fault on one publication, from its arming until it is withdrawn. Every strike is in the journal. */
export class ArmedFault {
  readonly name: DeliveryFault['name'];
  /** First byte of the file that no longer comes as it should. Stands only where a fault has a place. */
  readonly offset: number;
  /** What the corrupted byte is XORed with. */
  readonly mask: number;
  /** Bytes per second. */
  readonly rate: number;
  /** ms that nothing goes through after a lost link struck. */
  readonly outage: number;
  #back: Promise<void> | undefined;
  #isBack: (() => void) | undefined;
  #lostOnce = false;
  readonly #write: (state: 'armed' | 'struck' | 'cleared', detail: string) => void;

  constructor(source: Protocol, fault: DeliveryFault, size: number, context: Pick<DeliveryContext, 'journal' | 'random'>) {
    this.name = fault.name;
    const random = seeded(fault.seed ?? drawSeed(context.random), `delivery/${fault.name}`);
    const percent = fault.percent ?? random.int(100, 900) / 10;
    const offset = Math.max(0, Math.floor((size * percent) / 100));
    // The last byte is the furthest that can be corrupted; everything else can also strike after it.
    this.offset = Math.min(offset, fault.name === 'corrupt' ? Math.max(0, size - 1) : size);
    this.mask = random.int(1, 255);
    this.rate = (fault.rate ?? slowRate) * kilobyte;
    this.outage = fault.ms ?? outage;
    this.#write = (state, detail) => {
      context.journal.write({ type: 'delivery.fault', source, fault, state, detail });
    };
    this.#write('armed', this.#plan(size));
  }

  /** The byte from which the rest is withheld, for faults that withhold it. */
  get cutAt(): number | undefined {
    return ['stall', 'reset', 'truncate', 'server-gone'].includes(this.name) ? this.offset : undefined;
  }

  /** The byte before which the link is lost; undefined for other faults, and once it was lost. */
  get losesLinkAt(): number | undefined {
    return this.name === 'link-lost' && !this.#lostOnce ? this.offset : undefined;
  }

  /** Resolves when the link is back; undefined while it stands. */
  get linkIsBack(): Promise<void> | undefined {
    return this.#back;
  }

  /** Nothing goes through any more, in neither direction, until `restoreLink`. It is lost once: who fetches the file again gets it. */
  loseLink(detail: string): void {
    this.#lostOnce = true;
    this.#back = new Promise((resolve) => {
      this.#isBack = resolve;
    });
    this.struck(detail);
  }

  restoreLink(): void {
    this.#back = undefined;
    this.#isBack?.();
  }

  struck(detail: string): void {
    this.#write('struck', detail);
  }

  cleared(): void {
    this.restoreLink();
    this.#write('cleared', 'withdrawn');
  }

  #plan(size: number): string {
    if (this.name === 'slow') return `${String(this.rate / kilobyte)} kB/s`;
    if (this.name === 'corrupt')
      return `byte ${String(this.offset)} of ${String(size)}, XOR 0x${this.mask.toString(16).padStart(2, '0')}`;
    if (this.name === 'link-lost')
      return `after ${String(this.offset)} of ${String(size)} bytes, for ${(this.outage / 1000).toFixed(1)} s`;
    return this.cutAt === undefined ? 'on every try' : `after ${String(this.offset)} of ${String(size)} bytes`;
  }
}

function drawSeed(random: Random): number {
  return random.int(0, 0x7fffffff);
}
