/** Values that occur in several definitions: durations, addresses, argument lists. */
import { z } from 'zod';

/**
 * Text of a form. `words` says the form in plain words: it is the message when the text does not fit, and what an editor shows.
 */
export function text(pattern: RegExp, words: string): z.ZodString {
  // What does not fit is not looked at further: checks across keys may rely on the form.
  return z.string().regex(pattern, { error: words, abort: true }).meta({ patternErrorMessage: words });
}

const unitsInMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `60s`, `5m`, `2h`, or a bare number of seconds; read into milliseconds. */
export const duration = z
  .union([text(/^\d+(\.\d+)?(ms|s|m|h)$/, 'a duration such as 500ms, 60s, 5m or 2h'), z.number().positive()])
  .transform((value) => {
    if (typeof value === 'number') return value * 1000;
    return Number.parseFloat(value) * unitsInMs[value.replace(/^[\d.]+/, '') as keyof typeof unitsInMs];
  })
  .refine(
    (milliseconds) => milliseconds > 0 && milliseconds <= 30 * 24 * unitsInMs.h,
    'needs more than nothing, and at most 720h',
  );

export const argv = z
  .array(text(/^[^\0]*$/, 'text without NUL characters'))
  .min(1)
  .refine((list) => list[0]?.trim() !== '', { message: 'the first word is the program', path: [0] })
  .describe('A program and its arguments, one list entry each; no shell is involved');

export interface HostPort {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
}

const hostPortForm = /^(\[[0-9a-f:.]+\]|[^\s:/@"[\]]+):(\d{1,5})$/i;

/** Splits `host:port` or `[v6]:port`. Throws a RangeError for anything else: a loaded definition holds only valid ones. */
export function parseHostPort(value: string): HostPort {
  const [, host, port] = hostPortForm.exec(value) ?? [];
  if (host === undefined || port === undefined) throw new RangeError(`not host:port: ${value}`);
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

const hostPort = text(hostPortForm, 'host:port, for example 0.0.0.0:2121');

export const listenAddress = hostPort
  .refine((value) => parseHostPort(value).port <= 65_535, 'needs a port from 0 to 65535 (0: any free one)')
  .describe('Where the server listens on this host, host:port; port 0 takes any free one');

/** The bound of 50 bytes is the guide's for a host (3.1). */
export const advertisedAddress = hostPort
  .refine((value) => parseHostPort(value).port >= 1 && parseHostPort(value).port <= 65_535, 'needs a port from 1 to 65535')
  .refine((value) => Buffer.byteLength(parseHostPort(value).host) <= 50, 'needs a host of at most 50 bytes')
  .refine(
    (value) => !/^(0\.0\.0\.0|\[::\]|\*)$/.test(value.replace(/:\d+$/, '')),
    'needs an address that the module can reach, not a wildcard',
  )
  .describe('How the module reaches that server, host:port; other than listen behind a NAT or a port forward');
