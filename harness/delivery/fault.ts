import { seeded, type Random } from '../base/random.js';
import type { DeliveryFault } from '../journal/events.js';
import type { DeliveryContext, Protocol } from './context.js';

/** Bytes a kB has, as the rate of a line is counted. */
const kilobyte = 1000;
/** kB/s when a slow fault names no rate: some GPRS. */
const slowRate = 5;

/** A fault on one publication, from its arming until it is withdrawn. Every strike is in the journal. */
export class ArmedFault {
  readonly name: DeliveryFault['name'];
  /** First byte of the file that no longer comes as it should. Stands only where a fault has a place. */
  readonly offset: number;
  /** What the corrupted byte is XORed with. */
  readonly mask: number;
  /** Bytes per second. */
  readonly rate: number;
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
    this.#write = (state, detail) => {
      context.journal.write({ type: 'delivery.fault', source, fault, state, detail });
    };
    this.#write('armed', this.#plan(size));
  }

  /** The byte from which the rest is withheld, for faults that withhold it. */
  get cutAt(): number | undefined {
    return ['stall', 'reset', 'truncate', 'server-gone'].includes(this.name) ? this.offset : undefined;
  }

  struck(detail: string): void {
    this.#write('struck', detail);
  }

  cleared(): void {
    this.#write('cleared', 'withdrawn');
  }

  #plan(size: number): string {
    if (this.name === 'slow') return `${String(this.rate / kilobyte)} kB/s`;
    if (this.name === 'corrupt')
      return `byte ${String(this.offset)} of ${String(size)}, XOR 0x${this.mask.toString(16).padStart(2, '0')}`;
    return this.cutAt === undefined ? 'on every try' : `after ${String(this.offset)} of ${String(size)} bytes`;
  }
}

function drawSeed(random: Random): number {
  return random.int(0, 0x7fffffff);
}
