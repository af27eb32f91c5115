import { messageOf, UserError } from '../../base/errors.js';
import { duration } from '../../rig/values.js';

/** An option that is a whole number, and no less than `least`. */
export function whole(value: number | undefined, name: string, least: number): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
  const from = least > Number.MIN_SAFE_INTEGER ? ` from ${String(least)}` : '';
  throw new UserError(`--${name} takes a whole number${from}`, { seen: String(value) });
}

/** `--serve`: a TCP port; 0, for any, when none is named. */
export function portOf(text: string): number {
  if (text === '') return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new UserError('--serve takes a port, or nothing for any that is free', { asked: '0 to 65535', seen: text });
}

/** `--budget`, ms. */
export function durationOf(text: string): number {
  const parsed = duration.safeParse(text);
  if (parsed.success && parsed.data > 0) return parsed.data;
  throw new UserError('--budget takes a duration', { asked: '90s, 30m or 8h', seen: text });
}

/** `-t`, before any rig is touched; Jest would tell it in the middle of its own words. */
export function checkPattern(pattern: string | undefined): void {
  try {
    new RegExp(pattern ?? '', 'i');
  } catch (error) {
    throw new UserError('--test-name-pattern takes a regular expression', { seen: messageOf(error) });
  }
}
