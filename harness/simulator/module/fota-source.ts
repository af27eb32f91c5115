import type { Limits, Remote } from '../behaviour.js';

/** Limits of the guide for EC25/EC21. */
export const LIMITS: Limits = { url: 255, part: 50, localPath: 128, lowestPort: 1 };

/** Where `AT+QFOTADL` is to take the package from. */
export type FotaSource = { readonly kind: 'local'; readonly storage: 'UFS' | 'SD'; readonly name: string } | Remote;

/** Reads the parameter of `AT+QFOTADL`, one character a byte; undefined when it is refused. */
export function parseFotaSource(text: string, limits: Limits): FotaSource | undefined {
  const local = /^(\/data\/ufs\/|\/media\/card\/)([^/\0]+)$/.exec(text);
  if (local !== null) {
    if (text.length > limits.localPath) return undefined;
    return { kind: 'local', storage: local[1] === '/data/ufs/' ? 'UFS' : 'SD', name: local[2] ?? '' };
  }
  if (text.length > limits.url) return undefined;
  const scheme = /^(ftp|http):\/\//i.exec(text)?.[1]?.toLowerCase();
  const rest = text.slice(text.indexOf('://') + 3);
  const slash = rest.indexOf('/');
  if (scheme === undefined || slash < 0) return undefined;
  const [authority, path] = [rest.slice(0, slash), rest.slice(slash + 1)];
  if (path === '') return undefined;
  const at = authority.lastIndexOf('@');
  const place = /^([^:@\s]+)(?::(\d{1,5}))?$/.exec(authority.slice(at + 1));
  if (place === null) return undefined;
  const [host, port] = [place[1] ?? '', place[2] === undefined ? (scheme === 'ftp' ? 21 : 80) : Number(place[2])];
  if (port < limits.lowestPort || port > 65535) return undefined;
  if (scheme === 'http') return at >= 0 ? undefined : { kind: 'http', user: '', password: '', host, port, path };
  const login = /^([^:]+):(.+)$/.exec(authority.slice(0, Math.max(0, at)));
  if (login === null) return undefined;
  const [user, password] = [login[1] ?? '', login[2] ?? ''];
  if ([user, password, host, path].some((part) => part.length > limits.part)) return undefined;
  return { kind: 'ftp', user, password, host, port, path };
}
