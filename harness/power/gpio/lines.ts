import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasCode, messageOf, RigFault, UserError } from '../../base/errors.js';
import type { RigDefinition } from '../../rig/schema.js';
import { lineOf, openChip, requestFlag, type GpioBinding, type GpioChip, type GpioLine } from './binding.js';
import { chipPaths, permissionHint } from './chips.js';

export type GpioDefinition = NonNullable<RigDefinition['power']['gpio']>;
/** In the order in which they are taken and let go of. */
export const gpioWires = ['powerKey', 'reset', 'supply', 'vbus', 'status'] as const;
export type GpioWire = (typeof gpioWires)[number];

/** A wire of a rig with the line it is on. */
export interface WiredLine {
  readonly wire: GpioWire;
  /** Device file of its chip, symbolic links followed. */
  readonly path: string;
  readonly offset: number;
  readonly line: GpioLine;
  /** libgpiod's request flags: active low, open drain, bias. */
  readonly flags: number;
  /** `line 5 "GPIO5" of gpiochip0 (pinctrl-bcm2711)` */
  readonly text: string;
}

interface OpenedChip {
  readonly path: string;
  readonly chip: GpioChip;
  /** Read once, before any line is requested. */
  readonly names: readonly (string | undefined)[];
}

/**
 * Finds the lines of a definition; requests none. A chip that is not there or may not be opened is a RigFault; a line that the chip
 * lacks, a name that fits several, or one line for two wires is a UserError.
 */
export function findLines(binding: GpioBinding, definition: GpioDefinition, devices = '/dev'): WiredLine[] {
  const opened = new Map<string, OpenedChip>();
  const chipOf = (wanted: string, key: string): OpenedChip => {
    const known = opened.get(wanted);
    if (known !== undefined) return known;
    const found = openWanted(binding, wanted, key, devices);
    opened.set(wanted, found);
    return found;
  };
  const lines: WiredLine[] = [];
  for (const wire of gpioWires) {
    const given = definition[wire];
    if (given === undefined) continue;
    const whole =
      typeof given === 'object' ? given : { line: given, chip: undefined, activeLow: false, openDrain: false, bias: undefined };
    const key = `power.gpio.${wire}`;
    const { path, chip, names } = chipOf(
      whole.chip ?? definition.chip,
      whole.chip === undefined ? 'power.gpio.chip' : `${key}.chip`,
    );
    const offset = offsetOf(whole.line, chip, names, key);
    const name = names[offset];
    const text = `line ${String(offset)}${name === undefined ? '' : ` "${name}"`} of ${chip.name} (${chip.label})`;
    const other = lines.find((one) => one.path === path && one.offset === offset);
    if (other !== undefined) {
      throw new UserError(`${key}: ${text} is taken already by this rig, at power.gpio.${other.wire}`, {
        hint: 'each wire needs a line of its own',
      });
    }
    lines.push({ wire, path, offset, line: lineOf(binding, chip, offset), flags: flagsOf(whole), text });
  }
  return lines;
}

function flagsOf({ activeLow, openDrain, bias }: { activeLow: boolean; openDrain: boolean; bias?: string | undefined }): number {
  const pull = { 'pull-up': requestFlag.pullUp, 'pull-down': requestFlag.pullDown, disabled: requestFlag.biasDisable };
  return (
    (activeLow ? requestFlag.activeLow : 0) |
    (openDrain ? requestFlag.openDrain : 0) |
    (bias === undefined ? 0 : pull[bias as keyof typeof pull])
  );
}

/** By path, else by name, else by label. */
function openWanted(binding: GpioBinding, wanted: string, key: string, devices: string): OpenedChip {
  if (wanted.startsWith('/')) return opening(wanted, key, () => openAt(binding, realpathSync(wanted)));
  let paths: string[];
  try {
    paths = chipPaths(devices);
  } catch (error) {
    throw new RigFault(`${key}: ${devices} cannot be read`, { asked: wanted, seen: messageOf(error) });
  }
  if (paths.includes(join(devices, wanted))) return opening(wanted, key, () => openAt(binding, join(devices, wanted)));
  const labelled: OpenedChip[] = [];
  const others: string[] = [];
  let denied: unknown;
  for (const path of paths) {
    try {
      const one = openAt(binding, path);
      if (one.chip.label === wanted) labelled.push(one);
      else others.push(`${one.chip.name} (${one.chip.label})`);
    } catch (error) {
      denied = error;
      others.push(`${basename(path)} (${messageOf(error)})`);
    }
  }
  const [only, second] = labelled;
  if (second !== undefined) {
    throw new UserError(`${key}: several chips have the label ${wanted}`, {
      seen: labelled.map(({ chip }) => chip.name).join(', '),
      hint: 'name the chip by its device file; a udev rule can give it a name that stays, see docs/gpio.md',
    });
  }
  if (only !== undefined) return only;
  throw new RigFault(`${key}: there is no GPIO chip ${wanted}`, {
    asked: `a chip with the name or label ${wanted}`,
    seen: others.length === 0 ? `no chip at all (${join(devices, 'gpiochip*')})` : others.join(', '),
    hint: hasCode(denied, 'EACCES', 'EPERM')
      ? permissionHint
      : 'is its adapter plugged in? gpiodetect (package gpiod) lists the chips',
  });
}

function openAt(binding: GpioBinding, path: string): OpenedChip {
  const chip = openChip(binding, path);
  return { path, chip, names: chip.lineNames };
}

function opening(wanted: string, key: string, open: () => OpenedChip): OpenedChip {
  try {
    return open();
  } catch (error) {
    const denied = hasCode(error, 'EACCES', 'EPERM');
    const absent = hasCode(error, 'ENOENT', 'ENODEV', 'ENXIO');
    throw new RigFault(`${key}: GPIO chip ${wanted} ${absent ? 'is not there' : 'cannot be opened'}`, {
      asked: `open ${wanted}`,
      seen: messageOf(error),
      hint: denied
        ? permissionHint
        : absent
          ? 'is its adapter plugged in? gpiodetect (package gpiod) lists the chips'
          : 'it must be a GPIO chip such as /dev/gpiochip0; gpiodetect (package gpiod) lists the chips',
    });
  }
}

function offsetOf(line: number | string, chip: GpioChip, names: readonly (string | undefined)[], key: string): number {
  const last = chip.numberOfLines - 1;
  if (typeof line === 'number') {
    if (line <= last) return line;
    throw new UserError(`${key}: ${chip.name} (${chip.label}) has no line ${String(line)}`, {
      asked: `line ${String(line)}`,
      seen: `lines 0 to ${String(last)}`,
    });
  }
  const offsets = names.flatMap((name, offset) => (name === line ? [offset] : []));
  const [only, second] = offsets;
  if (only !== undefined && second === undefined) return only;
  const numeric = /^\d+$/.test(line);
  const named = names.filter((name) => name !== undefined && name !== '');
  throw new UserError(
    `${key}: ${chip.name} (${chip.label}) has ${only === undefined ? 'no line' : 'several lines'} named "${line}"`,
    {
      seen: only === undefined ? `names: ${named.length === 0 ? 'none' : named.join(', ')}` : `lines ${offsets.join(', ')}`,
      hint: numeric
        ? `for the number ${line}, write it without quotes`
        : 'give the number of the line; gpioinfo (package gpiod) prints it',
    },
  );
}
