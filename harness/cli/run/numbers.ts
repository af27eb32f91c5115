import { UserError } from '../../base/errors.js';
import { duration } from '../../rig/values.js';

/** An option that is a whole number, and no less than `least`. */
export function whole(value: number | undefined, name: string, least: number): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
  const from = least > Number.MIN_SAFE_INTEGER ? ` from ${String(least)}` : '';
  throw new UserError(`--${name} takes a whole number${from}`, { seen: String(value) });
}

/** `--budget`, ms. */
export function durationOf(text: string): number {
  const parsed = duration.safeParse(text);
  if (parsed.success && parsed.data > 0) return parsed.data;
  throw new UserError('--budget takes a duration', { asked: '90s, 30m or 8h', seen: text });
}
