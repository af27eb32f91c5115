/**
 * What the harness uses of `node-libgpiod` 0.5.3. Described here and not imported from there: it is an optional dependency, which npm
 * takes away again where it cannot be compiled.
 *
 * Traps of that version, each of which this room keeps clear of:
 * - `new Line` with a number or a name that the chip lacks throws, and the half-made object ends the process when it is collected;
 * - a chip that is collected before its lines frees them, and their own collection then touches freed memory;
 * - `lineNames` releases every requested line of the same Chip object;
 * - `getChipNames` throws as soon as one chip may not be opened, and leaves the others open.
 */
export interface GpioBinding {
  readonly version: string;
  readonly Chip: new (path: string) => GpioChip;
  readonly Line: new (chip: GpioChip, offset: number) => GpioLine;
}

export interface GpioChip {
  readonly name: string;
  readonly label: string;
  readonly numberOfLines: number;
  /** By offset; a line without a name is a hole. */
  readonly lineNames: readonly (string | undefined)[];
}

export type GpioValue = 0 | 1;

export interface GpioLine {
  readonly offset: number;
  readonly name: string | undefined;
  readonly consumer: string | undefined;
  /** 1 input, 2 output. */
  readonly direction: number;
  /** 1 active at high level, 2 at low level. */
  readonly activeState: number;
  readonly used: boolean;
  /** Reads name, consumer, direction and so on from the kernel again. */
  update(): void;
  /** Levels are logical: with the flag `activeLow`, 1 is the low level. */
  getValue(): number;
  setValue(value: GpioValue): void;
  lineRequest(request: GpioRequest, value?: GpioValue): void;
  release(): void;
}

export interface GpioRequest {
  /** Shown to others who want the line; the kernel keeps 31 bytes. */
  readonly consumer: string;
  readonly requestType: number;
  readonly flags: number;
}

/** libgpiod 1.x, `enum gpiod_line_request_type` in gpiod.h. */
export const requestType = { asIs: 1, input: 2, output: 3, bothEdges: 6 } as const;
/** libgpiod 1.x, request flags in gpiod.h. */
export const requestFlag = { openDrain: 1, activeLow: 4, biasDisable: 8, pullDown: 16, pullUp: 32 } as const;
export const lineDirection = { input: 1, output: 2 } as const;

/** Chips and lines are kept for the life of the process: see the traps above. */
const kept: object[] = [];

/** Opens a chip by its device file. Throws the system's error. */
export function openChip(binding: GpioBinding, path: string): GpioChip {
  const chip = new binding.Chip(path);
  kept.push(chip);
  return chip;
}

/** The line of a chip by its number. Throws a RangeError for a number that the chip lacks. */
export function lineOf(binding: GpioBinding, chip: GpioChip, offset: number): GpioLine {
  const last = chip.numberOfLines - 1;
  if (!Number.isInteger(offset) || offset < 0 || offset > last)
    throw new RangeError(`${chip.name} has lines 0 to ${String(last)}, not ${String(offset)}`);
  const line = new binding.Line(chip, offset);
  kept.push(line);
  return line;
}
