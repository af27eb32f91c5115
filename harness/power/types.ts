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
  onStatus(listener: (on: boolean) => void): () => void;
  /** Switches on: supply if needed, ≥ 30 ms for VBAT to settle, then PWRKEY, but only if STATUS does not say that it is on already. */
  on(why: string): Promise<void>;
  /** Supply off for `forMs` (default 3 s × scale), then on again as `on` does. */
  cycle(why: string, forMs?: number): Promise<void>;
  /**
   * Cuts the supply at once: synchronous up to the operating system's call where the kind allows it. Returns when the write is out.
   */
  cut(why: string): void;
  /** Leaves the rig's safe state (supply on, keys released) and lets go of everything; idempotent, never throws. */
  close(): Promise<void>;
}
