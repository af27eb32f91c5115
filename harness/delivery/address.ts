import { basename } from 'node:path';
import { UserError } from '../base/errors.js';
import type { PublishOptions } from './types.js';

/** Bytes that a path may have in an FTP or HTTP source (guide 3.1, 3.2). */
const longestPath = 50;

/**
 * The path a module asks for. Letters that mean something in a URL, in an AT command or to a shell are refused: what would be
 * tested then is how they are quoted, not the upgrade.
 */
export function checkedName(name: string): string {
  const sound = name.split('/').every((part) => /^[A-Za-z0-9_~+=,-][A-Za-z0-9._~+=,-]*$/.test(part));
  if (sound) return name;
  throw new UserError('a package cannot be published under this name', {
    asked: JSON.stringify(name),
    hint: 'letters, digits and . _ ~ + = , - only, folders with /; no part empty or starting with a dot',
  });
}

/** A name for the file that keeps `/` + `prefix` + name within the guide's limit for a path. */
export function defaultName(file: string, prefix: string): string {
  const name = basename(file)
    .replace(/[^A-Za-z0-9._~+=,-]/g, '-')
    .replace(/^\.+/, '');
  const room = longestPath - 1 - prefix.length;
  if (name !== '' && name.length <= room) return name;
  const stem = name.replace(/\.zip$/i, '');
  return `${stem.slice(0, room - '.zip'.length) || 'package'}.zip`;
}

/** `host:port`, the host in brackets when it is an IPv6 address. */
export function hostText(host: string, port: number | undefined): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${String(port)}`;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The source string of AT+QFOTADL, as it is and with its password masked. */
export function makeTarget(
  scheme: 'ftp' | 'http',
  advertise: { readonly host: string; readonly port: number },
  path: string,
  options: Pick<PublishOptions, 'host' | 'omitPort'>,
  login?: Login,
): { target: string; maskedTarget: string } {
  const authority = hostText(options.host ?? advertise.host, options.omitPort === true ? undefined : advertise.port);
  const of = (credentials: string) => `${scheme}://${credentials}${authority}${path}`;
  if (login === undefined) return { target: of(''), maskedTarget: of('') };
  return { target: of(`${login.user}:${login.password}@`), maskedTarget: of(`${login.user}:***@`) };
}
