import type { Wiring } from '../behaviour.js';
import type { ModuleName } from '../core/image.js';

/** What is left on USB of a module that does not start: the loader's emergency download, or a memory dump. */
export type Stranded = '05c6:9008' | '05c6:900e';

/** Where a serial line of the module ends on the board. It may come and go. */
export interface Port {
  /** What a host or a person looks for. */
  readonly path: string;
  /** Whether a host can find it now. */
  readonly present: boolean;
  /** Makes the next coming ready, so that plugging in takes no time. */
  prepare(): Promise<void>;
  plug(onData: (data: Buffer) => void, wiring: Wiring): void;
  /** Also ends what `strand` began. */
  unplug(): void;
  /** In place of the module's own ports, until it is unplugged. */
  strand(as: Stranded): void;
  /** False when the bytes are lost because nobody has the port open. */
  write(data: Buffer): boolean;
  close(): void;
}

/** The wires of a board, as a host moves them. */
export interface Wired {
  setSupply(on: boolean): void;
  setVbus(on: boolean): void;
  pressKey(down: boolean): void;
  pressReset(down: boolean): void;
}

/** What a module is soldered to: its serial lines, and the wires of its power. */
export interface Board {
  readonly at: Port;
  readonly uart: Port;
  /** From now on the board's wires drive the module; they start as they are. */
  follow(wires: Wired): void;
  showStatus(on: boolean): void;
  close(): void;
}

/** The ids that a module has on USB in good health. */
export const USB_ID = { EC25: '2c7c:0125', EC21: '2c7c:0121' } as const satisfies Record<ModuleName, string>;
