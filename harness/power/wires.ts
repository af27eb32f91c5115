import { RigFault, type Explanation } from '../base/errors.js';
import type { Power } from './types.js';

/** What carrying out an action left behind. */
export interface Outcome {
  readonly exit?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export type SupplyWire = 'supply' | 'vbus';

/** The bare wires of one kind of power control. Order, times and the journal are `WiredPower`'s. */
export interface Wires {
  readonly kind: Power['kind'];
  readonly has: Power['wires'];
  /** Is on its way to the wire when the call returns; resolves when it is carried out, rejects with a WireFault. */
  set(wire: SupplyWire, on: boolean): Promise<Outcome>;
  /** A pulse of `ms`. The key is let go whatever happens in between. */
  press(wire: 'powerKey' | 'reset', ms: number): Promise<Outcome>;
  /** Only with `has.status`. */
  status(): Promise<boolean>;
  /** Called with each edge of STATUS that the kind reports by itself; `at`: when it was, where that is known (monotonic ms). */
  onStatus(listener: (on: boolean, at?: number) => void): () => void;
  /** Called with what goes wrong between actions; at once with what already has. */
  onTrouble?(listener: (what: string, explanation: Explanation) => void): void;
  /** Lets go of the keys and moves the given wires, in this order: what can be done at once. Never throws. */
  makeSafeNow(levels: readonly (readonly [SupplyWire, boolean])[]): void;
  /** How a wire is to be left by whoever outlives this process; on, unless this was called. */
  rest?(wire: SupplyWire, on: boolean): void;
  /** Lets go of keys and of everything else; never rejects. */
  close(): Promise<void>;
}

/** A wire that could not be moved or read. */
export class WireFault extends RigFault {
  constructor(
    message: string,
    explanation: Explanation,
    readonly outcome: Outcome = {},
  ) {
    super(message, explanation);
  }
}
