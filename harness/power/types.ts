/**
 * The wires that switch a unit. Pulse widths and minimum off times are the vendor's (domain.md, "Times on real modules"), multiplied
 * by the rig's scale; every action and its outcome is in the journal. An action that cannot be carried out is a RigFault.
 */
export interface Power {
  readonly kind: 'simulated' | 'command' | 'gpio';
  /** Which wires this rig has. */
  readonly wires: {
    readonly supply: boolean;
    readonly vbus: boolean;
    readonly powerKey: boolean;
    readonly reset: boolean;
    readonly status: boolean;
  };
  /** VBAT, and VBUS with it when the rig switches it. */
  supply(on: boolean, why: string): Promise<void>;
  vbus(on: boolean, why: string): Promise<void>;
  /** One pulse on PWRKEY: long enough to switch on (≥ 500 ms) or off (≥ 650 ms). It toggles: see `on` and `off`. */
  pressPowerKey(purpose: 'on' | 'off', why: string): Promise<void>;
  /** One pulse on RESET_N, 150–460 ms; last resort. */
  pressReset(why: string): Promise<void>;
  /** STATUS, or undefined on a rig without it. */
  status(): Promise<boolean | undefined>;
  /** `at`: when the edge was, on the clock's scale; where the wires tell no time, it is the present. */
  onStatus(listener: (on: boolean, at?: number) => void): () => void;
  /**
   * Switches on: supply if needed, ≥ 30 ms for VBAT to settle, then PWRKEY unless the unit runs already, since PWRKEY toggles.
   * What tells whether it runs, best first: STATUS; `known.running` (it answers AT, or has been silent for long enough); what
   * was last done to it here. Where none of them tells, it is pressed.
   */
  on(why: string, known?: { readonly running?: boolean }): Promise<void>;
  /** Supply off for `forMs` (default, and least: 3 s × scale), then on again as `on` does. */
  cycle(why: string, forMs?: number): Promise<void>;
  /**
   * Cuts the supply at once: synchronous up to the operating system's call where the kind allows it. Returns when the write is out.
   * Whatever waits to switch on is overtaken by it. What goes wrong later shows in `RigPower.settled`, in the next action and in
   * the journal. Throws a UserError on a rig that does not allow cuts, and Overtaken once `close` was called.
   */
  cut(why: string): void;
  /**
   * To be called when the supply's line was proven inverted: told off, it feeds the unit. From then on it is left told off at the end.
   */
  supplyInverted?(): void;
  /** Leaves the rig's safe state (supply on, keys released) and lets go of everything; idempotent, never throws. */
  close(): Promise<void>;
}

/** A rig's own switch, as `openPower` gives it. */
export interface RigPower extends Power {
  /** False once `close` could not leave the safe state. */
  readonly safe: boolean;
  /**
   * The first half of a cut, for a trigger that waits for nothing: moves the wires, and writes no journal. Returns when VBAT was written,
   * monotonic ms. `cut` must follow in the same tick; it takes over what was done and writes it down. Throws as `cut` does.
   */
  strike(): number;
  /** Resolves when every cut has been carried out; rejects with the RigFault of one that could not be. */
  settled(): Promise<void>;
  /** What `close` does, as far as it can be done without waiting: for the last moments of a process. Never throws. */
  closeNow(): void;
}

/** A cut came while the supply was about to be switched on, or the rig was closed: the later request counts. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}
