import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, messageOf } from '../../base/errors.js';
import { lineDirection, lineOf, openChip, type GpioBinding } from './binding.js';
import { readGpioinfo, runGpioinfo } from './gpioinfo.js';
import { loadBinding, type LoadedBinding } from './load-binding.js';

/** A GPIO chip of this host. */
export interface GpioChipInfo {
  /** `gpiochip0`; the number may differ from boot to boot. */
  readonly name: string;
  /** What the driver calls it, for example `pinctrl-bcm2711`. */
  readonly label: string;
  readonly path: string;
  readonly lines: readonly GpioLineInfo[];
}

export interface GpioLineInfo {
  readonly number: number;
  readonly name?: string;
  /** Who holds it, a driver or a program. */
  readonly consumer?: string;
  readonly used: boolean;
  readonly direction: 'input' | 'output';
  readonly activeLow: boolean;
}

export interface GpioChips {
  readonly chips: readonly GpioChipInfo[];
  /** Why there are none, or not all of them. */
  readonly reason?: string;
  readonly hint?: string;
}

export const permissionHint =
  'as root, or: the user in the group gpio (usermod -aG gpio USER, then log in again) and the udev rule SUBSYSTEM=="gpio", ' +
  'KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"';

/** Where to look; only tests look elsewhere. */
export interface ChipSources {
  readonly devices?: string;
  readonly library?: () => LoadedBinding;
  readonly programs?: typeof runGpioinfo;
}

/** Device files of all chips, by number. */
export function chipPaths(devices = '/dev'): string[] {
  const number = (name: string): number => Number(name.replace('gpiochip', ''));
  const names = readdirSync(devices).filter((name) => /^gpiochip\d+$/.test(name));
  return names.sort((one, other) => number(one) - number(other)).map((name) => join(devices, name));
}

/** The GPIO chips of this host with their lines, by node-libgpiod, else by gpioinfo. Changes no line. Never rejects. */
export async function listGpioChips(sources: ChipSources = {}): Promise<GpioChips> {
  const { devices = '/dev', library = loadBinding, programs = runGpioinfo } = sources;
  let paths: string[];
  try {
    paths = chipPaths(devices);
  } catch (error) {
    return { chips: [], reason: messageOf(error) };
  }
  if (paths.length === 0) {
    const hint = 'a board with GPIO has one of its own; an adapter (CP2102N, FT232H, MCP2221) needs its kernel driver';
    return { chips: [], reason: `there is no GPIO chip on this host (${join(devices, 'gpiochip*')})`, hint };
  }
  const loaded = library();
  if ('binding' in loaded) return byLibrary(loaded.binding, paths);
  try {
    const { detected, info } = await programs();
    const { chips, unread } = readGpioinfo(detected, info);
    return { chips, ...(unread === 0 ? {} : { reason: `${String(unread)} lines of gpioinfo's output were not understood` }) };
  } catch (error) {
    const reason = `GPIO chips are there, but cannot be read: ${loaded.missing}; gpioinfo: ${messageOf(error)}`;
    return { chips: [], reason, hint: `apt-get install gpiod; to switch lines: ${loaded.hint}` };
  }
}

function byLibrary(binding: GpioBinding, paths: readonly string[]): GpioChips {
  const chips: GpioChipInfo[] = [];
  const problems: string[] = [];
  let hint: string | undefined;
  for (const path of paths) {
    try {
      chips.push(chipInfo(binding, path));
    } catch (error) {
      if (hasCode(error, 'EACCES', 'EPERM')) hint = permissionHint;
      problems.push(`${path} cannot be read: ${messageOf(error)}`);
    }
  }
  return {
    chips,
    ...(problems.length === 0 ? {} : { reason: problems.join('; ') }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function chipInfo(binding: GpioBinding, path: string): GpioChipInfo {
  const chip = openChip(binding, path);
  const lines = Array.from({ length: chip.numberOfLines }, (_, number): GpioLineInfo => {
    const { name, consumer, used, direction, activeState } = lineOf(binding, chip, number);
    return {
      number,
      ...(name === undefined ? {} : { name }),
      ...(consumer === undefined ? {} : { consumer }),
      used,
      direction: direction === lineDirection.output ? 'output' : 'input',
      activeLow: activeState === 2,
    };
  });
  return { name: chip.name, label: chip.label, path, lines };
}
